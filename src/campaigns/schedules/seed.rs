//! Schedules with a history, for the demo shop.

use super::{
    draft::{Draft, runs},
    model::TaskStatus,
    store::{self, Change},
};
use crate::journeys::EntryRefusal;
use chrono::NaiveDateTime;
use chrono_tz::Tz;
use tidings_base::db::{Conn, DbError, Id};

pub use super::{fit::Unfit, model::Reason};

/// What came of a task in the past.
#[derive(Clone, Debug)]
pub struct Past {
    /// Done, cancelled, failed or skipped.
    pub status: TaskStatus,
    /// Why it was skipped or failed.
    pub reason: Option<Reason>,
    pub entered: i64,
    pub left_out: Vec<(EntryRefusal, i64)>,
    /// Who cancelled it.
    pub by: Option<String>,
}

/// Publishes `draft` as if it were `then`; answers the schedule, with no task where none is later
/// than that.
///
/// # Errors
/// What the database says.
pub fn publish(conn: &mut Conn, draft: &Draft, zone: Tz, by: &Id, then: NaiveDateTime) -> Result<Id, DbError> {
    let runs = runs(&draft.timing, zone, then).unwrap_or_default();
    Ok(store::publish(conn, &Change { draft, runs: &runs, zone, now: then }, by)?)
}

/// Says what came of each task of the schedule that was due until `now`: `past` is asked with its
/// id, which is its cohort, and its time.
///
/// # Errors
/// What the database says.
pub fn settle(
    conn: &mut Conn,
    schedule: &Id,
    now: NaiveDateTime,
    mut past: impl FnMut(&mut Conn, &Id, NaiveDateTime) -> Result<Past, DbError>,
) -> Result<(), DbError> {
    for (task, due_at) in store::due_until(conn, schedule, now)? {
        let past = past(conn, &task, due_at)?;
        store::settle(conn, &task, &past, due_at)?;
    }
    Ok(store::count(conn, schedule)?)
}
