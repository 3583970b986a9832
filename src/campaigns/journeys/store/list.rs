use super::journeys::status_sql;
use crate::journeys::model::{JourneyStatus, Trigger};
use chrono::NaiveDateTime;
use diesel::{
    prelude::*,
    sql_types::{BigInt, Nullable, Text, Timestamp},
};
use tidings_base::{
    db::{
        Conn, Id,
        sql::{Sql, contains},
    },
    text_enum,
    web::paging::{Column, Cursor, Key, Listing, Order},
};
use tidings_customers::channels::ChannelKind;

/// One line of the list.
#[derive(QueryableByName, Clone, Debug)]
pub(crate) struct Listed {
    #[diesel(sql_type = Text)]
    pub id: Id,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    pub channel_name: String,
    #[diesel(sql_type = Text)]
    pub kind: ChannelKind,
    #[diesel(sql_type = Text)]
    pub trigger_kind: Trigger,
    #[diesel(sql_type = Text)]
    pub status: JourneyStatus,
    #[diesel(sql_type = Nullable<Timestamp>)]
    pub starts_at: Option<NaiveDateTime>,
    #[diesel(sql_type = Nullable<Timestamp>)]
    pub ends_at: Option<NaiveDateTime>,
    #[diesel(sql_type = Timestamp)]
    pub created_at: NaiveDateTime,
    /// Times that somebody came in, over all versions.
    #[diesel(sql_type = BigInt)]
    pub entered: i64,
    #[diesel(sql_type = BigInt)]
    pub finished: i64,
}

impl Listed {
    /// How many people are inside.
    pub(crate) fn inside(&self) -> i64 {
        self.entered - self.finished
    }
}

text_enum! {
    /// What the list is sorted by.
    pub enum Sort {
        Name = "name",
        Entered = "entered",
        Start = "start",
        Created = "created",
    }
}

/// What the list is to show.
#[derive(Clone, Default, Debug)]
pub(crate) struct Wanted {
    /// Part of a name; empty is no search.
    pub search: String,
    pub status: Option<JourneyStatus>,
    pub channel: Option<Id>,
    pub sort: Option<Sort>,
    pub descending: bool,
}

/// A page of the list: two statements, however many journeys there are. The newest stand first
/// unless something else is wanted.
pub(crate) fn list(
    conn: &mut Conn,
    wanted: &Wanted,
    cursor: Option<&Cursor>,
    now: NaiveDateTime,
) -> QueryResult<Listing<Listed>> {
    let mut condition = Sql::new(" where 1 = 1");
    if !wanted.search.is_empty() {
        condition.push(" and lower(j.name) like lower(").bind(contains(&wanted.search)).push(") escape '\\'");
    }
    if let Some(channel) = &wanted.channel {
        condition.push(" and j.channel_id = ").bind(channel);
    }
    if let Some(status) = wanted.status {
        condition.push(" and ").append(status_sql(now)).push(" = ").bind(status.word());
    }
    let mut count = Sql::new("select count(*) as n from journeys j");
    let total = count.append(condition.clone()).count(conn)?;

    let mut rows = Sql::new(
        "select j.id, j.name, ch.name as channel_name, ch.kind, j.trigger_kind, j.starts_at, j.ends_at, j.created_at, ",
    );
    rows.append(status_sql(now)).push(" as status, ").push(ENTERED).push(" as entered, ").push(FINISHED);
    rows.push(" as finished from journeys j join channels ch on ch.id = j.channel_id").append(condition);
    let sort = wanted.sort.unwrap_or(Sort::Created);
    let column = match sort {
        Sort::Name => Column::Text("j.name"),
        Sort::Entered => Column::Number(ENTERED),
        Sort::Start => Column::TimeOrNone("j.starts_at"),
        Sort::Created => Column::Time("j.created_at"),
    };
    let descending = wanted.descending || wanted.sort.is_none();
    let start = Order { column, id: "j.id", descending }.page(&mut rows, cursor);
    Ok(Listing::new(rows.load(conn)?, total, start, |row: &Listed| {
        let key = match sort {
            Sort::Name => Key::Text(row.name.clone()),
            Sort::Entered => Key::Number(row.entered),
            Sort::Start => row.starts_at.into(),
            Sort::Created => Key::Time(row.created_at),
        };
        (key, row.id.clone())
    }))
}

// The counters of cohorts: a few rows a journey, also where a million people are inside.
const ENTERED: &str =
    "(select cast(coalesce(sum(c.entered), 0) as bigint) from journey_cohorts c where c.journey_id = j.id)";
const FINISHED: &str =
    "(select cast(coalesce(sum(c.finished), 0) as bigint) from journey_cohorts c where c.journey_id = j.id)";
