//! People of a cohort whose first message is one that all of them get alike: their entries are written with their
//! deliveries, when it is known what became of the message.

use super::{
    cohorts::{self, Cohort, OfDispatch},
    versions,
};
use crate::journeys::model::Step;
use diesel::QueryResult;
use std::collections::BTreeSet;
use tidings_base::db::{
    Conn, Id,
    sql::{Keep, Sql},
};
use tidings_sending::dispatch::{self, Moment, Unpacked};

/// How many people of the journey have no entry yet.
pub(crate) fn packed(conn: &mut Conn, journey_id: &Id) -> QueryResult<i64> {
    let mut dispatches = Sql::new(
        "select d.id from dispatches d join journey_versions v on v.id = d.origin_id where d.origin = 'journey' \
         and v.journey_id = ",
    );
    dispatches.bind(journey_id);
    dispatch::packed(conn, dispatches)
}

/// Writes out some of the packs of a journey's dispatch that can be, in one transaction with the entries of their
/// people, who stand at the message or have gone on; answers how many packs.
///
/// Cohorts are held before their dispatches, as by all others.
pub(crate) fn unpack(conn: &mut Conn, dispatch: &Id, at: Moment) -> QueryResult<usize> {
    let of = cohorts::of_dispatches(conn, &BTreeSet::from([dispatch]))?.into_iter().next();
    let Some(OfDispatch { cohort_id, step_id, .. }) = of else { return Err(diesel::NotFound) };
    cohorts::due(conn, &cohort_id, at.now)?;
    let Some(cohort) = cohorts::get(conn, &cohort_id)? else { return Err(diesel::NotFound) };
    let unpacked = dispatch::unpack(conn, dispatch, at)?;
    let flow = versions::flow(conn, &cohort.version_id)?;
    let next = flow.find(&step_id).filter(|_| !cohort.let_go).and_then(|place| place.next());
    for some in &unpacked {
        let place = if some.settled { Stand::After(next) } else { Stand::At };
        enter(conn, &cohort, &step_id, some, &place, at)?;
    }
    if unpacked.iter().any(|some| some.settled) {
        cohorts::open_again(conn, &cohort.id)?;
    }
    Ok(unpacked.len())
}

/// Where people stand who get an entry.
enum Stand<'a> {
    /// At the message.
    At,
    /// They have done with it and go to this step, or leave.
    After(Option<&'a Step>),
}

fn enter(
    conn: &mut Conn,
    cohort: &Cohort,
    message: &Id,
    some: &Unpacked,
    stand: &Stand<'_>,
    at: Moment,
) -> QueryResult<()> {
    let (state, step, due_at, ended_at) = match stand {
        Stand::At => ("sending", message, None, None),
        Stand::After(Some(step)) => ("ready", &step.id, Some(at.now), None),
        Stand::After(None) => ("done", message, None, Some(at.now)),
    };
    let reason = (ended_at.is_some() && cohort.let_go).then(|| "let_go".to_owned());
    let mut sql = Sql::new(
        "insert into journey_entries (id, journey_id, cohort_id, contact_id, task_id, entered_at, state, step_id, due_at, \
         reason, ended_at) select d.entry_id, ",
    );
    sql.bind(&cohort.journey_id).push(", ").bind(&cohort.id).push(", d.contact_id, ");
    sql.bind(cohort.cohort.as_str()).push(", ").bind(some.chosen_at).push(", ").bind(state).push(", ").bind(step);
    sql.push(", ").bind(due_at).push(", ").bind(reason).push(", ").bind(ended_at);
    sql.push(" from deliveries d where d.id > ").bind(some.after_id.as_str());
    sql.push(" and d.id <= ").bind(some.last_id.as_str()).push(" order by d.id").keep(Keep::OnSqlite);
    let entered = sql.execute(conn)?;
    match stand {
        Stand::After(None) => cohorts::finished(conn, &cohort.id, i64::try_from(entered).expect("a pack is small")),
        Stand::At | Stand::After(Some(_)) => Ok(()),
    }
}
