//! Rows of customers.

use super::ROWS;
use crate::demo::{
    channels::Account,
    customers::{Contact, Given, Member},
};
use chrono::NaiveDateTime;
use diesel::prelude::*;
use tidings_base::{
    db::{
        Conn, Id,
        schema::{channels, consents, contact_tags, contacts, members, orders, sandbox_messages},
        sql::Sql,
    },
    each_backend,
};
use tidings_customers::{
    channels::{ChannelStatus, NewChannel},
    consent::{Consent, Source},
    members::{self as of_members, Gender},
    orders::OrderStatus,
};
use tidings_sending::{channels::sandbox::Direction, messages::Rendered};

/// Adds an account under an id that is known beforehand.
pub(in crate::demo) fn add_channel(
    conn: &mut Conn,
    id: &Id,
    new: &NewChannel<'_>,
    then: NaiveDateTime,
) -> QueryResult<()> {
    diesel::insert_into(channels::table)
        .values((
            channels::id.eq(id),
            channels::kind.eq(new.kind),
            channels::connector.eq(new.connector),
            channels::name.eq(new.name),
            channels::status.eq(ChannelStatus::Ready),
            channels::rate_per_second.eq(new.rate_per_second),
            channels::failure_share.eq(new.failure_share),
            channels::created_at.eq(then),
            channels::version.eq(1),
        ))
        .execute(conn)
        .map(drop)
}

#[derive(Insertable)]
#[diesel(table_name = members, treat_none_as_default_value = false)]
struct MemberRow<'a> {
    id: &'a Id,
    number: &'a str,
    name: String,
    gender: Option<Gender>,
    birthday: Option<String>,
    birth_month: Option<i64>,
    city: Option<&'a str>,
    phone: Option<&'a str>,
    email: Option<&'a str>,
    salesperson_id: Option<&'a Id>,
    order_count: i64,
    total_spent: i64,
    created_at: NaiveDateTime,
    version: i64,
}

impl<'a> MemberRow<'a> {
    fn of(member: &'a Member, salesperson: &'a Id) -> Self {
        Self {
            id: &member.id,
            number: &member.number,
            name: member.name.full(),
            gender: member.gender,
            birthday: member.birthday.map(|day| day.to_string()),
            birth_month: member.birthday.map(|day| day.month()),
            city: member.city,
            phone: member.phone.as_deref(),
            email: member.email.as_deref(),
            salesperson_id: member.bound_at.map(|_| salesperson),
            order_count: 0,
            total_spent: 0,
            created_at: member.joined,
            version: 1,
        }
    }
}

/// Adds members; who is bound is bound to `salesperson`.
pub(in crate::demo) fn add_members(conn: &mut Conn, all: &[Member], salesperson: &Id) -> QueryResult<()> {
    for some in all.chunks(ROWS) {
        let rows: Vec<_> = some.iter().map(|member| MemberRow::of(member, salesperson)).collect();
        each_backend!(conn, c => diesel::insert_into(members::table).values(&rows).execute(c))?;
    }
    Ok(())
}

#[derive(Insertable)]
#[diesel(table_name = contacts, treat_none_as_default_value = false)]
struct ContactRow<'a> {
    id: &'a Id,
    channel_id: Id,
    identity: &'a str,
    member_id: Option<&'a Id>,
    name: &'a str,
    last_known_name: Option<&'a str>,
    consent: Consent,
    consent_at: Option<NaiveDateTime>,
    consent_source: Option<Source>,
    subscribed_at: NaiveDateTime,
    last_interaction_at: Option<NaiveDateTime>,
    last_inbound_at: Option<NaiveDateTime>,
    unreachable: Option<&'a str>,
    source: Source,
    created_at: NaiveDateTime,
    version: i64,
}

impl<'a> ContactRow<'a> {
    fn of(contact: &'a Contact) -> Self {
        let consent = contact.consents.last();
        Self {
            id: &contact.id,
            channel_id: contact.account.id(),
            identity: &contact.identity,
            member_id: contact.member_id.as_ref(),
            name: &contact.name,
            last_known_name: contact.last_known_name.as_deref(),
            consent: consent.map_or(Consent::None, |given| given.state),
            consent_at: consent.map(|given| given.at),
            consent_source: consent.map(|given| given.source),
            subscribed_at: contact.subscribed_at,
            last_interaction_at: contact.last_interaction_at,
            last_inbound_at: contact.last_inbound_at,
            unreachable: contact.unreachable(),
            source: contact.source,
            created_at: contact.subscribed_at,
            version: 1,
        }
    }
}

