//! Who is, or was, in a journey, and where.

use super::moving::EntryState;
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

text_enum! {
    /// Which of them.
    pub enum Whose {
        Inside = "inside",
        Left = "left",
    }
}

/// Somebody's way through a journey.
#[derive(QueryableByName, Clone, PartialEq, Debug)]
pub(crate) struct Traveller {
    /// Of the entry: who enters again has another.
    #[diesel(sql_type = Text)]
    pub id: Id,
    #[diesel(sql_type = Text)]
    pub contact_id: Id,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = BigInt)]
    pub version: i64,
    /// Where they are, or were last; none is before the first step.
    #[diesel(sql_type = Nullable<Text>)]
    pub step_id: Option<Id>,
    #[diesel(sql_type = Text)]
    pub state: EntryState,
    #[diesel(sql_type = Timestamp)]
    pub entered_at: NaiveDateTime,
    /// Until when they wait, if they do.
    #[diesel(sql_type = Nullable<Timestamp>)]
    pub due_at: Option<NaiveDateTime>,
    #[diesel(sql_type = Nullable<Text>)]
    pub reason: Option<String>,
    #[diesel(sql_type = Nullable<Timestamp>)]
    pub ended_at: Option<NaiveDateTime>,
}

/// What the list is to show.
#[derive(Clone, Debug)]
pub(crate) struct WantedPeople {
    pub whose: Whose,
    pub step: Option<Id>,
    /// Part of a name; empty is no search.
    pub search: String,
}

/// A page of them, who came last first.
pub(crate) fn people(
    conn: &mut Conn,
    journey_id: &Id,
    wanted: &WantedPeople,
    cursor: Option<&Cursor>,
) -> QueryResult<Listing<Traveller>> {
    let mut which = Sql::new(" where e.journey_id = ");
    which.bind(journey_id).push(match wanted.whose {
        Whose::Inside => " and e.ended_at is null",
        Whose::Left => " and e.ended_at is not null",
    });
    if let Some(step) = &wanted.step {
        which.push(" and e.step_id = ").bind(step);
    }
    if !wanted.search.is_empty() {
        which.push(" and lower(c.name) like lower(").bind(contains(&wanted.search)).push(") escape '\\'");
    }
    let mut count = Sql::new("select count(*) as n from journey_entries e join contacts c on c.id = e.contact_id");
    let total = count.append(which.clone()).count(conn)?;

    let mut rows = Sql::new(
        "select e.id, e.contact_id, c.name, v.number as version, e.step_id, e.state, e.entered_at, e.due_at, e.reason, \
         e.ended_at from journey_entries e join contacts c on c.id = e.contact_id \
         join journey_cohorts k on k.id = e.cohort_id join journey_versions v on v.id = k.version_id",
    );
    let order = Order { column: Column::Time("e.entered_at"), id: "e.id", descending: true };
    let start = order.page(rows.append(which), cursor);
    Ok(Listing::new(rows.load(conn)?, total, start, |row: &Traveller| (Key::Time(row.entered_at), row.id.clone())))
}
