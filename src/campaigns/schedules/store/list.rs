//! The list of schedules: one statement with what the page needs, and one for the total.

use super::schedules::{TimingColumns, unreadable, zone};
use crate::{
    journeys::{self, Period, Stored, Trigger},
    schedules::{
        fit::{self, AudienceSide, JourneySide, Unfit},
        model::{Frequency, ScheduleStatus, TaskStatus, Timing},
    },
};
use chrono::NaiveDateTime;
use chrono_tz::Tz;
use diesel::{
    prelude::*,
    sql_types::{BigInt, Nullable, Text, Timestamp},
};
use tidings_base::{
    db::{
        Conn, Id,
        schema::schedule_tasks,
        sql::{Sql, contains},
    },
    web::paging::{Column, Cursor, Key, Listing, Order},
};
use tidings_customers::channels::{ChannelKind, ChannelStatus};

/// What of the list is asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    /// In the name, in any case of Latin letters.
    pub(crate) search: String,
    pub(crate) status: Option<ScheduleStatus>,
    pub(crate) channel: Option<ChannelKind>,
    pub(crate) sort: Sort,
    pub(crate) descending: bool,
    pub(crate) cursor: Option<Cursor>,
}

/// What the list is sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Sort {
    /// When it was made.
    #[default]
    Made,
    Name,
    /// The next run; schedules without one stand last.
    Next,
}

/// A schedule in the list.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Listed {
    pub(crate) id: Id,
    pub(crate) name: String,
    pub(crate) timing: Timing,
    pub(crate) zone: Tz,
    pub(crate) status: ScheduleStatus,
    pub(crate) next_at: Option<NaiveDateTime>,
    pub(crate) remaining: i64,
    pub(crate) total: i64,
    pub(crate) journey: String,
    pub(crate) audience: String,
    pub(crate) audience_id: Id,
    pub(crate) channel_id: Id,
    pub(crate) kind: ChannelKind,
    pub(crate) channel: String,
    /// Why its next task would be skipped, if it would.
    pub(crate) unfit: Option<Unfit>,
}

/// A page of the list as it is at `now`.
pub(crate) fn list(conn: &mut Conn, asked: &Asked, now: NaiveDateTime) -> QueryResult<Listing<Listed>> {
    let column = match asked.sort {
        Sort::Made => Column::Text("s.id"),
        Sort::Name => Column::Text("s.name"),
        Sort::Next => Column::TimeOrNone("s.next_at"),
    };
    let order = Order { column, id: "s.id", descending: asked.descending };
    let mut sql = columns();
    sql.append(from(asked));
    let start = order.page(&mut sql, asked.cursor.as_ref());
    let rows: Vec<Row> = sql.load(conn)?;
    let rows: Vec<Listed> = rows.into_iter().map(|row| row.at(now)).collect::<QueryResult<_>>()?;
    let mut total = Sql::new("select count(*) as n");
    total.append(from(asked));
    let total = total.count(conn)?;
    Ok(Listing::new(rows, total, start, |row| {
        let key = match asked.sort {
            Sort::Made => Key::Text(row.id.to_string()),
            Sort::Name => Key::Text(row.name.clone()),
            Sort::Next => row.next_at.into(),
        };
        (key, row.id.clone())
    }))
}

/// Whether there is any schedule at all.
pub(crate) fn is_empty(conn: &mut Conn) -> QueryResult<bool> {
    Ok(Sql::new("select count(*) as n from (select 1 as one from schedules limit 1) as first_row").count(conn)? == 0)
}

/// A run to come, the next of its schedule.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Coming {
    /// Of the schedule.
    pub(crate) id: Id,
    pub(crate) name: String,
    pub(crate) due_at: NaiveDateTime,
    pub(crate) zone: Tz,
    pub(crate) journey: String,
    pub(crate) audience: String,
    pub(crate) audience_id: Id,
    pub(crate) channel_id: Id,
    pub(crate) kind: ChannelKind,
    /// Why it would be skipped, if it would.
    pub(crate) unfit: Option<Unfit>,
}

/// The next run of each schedule, soonest first.
pub(crate) fn coming(conn: &mut Conn, now: NaiveDateTime, limit: i64) -> QueryResult<Vec<Coming>> {
    let mut sql = columns();
    sql.append(from(&Asked::default())).push(" and s.next_at is not null order by s.next_at, s.id limit ").bind(limit);
    let rows: Vec<Row> = sql.load(conn)?;
    let coming = |row: Row| -> QueryResult<Option<Coming>> {
        let listed = row.at(now)?;
        Ok(listed.next_at.map(|due_at| Coming {
            id: listed.id,
            name: listed.name,
            due_at,
            zone: listed.zone,
            journey: listed.journey,
            audience: listed.audience,
            audience_id: listed.audience_id,
            channel_id: listed.channel_id,
            kind: listed.kind,
            unfit: listed.unfit,
        }))
    };
    rows.into_iter().filter_map(|row| coming(row).transpose()).collect()
}

