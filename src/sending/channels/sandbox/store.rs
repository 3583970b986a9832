//! The sandbox's own record: what it was given, under which keys, and what people did with it.

use super::{REFUSED, fate, phones};
use crate::{
    channels::{
        About, Answer, Call, Capabilities, InboundEvent, Received, Recipient, Refusal, RefusalReason, What,
        capabilities, receive,
    },
    messages::Rendered,
};
use chrono::NaiveDateTime;
use diesel::prelude::*;
use std::collections::HashMap;
use tidings_base::{
    db::{
        Conn, Id,
        schema::{contacts, sandbox_keys, sandbox_messages},
    },
    each_backend, text_enum,
};
use tidings_customers::{
    channels::ChannelAccount,
    consent::{Consent, Source},
    events::{self, Event, EventKind},
};

text_enum! {
    /// Which way a message went.
    pub enum Direction {
        /// To the person.
        Out = "out",
        /// From the person.
        In = "in",
    }
}

/// Who a recipient is, as far as the sandbox cares.
#[derive(Queryable)]
struct Known {
    identity: String,
    unreachable: Option<String>,
    last_inbound_at: Option<NaiveDateTime>,
}

/// A message as it is kept.
#[derive(Insertable)]
#[diesel(table_name = sandbox_messages, treat_none_as_default_value = false)]
struct Kept<'a> {
    id: Id,
    channel_id: &'a Id,
    identity: &'a str,
    direction: Direction,
    body: String,
    reference: Option<&'a Id>,
    at: NaiveDateTime,
    delivered_at: Option<NaiveDateTime>,
    read_at: Option<NaiveDateTime>,
}

/// Makes somebody up who follows the account, for each of the names. `now` is product time.
pub fn make_up(conn: &mut Conn, channel: &Id, names: &[&str], now: NaiveDateTime) -> QueryResult<()> {
    let follower = |name: &&str| {
        let id = Id::new();
        // As LINE calls people: U and 32 digits.
        let identity = format!("U{}", id.as_str().replace('-', ""));
        let joined = Event::of(EventKind::Joined, now).contact(&id);
        let row = (
            contacts::id.eq(id),
            contacts::channel_id.eq(channel.clone()),
            contacts::identity.eq(identity),
            contacts::name.eq((*name).to_owned()),
            contacts::consent.eq(Consent::None),
            contacts::subscribed_at.eq(now),
            contacts::source.eq(Source::Channel),
            contacts::created_at.eq(now),
            contacts::version.eq(1),
        );
        (row, joined)
    };
    let (rows, joined): (Vec<_>, Vec<_>) = names.iter().map(follower).unzip();
    each_backend!(conn, c => diesel::insert_into(contacts::table).values(&rows).execute(c))?;
    events::record_all(conn, &joined)
}

/// Takes a call, or refuses it, as the account's vendor would. `now` is product time.
pub(super) fn take(conn: &mut Conn, account: &ChannelAccount, call: &Call, now: NaiveDateTime) -> QueryResult<Answer> {
    if let Some(key) = &call.retry_key
        && let Some(request_id) = known_key(conn, &account.id, key)?
    {
        // LINE's 409: already accepted.
        return Ok(Answer::Taken { request_id: Some(request_id), people: vec![Ok(None); call.people.len()] });
    }
    let can = capabilities(account.kind);
    let known = known(conn, account, call)?;
    let refusals: Vec<Option<Refusal>> = call
        .people
        .iter()
        .map(|person| refuse(account, person, known.get(person.identity.as_str()), &can, now))
        .collect();
    if call.retry_key.is_some() && refusals.iter().any(Option::is_some) {
        // All or nothing, and the key of a refused call stays unused.
        let people = refusals.into_iter().enumerate().filter_map(|(n, refusal)| Some((n, refusal?))).collect();
        return Ok(Answer::Rejected { people, detail: "the property to is invalid".to_owned() });
    }
    let request_id = Id::new().to_string();
    if let Some(key) = &call.retry_key
        && !write_key(conn, &account.id, key, &request_id, now)?
    {
        let request_id = known_key(conn, &account.id, key)?;
        return Ok(Answer::Taken { request_id, people: vec![Ok(None); call.people.len()] });
    }
    let mut kept = Vec::new();
    let mut events = Vec::new();
    let mut people = Vec::new();
    for (person, refusal) in call.people.iter().zip(refusals) {
        if let Some(refusal) = refusal {
            people.push(Err(refusal));
            continue;
        }
        // LINE says 200 for people who blocked the account, and they get nothing.
        let blocked = known.get(person.identity.as_str()).is_some_and(|known| known.unreachable.is_some());
        let mut vendor_id = None;
        // Of the parts of a mail the first text stands under the subject.
        let mut subject = call.words.subject.as_deref();
        for part in call.words.parts.iter().filter(|_| !blocked) {
            let subject = matches!(part, Rendered::Text { .. }).then(|| subject.take()).flatten();
            let (message, what) = keep(account, person, part, subject, &can, now);
            events.extend(what.into_iter().map(|(key, event, due_at)| received(&message.id, key, &event, due_at)));
            vendor_id = Some(format!("sandbox-{}", message.id));
            kept.push(message);
        }
        people.push(Ok(vendor_id.filter(|_| can.delivered || can.read)));
    }
    for kept in kept.chunks(50) {
        each_backend!(conn, c => diesel::insert_into(sandbox_messages::table).values(kept).execute(c))?;
    }
    phones::count(conn, kept.iter().map(|kept| &kept.id))?;
    receive(conn, &account.id, &events, now)?;
    Ok(Answer::Taken { request_id: Some(request_id), people })
}

