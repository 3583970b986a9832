use crate::schedules::model::{Frequency, ScheduleStatus, TaskCounts, TaskStatus, Timing};
use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use chrono_tz::Tz;
use diesel::{prelude::*, result::Error};
use std::num::NonZeroU32;
use tidings_base::db::{
    Conn, Id,
    schema::{schedule_tasks, schedules},
};

/// A schedule.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Schedule {
    pub(crate) id: Id,
    pub(crate) name: String,
    pub(crate) journey_id: Id,
    pub(crate) audience_id: Id,
    pub(crate) timing: Timing,
    /// The workspace's zone when it was published.
    pub(crate) zone: Tz,
    pub(crate) status: ScheduleStatus,
    /// When the next task is due.
    pub(crate) next_at: Option<NaiveDateTime>,
    /// 剩餘任務: how many wait.
    pub(crate) remaining: i64,
    /// 總任務數: how many were made.
    pub(crate) total: i64,
    /// Rises with each edit, which names the one it started from.
    pub(crate) version: i64,
}

/// How `hh:mm` of a run is kept.
const TIME: &str = "%H:%M";

/// The schedule of this id, if there is one.
pub(crate) fn find(conn: &mut Conn, id: &Id) -> QueryResult<Option<Schedule>> {
    let row: Option<Row> = schedules::table.find(id).select(Row::as_select()).first(conn).optional()?;
    row.map(TryInto::try_into).transpose()
}

/// Holds the schedule's row for this transaction, so that what is counted here stays true.
pub(super) fn lock(conn: &mut Conn, id: &Id) -> QueryResult<usize> {
    diesel::update(schedules::table.find(id)).set(schedules::version.eq(schedules::version)).execute(conn)
}

/// Writes on the schedule's row how its tasks stand; in the transaction that changed them, after
/// [`lock`].
pub(crate) fn count(conn: &mut Conn, id: &Id) -> QueryResult<()> {
    let rows: Vec<(TaskStatus, i64, Option<NaiveDateTime>)> = schedule_tasks::table
        .filter(schedule_tasks::schedule_id.eq(id))
        .group_by(schedule_tasks::status)
        .select((schedule_tasks::status, diesel::dsl::count_star(), diesel::dsl::min(schedule_tasks::due_at)))
        .load(conn)?;
    let mut counts = TaskCounts::default();
    let mut next_at = None;
    for (status, tasks, first) in rows {
        match status {
            TaskStatus::Waiting => {
                counts.waiting = tasks;
                next_at = first;
            }
            TaskStatus::Running => counts.running = tasks,
            TaskStatus::Done => counts.done = tasks,
            TaskStatus::Cancelled => counts.cancelled = tasks,
            TaskStatus::Failed => counts.failed = tasks,
            TaskStatus::Skipped => counts.skipped = tasks,
        }
    }
    diesel::update(schedules::table.find(id))
        .set((
            schedules::status.eq(counts.status()),
            schedules::next_at.eq(next_at),
            schedules::remaining.eq(counts.waiting),
            schedules::total.eq(counts.total()),
        ))
        .execute(conn)
        .map(drop)
}

/// The columns of a timing, as they are kept.
#[derive(AsChangeset, Insertable, Queryable, Selectable)]
#[diesel(table_name = schedules, check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
#[diesel(treat_none_as_null = true, treat_none_as_default_value = false)]
pub(super) struct TimingColumns {
    pub(super) frequency: Frequency,
    pub(super) every: i64,
    pub(super) starts_on: String,
    pub(super) ends_on: Option<String>,
    pub(super) at_time: String,
}

impl From<&Timing> for TimingColumns {
    fn from(timing: &Timing) -> Self {
        Self {
            frequency: timing.frequency,
            every: timing.every.get().into(),
            starts_on: timing.starts_on.to_string(),
            ends_on: timing.ends_on.map(|day| day.to_string()),
            at_time: timing.at.format(TIME).to_string(),
        }
    }
}

impl TryFrom<TimingColumns> for Timing {
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn try_from(columns: TimingColumns) -> Result<Self, Self::Error> {
        let day = |text: String| text.parse::<NaiveDate>();
        Ok(Self {
            frequency: columns.frequency,
            every: NonZeroU32::try_from(u32::try_from(columns.every)?)?,
            starts_on: day(columns.starts_on)?,
            ends_on: columns.ends_on.map(day).transpose()?,
            at: NaiveTime::parse_from_str(&columns.at_time, TIME)?,
        })
    }
}

/// A zone by the name that is kept.
pub(super) fn zone(name: &str) -> QueryResult<Tz> {
    name.parse().map_err(|e: chrono_tz::ParseError| unreadable(e.into()))
}

/// A row that holds what this program never writes.
pub(super) fn unreadable(why: Box<dyn std::error::Error + Send + Sync>) -> Error {
    Error::DeserializationError(why)
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = schedules, check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
struct Row {
    id: Id,
    name: String,
    journey_id: Id,
    audience_id: Id,
    #[diesel(embed)]
    timing: TimingColumns,
    zone: String,
    status: ScheduleStatus,
    next_at: Option<NaiveDateTime>,
    remaining: i64,
    total: i64,
    version: i64,
}

impl TryFrom<Row> for Schedule {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        Ok(Self {
            id: row.id,
            name: row.name,
            journey_id: row.journey_id,
            audience_id: row.audience_id,
            timing: row.timing.try_into().map_err(unreadable)?,
            zone: zone(&row.zone)?,
            status: row.status,
            next_at: row.next_at,
            remaining: row.remaining,
            total: row.total,
            version: row.version,
        })
    }
}
