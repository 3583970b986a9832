use crate::{channels::sandbox::Direction, messages::Rendered};
use chrono::NaiveDateTime;
use diesel::{
    prelude::*,
    sql_types::{BigInt, Nullable, Text, Timestamp},
};
use tidings_base::{
    db::{
        Conn, Id, Scope,
        schema::{contacts, members, sandbox_messages},
        sql::{Sql, contains},
    },
    web::paging::{Column, Cursor, Key, Listing, Order},
};
use tidings_customers::{
    channels::{self, ChannelAccount, ChannelKind, Connector},
    consent::Consent,
    contacts::shown_name,
};

/// What the list is asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked {
    pub(super) search: String,
    pub(super) channel: Option<Id>,
    /// Also those who received nothing yet.
    pub(super) all: bool,
    pub(super) cursor: Option<Cursor>,
}

/// Somebody in the list.
#[derive(QueryableByName, Clone, Debug)]
pub(super) struct Listed {
    #[diesel(sql_type = Text)]
    pub(super) id: Id,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Nullable<Text>)]
    last_known_name: Option<String>,
    #[diesel(sql_type = Text)]
    pub(super) identity: String,
    #[diesel(sql_type = Text)]
    pub(super) channel: String,
    #[diesel(sql_type = Text)]
    pub(super) kind: ChannelKind,
    #[diesel(sql_type = Nullable<Timestamp>)]
    pub(super) last_at: Option<NaiveDateTime>,
    #[diesel(sql_type = BigInt)]
    pub(super) received: i64,
    #[diesel(sql_type = Nullable<Text>)]
    body: Option<String>,
}

impl Listed {
    pub(super) fn shown_name(&self) -> &str {
        shown_name(&self.name, self.last_known_name.as_deref(), &self.identity)
    }

    /// The beginning of the last message, or what its picture shows.
    pub(super) fn last_words(&self) -> String {
        let words = match self.last() {
            Some(Rendered::Text { text }) => text,
            Some(Rendered::Image { alt, .. }) => alt,
            None => String::new(),
        };
        words.chars().take(40).collect()
    }

    /// Whether the last message was a picture.
    pub(super) fn last_is_picture(&self) -> bool {
        matches!(self.last(), Some(Rendered::Image { .. }))
    }

    fn last(&self) -> Option<Rendered> {
        self.body.as_deref().and_then(|body| Rendered::from_json(body).ok())
    }
}

/// The sandbox accounts, for the filter.
pub(super) fn accounts(conn: &mut Conn) -> QueryResult<Vec<ChannelAccount>> {
    Ok(channels::all(conn)?.into_iter().filter(|account| account.connector == Connector::Sandbox).collect())
}

/// People of the sandbox accounts: who received something last stands first, and among all of them who
/// came last.
pub(super) fn list(conn: &mut Conn, scope: &Scope, asked: &Asked) -> QueryResult<Listing<Listed>> {
    let (column, id) = match asked.all {
        false => (Column::Time("x.last_at"), "x.contact_id"),
        true => (Column::Text("c.id"), "c.id"),
    };
    let mut sql = Sql::new(
        "select c.id, c.name, c.last_known_name, c.identity, a.name as channel, a.kind, x.last_at, \
         coalesce(x.received, 0) as received, m.body",
    );
    sql.append(from(scope, asked, Joined::Messages));
    let start = Order { column, id, descending: true }.page(&mut sql, asked.cursor.as_ref());
    let rows = sql.load(conn)?;
    let mut total = Sql::new("select count(*) as n");
    total.append(from(scope, asked, Joined::Counted));
    let total = total.count(conn)?;
    Ok(Listing::new(rows, total, start, |row: &Listed| {
        let key = if asked.all { Key::Text(row.id.to_string()) } else { row.last_at.into() };
        (key, row.id.clone())
    }))
}

/// What else of a person is wanted.
enum Joined {
    /// What was received last.
    Messages,
    /// Only how many there are.
    Counted,
}

