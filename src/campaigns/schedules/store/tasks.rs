//! The tasks of one schedule, as its page shows them.

use super::schedules::{unreadable, zone};
use crate::{
    journeys::EntryRefusal,
    schedules::model::{Reason, TaskStatus},
};
use chrono::NaiveDateTime;
use chrono_tz::Tz;
use diesel::{
    prelude::*,
    sql_types::{BigInt, Nullable, Text, Timestamp},
};
use std::collections::{BTreeSet, HashMap};
use tidings_base::{
    db::{
        Conn, Id,
        schema::{schedule_task_left_out as left_out, schedule_tasks},
        sql::Sql,
    },
    web::paging,
};
use tidings_sending::dispatch::{self, Figures, Origin};

/// Tasks on a page.
pub(crate) const PAGE: i64 = paging::PAGE;

/// A task with what came of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Task {
    pub(crate) id: Id,
    pub(crate) due_at: NaiveDateTime,
    /// The zone in which its time was computed.
    pub(crate) zone: Tz,
    /// Its own journey, where the schedule has another by now.
    pub(crate) journey: Option<String>,
    /// Its own audience, where the schedule has another by now.
    pub(crate) audience: Option<String>,
    pub(crate) status: TaskStatus,
    /// Why it was skipped or failed.
    pub(crate) reason: Option<Reason>,
    /// Who cancelled it.
    pub(crate) detail: Option<String>,
    pub(crate) started_at: Option<NaiveDateTime>,
    pub(crate) finished_at: Option<NaiveDateTime>,
    pub(crate) entered: i64,
    /// Whom the audience meant and the journey did not let in, by reason.
    pub(crate) left_out: Vec<(EntryRefusal, i64)>,
    /// What became of the messages to those who entered, so far.
    pub(crate) messages: Figures,
}

impl Task {
    /// Whether people have entered or may still.
    pub(crate) fn has_run(&self) -> bool {
        self.started_at.is_some()
    }

    /// How many were meant and did not enter.
    pub(crate) fn left_out_total(&self) -> i64 {
        self.left_out.iter().map(|(_, people)| people).sum()
    }
}

/// A page of a schedule's tasks, nearest first: what runs, then what comes, then what was.
///
/// By number and not by key: 5,000 at most wait, and pages of what was are rarely turned.
pub(crate) fn tasks(conn: &mut Conn, schedule_id: &Id, page: i64, now: NaiveDateTime) -> QueryResult<Vec<Task>> {
    let mut sql = Sql::new(
        "select t.id, t.due_at, t.zone, t.status, t.reason, t.detail, t.started_at, t.finished_at, t.entered, \
         case when t.journey_id <> s.journey_id then j.name end as journey, \
         case when t.audience_id <> s.audience_id then a.name end as audience",
    );
    // The page is cut before anything is joined to it.
    sql.push(
        " from (select id, due_at, place from (select id, due_at, case when status = 'running' then 0 when due_at > ",
    );
    sql.bind(now)
        .push(" then 1 when status = 'waiting' then 0 else 2 end as place from schedule_tasks where schedule_id = ");
    sql.bind(schedule_id).push(") as placed ").push(NEAREST).push(" limit ").bind(PAGE);
    sql.push(" offset ").bind(PAGE * (page.clamp(1, 100_000) - 1));
    sql.push(
        ") as p join schedule_tasks t on t.id = p.id join schedules s on s.id = t.schedule_id \
         left join journeys j on j.id = t.journey_id left join audiences a on a.id = t.audience_id ",
    );
    sql.push(NEAREST_OF_PAGE);
    let rows: Vec<Row> = sql.load(conn)?;
    let ids: Vec<&Id> = rows.iter().map(|row| &row.id).collect();
    let reasons: Vec<(Id, EntryRefusal, i64)> = left_out::table
        .filter(left_out::task_id.eq_any(ids))
        .select((left_out::task_id, left_out::reason, left_out::people))
        .order((left_out::people.desc(), left_out::reason))
        .load(conn)?;
    let cohorts: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    let messages = dispatch::of_cohorts(conn, Origin::Journey, &cohorts)?;
    rows.into_iter().map(|row| row.with(&reasons, &messages)).collect()
}

