//! How people leave a message: their deliveries say that they are settled.

use super::{
    cohorts::{self, Cohort},
    moving::Onward,
    versions,
};
use chrono::NaiveDateTime;
use diesel::{
    prelude::*,
    sql_types::{Nullable, Text},
};
use std::collections::{BTreeMap, BTreeSet};
use tidings_base::db::{Conn, Id, sql::Sql};
use tidings_sending::dispatch;

/// News that are heard in one transaction, at most.
const NEWS: i64 = 16;

/// Hears of at most `limit` settled deliveries and lets those people go on whom they are about. One
/// transaction: news are taken if and only if their people were moved. Answers how many were looked
/// at; none says that there is nothing to do.
///
/// News are waited for by nobody, and cohorts are held in the order of their keys: so nobody waits in
/// a circle.
pub fn follow(conn: &mut Conn, limit: i64, now: NaiveDateTime) -> QueryResult<usize> {
    let mut settled = Vec::new();
    let mut heard = 0;
    let mut dispatches = BTreeSet::new();
    for news in dispatch::news(conn, NEWS)? {
        let room = limit - settled.len() as i64;
        if room <= 0 {
            break;
        }
        settled.extend(dispatch::settled(conn, &news, room)?);
        dispatches.insert(news.dispatch_id);
        heard += 1;
    }
    let passed: BTreeSet<(&Id, &Id)> = settled.iter().map(|settled| (&settled.entry_id, &settled.step_id)).collect();
    for cohort_id in cohorts::of_dispatches(conn, &dispatches)? {
        cohorts::due(conn, &cohort_id, now)?;
    }
    // Only now: whoever moved some of them before has let their cohort go.
    let mut by_cohort: BTreeMap<Id, Vec<Standing>> = BTreeMap::new();
    for standing in standing(conn, settled.iter().map(|settled| &settled.entry_id))? {
        by_cohort.entry(standing.cohort_id.clone()).or_default().push(standing);
    }
    for (cohort_id, people) in &by_cohort {
        if let Some(cohort) = cohorts::get(conn, cohort_id)? {
            go_on(conn, &cohort, people, &passed, now)?;
        }
    }
    Ok(heard.max(settled.len()))
}

#[derive(QueryableByName)]
struct Standing {
    #[diesel(sql_type = Text)]
    id: Id,
    #[diesel(sql_type = Text)]
    cohort_id: Id,
    #[diesel(sql_type = Text)]
    step_id: Id,
    /// Set when the person is to leave.
    #[diesel(sql_type = Nullable<Text>)]
    reason: Option<String>,
}

/// Those of the entries who are being written to, and where.
fn standing<'a>(conn: &mut Conn, ids: impl Iterator<Item = &'a Id>) -> QueryResult<Vec<Standing>> {
    let ids: Vec<&Id> = ids.collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::new("select id, cohort_id, step_id, reason from journey_entries where id in (");
    sql.bind_all(ids).push(") and state = 'sending' and step_id is not null");
    sql.load(conn)
}

fn go_on(
    conn: &mut Conn,
    cohort: &Cohort,
    people: &[Standing],
    passed: &BTreeSet<(&Id, &Id)>,
    now: NaiveDateTime,
) -> QueryResult<()> {
    let flow = versions::flow(conn, &cohort.version_id)?;
    let mut alike: BTreeMap<(&Id, bool), BTreeSet<&Id>> = BTreeMap::new();
    // The news may be old, and the person at a later message.
    for person in people.iter().filter(|person| passed.contains(&(&person.id, &person.step_id))) {
        alike.entry((&person.step_id, person.reason.is_some())).or_default().insert(&person.id);
    }
    let onward = Onward { cohort, arrived: now, now };
    for ((step, leaves), ids) in alike {
        let mut which = Sql::new("id in (");
        which.bind_all(ids).push(") and state = 'sending'");
        match flow.find(step).filter(|_| !leaves).and_then(|place| place.next()) {
            Some(next) => onward.go(conn, Some(next), which)?,
            None => onward.leave(conn, which)?,
        }
    }
    Ok(())
}
