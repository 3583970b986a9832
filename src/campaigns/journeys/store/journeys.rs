use crate::journeys::model::{JourneyStatus, Period, ReEntry, Stored, Trigger, Unfit};
use chrono::NaiveDateTime;
use diesel::prelude::*;
use tidings_base::db::{
    Conn, Id,
    schema::{channels, journeys},
    sql::Sql,
};
use tidings_base::text_enum;
use tidings_customers::channels::ChannelKind;

/// A journey, without its steps.
#[derive(Clone, PartialEq, Debug)]
pub struct Journey {
    pub id: Id,
    pub name: String,
    pub channel_id: Id,
    pub channel_name: String,
    /// Of its account.
    pub kind: ChannelKind,
    pub trigger: Trigger,
    pub stored: Stored,
    pub period: Period,
    pub re_entry: ReEntry,
    /// The version that people enter; none until it is first published.
    pub live_version_id: Option<Id>,
    pub created_at: NaiveDateTime,
    pub updated_at: NaiveDateTime,
    /// Rises with every change; an edit names the one it started from.
    pub version: i64,
}

/// What a journey is made of; see [`create`](super::create).
#[derive(Clone, PartialEq, Debug)]
pub struct NewJourney<'a> {
    pub name: &'a str,
    pub channel_id: &'a Id,
    pub trigger: Trigger,
    pub period: Period,
    pub re_entry: ReEntry,
}

/// A journey in a list to pick from.
#[derive(Clone, PartialEq, Debug)]
pub struct Choice {
    pub journey: Journey,
    pub status: JourneyStatus,
    /// Why the system cannot let people in, if it cannot.
    pub unfit: Option<Unfit>,
}

text_enum! {
    /// How a re-entry policy is kept, beside its number of days.
    pub(super) enum Policy {
        Once = "once",
        After = "after",
        Always = "always",
    }
}

impl Journey {
    /// Its status at `now`.
    pub fn status(&self, now: NaiveDateTime) -> JourneyStatus {
        self.stored.at(self.period, now)
    }

    /// Why the system may not let people in at `now`, if it may not.
    pub fn unfit(&self, now: NaiveDateTime) -> Option<Unfit> {
        Unfit::of(self.trigger, self.status(now))
    }
}

/// The journey of this id, if there is one.
pub fn find(conn: &mut Conn, id: &Id) -> QueryResult<Option<Journey>> {
    let row: Option<Row> = journeys::table
        .inner_join(channels::table.on(channels::id.eq(journeys::channel_id)))
        .filter(journeys::id.eq(id))
        .select(Row::as_select())
        .first(conn)
        .optional()?;
    Ok(row.map(Into::into))
}

/// Makes others who let people into this journey wait until the transaction ends; SQLite has one writer
/// and needs nothing.
pub(super) fn take_turns(conn: &mut Conn, id: &Id) -> QueryResult<()> {
    let Conn::Pg(_) = conn else { return Ok(()) };
    let mut sql = Sql::new("select 1 from journeys where id = ");
    sql.bind(id).push(" for no key update");
    sql.execute(conn).map(drop)
}

/// Every journey and whether a schedule may bring people into it at `now`, by name.
pub fn choices(conn: &mut Conn, now: NaiveDateTime) -> QueryResult<Vec<Choice>> {
    let rows: Vec<Row> = journeys::table
        .inner_join(channels::table.on(channels::id.eq(journeys::channel_id)))
        .select(Row::as_select())
        .order((journeys::name, journeys::id))
        .load(conn)?;
    let choice = |journey: Journey| Choice { status: journey.status(now), unfit: journey.unfit(now), journey };
    Ok(rows.into_iter().map(|row| choice(row.into())).collect())
}

/// The status at `now` of the row `j` of journeys, as its word: the twin of [`Stored::at`].
pub fn status_sql(now: NaiveDateTime) -> Sql {
    let mut sql = Sql::new(&format!(
        "case when j.status <> '{}' then j.status when j.ends_at is not null and j.ends_at <= ",
        Stored::Published
    ));
    sql.bind(now).push(&format!(" then '{}' when j.starts_at is not null and j.starts_at > ", JourneyStatus::Ended));
    sql.bind(now).push(&format!(" then '{}' else '{}' end", JourneyStatus::Scheduled, JourneyStatus::Running));
    sql
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = journeys, check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
struct Row {
    id: Id,
    name: String,
    channel_id: Id,
    #[diesel(select_expression = channels::name)]
    channel_name: String,
    #[diesel(select_expression = channels::kind)]
    kind: ChannelKind,
    trigger_kind: Trigger,
    status: Stored,
    starts_at: Option<NaiveDateTime>,
    ends_at: Option<NaiveDateTime>,
    re_entry: Policy,
    re_entry_days: i64,
    live_version_id: Option<Id>,
    created_at: NaiveDateTime,
    updated_at: NaiveDateTime,
    version: i64,
}

impl From<Row> for Journey {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            name: row.name,
            channel_id: row.channel_id,
            channel_name: row.channel_name,
            kind: row.kind,
            trigger: row.trigger_kind,
            stored: row.status,
            period: Period { starts_at: row.starts_at, ends_at: row.ends_at },
            re_entry: row.re_entry.with(row.re_entry_days),
            live_version_id: row.live_version_id,
            created_at: row.created_at,
            updated_at: row.updated_at,
            version: row.version,
        }
    }
}

impl Policy {
    pub(super) fn of(re_entry: ReEntry) -> (Self, i64) {
        match re_entry {
            ReEntry::Once => (Self::Once, 0),
            ReEntry::After { days } => (Self::After, days.into()),
            ReEntry::Always => (Self::Always, 0),
        }
    }

    fn with(self, days: i64) -> ReEntry {
        match self {
            Self::Once => ReEntry::Once,
            Self::After => ReEntry::After { days: u32::try_from(days).unwrap_or(u32::MAX) },
            Self::Always => ReEntry::Always,
        }
    }
}
