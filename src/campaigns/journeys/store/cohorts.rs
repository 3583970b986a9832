//! Cohorts: the people whom one schedule task brought in. A cohort's row is the work to be done on
//! it: when it is next due, and whose lease it is under. Whoever moves people of a cohort changes its
//! row first, so that they take turns.

use super::{Journey, moving::Onward, versions};
use chrono::NaiveDateTime;
use diesel::{
    prelude::*,
    sql_types::{Bool, Nullable, Text},
};
use std::collections::BTreeSet;
use tidings_base::{
    db::{
        Conn, Id,
        schema::{dispatches, journey_cohorts},
        sql::{Keep, Sql},
    },
    each_backend, jobs,
};
use tidings_sending::dispatch::{self, Origin};

/// A cohort, without what its lease is.
#[derive(Queryable, Selectable, Clone, PartialEq, Debug)]
#[diesel(table_name = journey_cohorts, check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
pub(crate) struct Cohort {
    pub id: Id,
    pub journey_id: Id,
    pub version_id: Id,
    /// The schedule task.
    pub cohort: String,
    /// Whether nobody more will come in with it.
    pub complete: bool,
    /// Whether whoever has done with a message leaves instead of going on.
    pub let_go: bool,
}

/// The cohort that this task brought into the journey, if any came.
pub(super) fn find(conn: &mut Conn, journey_id: &Id, cohort: &str) -> QueryResult<Option<Cohort>> {
    journey_cohorts::table
        .filter(journey_cohorts::journey_id.eq(journey_id))
        .filter(journey_cohorts::cohort.eq(cohort))
        .select(Cohort::as_select())
        .first(conn)
        .optional()
}

/// The cohort of this id.
pub(crate) fn get(conn: &mut Conn, id: &Id) -> QueryResult<Option<Cohort>> {
    journey_cohorts::table.find(id).select(Cohort::as_select()).first(conn).optional()
}

/// A dispatch and the cohort and step whose messages it sends.
#[derive(Queryable)]
pub(super) struct OfDispatch {
    pub(super) cohort_id: Id,
    pub(super) dispatch_id: Id,
    pub(super) step_id: Id,
}

/// Which cohorts and steps these dispatches are of.
pub(super) fn of_dispatches(conn: &mut Conn, dispatches: &BTreeSet<&Id>) -> QueryResult<Vec<OfDispatch>> {
    journey_cohorts::table
        .inner_join(dispatches::table.on(
            dispatches::origin_id.eq(journey_cohorts::version_id).and(dispatches::cohort.eq(journey_cohorts::cohort)),
        ))
        .filter(dispatches::origin.eq(Origin::Journey))
        .filter(dispatches::id.eq_any(dispatches.iter().copied()))
        .select((journey_cohorts::id, dispatches::id, dispatches::origin_step))
        .load(conn)
}

/// Begins a cohort of this version, with nobody in it.
pub(super) fn begin(
    conn: &mut Conn,
    journey_id: &Id,
    version_id: &Id,
    cohort: &str,
    now: NaiveDateTime,
) -> QueryResult<Cohort> {
    let id = Id::new();
    let row = (
        journey_cohorts::id.eq(&id),
        journey_cohorts::journey_id.eq(journey_id),
        journey_cohorts::version_id.eq(version_id),
        journey_cohorts::cohort.eq(cohort),
        journey_cohorts::complete.eq(false),
        journey_cohorts::entered.eq(0),
        journey_cohorts::finished.eq(0),
        journey_cohorts::created_at.eq(now),
        journey_cohorts::epoch.eq(0),
        journey_cohorts::begun.eq(0),
        journey_cohorts::let_go.eq(false),
    );
    each_backend!(conn, c => diesel::insert_into(journey_cohorts::table).values(&row).execute(c))?;
    Ok(Cohort {
        id,
        journey_id: journey_id.clone(),
        version_id: version_id.clone(),
        cohort: cohort.to_owned(),
        complete: false,
        let_go: false,
    })
}

/// Counts people in, who take their first step at `due_at`, or have taken it where there is none. Also
/// makes others wait for their turn.
pub(super) fn entered(conn: &mut Conn, id: &Id, people: i64, due_at: Option<NaiveDateTime>) -> QueryResult<()> {
    let mut sql = Sql::new("update journey_cohorts set entered = entered + ");
    sql.bind(people);
    if let Some(at) = due_at.filter(|_| people > 0) {
        sql.append(due_by(at));
    }
    sql.push(" where id = ").bind(id).keep(Keep::Everywhere);
    sql.execute(conn).map(drop)
}

