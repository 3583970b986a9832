//! Changes to a journey as a whole. Each names the journey as it was read, and answers false when
//! somebody has changed it since: then nothing is changed.

use super::{Journey, NewJourney, cohorts, journeys::Policy, messages, versions};
use crate::journeys::model::Stored;
use chrono::NaiveDateTime;
use chrono_tz::Tz;
use diesel::prelude::*;
use tidings_base::db::{
    Conn, Id,
    schema::{journey_versions, journeys},
};

/// Makes a journey, a draft with one empty version.
pub fn create(conn: &mut Conn, new: &NewJourney<'_>, zone: Tz, by: Option<&Id>, now: NaiveDateTime) -> QueryResult<Id> {
    let id = Id::new();
    let (policy, days) = Policy::of(new.re_entry);
    diesel::insert_into(journeys::table)
        .values((
            journeys::id.eq(&id),
            journeys::name.eq(new.name),
            journeys::channel_id.eq(new.channel_id),
            journeys::trigger_kind.eq(new.trigger),
            journeys::status.eq(Stored::Draft),
            journeys::starts_at.eq(new.period.starts_at),
            journeys::ends_at.eq(new.period.ends_at),
            journeys::re_entry.eq(policy),
            journeys::re_entry_days.eq(days),
            journeys::created_by.eq(by),
            journeys::created_at.eq(now),
            journeys::updated_at.eq(now),
            journeys::version.eq(1),
        ))
        .execute(conn)?;
    versions::draft(conn, &id, zone)?;
    Ok(id)
}

/// Gives it this name, account, trigger, period and re-entry policy. Those who wait for its start
/// wait for the new one.
pub fn update(conn: &mut Conn, journey: &Journey, new: &NewJourney<'_>, now: NaiveDateTime) -> QueryResult<bool> {
    let (policy, days) = Policy::of(new.re_entry);
    let changed = diesel::update(journeys::table.find(&journey.id).filter(journeys::version.eq(journey.version)))
        .set((
            journeys::name.eq(new.name),
            journeys::channel_id.eq(new.channel_id),
            journeys::trigger_kind.eq(new.trigger),
            journeys::starts_at.eq(new.period.starts_at),
            journeys::ends_at.eq(new.period.ends_at),
            journeys::re_entry.eq(policy),
            journeys::re_entry_days.eq(days),
            journeys::updated_at.eq(now),
            journeys::version.eq(journeys::version + 1),
        ))
        .execute(conn)?;
    if changed == 1 && journey.period.starts_at != new.period.starts_at {
        cohorts::start_at(conn, &journey.id, new.period.starts_at.unwrap_or(now).max(now))?;
    }
    Ok(changed == 1)
}

/// Makes its draft version the one that people enter, and lets it run. The version's waits and
/// conditions mean `zone` from now on.
pub fn publish(conn: &mut Conn, journey: &Journey, draft: &Id, zone: Tz, now: NaiveDateTime) -> QueryResult<bool> {
    let changed = diesel::update(journeys::table.find(&journey.id).filter(journeys::version.eq(journey.version)))
        .set((
            journeys::status.eq(Stored::Published),
            journeys::live_version_id.eq(draft),
            journeys::updated_at.eq(now),
            journeys::version.eq(journeys::version + 1),
        ))
        .execute(conn)?;
    if changed == 1 {
        diesel::update(journey_versions::table.find(draft))
            .set((journey_versions::zone.eq(zone.name()), journey_versions::published_at.eq(now)))
            .execute(conn)?;
        messages::release(conn, &journey.id, now)?;
    }
    Ok(changed == 1)
}

/// Stops people from entering and from moving on, and holds back the messages that are not sent yet,
/// in the name of the person `by`. Waits run on.
pub fn pause(conn: &mut Conn, journey: &Journey, by: &str, now: NaiveDateTime) -> QueryResult<bool> {
    let changed = set(conn, journey, Stored::Paused, now)?;
    if changed {
        messages::hold(conn, &journey.id, by)?;
    }
    Ok(changed)
}

/// Lets it go on with the version that was live.
pub fn resume(conn: &mut Conn, journey: &Journey, now: NaiveDateTime) -> QueryResult<bool> {
    let changed = set(conn, journey, Stored::Published, now)?;
    if changed {
        messages::release(conn, &journey.id, now)?;
    }
    Ok(changed)
}

/// Ends it for good: nobody enters any more. Those inside go on to their end, or with `let_go`
/// leave at once and what is not sent yet is called off; who is being written to at that moment
/// leaves when that is done.
pub fn end(conn: &mut Conn, journey: &Journey, let_go: bool, now: NaiveDateTime) -> QueryResult<bool> {
    let changed = set(conn, journey, Stored::Ended, now)?;
    if changed && let_go {
        cohorts::let_go(conn, journey, now)?;
        messages::call_off(conn, &journey.id, now)?;
    } else if changed {
        messages::release(conn, &journey.id, now)?;
    }
    Ok(changed)
}

/// Removes a draft that nobody has ever entered.
pub(crate) fn delete(conn: &mut Conn, journey: &Journey) -> QueryResult<bool> {
    let draft = journeys::table
        .find(&journey.id)
        .filter(journeys::version.eq(journey.version))
        .filter(journeys::status.eq(Stored::Draft));
    Ok(diesel::delete(draft).execute(conn)? == 1)
}

/// Says that its draft version was edited.
pub(crate) fn touch(conn: &mut Conn, journey: &Journey, now: NaiveDateTime) -> QueryResult<bool> {
    set(conn, journey, journey.stored, now)
}

fn set(conn: &mut Conn, journey: &Journey, stored: Stored, now: NaiveDateTime) -> QueryResult<bool> {
    let changed = diesel::update(journeys::table.find(&journey.id).filter(journeys::version.eq(journey.version)))
        .set((journeys::status.eq(stored), journeys::updated_at.eq(now), journeys::version.eq(journeys::version + 1)))
        .execute(conn)?;
    Ok(changed == 1)
}
