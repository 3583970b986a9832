//! People of dispatches that ended long ago: what is counted of them stays, they go.

use super::finish;
use crate::{channels::InboundStatus, dispatch::DispatchStatus};
use chrono::NaiveDateTime;
use diesel::prelude::*;
use tidings_base::{
    db::{
        Conn, Id,
        schema::{dispatches, inbound_events, inbound_messages},
        sql::Sql,
    },
    retention::{Sweep, Terms},
};

/// Nobody is written to any more.
const ENDED: [DispatchStatus; 3] = [DispatchStatus::Done, DispatchStatus::Failed, DispatchStatus::Cancelled];

/// People of old dispatches, and vendors' events that took effect long ago.
pub const SWEEPS: &[Sweep] =
    &[Sweep { name: "deliveries", some: some_people }, Sweep { name: "inbound_events", some: some_events }];

/// When the people of a dispatch were removed, if they were.
pub fn archived_at(conn: &mut Conn, dispatch: &Id) -> QueryResult<Option<NaiveDateTime>> {
    let row = dispatches::table.find(dispatch).select(dispatches::archived_at).first(conn).optional()?;
    Ok(row.flatten())
}

/// One dispatch after the other: first its reasons are counted, then its people go, then what is known
/// of its calls.
fn some_people(conn: &mut Conn, terms: &Terms) -> QueryResult<usize> {
    let Some(before) = terms.before else { return Ok(0) };
    let begun = dispatches::table
        .filter(dispatches::archived_at.is_not_null().and(dispatches::emptied.eq(false)))
        .filter(dispatches::status.eq_any(ENDED).and(dispatches::pending.eq(0)))
        .select(dispatches::id)
        .first::<Id>(conn)
        .optional()?;
    let Some(dispatch) = begun else {
        let old = dispatches::table
            .filter(dispatches::archived_at.is_null().and(dispatches::finished_at.lt(before)))
            .filter(dispatches::status.eq_any(ENDED).and(dispatches::pending.eq(0)))
            .order((dispatches::finished_at, dispatches::id))
            .select(dispatches::id)
            .first::<Id>(conn)
            .optional()?;
        return old.map_or(Ok(0), |dispatch| archive(conn, &dispatch, terms.now));
    };
    // People may come to a dispatch that has ended: they take it first, and so does this.
    if !finish::lock(conn, &dispatch)?.is_some_and(|dispatch| ENDED.contains(&dispatch.status)) {
        return Ok(0);
    }
    for table in ["deliveries", "batches"] {
        let mut sql =
            Sql::new(&format!("delete from {table} where id in (select id from {table} where dispatch_id = "));
        let rows = sql.bind(&dispatch).push(" limit ").bind(terms.limit).push(")").execute(conn)?;
        if rows > 0 {
            return Ok(rows);
        }
    }
    diesel::update(dispatches::table.find(&dispatch)).set(dispatches::emptied.eq(true)).execute(conn)
}

fn archive(conn: &mut Conn, dispatch: &Id, now: NaiveDateTime) -> QueryResult<usize> {
    let mut counts = Sql::new(
        "insert into dispatch_reasons (dispatch_id, missed, reason, people) select dispatch_id, missed, reason, count(*) \
         from deliveries where missed <> '' and reason is not null and dispatch_id = ",
    );
    counts.bind(dispatch).push(" group by dispatch_id, missed, reason").execute(conn)?;
    diesel::update(dispatches::table.find(dispatch)).set(dispatches::archived_at.eq(now)).execute(conn)
}

/// What vendors sent is kept as long as they may send it again, and then as long as everything.
fn some_events(conn: &mut Conn, terms: &Terms) -> QueryResult<usize> {
    let Some(before) = terms.before else { return Ok(0) };
    let old = inbound_events::table
        .filter(inbound_events::status.eq(InboundStatus::Done).and(inbound_events::received_at.lt(before)))
        .order(inbound_events::id)
        .select(inbound_events::id)
        .limit(terms.limit)
        .load::<Id>(conn)?;
    if old.is_empty() {
        return Ok(0);
    }
    diesel::delete(inbound_messages::table.filter(inbound_messages::inbound_id.eq_any(&old))).execute(conn)?;
    diesel::delete(inbound_events::table.filter(inbound_events::id.eq_any(&old))).execute(conn)
}