/// Says that there is something to do at `at`, at the latest. Also makes others wait for their turn.
pub(super) fn due(conn: &mut Conn, id: &Id, at: NaiveDateTime) -> QueryResult<()> {
    let mut sql = Sql::new("update journey_cohorts set epoch = epoch");
    sql.append(due_by(at)).push(" where id = ").bind(id).keep(Keep::Everywhere);
    sql.execute(conn).map(drop)
}

fn due_by(at: NaiveDateTime) -> Sql {
    let mut sql = Sql::new(", due_at = case when due_at < ");
    sql.bind(at).push(" then due_at else ").bind(at).push(" end");
    sql
}

/// Says that nobody more will come in, and closes what that closes.
pub(super) fn complete(conn: &mut Conn, cohort: &Cohort, now: NaiveDateTime) -> QueryResult<()> {
    diesel::update(journey_cohorts::table.find(&cohort.id)).set(journey_cohorts::complete.eq(true)).execute(conn)?;
    settle(conn, &Cohort { complete: true, ..cohort.clone() }, now)
}

/// Looks, after people of the cohort were moved, when there is something to do next and which of its
/// dispatches nobody can come to any more; those are closed. The caller has changed the cohort's row
/// in this transaction, so that of two who move its last people the second sees what the first did.
pub(super) fn settle(conn: &mut Conn, cohort: &Cohort, now: NaiveDateTime) -> QueryResult<()> {
    let mut due =
        Sql::new("update journey_cohorts set due_at = (select min(due_at) from journey_entries where cohort_id = ");
    due.bind(&cohort.id).push(" and due_at is not null) where id = ").bind(&cohort.id);
    due.execute(conn)?;
    let complete: bool = journey_cohorts::table.find(&cohort.id).select(journey_cohorts::complete).first(conn)?;
    if !complete {
        return Ok(());
    }

    let open: Vec<(Id, Id)> = dispatches::table
        .filter(dispatches::origin.eq(Origin::Journey))
        .filter(dispatches::origin_id.eq(&cohort.version_id))
        .filter(dispatches::cohort.eq(&cohort.cohort))
        .filter(dispatches::accepting)
        .select((dispatches::id, dispatches::origin_step))
        .load(conn)?;
    let stands = standing(conn, cohort)?;
    if stands.is_empty() {
        diesel::update(journey_cohorts::table.find(&cohort.id))
            .filter(journey_cohorts::closed_at.is_null())
            .set(journey_cohorts::closed_at.eq(now))
            .execute(conn)?;
    }
    if open.is_empty() {
        return Ok(());
    }
    let flow = versions::flow(conn, &cohort.version_id)?;
    let mut reachable: BTreeSet<&Id> = BTreeSet::new();
    for Standing { step_id, to_come } in &stands {
        match step_id {
            // Who is being written to is in the step's dispatch already.
            Some(step) => reachable.extend(flow.ahead(step).into_iter().filter(|ahead| *to_come || *ahead != step)),
            None => reachable.extend(flow.first().map(|first| flow.ahead(&first.id)).into_iter().flatten()),
        }
    }
    for (dispatch, step) in &open {
        if !reachable.contains(step) {
            dispatch::close(conn, dispatch, now)?;
        }
    }
    Ok(())
}

/// A step at which somebody of a cohort is at this moment.
#[derive(QueryableByName)]
struct Standing {
    /// None is before the first.
    #[diesel(sql_type = Nullable<Text>)]
    step_id: Option<Id>,
    /// Whether anybody there has yet to do what the step does.
    #[diesel(sql_type = Bool)]
    to_come: bool,
}

/// Where people of the cohort stand. One statement, so that nobody is missed who is moved at the same
/// time.
fn standing(conn: &mut Conn, cohort: &Cohort) -> QueryResult<Vec<Standing>> {
    let waits = |condition: &str| {
        let mut sql = Sql::new("exists (select 1 from journey_entries e where e.due_at is not null and e.cohort_id = ");
        sql.bind(&cohort.id).push(" and ").push(condition).push(")");
        sql
    };
    let mut sql = Sql::new("select s.id as step_id, ");
    sql.append(waits("e.step_id = s.id")).push(" as to_come from journey_steps s where s.version_id = ");
    sql.bind(&cohort.version_id).push(" and (").append(waits("e.step_id = s.id"));
    // Whoever is being written to is known by the message.
    sql.push(" or exists (select 1 from dispatches d where d.origin_step = s.id and d.origin_id = s.version_id");
    sql.push(" and d.origin = 'journey' and d.cohort = ").bind(cohort.cohort.as_str());
    sql.push(" and ").push(dispatch::AWAITED).push("))");
    sql.push(" union all select null, ").bind(true).push(" where ").append(waits("e.step_id is null"));
    sql.load(conn)
}

