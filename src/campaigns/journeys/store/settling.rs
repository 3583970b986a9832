//! How people leave a message: their deliveries say that they are settled.

use super::{
    cohorts::{self, Cohort},
    journeys,
    moving::{Onward, Outcome},
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

/// Takes at most `limit` settled deliveries and lets those people go on whom they are about. One
/// transaction: a delivery is taken if and only if its person was moved. Answers how many were looked
/// at; none says that there is nothing to do.
///
/// Cohorts come first, in the order of their keys, and then deliveries, for which it waits for
/// nobody: so nobody waits in a circle.
pub fn follow(conn: &mut Conn, limit: i64, now: NaiveDateTime) -> QueryResult<usize> {
    let awaited = dispatch::awaited(conn, limit)?;
    if awaited.is_empty() {
        return Ok(0);
    }
    let mut by_cohort: BTreeMap<Id, Vec<Standing>> = BTreeMap::new();
    for standing in standing(conn, awaited.iter().map(|delivery| &delivery.entry_id))? {
        by_cohort.entry(standing.cohort_id.clone()).or_default().push(standing);
    }
    for cohort_id in by_cohort.keys() {
        cohorts::due(conn, cohort_id, now)?;
    }
    let settled = dispatch::take(conn, &awaited)?;
    let outcomes: BTreeMap<&Id, Outcome> =
        settled.iter().map(|settled| (&settled.entry_id, Outcome::of(settled.state))).collect();
    for (cohort_id, people) in &by_cohort {
        if let Some(cohort) = cohorts::get(conn, cohort_id)? {
            go_on(conn, &cohort, people, &outcomes, now)?;
        }
    }
    Ok(awaited.len())
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
    let mut sql = Sql::new("select id, cohort_id, step_id, reason from journey_entries where id in (");
    sql.bind_all(ids).push(") and state = 'sending' and step_id is not null");
    sql.load(conn)
}

fn go_on(
    conn: &mut Conn,
    cohort: &Cohort,
    people: &[Standing],
    outcomes: &BTreeMap<&Id, Outcome>,
    now: NaiveDateTime,
) -> QueryResult<()> {
    let flow = versions::flow(conn, &cohort.version_id)?;
    let Some(journey) = journeys::find(conn, &cohort.journey_id)? else { return Ok(()) };
    let mut alike: BTreeMap<(&Id, Outcome, bool), BTreeSet<&Id>> = BTreeMap::new();
    for person in people {
        // Taken by somebody else meanwhile, who moved the person too.
        let Some(outcome) = outcomes.get(&person.id).copied() else { continue };
        alike.entry((&person.step_id, outcome, person.reason.is_some())).or_default().insert(&person.id);
    }
    let onward = Onward { cohort, journey_name: &journey.name, arrived: now, now };
    for ((step, outcome, leaves), ids) in alike {
        let mut which = Sql::new("id in (");
        which.bind_all(ids).push(") and state = 'sending'");
        let mut passages =
            Sql::new("insert into journey_passages (entry_id, step_id, at, outcome) select id, step_id, ");
        passages.bind(now).push(&format!(", '{outcome}' from journey_entries where ")).append(which.clone());
        passages.execute(conn)?;
        match flow.find(step).filter(|_| !leaves).and_then(|place| place.next()) {
            Some(next) => onward.go(conn, Some(next), which)?,
            None => onward.leave(conn, which)?,
        }
    }
    Ok(())
}
