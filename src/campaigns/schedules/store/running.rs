//! A task on its way. Each transaction begins with [`take`], which finds nothing when the lease was
//! lost, so that a worker that lost it changes nothing.

use super::schedules::{count, lock, zone};
use crate::{
    journeys::Entered,
    schedules::model::{Reason, TaskStatus},
};
use chrono::NaiveDateTime;
use chrono_tz::Tz;
use diesel::{dsl::insert_into, prelude::*, upsert::excluded};
use tidings_base::{
    db::{
        Conn, Id,
        schema::{schedule_task_left_out as left_out, schedule_tasks},
    },
    each_backend,
    jobs::Claimed,
};

/// A claimed task.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Hand {
    pub(crate) id: Id,
    pub(crate) schedule_id: Id,
    pub(crate) epoch: i64,
    pub(crate) due_at: NaiveDateTime,
    pub(crate) zone: Tz,
    pub(crate) journey_id: Id,
    pub(crate) audience_id: Id,
    pub(crate) status: TaskStatus,
    /// How often a handler has begun it since it last got on.
    pub(crate) begun: i64,
    /// The moment for which the audience is asked, the same for every slice.
    pub(crate) as_of: Option<NaiveDateTime>,
    /// The last contact that was looked at.
    pub(crate) reached: Option<Id>,
}

/// The task of this claim, with its schedule held for the transaction; none when it was cancelled or
/// edited away meanwhile, or the lease was lost.
pub(crate) fn take(conn: &mut Conn, claimed: &Claimed) -> QueryResult<Option<Hand>> {
    let task = schedule_tasks::table.find(&claimed.id).select(schedule_tasks::schedule_id);
    let Some(schedule_id): Option<Id> = task.first(conn).optional()? else { return Ok(None) };
    lock(conn, &schedule_id)?;
    let ours = schedule_tasks::table
        .find(&claimed.id)
        .filter(schedule_tasks::epoch.eq(claimed.epoch))
        .filter(schedule_tasks::status.eq_any([TaskStatus::Waiting, TaskStatus::Running]));
    // Written and not only read: nobody else can claim it before this transaction ends.
    if diesel::update(ours).set(schedule_tasks::epoch.eq(claimed.epoch)).execute(conn)? == 0 {
        return Ok(None);
    }
    let row: Row = schedule_tasks::table.find(&claimed.id).select(Row::as_select()).first(conn)?;
    Ok(Some(Hand {
        id: row.id,
        schedule_id: row.schedule_id,
        epoch: row.epoch,
        due_at: row.due_at,
        zone: zone(&row.zone)?,
        journey_id: row.journey_id,
        audience_id: row.audience_id,
        status: row.status,
        begun: row.begun,
        as_of: row.as_of,
        reached: row.reached,
    }))
}

/// Says that the task runs and that a handler begins it.
pub(crate) fn start(conn: &mut Conn, hand: &Hand, now: NaiveDateTime) -> QueryResult<()> {
    let row = schedule_tasks::table.find(&hand.id);
    let begun = schedule_tasks::begun.eq(hand.begun + 1);
    if hand.status == TaskStatus::Running {
        return diesel::update(row).set(begun).execute(conn).map(drop);
    }
    diesel::update(row)
        .set((
            begun,
            schedule_tasks::status.eq(TaskStatus::Running),
            schedule_tasks::started_at.eq(now),
            schedule_tasks::as_of.eq(now),
        ))
        .execute(conn)?;
    count(conn, &hand.schedule_id)
}

/// Lets go of a task that could not be worked on, as if it had not been begun.
pub(crate) fn forgive(conn: &mut Conn, claimed: &Claimed) -> QueryResult<()> {
    diesel::update(schedule_tasks::table.find(&claimed.id).filter(schedule_tasks::epoch.eq(claimed.epoch)))
        .set((
            schedule_tasks::begun.eq(0),
            schedule_tasks::owner.eq(None::<String>),
            schedule_tasks::lease_until.eq(None::<NaiveDateTime>),
        ))
        .execute(conn)
        .map(drop)
}

/// Ends the task, with a reason where there is one.
pub(crate) fn finish(
    conn: &mut Conn,
    hand: &Hand,
    status: TaskStatus,
    reason: Option<Reason>,
    now: NaiveDateTime,
) -> QueryResult<()> {
    diesel::update(schedule_tasks::table.find(&hand.id))
        .set((
            schedule_tasks::status.eq(status),
            schedule_tasks::reason.eq(reason.map(Reason::word)),
            schedule_tasks::finished_at.eq(now),
            schedule_tasks::owner.eq(None::<String>),
            schedule_tasks::lease_until.eq(None::<NaiveDateTime>),
        ))
        .execute(conn)?;
    count(conn, &hand.schedule_id)
}

/// Keeps what came of a slice, how far it reached, and the lease until `until`.
pub(crate) fn entered(conn: &mut Conn, hand: &Hand, slice: &Entered, until: NaiveDateTime) -> QueryResult<()> {
    let out: i64 = slice.left_out.values().sum();
    diesel::update(schedule_tasks::table.find(&hand.id))
        .set((
            schedule_tasks::entered.eq(schedule_tasks::entered + slice.entered),
            schedule_tasks::left_out.eq(schedule_tasks::left_out + out),
            schedule_tasks::reached.eq(&slice.reached),
            schedule_tasks::begun.eq(0),
            schedule_tasks::lease_until.eq(until),
        ))
        .execute(conn)?;
    for (reason, people) in &slice.left_out {
        let row = (left_out::task_id.eq(&hand.id), left_out::reason.eq(*reason), left_out::people.eq(*people));
        each_backend!(conn, c => insert_into(left_out::table)
            .values(row)
            .on_conflict((left_out::task_id, left_out::reason))
            .do_update()
            .set(left_out::people.eq(left_out::people + excluded(left_out::people)))
            .execute(c))?;
    }
    Ok(())
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = schedule_tasks, check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
struct Row {
    id: Id,
    schedule_id: Id,
    epoch: i64,
    due_at: NaiveDateTime,
    zone: String,
    journey_id: Id,
    audience_id: Id,
    status: TaskStatus,
    begun: i64,
    as_of: Option<NaiveDateTime>,
    reached: Option<Id>,
}
