//! Tasks of the past, for the demo shop.

use crate::schedules::{
    model::{Reason, TaskStatus},
    seed::Past,
};
use chrono::{NaiveDateTime, TimeDelta};
use diesel::{dsl::insert_into, prelude::*};
use tidings_base::{
    db::{
        Conn, Id,
        schema::{schedule_task_left_out as left_out, schedule_tasks},
    },
    each_backend,
};

/// The tasks due until `now`, in their order.
pub(crate) fn due_until(conn: &mut Conn, schedule: &Id, now: NaiveDateTime) -> QueryResult<Vec<(Id, NaiveDateTime)>> {
    schedule_tasks::table
        .filter(schedule_tasks::schedule_id.eq(schedule))
        .filter(schedule_tasks::due_at.le(now))
        .select((schedule_tasks::id, schedule_tasks::due_at))
        .order(schedule_tasks::due_at)
        .load(conn)
}

/// Says what came of a task; [`count`](super::count) follows.
pub(crate) fn settle(conn: &mut Conn, task: &Id, past: &Past, due_at: NaiveDateTime) -> QueryResult<()> {
    let ran = match past.status {
        TaskStatus::Running | TaskStatus::Done | TaskStatus::Failed => true,
        TaskStatus::Waiting | TaskStatus::Cancelled | TaskStatus::Skipped => false,
    };
    diesel::update(schedule_tasks::table.find(task))
        .set((
            schedule_tasks::status.eq(past.status),
            schedule_tasks::reason.eq(past.reason.map(Reason::word)),
            schedule_tasks::detail.eq(&past.by),
            schedule_tasks::entered.eq(past.entered),
            schedule_tasks::left_out.eq(past.left_out.iter().map(|(_, people)| people).sum::<i64>()),
            schedule_tasks::as_of.eq(ran.then_some(due_at)),
            schedule_tasks::started_at.eq(ran.then_some(due_at)),
            schedule_tasks::finished_at.eq(due_at + TimeDelta::seconds(2)),
        ))
        .execute(conn)?;
    for (reason, people) in &past.left_out {
        let row = (left_out::task_id.eq(task), left_out::reason.eq(*reason), left_out::people.eq(*people));
        each_backend!(conn, c => insert_into(left_out::table).values(row).execute(c))?;
    }
    Ok(())
}