fn known_key(conn: &mut Conn, account: &Id, key: &str) -> QueryResult<Option<String>> {
    sandbox_keys::table.find((account, key)).select(sandbox_keys::request_id).first(conn).optional()
}

/// Answers false if the key is there already.
fn write_key(conn: &mut Conn, account: &Id, key: &str, request_id: &str, now: NaiveDateTime) -> QueryResult<bool> {
    let row = (
        sandbox_keys::channel_id.eq(account.clone()),
        sandbox_keys::retry_key.eq(key),
        sandbox_keys::request_id.eq(request_id),
        sandbox_keys::accepted_at.eq(now),
    );
    each_backend!(conn, c => diesel::insert_into(sandbox_keys::table).values(&row).on_conflict_do_nothing().execute(c))
        .map(|n| n > 0)
}

fn known(conn: &mut Conn, account: &ChannelAccount, call: &Call) -> QueryResult<HashMap<String, Known>> {
    let identities: Vec<&str> = call.people.iter().map(|person| person.identity.as_str()).collect();
    let rows: Vec<Known> = contacts::table
        .filter(contacts::channel_id.eq(&account.id))
        .filter(contacts::identity.eq_any(identities))
        .select((contacts::identity, contacts::unreachable, contacts::last_inbound_at))
        .load(conn)?;
    Ok(rows.into_iter().map(|known| (known.identity.clone(), known)).collect())
}

fn refuse(
    account: &ChannelAccount,
    person: &Recipient,
    known: Option<&Known>,
    can: &Capabilities,
    now: NaiveDateTime,
) -> Option<Refusal> {
    let refusal = |reason, detail: &str| Some(Refusal { reason, detail: detail.to_owned() });
    if fate(account, &person.identity).refused {
        return refusal(RefusalReason::Refused, REFUSED);
    }
    let Some(known) = known else { return refusal(RefusalReason::Gone, "sandbox: no such person") };
    if known.unreachable.is_some() && can.key_life.is_none() {
        return refusal(RefusalReason::Blocked, "sandbox: the person blocked the account");
    }
    let open = can.window.is_none_or(|window| known.last_inbound_at.is_some_and(|at| now - at < window));
    if open {
        None
    } else {
        refusal(RefusalReason::OutsideWindow, "sandbox: more than 24 hours after the last message")
    }
}

type Told = (&'static str, InboundEvent, NaiveDateTime);

/// A message as kept, and what its person will do with it.
fn keep<'a>(
    account: &'a ChannelAccount,
    person: &'a Recipient,
    part: &Rendered,
    subject: Option<&str>,
    can: &Capabilities,
    now: NaiveDateTime,
) -> (Kept<'a>, Vec<Told>) {
    let fate = fate(account, &person.identity);
    let delivered_at = now + fate.delivered_after;
    let read_at = fate.read_after.filter(|_| can.read).map(|after| delivered_at + after);
    let delivered_at = can.delivered.then_some(delivered_at);
    let event = |at, what| InboundEvent { identity: person.identity.clone(), at, what };
    let mut told = Vec::new();
    if let Some(delivery) = &person.reference {
        let about = || About::Delivery(delivery.clone());
        told.extend(delivered_at.map(|at| ("delivered", event(at, What::Delivered { about: about() }), at)));
        told.extend(read_at.map(|at| ("read", event(at, What::Read { about: about() }), at)));
    }
    let kept = Kept {
        id: Id::new(),
        channel_id: &account.id,
        identity: &person.identity,
        direction: Direction::Out,
        body: body(part, subject),
        reference: person.reference.as_ref(),
        at: now,
        delivered_at,
        read_at,
    };
    (kept, told)
}

/// What the phone draws: the part, under the subject of a mail.
pub fn body(part: &Rendered, subject: Option<&str>) -> String {
    match (part, subject) {
        (Rendered::Text { text }, Some(subject)) => Rendered::Text { text: format!("{subject}\n\n{text}") }.to_json(),
        (part, Some(_) | None) => part.to_json(),
    }
}

fn received(message: &Id, key: &str, event: &InboundEvent, due_at: NaiveDateTime) -> Received {
    let body = serde_json::to_string(event).expect("strings and times can always be written as JSON");
    Received { key: format!("{message}:{key}"), body, due_at }
}

/// What a person does at `/sandbox`: kept like a message if it is one, and told like any event.
pub fn act(
    conn: &mut Conn,
    account: &ChannelAccount,
    identity: &str,
    what: What,
    now: NaiveDateTime,
) -> QueryResult<()> {
    let id = Id::new();
    if let What::Message { text, .. } = &what {
        let kept = Kept {
            id: id.clone(),
            channel_id: &account.id,
            identity,
            direction: Direction::In,
            body: Rendered::Text { text: text.clone() }.to_json(),
            reference: None,
            at: now,
            delivered_at: None,
            read_at: None,
        };
        each_backend!(conn, c => diesel::insert_into(sandbox_messages::table).values(&kept).execute(c))?;
    }
    let event = InboundEvent { identity: identity.to_owned(), at: now, what };
    receive(conn, &account.id, &[received(&id, "act", &event, now)], now)
}
