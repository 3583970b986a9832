//! Publishing, editing and cancelling: each in one transaction with the tasks it makes or ends.

use super::schedules::{Schedule, TimingColumns, count, lock};
use crate::schedules::{
    draft::{Draft, Refusal},
    fit::Unfit,
    model::{ScheduleStatus, TaskStatus},
};
use chrono::NaiveDateTime;
use chrono_tz::Tz;
use diesel::{
    prelude::*,
    result::{DatabaseErrorKind, Error},
};
use std::collections::BTreeSet;
use tidings_base::{
    db::{
        Conn, DbError, Id,
        schema::{schedule_tasks, schedules},
    },
    each_backend,
};

/// Why nothing was changed.
#[derive(Debug)]
pub(crate) enum Stopped {
    /// What was typed cannot be published as things are.
    Refused(Vec<Refusal>),
    /// It is not the version that the edit started from, or has ended.
    Changed,
    Db(DbError),
}

impl From<DbError> for Stopped {
    fn from(e: DbError) -> Self {
        Self::Db(e)
    }
}

impl From<diesel::result::Error> for Stopped {
    fn from(e: diesel::result::Error) -> Self {
        match e {
            // Deleted by somebody between the look at it and the insert. A journey that was ever
            // published cannot be deleted.
            Error::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _) => {
                Self::Refused(vec![Refusal::Unfit(Unfit::AudienceGone)])
            }
            e => Self::Db(e.into()),
        }
    }
}

/// A schedule to be made or made anew.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Change<'a> {
    pub(crate) draft: &'a Draft,
    /// The times of its tasks, all later than now.
    pub(crate) runs: &'a [NaiveDateTime],
    pub(crate) zone: Tz,
    pub(crate) now: NaiveDateTime,
}

/// Makes a schedule and its tasks.
pub(crate) fn publish(conn: &mut Conn, change: &Change<'_>, by: &Id) -> QueryResult<Id> {
    let Change { draft, runs, zone, now } = *change;
    let id = Id::new();
    let timing = TimingColumns::from(&draft.timing);
    let rest = (
        schedules::id.eq(&id),
        schedules::name.eq(&draft.name),
        schedules::journey_id.eq(&draft.journey_id),
        schedules::audience_id.eq(&draft.audience_id),
        schedules::zone.eq(zone.name()),
        schedules::status.eq(ScheduleStatus::Scheduled),
        schedules::remaining.eq(0),
        schedules::total.eq(0),
        schedules::created_by.eq(by),
        schedules::created_at.eq(now),
        schedules::updated_at.eq(now),
        schedules::version.eq(1),
    );
    each_backend!(conn, c => diesel::insert_into(schedules::table).values((&timing, &rest)).execute(c))?;
    make(conn, &id, change, runs)?;
    count(conn, &id)?;
    Ok(id)
}

/// Gives a schedule another draft: what waits is removed and made anew; what ran stays as it was,
/// and a time that was cancelled by hand stays cancelled. Answers false, with nothing changed, when
/// the schedule is no longer the version that the edit started from.
pub(crate) fn replace(conn: &mut Conn, before: &Schedule, change: &Change<'_>) -> QueryResult<bool> {
    let Change { draft, runs, zone, now } = *change;
    let id = &before.id;
    let changed = diesel::update(schedules::table.find(id).filter(schedules::version.eq(before.version)))
        .set((
            TimingColumns::from(&draft.timing),
            schedules::name.eq(&draft.name),
            schedules::journey_id.eq(&draft.journey_id),
            schedules::audience_id.eq(&draft.audience_id),
            schedules::zone.eq(zone.name()),
            schedules::updated_at.eq(now),
            schedules::version.eq(before.version + 1),
        ))
        .execute(conn)?;
    if changed == 0 {
        return Ok(false);
    }
    let tasks = schedule_tasks::table.filter(schedule_tasks::schedule_id.eq(id));
    diesel::delete(tasks.filter(schedule_tasks::status.eq(TaskStatus::Waiting))).execute(conn)?;
    let kept: BTreeSet<NaiveDateTime> = tasks.select(schedule_tasks::due_at).load(conn)?.into_iter().collect();
    let runs: Vec<_> = runs.iter().filter(|at| !kept.contains(at)).copied().collect();
    make(conn, id, change, &runs)?;
    count(conn, id)?;
    Ok(true)
}

/// Cancels one task; answers false when it was no longer waiting.
pub(crate) fn cancel_task(
    conn: &mut Conn,
    schedule_id: &Id,
    task_id: &Id,
    by: &str,
    now: NaiveDateTime,
) -> QueryResult<bool> {
    lock(conn, schedule_id)?;
    let task = schedule_tasks::table.find(task_id).filter(schedule_tasks::schedule_id.eq(schedule_id));
    let cancelled = diesel::update(task.filter(schedule_tasks::status.eq(TaskStatus::Waiting)))
        .set(cancelled(by, now))
        .execute(conn)?;
    count(conn, schedule_id)?;
    Ok(cancelled == 1)
}

/// Cancels every task that waits; answers how many.
pub(crate) fn cancel_remaining(conn: &mut Conn, schedule_id: &Id, by: &str, now: NaiveDateTime) -> QueryResult<i64> {
    lock(conn, schedule_id)?;
    let tasks = schedule_tasks::table.filter(schedule_tasks::schedule_id.eq(schedule_id));
    let cancelled = diesel::update(tasks.filter(schedule_tasks::status.eq(TaskStatus::Waiting)))
        .set(cancelled(by, now))
        .execute(conn)?;
    count(conn, schedule_id)?;
    Ok(i64::try_from(cancelled).expect("a schedule has few tasks"))
}

#[derive(AsChangeset)]
#[diesel(table_name = schedule_tasks)]
struct Cancelled<'a> {
    status: TaskStatus,
    /// Who did it.
    detail: &'a str,
    finished_at: NaiveDateTime,
}

fn cancelled(by: &str, now: NaiveDateTime) -> Cancelled<'_> {
    Cancelled { status: TaskStatus::Cancelled, detail: by, finished_at: now }
}

#[derive(Insertable)]
#[diesel(table_name = schedule_tasks)]
struct NewTask<'a> {
    id: Id,
    schedule_id: &'a Id,
    due_at: NaiveDateTime,
    zone: &'a str,
    journey_id: &'a Id,
    audience_id: &'a Id,
    status: TaskStatus,
    entered: i64,
    left_out: i64,
    epoch: i64,
    begun: i64,
}

fn make(conn: &mut Conn, schedule_id: &Id, change: &Change<'_>, runs: &[NaiveDateTime]) -> QueryResult<()> {
    let task = |due_at: &NaiveDateTime| NewTask {
        id: Id::new(),
        schedule_id,
        due_at: *due_at,
        zone: change.zone.name(),
        journey_id: &change.draft.journey_id,
        audience_id: &change.draft.audience_id,
        status: TaskStatus::Waiting,
        entered: 0,
        left_out: 0,
        epoch: 0,
        begun: 0,
    };
    // 50 rows a statement: more gain nothing.
    for some in runs.chunks(50) {
        let rows: Vec<_> = some.iter().map(task).collect();
        each_backend!(conn, c => diesel::insert_into(schedule_tasks::table).values(&rows).execute(c))?;
    }
    Ok(())
}