/// The times of this schedule that were cancelled by hand and lie ahead.
pub(crate) fn cancelled_times(
    conn: &mut Conn,
    schedule_id: &Id,
    now: NaiveDateTime,
) -> QueryResult<BTreeSet<NaiveDateTime>> {
    let times: Vec<NaiveDateTime> = schedule_tasks::table
        .filter(schedule_tasks::schedule_id.eq(schedule_id))
        .filter(schedule_tasks::status.eq(TaskStatus::Cancelled))
        .filter(schedule_tasks::due_at.gt(now))
        .select(schedule_tasks::due_at)
        .load(conn)?;
    Ok(times.into_iter().collect())
}

/// When the tasks of a schedule between two times are due, and how they stand, in order.
pub(crate) fn tasks_between(
    conn: &mut Conn,
    schedule_id: &Id,
    (from, until): (NaiveDateTime, NaiveDateTime),
) -> QueryResult<Vec<(NaiveDateTime, TaskStatus)>> {
    schedule_tasks::table
        .filter(schedule_tasks::schedule_id.eq(schedule_id))
        .filter(schedule_tasks::due_at.between(from, until))
        .select((schedule_tasks::due_at, schedule_tasks::status))
        .order(schedule_tasks::due_at)
        .load(conn)
}

/// When a task is due, and how it stands.
pub(crate) fn task_at(
    conn: &mut Conn,
    schedule_id: &Id,
    task_id: &Id,
) -> QueryResult<Option<(NaiveDateTime, TaskStatus)>> {
    schedule_tasks::table
        .find(task_id)
        .filter(schedule_tasks::schedule_id.eq(schedule_id))
        .select((schedule_tasks::due_at, schedule_tasks::status))
        .first(conn)
        .optional()
}

const NEAREST: &str = "order by place, case when place = 1 then due_at end, due_at desc, id";
const NEAREST_OF_PAGE: &str = "order by p.place, case when p.place = 1 then p.due_at end, p.due_at desc, p.id";

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    id: Id,
    #[diesel(sql_type = Timestamp)]
    due_at: NaiveDateTime,
    #[diesel(sql_type = Text)]
    zone: String,
    #[diesel(sql_type = Text)]
    status: TaskStatus,
    #[diesel(sql_type = Nullable<Text>)]
    reason: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    detail: Option<String>,
    #[diesel(sql_type = Nullable<Timestamp>)]
    started_at: Option<NaiveDateTime>,
    #[diesel(sql_type = Nullable<Timestamp>)]
    finished_at: Option<NaiveDateTime>,
    #[diesel(sql_type = BigInt)]
    entered: i64,
    #[diesel(sql_type = Nullable<Text>)]
    journey: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    audience: Option<String>,
}

impl Row {
    fn with(self, reasons: &[(Id, EntryRefusal, i64)], messages: &HashMap<String, Figures>) -> QueryResult<Task> {
        let reason = self.reason.map(|word| word.parse().map_err(|e: String| unreadable(e.into()))).transpose()?;
        let left_out = reasons.iter().filter(|(task, ..)| *task == self.id);
        Ok(Task {
            zone: zone(&self.zone)?,
            due_at: self.due_at,
            journey: self.journey,
            audience: self.audience,
            status: self.status,
            reason,
            detail: self.detail,
            started_at: self.started_at,
            finished_at: self.finished_at,
            entered: self.entered,
            left_out: left_out.map(|(_, reason, people)| (*reason, *people)).collect(),
            messages: messages.get(self.id.as_str()).copied().unwrap_or_default(),
            id: self.id,
        })
    }
}
