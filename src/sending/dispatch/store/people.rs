//! The people of a dispatch, one by one: for those who ask what became of whom.

use crate::dispatch::{DeliveryState, Reason};
use chrono::{DateTime, NaiveDateTime};
use diesel::{
    QueryResult, QueryableByName,
    sql_types::{BigInt, Nullable, Text, Timestamp},
};
use tidings_base::{
    db::{Conn, Id, Scope, sql::Sql},
    web::paging::{Column, Cursor, Key, Listing, Order, Total},
};
use tidings_customers::contacts::{self, Matches, filter::Filter};

/// Which people of a dispatch are asked for.
#[derive(Clone, Debug, Default)]
pub struct AskedPeople {
    /// Part of a name or an identity.
    pub search: String,
    /// Any of these; empty is all.
    pub states: Vec<DeliveryState>,
    /// Only those to whom it did not go for this reason.
    pub reason: Option<Reason>,
    pub cursor: Option<Cursor>,
}

/// Somebody in a dispatch.
#[derive(QueryableByName, Clone, PartialEq, Debug)]
pub struct Person {
    /// The delivery.
    #[diesel(sql_type = Text)]
    pub id: Id,
    #[diesel(sql_type = Text)]
    pub contact_id: Id,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Nullable<Text>)]
    last_known_name: Option<String>,
    #[diesel(sql_type = Text)]
    pub identity: String,
    #[diesel(sql_type = Text)]
    pub state: DeliveryState,
    #[diesel(sql_type = Nullable<Text>)]
    pub reason: Option<Reason>,
    /// The vendor's words.
    #[diesel(sql_type = Nullable<Text>)]
    pub detail: Option<String>,
    #[diesel(sql_type = BigInt)]
    pub attempts: i64,
    #[diesel(sql_type = Timestamp)]
    pub created_at: NaiveDateTime,
    #[diesel(sql_type = Nullable<Timestamp>)]
    pub sent_at: Option<NaiveDateTime>,
    #[diesel(sql_type = Nullable<Timestamp>)]
    pub settled_at: Option<NaiveDateTime>,
    #[diesel(sql_type = Nullable<Timestamp>)]
    pub delivered_at: Option<NaiveDateTime>,
    #[diesel(sql_type = Nullable<Timestamp>)]
    pub read_at: Option<NaiveDateTime>,
    #[diesel(sql_type = Nullable<Timestamp>)]
    pub bounced_at: Option<NaiveDateTime>,
    /// What the vendor calls the message, or the call that carried it alone.
    #[diesel(sql_type = Nullable<Text>)]
    pub receipt: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub batch_id: Option<Id>,
}

impl Person {
    /// The newest name, else the last one known, else the identity.
    pub fn shown_name(&self) -> &str {
        contacts::shown_name(&self.name, self.last_known_name.as_deref(), &self.identity)
    }
}

const SELECT: &str = "select d.id, d.contact_id, c.name, c.last_known_name, c.identity, d.state, d.reason, d.detail, \
     d.attempts, d.created_at, d.sent_at, d.settled_at, d.delivered_at, d.read_at, d.bounced_at, d.receipt, d.batch_id ";

/// A page of the people of a dispatch that went over this account.
pub fn people(conn: &mut Conn, dispatch: &Id, channel: &Id, asked: &AskedPeople) -> QueryResult<Listing<Person>> {
    // The order of an index, so that the last page is as quick as the first: those who are sent to
    // first, then the others by what came of it.
    let order = Order { column: Column::Text("d.missed"), id: "d.id", descending: false };
    let (from, total) = match contacts::matches(conn, &Scope::All, channel, &asked.filter(), NO_DAYS)? {
        Matches::These(ids) if ids.is_empty() => return Ok(Listing::empty()),
        Matches::These(ids) => {
            // The index by contact leads to them; `|| ''` keeps another from being taken for its order.
            let mut theirs = Sql::new(" from deliveries d where d.contact_id in (");
            theirs.bind_all(&ids).push(") and d.dispatch_id || '' = ").bind(dispatch).append(asked.outcome());
            let total = contacts::total_of(conn, &ids, &theirs)?;
            // Nothing else is read of those who are not on the page.
            let mut page = Sql::new("select d.id");
            order.page(page.append(theirs), asked.cursor.as_ref());
            let mut from = Sql::new(JOINED);
            from.push("d.id in (").append(page).push(")");
            (from, total)
        }
        // Counted as they were sent: a million need not be counted again for each page.
        Matches::Everybody => (from(dispatch, asked), number(conn, dispatch, asked)?.into()),
        Matches::Many => (from(dispatch, asked), Total::Unknown),
    };
    let mut sql = Sql::new(SELECT);
    let start = order.page(sql.append(from), asked.cursor.as_ref());
    let rows: Vec<Person> = sql.load(conn)?;
    Ok(Listing::new(rows, total, start, |row| (Key::Text(row.state.missed().to_owned()), row.id.clone())))
}

