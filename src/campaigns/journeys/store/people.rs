//! Who is, or was, in a journey, and where.

use super::{VersionFigures, figures, journeys::Journey, messages, moving::EntryState};
use chrono::{DateTime, NaiveDateTime};
use chrono_tz::Tz;
use diesel::{
    prelude::*,
    sql_types::{BigInt, Nullable, Text, Timestamp},
};
use tidings_base::{
    db::{Conn, Id, Scope, sql::Sql},
    text_enum,
    web::paging::{Column, Cursor, Key, Listing, Order, Total},
};
use tidings_customers::contacts::{self, Matches, filter::Filter};

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

/// Of so many it is quicker to find all and sort them than to look through everybody who ever came in.
const FEW: i64 = 5_000;

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
    journey: &Journey,
    wanted: &WantedPeople,
    cursor: Option<&Cursor>,
) -> QueryResult<Listing<Traveller>> {
    let filter = Filter { search: wanted.search.clone(), ..Filter::default() };
    // The search asks for no days, so that neither the moment nor the zone matters.
    let (now, zone) = (DateTime::UNIX_EPOCH.naive_utc(), Tz::UTC);
    let order = Order { column: Column::Time("e.entered_at"), id: "e.id", descending: true };
    let mut which = Sql::new(" from journey_entries e join contacts c on c.id = e.contact_id where ");
    let total = match contacts::matches(conn, &Scope::All, &journey.channel_id, &filter, (now, zone))? {
        Matches::These(ids) if ids.is_empty() => return Ok(Listing::empty()),
        Matches::These(ids) => {
            // The index by contact leads to them; `|| ''` keeps another from being taken for its order.
            let mut theirs = Sql::new(" from journey_entries e where e.contact_id in (");
            theirs.bind_all(&ids).push(") and e.journey_id || '' = ").bind(&journey.id).append(wanted.condition());
            let total = contacts::total_of(conn, &ids, &theirs)?;
            // Nothing else is read of those who are not on the page.
            let mut page = Sql::new("select e.id");
            order.page(page.append(theirs), cursor);
            which.push("e.id in (").append(page).push(")");
            total
        }
        Matches::Everybody => {
            // Kept by their cohorts: a million need not be counted again for each page.
            let inside: Option<i64> = match wanted.whose {
                Whose::Inside => {
                    Some(figures::of_versions(conn, &journey.id)?.iter().map(VersionFigures::inside).sum())
                }
                Whose::Left => None,
            };
            let few = inside.is_some_and(|inside| inside <= FEW) && !messages::are_awaited(conn, &journey.id)?;
            if few {
                // Everybody inside waits, and the index of those leads to them.
                which.push("e.due_at is not null and e.cohort_id in (select k.id from journey_cohorts k where k.closed_at is null ");
                which
                    .push("and k.journey_id = ")
                    .bind(&journey.id)
                    .push(") and e.journey_id || '' = ")
                    .bind(&journey.id);
            } else {
                which.push("e.journey_id = ").bind(&journey.id);
            }
            which.append(wanted.condition());
            match inside.filter(|_| wanted.step.is_none()) {
                Some(inside) => inside.into(),
                None => Total::of(conn, which.clone())?,
            }
        }
        Matches::Many => {
            which.push("e.journey_id = ").bind(&journey.id).append(wanted.condition());
            which.append(filter.condition(now, zone));
            Total::Unknown
        }
    };

    let mut rows = Sql::new(
        "select e.id, e.contact_id, c.name, (select v.number from journey_cohorts k join journey_versions v \
         on v.id = k.version_id where k.id = e.cohort_id) as version, e.step_id, e.state, e.entered_at, e.due_at, \
         e.reason, e.ended_at",
    );
    let start = order.page(rows.append(which), cursor);
    Ok(Listing::new(rows.load(conn)?, total, start, |row: &Traveller| (Key::Time(row.entered_at), row.id.clone())))
}

impl WantedPeople {
    fn condition(&self) -> Sql {
        let mut sql = Sql::new(match self.whose {
            Whose::Inside => " and e.ended_at is null",
            Whose::Left => " and e.ended_at is not null",
        });
        if let Some(step) = &self.step {
            sql.push(" and e.step_id = ").bind(step);
        }
        sql
    }
}
