//! What a file changes of orders, and what is counted over them.

use super::{
    super::orders::{Draft, Fit, Known, KnownOrder, OrderChange, Plan, State},
    BATCH,
};
use crate::{
    channels::ChannelKind,
    events::{self, Event, EventKind},
    members,
    orders::{CURRENCY, OrderStatus},
};
use chrono::NaiveDateTime;
use diesel::prelude::*;
use std::collections::{BTreeSet, HashMap};
use tidings_base::{
    db::{
        Conn, Id,
        schema::{channels, contacts, members as member_rows, orders},
        sql::Sql,
    },
    each_backend,
};

/// Adds what is stored of the orders that the drafts are about, and the members whom they name.
pub(in super::super) fn learn(conn: &mut Conn, drafts: &[&Draft], known: &mut Known) -> QueryResult<()> {
    learn_orders(conn, drafts, known)?;
    let numbers: BTreeSet<&str> = drafts.iter().filter_map(|draft| draft.buyer.number.as_deref()).collect();
    let found: Vec<(String, Id)> = member_rows::table
        .filter(member_rows::number.eq_any(numbers))
        .select((member_rows::number, member_rows::id))
        .load(conn)?;
    known.members.extend(found);
    // Phone and mail are only looked at where the number leads to nobody.
    let unknown = |draft: &&&Draft| !draft.buyer.number.as_ref().is_some_and(|n| known.members.contains_key(n));
    let open: Vec<&&Draft> = drafts.iter().filter(unknown).collect();
    let phones: BTreeSet<&str> = open.iter().filter_map(|draft| draft.buyer.phone.as_deref()).collect();
    let emails: BTreeSet<&str> = open.iter().filter_map(|draft| draft.buyer.email.as_deref()).collect();
    if !phones.is_empty() {
        let found: Vec<(Option<String>, Id)> = member_rows::table
            .filter(member_rows::phone.eq_any(&phones))
            .select((member_rows::phone, member_rows::id))
            .load(conn)?;
        add(&mut known.phones, found.into_iter().filter_map(|(phone, id)| Some((phone?, id))));
        add(&mut known.phones, reached_at(conn, &[ChannelKind::Sms, ChannelKind::WhatsApp], &phones)?);
    }
    if !emails.is_empty() {
        let found: Vec<(Option<String>, Id)> = member_rows::table
            .filter(member_rows::email.eq_any(&emails))
            .select((member_rows::email, member_rows::id))
            .load(conn)?;
        add(&mut known.emails, found.into_iter().filter_map(|(email, id)| Some((email?, id))));
        add(&mut known.emails, reached_at(conn, &[ChannelKind::Email], &emails)?);
    }
    Ok(())
}

/// Writes the plan: the orders, the event of each that is new, and what is counted over the orders
/// of everybody whom it touches.
pub(in super::super) fn write(conn: &mut Conn, plan: &Plan) -> QueryResult<()> {
    let (mut new, mut members) = (Vec::new(), BTreeSet::new());
    for (number, change) in plan.changes() {
        members.insert(&change.becomes.member_id);
        match &change.was {
            None => new.push((number, change)),
            Some(was) => {
                members.insert(&was.member_id);
                update(conn, number, change, was)?;
            }
        }
    }
    insert(conn, &new)?;
    if members.is_empty() {
        return Ok(());
    }
    let mut touched = Sql::new("select id from members where id in (");
    touched.bind_all(members).push(")");
    members::recount(conn, touched).map(drop)
}

fn learn_orders(conn: &mut Conn, drafts: &[&Draft], known: &mut Known) -> QueryResult<()> {
    let numbers: BTreeSet<&str> = drafts.iter().map(|draft| draft.number.as_str()).collect();
    type Row = (String, Id, Id, NaiveDateTime, i64, OrderStatus);
    let columns = (orders::number, orders::id, orders::member_id, orders::placed_at, orders::total, orders::status);
    let found: Vec<Row> = orders::table.filter(orders::number.eq_any(numbers)).select(columns).load(conn)?;
    for (number, id, member_id, placed_at, total, status) in found {
        let state = State { member_id, placed_at, total, status };
        known.orders.entry(number).or_insert(KnownOrder { id, stored: Some(state.clone()), state });
    }
    Ok(())
}

/// The members who have a contact with one of these identities on a channel of one of these kinds.
fn reached_at(conn: &mut Conn, kinds: &[ChannelKind], identities: &BTreeSet<&str>) -> QueryResult<Vec<(String, Id)>> {
    let found: Vec<(String, Option<Id>)> = contacts::table
        .inner_join(channels::table.on(channels::id.eq(contacts::channel_id)))
        .filter(channels::kind.eq_any(kinds).and(contacts::identity.eq_any(identities)))
        .select((contacts::identity, contacts::member_id))
        .load(conn)?;
    Ok(found.into_iter().filter_map(|(identity, member_id)| Some((identity, member_id?))).collect())
}

fn add(fits: &mut HashMap<String, Fit>, found: impl IntoIterator<Item = (String, Id)>) {
    for (by, member_id) in found {
        Fit::add(fits, by, member_id);
    }
}

fn update(conn: &mut Conn, number: &str, change: &OrderChange, was: &State) -> QueryResult<()> {
    let becomes = &change.becomes;
    diesel::update(orders::table.find(&change.id))
        .set((
            orders::member_id.eq(&becomes.member_id),
            orders::placed_at.eq(becomes.placed_at),
            orders::total.eq(becomes.total),
            orders::status.eq(becomes.status),
        ))
        .execute(conn)?;
    events::correct(conn, &placed(number, &change.id, was), &placed(number, &change.id, becomes))
}

fn insert(conn: &mut Conn, new: &[(&str, &OrderChange)]) -> QueryResult<()> {
    for some in new.chunks(BATCH) {
        let row = |(number, change): &(&str, &OrderChange)| {
            (
                orders::id.eq(change.id.clone()),
                orders::member_id.eq(change.becomes.member_id.clone()),
                orders::number.eq((*number).to_owned()),
                orders::placed_at.eq(change.becomes.placed_at),
                orders::total.eq(change.becomes.total),
                orders::currency.eq(CURRENCY),
                orders::status.eq(change.becomes.status),
            )
        };
        let rows: Vec<_> = some.iter().map(row).collect();
        each_backend!(conn, c => diesel::insert_into(orders::table).values(&rows).execute(c))?;
    }
    let events: Vec<Event> = new.iter().map(|(number, change)| placed(number, &change.id, &change.becomes)).collect();
    events::record_all(conn, &events)
}

fn placed(number: &str, id: &Id, state: &State) -> Event {
    Event::of(EventKind::OrderPlaced, state.placed_at).member(&state.member_id).what(number, Some(id))
}