/// At most `limit` of the people asked for, those after the delivery `after`, in the order they were
/// frozen: for a file.
pub fn people_after(
    conn: &mut Conn,
    dispatch: &Id,
    asked: &AskedPeople,
    after: Option<&Id>,
    limit: i64,
) -> QueryResult<Vec<Person>> {
    let mut sql = Sql::new(SELECT);
    sql.append(from(dispatch, asked));
    if let Some(after) = after {
        sql.push(" and d.id > ").bind(after);
    }
    sql.push(" order by d.id limit ").bind(limit);
    sql.load(conn)
}

const JOINED: &str = "from deliveries d join contacts c on c.id = d.contact_id where ";

fn from(dispatch: &Id, asked: &AskedPeople) -> Sql {
    let mut sql = Sql::new(JOINED);
    sql.push("d.dispatch_id = ").bind(dispatch).append(asked.outcome());
    let (now, zone) = NO_DAYS;
    sql.append(asked.filter().condition(now, zone));
    sql
}

/// How many are asked for, whatever they are called.
fn number(conn: &mut Conn, dispatch: &Id, asked: &AskedPeople) -> QueryResult<i64> {
    let Some(reason) = asked.reason else {
        return Ok(super::figures::figures(conn, dispatch)?.unwrap_or_default().of(&asked.states));
    };
    let mut number = 0;
    for state in &asked.states {
        let reasons = super::figures::reasons(conn, dispatch, *state)?;
        number += reasons.iter().filter(|(other, _)| *other == reason).map(|(_, people)| people).sum::<i64>();
    }
    Ok(number)
}

/// The search asks for no days, so that neither the moment nor the zone matters.
const NO_DAYS: (NaiveDateTime, chrono_tz::Tz) = (DateTime::UNIX_EPOCH.naive_utc(), chrono_tz::Tz::UTC);

impl AskedPeople {
    fn filter(&self) -> Filter {
        Filter { search: self.search.clone(), ..Filter::default() }
    }

    /// What is asked of what came of it.
    fn outcome(&self) -> Sql {
        let (states, mut sql) = (&self.states, Sql::default());
        if !states.is_empty() {
            sql.push(" and d.missed in (").bind_all(states.iter().map(|state| state.missed()));
            sql.push(") and d.state in (").bind_all(states.iter().map(|state| state.word())).push(")");
        }
        if let Some(reason) = self.reason {
            sql.push(" and d.reason = ").bind(reason.word());
        }
        sql
    }
}

/// The call that a delivery was part of, where the vendor has keys.
#[derive(QueryableByName, Clone, PartialEq, Debug)]
pub struct SharedCall {
    /// Machine time.
    #[diesel(sql_type = Timestamp)]
    pub first_called_at: NaiveDateTime,
    #[diesel(sql_type = BigInt)]
    pub calls: i64,
    #[diesel(sql_type = BigInt)]
    pub people: i64,
    /// `ok`, `rejected`, `later`, `stop` or `unknown`; none while it is not answered.
    #[diesel(sql_type = Nullable<Text>)]
    pub answer: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub answer_detail: Option<String>,
    /// The vendor's own name of the call.
    #[diesel(sql_type = Nullable<Text>)]
    pub vendor_request_id: Option<String>,
}

/// One person of a dispatch, with the call that carried the message.
pub fn person(conn: &mut Conn, dispatch: &Id, delivery: &Id) -> QueryResult<Option<(Person, Option<SharedCall>)>> {
    let mut sql = Sql::new(SELECT);
    sql.push("from deliveries d join contacts c on c.id = d.contact_id where d.dispatch_id = ").bind(dispatch);
    sql.push(" and d.id = ").bind(delivery);
    let Some(person) = sql.load::<Person>(conn)?.into_iter().next() else { return Ok(None) };
    let call = match &person.batch_id {
        None => None,
        Some(batch) => {
            let mut sql = Sql::new(
                "select first_called_at, calls, people, answer, answer_detail, vendor_request_id from batches where id = ",
            );
            sql.bind(batch);
            sql.load(conn)?.into_iter().next()
        }
    };
    Ok(Some((person, call)))
}
