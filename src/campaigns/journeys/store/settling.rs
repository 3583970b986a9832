//! How people leave a message: their deliveries say that they are settled.

use super::{
    cohorts::{self, OfDispatch},
    moving::Onward,
    versions,
};
use chrono::NaiveDateTime;
use diesel::QueryResult;
use std::collections::BTreeSet;
use tidings_base::db::Conn;
use tidings_sending::dispatch::{self, Told};

/// News that are heard in one transaction, at most.
const NEWS: i64 = 16;

/// Hears of at most `limit` deliveries and lets those people go on whose message is settled. One
/// transaction: news are taken if and only if their people were moved. Answers how many were looked
/// at; none says that there is nothing to do.
///
/// News are waited for by nobody, and cohorts are held in the order of their keys: so nobody waits in
/// a circle.
pub fn follow(conn: &mut Conn, limit: i64, now: NaiveDateTime) -> QueryResult<usize> {
    let mut told: Vec<Told> = Vec::new();
    let mut people = 0;
    for news in dispatch::news(conn, NEWS)? {
        if people >= limit {
            break;
        }
        let some = dispatch::hear(conn, news, limit - people)?;
        people += some.people;
        told.push(some);
    }
    let dispatches: BTreeSet<_> = told.iter().map(|told| &told.dispatch_id).collect();
    let of_dispatches = cohorts::of_dispatches(conn, &dispatches)?;
    let cohorts: BTreeSet<_> = of_dispatches.iter().map(|of| &of.cohort_id).collect();
    for cohort_id in cohorts {
        cohorts::due(conn, cohort_id, now)?;
    }
    // Only now: whoever moved some of them before has let their cohort go.
    for of in &of_dispatches {
        let some: Vec<&Told> = told.iter().filter(|told| told.dispatch_id == of.dispatch_id).collect();
        go_on(conn, of, &some, now)?;
    }
    Ok(told.len().max(usize::try_from(people).expect("they are countable")))
}

/// Lets those go on who stand at the dispatch's step. The news may be old, and the person at a later
/// message.
fn go_on(conn: &mut Conn, of: &OfDispatch, told: &[&Told], now: NaiveDateTime) -> QueryResult<()> {
    let Some(cohort) = cohorts::get(conn, &of.cohort_id)? else { return Ok(()) };
    let flow = versions::flow(conn, &cohort.version_id)?;
    let next = flow.find(&of.step_id).filter(|_| !cohort.let_go).and_then(|place| place.next());
    let onward = Onward { cohort: &cohort, arrived: now, now };
    for some in told {
        let mut which = some.is_about(conn, "id");
        which.push(" and state = 'sending' and step_id = ").bind(&of.step_id);
        onward.go(conn, next, which)?;
    }
    Ok(())
}
