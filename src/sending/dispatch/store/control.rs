//! Pausing, resuming and cancelling. Each takes effect before the next calls.

use super::{
    finish::{self, Moved},
    news,
};
use crate::dispatch::{DispatchStatus, PauseReason};
use chrono::{DateTime, NaiveDateTime};
use diesel::{QueryResult, QueryableByName, sql_types::Text};
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
    let cancelled = never_send(conn, dispatch, now)?;
    Moved { pending: -cancelled, cancelled, ..Moved::default() }.apply(conn, dispatch)?;
    // Slices that wait to be called again are wound up at once.
    let mut sql = Sql::new("update slices set due_at = ");
    sql.bind(DateTime::UNIX_EPOCH.naive_utc()).push(" where dispatch_id = ").bind(dispatch);
    sql.execute(conn)?;
    Ok(true)
}

/// Cancels whoever is in no slice; answers how many.
fn never_send(conn: &mut Conn, dispatch: &Id, now: NaiveDateTime) -> QueryResult<i64> {
    let mut sql = Sql::new("delete from stretches where dispatch_id = ");
    sql.bind(dispatch).push(" returning after_id, last_id");
    let mut ranges: Vec<Range> = sql.load(conn)?;
    let mut cancelled = 0;
    for Range { after_id, last_id } in &ranges {
        let mut which = Sql::new("state = 'pending' and id > ");
        which.bind(after_id.as_str()).push(" and id <= ").bind(last_id.as_str());
        cancelled += call_off(conn, which, now)?;
    }
    let mut sql = Sql::new("select '' as after_id, max(id) as last_id from deliveries where waits and dispatch_id = ");
    sql.bind(dispatch).push(" having count(*) > 0");
    ranges.extend(sql.load::<Range>(conn)?);
    let mut which = Sql::new("waits and dispatch_id = ");
    which.bind(dispatch);
    cancelled += call_off(conn, which, now)?;
    if finish::lock(conn, dispatch)?.is_some_and(|dispatch| dispatch.origin.is_followed()) {
        for Range { after_id, last_id } in &ranges {
            news::tell_range(conn, dispatch, after_id, last_id)?;
        }
    }
    Ok(cancelled as i64)
}

/// Settles the deliveries of which `which` holds as those of a cancelled dispatch; answers how many.
pub(super) fn call_off(conn: &mut Conn, which: Sql, now: NaiveDateTime) -> QueryResult<usize> {
    let mut sql = Sql::new("update deliveries set state = 'cancelled', missed = 'cancelled', waits = ");
    sql.bind(false).push(", reason = 'dispatch_cancelled', batch_id = null, settled_at = ").bind(now).push(" where ");
    sql.append(which);
    sql.execute(conn)
}

/// Ids after the one up to the other.
#[derive(QueryableByName)]
struct Range {
    #[diesel(sql_type = Text)]
    after_id: String,
    #[diesel(sql_type = Text)]
    last_id: String,
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