fn from(scope: &Scope, asked: &Asked, joined: Joined) -> Sql {
    let mut sql = Sql::new(" from contacts c join channels a on a.id = c.channel_id and a.connector = 'sandbox' ");
    if let Some(owner) = scope.owner() {
        sql.push("join members b on b.id = c.member_id and b.salesperson_id = ").bind(owner).push(" ");
    }
    let phones = "join sandbox_phones x on x.contact_id = c.id ";
    match joined {
        Joined::Counted if asked.all => {}
        Joined::Counted => drop(sql.push(phones)),
        Joined::Messages => {
            sql.push(if asked.all { "left " } else { "" }).push(phones);
            sql.push("left join sandbox_messages m on m.id = x.last_id ");
        }
    }
    sql.push("where 1 = 1");
    if let Some(channel) = &asked.channel {
        sql.push(" and c.channel_id = ").bind(channel);
    }
    if !asked.search.is_empty() {
        let pattern = contains(&asked.search.to_lowercase());
        sql.push(" and (lower(c.name) like ").bind(pattern.as_str()).push(" escape '\\' or lower(c.identity) like ");
        sql.bind(pattern).push(" escape '\\')");
    }
    sql
}

/// Whose phone it is.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) id: Id,
    name: String,
    last_known_name: Option<String>,
    pub(super) identity: String,
    pub(super) account: ChannelAccount,
    pub(super) is_blocked: bool,
    pub(super) consent: Consent,
}

impl Person {
    pub(super) fn shown_name(&self) -> &str {
        shown_name(&self.name, self.last_known_name.as_deref(), &self.identity)
    }

    /// Whether this person turned away: blocked the account, or wants no messages.
    pub(super) fn has_left(&self) -> bool {
        if self.account.kind.is_chat() { self.is_blocked } else { self.consent == Consent::Withdrawn }
    }
}

/// The person with this contact; not found for a contact of another connector or out of scope.
pub(super) fn find(conn: &mut Conn, scope: &Scope, id: &Id) -> QueryResult<Person> {
    type Row = (Id, String, Option<String>, String, Id, Option<String>, Consent, Option<Id>);
    let (id, name, last_known_name, identity, channel, unreachable, consent, member): Row = contacts::table
        .find(id)
        .select((
            contacts::id,
            contacts::name,
            contacts::last_known_name,
            contacts::identity,
            contacts::channel_id,
            contacts::unreachable,
            contacts::consent,
            contacts::member_id,
        ))
        .first(conn)?;
    let account = channels::find(conn, &channel)?.ok_or(diesel::NotFound)?;
    if account.connector != Connector::Sandbox {
        return Err(diesel::NotFound);
    }
    if let Some(owner) = scope.owner() {
        let salesperson: Option<Id> = members::table
            .filter(members::id.nullable().eq(member))
            .select(members::salesperson_id)
            .first(conn)
            .optional()?
            .flatten();
        if salesperson.as_ref() != Some(owner) {
            return Err(diesel::NotFound);
        }
    }
    Ok(Person { id, name, last_known_name, identity, account, is_blocked: unreachable.is_some(), consent })
}

/// A bubble on the phone.
#[derive(Clone, Debug)]
pub(super) struct Bubble {
    pub(super) part: Rendered,
    pub(super) is_mine: bool,
    pub(super) at: NaiveDateTime,
    pub(super) delivered_at: Option<NaiveDateTime>,
    pub(super) read_at: Option<NaiveDateTime>,
}

/// Messages that a phone shows: the newest, oldest first.
const SHOWN: i64 = 100;

/// What stands on the phone.
pub(super) fn bubbles(conn: &mut Conn, person: &Person) -> QueryResult<Vec<Bubble>> {
    type Row = (String, Direction, NaiveDateTime, Option<NaiveDateTime>, Option<NaiveDateTime>);
    let rows: Vec<Row> = sandbox_messages::table
        .filter(sandbox_messages::channel_id.eq(&person.account.id))
        .filter(sandbox_messages::identity.eq(&person.identity))
        .order((sandbox_messages::at.desc(), sandbox_messages::id.desc()))
        .limit(SHOWN)
        .select((
            sandbox_messages::body,
            sandbox_messages::direction,
            sandbox_messages::at,
            sandbox_messages::delivered_at,
            sandbox_messages::read_at,
        ))
        .load(conn)?;
    let bubble = |(body, direction, at, delivered_at, read_at): Row| Bubble {
        part: Rendered::from_json(&body).unwrap_or_else(|_| Rendered::Text { text: String::new() }),
        is_mine: direction == Direction::In,
        at,
        delivered_at,
        read_at,
    };
    Ok(rows.into_iter().rev().map(bubble).collect())
}
