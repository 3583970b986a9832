//! Pausing, resuming and cancelling. Each takes effect before the next calls.

use super::finish::{self, Moved};
use crate::dispatch::{DispatchStatus, PauseReason};
use chrono::{DateTime, NaiveDateTime};
use diesel::QueryResult;
use tidings_base::db::{Conn, Id, sql::Sql};

/// Pauses the dispatch in the name of a person; answers whether it was one that can be paused.
pub fn pause(conn: &mut Conn, dispatch: &Id, by: &str) -> QueryResult<bool> {
    let mut sql = become_("paused");
    sql.push(", pause_reason = 'person', pause_detail = null, paused_by = ").bind(by);
    sql.append(from(DispatchStatus::Paused, dispatch));
    Ok(sql.execute(conn)? > 0)
}

/// Pauses the dispatch because nobody would get it until a person acts.
pub fn hold(conn: &mut Conn, dispatch: &Id, reason: PauseReason, detail: &str) -> QueryResult<()> {
    let mut sql = become_("paused");
    sql.push(", paused_by = null, pause_reason = ").bind(reason.word()).push(", pause_detail = ").bind(detail);
    sql.push(" where status = 'sending' and id = ").bind(dispatch);
    sql.execute(conn).map(drop)
}

/// Lets a paused dispatch go on, whoever or whatever paused it; answers whether it was paused.
/// `now` is product time.
pub fn resume(conn: &mut Conn, dispatch: &Id, now: NaiveDateTime) -> QueryResult<bool> {
    let mut sql = become_("sending");
    sql.push(", pause_reason = null, pause_detail = null, paused_by = null where status = 'paused' and id = ")
        .bind(dispatch);
    let resumed = sql.execute(conn)? > 0;
    finish::finish(conn, dispatch, now)?;
    Ok(resumed)
}

/// Cancels the dispatch: who is pending gets nothing. What is being called at this moment ends as it
/// ends. Answers whether it could be cancelled. `now` is product time.
pub fn cancel(conn: &mut Conn, dispatch: &Id, now: NaiveDateTime) -> QueryResult<bool> {
    let mut sql = become_("cancelled");
    sql.push(", accepting = ").bind(false).push(", finished_at = ").bind(now);
    sql.append(from(DispatchStatus::Cancelled, dispatch));
    if sql.execute(conn)? == 0 {
        return Ok(false);
    }
    let mut sql = Sql::new("update deliveries set state = 'cancelled', reason = 'dispatch_cancelled', settled_at = ");
    sql.bind(now).push(" where state = 'pending' and dispatch_id = ").bind(dispatch);
    let cancelled = sql.execute(conn)? as i64;
    Moved { pending: -cancelled, cancelled, ..Moved::default() }.apply(conn, dispatch)?;
    // Slices that wait to be called again are wound up at once.
    let mut sql = Sql::new("update slices set due_at = ");
    sql.bind(DateTime::UNIX_EPOCH.naive_utc()).push(" where dispatch_id = ").bind(dispatch);
    sql.execute(conn)?;
    Ok(true)
}

fn become_(status: &str) -> Sql {
    Sql::new(&format!("update dispatches set version = version + 1, status = '{status}'"))
}

/// ` where …`: this dispatch, in a status from which it may become `next`.
fn from(next: DispatchStatus, dispatch: &Id) -> Sql {
    let mut sql = Sql::new(" where status in (");
    sql.bind_all(DispatchStatus::before(next).map(DispatchStatus::word)).push(") and id = ").bind(dispatch);
    sql
}