/// The runs that wait for a time before `until`, soonest first: of which schedule, and when.
pub(crate) fn runs_before(conn: &mut Conn, until: NaiveDateTime) -> QueryResult<Vec<(Id, NaiveDateTime)>> {
    schedule_tasks::table
        .filter(schedule_tasks::status.eq(TaskStatus::Waiting).and(schedule_tasks::due_at.lt(until)))
        .order((schedule_tasks::due_at, schedule_tasks::id))
        .select((schedule_tasks::schedule_id, schedule_tasks::due_at))
        .limit(MOST_RUNS)
        .load(conn)
}

/// More runs than anybody looks at.
const MOST_RUNS: i64 = 500;

fn columns() -> Sql {
    Sql::new(
        "select s.id, s.name, s.frequency, s.every, s.starts_on, s.ends_on, s.at_time, s.zone, s.status, s.next_at, \
         s.remaining, s.total, j.name as journey, j.status as journey_status, j.starts_at, j.ends_at, j.trigger_kind, \
         a.id as audience_id, a.name as audience, a.kind as audience_kind, c.id as channel_id, c.kind, \
         c.name as channel, c.status as channel_status",
    )
}

fn from(asked: &Asked) -> Sql {
    let mut sql = Sql::new(
        " from schedules s join journeys j on j.id = s.journey_id join channels c on c.id = j.channel_id \
         join audiences a on a.id = s.audience_id where 1 = 1",
    );
    if !asked.search.is_empty() {
        sql.push(" and lower(s.name) like ").bind(contains(&asked.search.to_ascii_lowercase())).push(" escape '\\'");
    }
    if let Some(status) = asked.status {
        sql.push(" and s.status = ").bind(status.word());
    }
    if let Some(kind) = asked.channel {
        sql.push(" and c.kind = ").bind(kind.word());
    }
    sql
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    id: Id,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    frequency: Frequency,
    #[diesel(sql_type = BigInt)]
    every: i64,
    #[diesel(sql_type = Text)]
    starts_on: String,
    #[diesel(sql_type = Nullable<Text>)]
    ends_on: Option<String>,
    #[diesel(sql_type = Text)]
    at_time: String,
    #[diesel(sql_type = Text)]
    zone: String,
    #[diesel(sql_type = Text)]
    status: ScheduleStatus,
    #[diesel(sql_type = Nullable<Timestamp>)]
    next_at: Option<NaiveDateTime>,
    #[diesel(sql_type = BigInt)]
    remaining: i64,
    #[diesel(sql_type = BigInt)]
    total: i64,
    #[diesel(sql_type = Text)]
    journey: String,
    #[diesel(sql_type = Text)]
    journey_status: Stored,
    #[diesel(sql_type = Nullable<Timestamp>)]
    starts_at: Option<NaiveDateTime>,
    #[diesel(sql_type = Nullable<Timestamp>)]
    ends_at: Option<NaiveDateTime>,
    #[diesel(sql_type = Text)]
    trigger_kind: Trigger,
    #[diesel(sql_type = Text)]
    audience: String,
    #[diesel(sql_type = Text)]
    audience_id: Id,
    #[diesel(sql_type = Text)]
    channel_id: Id,
    #[diesel(sql_type = Nullable<Text>)]
    audience_kind: Option<ChannelKind>,
    #[diesel(sql_type = Text)]
    kind: ChannelKind,
    #[diesel(sql_type = Text)]
    channel: String,
    #[diesel(sql_type = Text)]
    channel_status: ChannelStatus,
}

impl Row {
    fn at(self, now: NaiveDateTime) -> QueryResult<Listed> {
        let period = Period { starts_at: self.starts_at, ends_at: self.ends_at };
        let journey = JourneySide {
            unfit: journeys::Unfit::of(self.trigger_kind, self.journey_status.at(period, now)),
            kind: self.kind,
            channel: self.channel_status,
        };
        let unfit = fit::both(Some(journey), Some(AudienceSide { kind: self.audience_kind }));
        let timing = TimingColumns {
            frequency: self.frequency,
            every: self.every,
            starts_on: self.starts_on,
            ends_on: self.ends_on,
            at_time: self.at_time,
        };
        Ok(Listed {
            timing: timing.try_into().map_err(unreadable)?,
            zone: zone(&self.zone)?,
            unfit: unfit.filter(|_| self.status.can_change()),
            id: self.id,
            name: self.name,
            status: self.status,
            next_at: self.next_at,
            remaining: self.remaining,
            total: self.total,
            journey: self.journey,
            audience: self.audience,
            audience_id: self.audience_id,
            channel_id: self.channel_id,
            kind: self.kind,
            channel: self.channel,
        })
    }
}
