use super::{cohorts, journeys, moving, versions};
use crate::journeys::model::Stored;
use chrono::NaiveDateTime;
use diesel::QueryResult;
use tidings_base::{
    db::{Conn, Id},
    jobs,
};

/// The table that the job claims from.
pub const COHORTS: &str = "journey_cohorts";

/// Which cohorts have work: not those of a journey that is paused, nor one that was set aside
/// because its work broke off three times.
pub const HAS_WORK: &str = "closed_at is null and begun < 3 and exists (select 1 from journeys j \
     where j.id = journey_cohorts.journey_id and j.status in ('published', 'ended'))";

/// A turn at moving people of a cohort.
#[derive(Clone, Debug)]
pub struct Turn {
    pub cohort_id: Id,
    /// Of the claim.
    pub owner: String,
    /// Until when the claim then holds, by machine time.
    pub until: NaiveDateTime,
    pub now: NaiveDateTime,
    /// At most so many people.
    pub slice: i64,
}

/// What came of a turn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Turned {
    /// Some people were moved; there may be more.
    Moved,
    /// Nobody is due, or the journey is paused; the claim was let go.
    Rests,
    /// The lease was lost; nothing was changed.
    Lost,
}

/// Moves one set of people by one step. All or nothing: whatever happens between two turns, everybody
/// is at exactly one step, and has been given to a dispatch exactly if they are being written to.
pub fn advance(conn: &mut Conn, turn: &Turn) -> QueryResult<Turned> {
    if !cohorts::hold(conn, &turn.cohort_id, &turn.owner, turn.until)? {
        return Ok(Turned::Lost);
    }
    let rest = |conn: &mut Conn| jobs::release(conn, COHORTS, &turn.owner).map(|_| Turned::Rests);
    let Some(cohort) = cohorts::get(conn, &turn.cohort_id)? else { return Ok(Turned::Lost) };
    let Some(journey) = journeys::find(conn, &cohort.journey_id)? else { return rest(conn) };
    match journey.stored {
        Stored::Published | Stored::Ended => {}
        Stored::Draft | Stored::Paused => return rest(conn),
    }
    let Some(version) = versions::version(conn, &cohort.version_id)? else { return rest(conn) };
    let Some(group) = moving::next(conn, &cohort.id, turn.now, turn.slice)? else {
        cohorts::settle(conn, &cohort, turn.now)?;
        return rest(conn);
    };
    let flow = versions::flow(conn, &cohort.version_id)?;
    let going = moving::Move {
        cohort: &cohort,
        group: &group,
        flow: &flow,
        zone: version.zone,
        now: turn.now,
        journey_name: &journey.name,
        channel_id: &journey.channel_id,
    };
    going.make(conn)?;
    Ok(Turned::Moved)
}