#[derive(Insertable)]
#[diesel(table_name = consents)]
struct ConsentRow<'a> {
    id: Id,
    contact_id: &'a Id,
    state: Consent,
    at: NaiveDateTime,
    source: Source,
}

impl<'a> ConsentRow<'a> {
    fn of(contact: &'a Contact) -> impl Iterator<Item = Self> {
        let of = |given: &'a Given| Self {
            id: Id::new(),
            contact_id: &contact.id,
            state: given.state,
            at: given.at,
            source: given.source,
        };
        contact.consents.iter().map(of)
    }
}

/// Adds contacts with the history of their consents.
pub(in crate::demo) fn add_contacts(conn: &mut Conn, all: &[&Contact]) -> QueryResult<()> {
    for some in all.chunks(ROWS) {
        let rows: Vec<_> = some.iter().map(|contact| ContactRow::of(contact)).collect();
        each_backend!(conn, c => diesel::insert_into(contacts::table).values(&rows).execute(c))?;
    }
    let history: Vec<ConsentRow<'_>> = all.iter().flat_map(|contact| ConsentRow::of(contact)).collect();
    for some in history.chunks(ROWS) {
        each_backend!(conn, c => diesel::insert_into(consents::table).values(some).execute(c))?;
    }
    Ok(())
}

#[derive(Insertable)]
#[diesel(table_name = orders)]
struct OrderRow<'a> {
    id: &'a Id,
    member_id: &'a Id,
    number: &'a str,
    placed_at: NaiveDateTime,
    total: i64,
    currency: &'a str,
    status: OrderStatus,
}

/// Adds what the members bought, and counts it on them.
pub(in crate::demo) fn add_orders(conn: &mut Conn, all: &[Member]) -> QueryResult<()> {
    let rows: Vec<OrderRow<'_>> = all
        .iter()
        .flat_map(|member| {
            member.orders.iter().map(|order| OrderRow {
                id: &order.id,
                member_id: &member.id,
                number: &order.number,
                placed_at: order.placed_at,
                total: order.total,
                currency: "TWD",
                status: order.status,
            })
        })
        .collect();
    for some in rows.chunks(ROWS) {
        each_backend!(conn, c => diesel::insert_into(orders::table).values(some).execute(c))?;
    }
    of_members::recount(conn, Sql::new("select id from members")).map(drop)
}

/// A tag on a contact.
#[derive(Insertable)]
#[diesel(table_name = contact_tags)]
pub(in crate::demo) struct Tagged<'a> {
    pub(in crate::demo) contact_id: &'a Id,
    pub(in crate::demo) tag_id: &'a Id,
    pub(in crate::demo) at: NaiveDateTime,
}

/// Puts tags on contacts.
pub(in crate::demo) fn add_tagged(conn: &mut Conn, all: &[Tagged<'_>]) -> QueryResult<()> {
    for some in all.chunks(ROWS) {
        each_backend!(conn, c => diesel::insert_into(contact_tags::table).values(some).execute(c))?;
    }
    Ok(())
}

/// What somebody wrote to an account.
pub(in crate::demo) struct Said<'a> {
    pub(in crate::demo) id: Id,
    pub(in crate::demo) account: Account,
    pub(in crate::demo) identity: &'a str,
    pub(in crate::demo) text: &'a str,
    pub(in crate::demo) at: NaiveDateTime,
}

#[derive(Insertable)]
#[diesel(table_name = sandbox_messages)]
struct SaidRow<'a> {
    id: Id,
    channel_id: Id,
    identity: &'a str,
    direction: Direction,
    body: String,
    at: NaiveDateTime,
}

impl<'a> SaidRow<'a> {
    fn of(said: &Said<'a>) -> Self {
        Self {
            id: said.id.clone(),
            channel_id: said.account.id(),
            identity: said.identity,
            direction: Direction::In,
            body: Rendered::Text { text: said.text.to_owned() }.to_json(),
            at: said.at,
        }
    }
}

/// Keeps what people wrote where the sandbox does.
pub(in crate::demo) fn add_said(conn: &mut Conn, all: &[Said<'_>]) -> QueryResult<()> {
    for some in all.chunks(ROWS) {
        let rows: Vec<_> = some.iter().map(SaidRow::of).collect();
        each_backend!(conn, c => diesel::insert_into(sandbox_messages::table).values(&rows).execute(c))?;
    }
    Ok(())
}