/// A cohort of which people go on has not come to its end, whatever a release that knows no packs saw.
pub(super) fn open_again(conn: &mut Conn, id: &Id) -> QueryResult<()> {
    let mut sql = Sql::new("update journey_cohorts set closed_at = null where closed_at is not null and id = ");
    sql.bind(id).keep(Keep::Everywhere).execute(conn).map(drop)
}

/// Counts people out.
pub(super) fn finished(conn: &mut Conn, id: &Id, people: i64) -> QueryResult<()> {
    diesel::update(journey_cohorts::table.find(id))
        .set(journey_cohorts::finished.eq(journey_cohorts::finished + people))
        .execute(conn)
        .map(drop)
}

/// Holds the cohort under this claim until `until` (machine time) and notes that its work gets on;
/// false says that the lease was lost.
pub(super) fn hold(conn: &mut Conn, id: &Id, owner: &str, until: NaiveDateTime) -> QueryResult<bool> {
    let held = diesel::update(journey_cohorts::table.find(id).filter(journey_cohorts::owner.eq(owner)))
        .set((journey_cohorts::lease_until.eq(until), journey_cohorts::begun.eq(0)))
        .execute(conn)?;
    Ok(held == 1)
}

/// Lets go of a claim whose work could not be done for a reason that lies outside of it, as if it had
/// not been begun.
pub(crate) fn forgive(conn: &mut Conn, owner: &str) -> QueryResult<()> {
    let mut sql =
        Sql::new("update journey_cohorts set begun = begun - 1, owner = null, lease_until = null where owner = ");
    sql.bind(owner);
    sql.execute(conn).map(drop)
}

/// Lets the cohorts of a journey go on that were set aside because their work broke off three times;
/// answers how many.
pub fn retry(conn: &mut Conn, journey_id: &Id) -> QueryResult<usize> {
    let aside = journey_cohorts::table
        .filter(journey_cohorts::journey_id.eq(journey_id))
        .filter(journey_cohorts::closed_at.is_null())
        .filter(journey_cohorts::begun.ge(jobs::BEGUN_MOST));
    diesel::update(aside).set(journey_cohorts::begun.eq(0)).execute(conn)
}

/// Lets those who wait for the journey's start begin at `at` instead.
pub(super) fn start_at(conn: &mut Conn, journey_id: &Id, at: NaiveDateTime) -> QueryResult<()> {
    for cohort in open(conn, journey_id)? {
        due(conn, &cohort.id, at)?;
        let mut sql = Sql::new("update journey_entries set due_at = ");
        sql.bind(at).push(" where cohort_id = ").bind(&cohort.id).push(" and step_id is null and due_at is not null");
        sql.execute(conn)?;
        let mut due =
            Sql::new("update journey_cohorts set due_at = (select min(due_at) from journey_entries where cohort_id = ");
        due.bind(&cohort.id).push(" and due_at is not null) where id = ").bind(&cohort.id);
        due.execute(conn)?;
    }
    Ok(())
}

/// Lets everybody inside go, at the step where they are. Who is being written to leaves when that is
/// done.
pub(super) fn let_go(conn: &mut Conn, journey: &Journey, now: NaiveDateTime) -> QueryResult<()> {
    for cohort in open(conn, &journey.id)? {
        due(conn, &cohort.id, now)?;
        diesel::update(journey_cohorts::table.find(&cohort.id)).set(journey_cohorts::let_go.eq(true)).execute(conn)?;
        let waiting = || {
            let mut sql = Sql::new("cohort_id = ");
            sql.bind(&cohort.id).push(" and due_at is not null");
            sql
        };
        let mut passages =
            Sql::new("insert into journey_passages (entry_id, step_id, at, outcome) select id, step_id, ");
        passages.bind(now).push(", 'left' from journey_entries where step_id is not null and ").append(waiting());
        passages.execute(conn)?;
        let which = waiting();
        let cohort = Cohort { let_go: true, ..cohort };
        Onward { cohort: &cohort, arrived: now, now }.leave(conn, which)?;
        settle(conn, &cohort, now)?;
    }
    Ok(())
}

/// The cohorts of a journey with anybody inside, or still to come, in the order of their keys.
fn open(conn: &mut Conn, journey_id: &Id) -> QueryResult<Vec<Cohort>> {
    journey_cohorts::table
        .filter(journey_cohorts::journey_id.eq(journey_id))
        .filter(journey_cohorts::closed_at.is_null())
        .select(Cohort::as_select())
        .order(journey_cohorts::id)
        .load(conn)
}
