//! What happens when a task comes due: it is decided whether it runs, and its audience enters the
//! journey, a slice of the account's contacts at a time.
//!
//! Each slice commits who came in together with how far it reached, so that a process may die
//! anywhere and the next one goes on; nobody enters twice.

use super::{
    fit::{self, Unfit},
    model::{Fate, Reason, TaskStatus, fate},
    store::{self, Hand},
};
use crate::journeys::{self, Entering};
use chrono::NaiveDateTime;
use tidings_base::{
    crash,
    db::{Conn, DbError},
    jobs::{Claimed, Failure, Slice, Work},
    metrics, workspace,
};
use tidings_customers::audiences::Lens;
use tidings_sending::dispatch;

/// How many contacts a transaction looks at.
pub(crate) const SLICE: i64 = 1_500;
/// As many where people share calls.
const SLICE_TOGETHER: i64 = 12_000;

/// Runs the tasks of a claim.
pub(crate) async fn run(work: Work, slice: Slice) -> Result<(), Failure> {
    for claimed in slice.rows {
        if let Err(e) = task(&work, claimed.clone()).await {
            // A busy database is no fault of the task's.
            if e.is_busy() {
                work.db.write(move |conn| store::forgive(conn, &claimed).map_err(DbError::from)).await?;
            }
            return Err(e.into());
        }
    }
    Ok(())
}

async fn task(work: &Work, claimed: Claimed) -> Result<(), DbError> {
    let (row, now) = (claimed.clone(), work.clock.now());
    let mut more = work.db.write(move |conn| begin(conn, &row, now)).await?;
    crash::point("schedules.begun");
    while more {
        let (row, now, until) = (claimed.clone(), work.clock.now(), work.clock.machine() + work.lease);
        more = work.db.write_repeatable(move |conn| enter(conn, &row, now, until)).await?;
        work.wake.kind(journeys::ADVANCE);
        work.wake.kind(dispatch::SEND);
        crash::point("schedules.entered");
    }
    Ok(())
}

/// Decides what becomes of the task; answers whether people are to enter.
fn begin(conn: &mut Conn, claimed: &Claimed, now: NaiveDateTime) -> Result<bool, DbError> {
    let Some(hand) = store::take(conn, claimed)? else { return Ok(false) };
    let unfit = unfit(conn, &hand, now)?;
    let latest = workspace::load(conn)?.latest;
    match fate(hand.status, now - hand.due_at, latest, hand.begun, unfit) {
        Fate::Run => {
            store::start(conn, &hand, now)?;
            metrics::lag(super::RUN, now - hand.due_at);
            Ok(true)
        }
        Fate::Skip(why) => end(conn, &hand, TaskStatus::Skipped, Some(why), now),
        Fate::Fail(why) => end(conn, &hand, TaskStatus::Failed, Some(why), now),
    }
}

fn unfit(conn: &mut Conn, hand: &Hand, now: NaiveDateTime) -> Result<Option<Unfit>, DbError> {
    let journey = store::journey_side(conn, &hand.journey_id, now)?.map(|(_, side)| side);
    let audience = store::audience_side(conn, &hand.audience_id)?;
    Ok(fit::both(journey, audience))
}

/// Lets the next slice in; answers whether there are more.
fn enter(conn: &mut Conn, claimed: &Claimed, now: NaiveDateTime, until: NaiveDateTime) -> Result<bool, DbError> {
    let Some(hand) = store::take(conn, claimed)? else { return Ok(false) };
    let Some(journey) = journeys::find(conn, &hand.journey_id)? else {
        return end(conn, &hand, TaskStatus::Done, Some(Reason::Unfit(Unfit::JourneyGone)), now);
    };
    let audience = match store::audience(conn, &hand.audience_id)? {
        Ok(Some(audience)) => audience,
        Ok(None) => return end(conn, &hand, TaskStatus::Done, Some(Reason::Unfit(Unfit::AudienceGone)), now),
        Err(why) => {
            tracing::error!(task.id = %hand.id, audience.id = %hand.audience_id, why, "the rule of an audience cannot be read");
            return end(conn, &hand, TaskStatus::Failed, Some(Reason::Rule), now);
        }
    };
    let entering = Entering {
        journey: &journey,
        task_id: &hand.id,
        audience: audience.predicate(&Lens { now: hand.as_of.unwrap_or(hand.due_at), zone: hand.zone }),
        after: hand.reached.as_ref(),
        slice: SLICE,
        slice_together: Some(SLICE_TOGETHER),
        now,
    };
    let Ok(slice) = journeys::enter(conn, &entering)? else {
        return end(conn, &hand, TaskStatus::Done, Some(Reason::Unfit(Unfit::JourneyEnded)), now);
    };
    store::entered(conn, &hand, &slice, until)?;
    match slice.reached {
        Some(_) => Ok(true),
        None => end(conn, &hand, TaskStatus::Done, None, now),
    }
}

/// Ends the task and tells the journey that it brings nobody more.
fn end(
    conn: &mut Conn,
    hand: &Hand,
    status: TaskStatus,
    why: Option<Reason>,
    now: NaiveDateTime,
) -> Result<bool, DbError> {
    journeys::complete(conn, &hand.journey_id, &hand.id, now)?;
    store::finish(conn, hand, status, why, now)?;
    let reason = why.map_or("", Reason::word);
    match status {
        TaskStatus::Failed => {
            tracing::error!(schedule.id = %hand.schedule_id, task.id = %hand.id, due = %hand.due_at, reason, "a task of a schedule failed");
        }
        TaskStatus::Skipped => {
            tracing::warn!(schedule.id = %hand.schedule_id, task.id = %hand.id, due = %hand.due_at, reason, "a task of a schedule was skipped");
        }
        TaskStatus::Waiting | TaskStatus::Running | TaskStatus::Done | TaskStatus::Cancelled => {
            tracing::info!(schedule.id = %hand.schedule_id, task.id = %hand.id, due = %hand.due_at, reason, "a task of a schedule is done");
        }
    }
    Ok(false)
}
