//! What a person did to an account: followed it, left it, wrote. Somebody whom nobody knows yet
//! becomes a contact by it. Late, doubled and out of order is normal.

use super::record::apply_mark;
use crate::channels::{InboundEvent, Mark, What, names};
use chrono::NaiveDateTime;
use diesel::prelude::*;
use tidings_base::{
    db::{
        Conn, Id,
        schema::{contacts, inbound_events, inbound_messages, inbound_messages::dsl as said},
        sql::Sql,
    },
    each_backend,
};
use tidings_customers::{
    channels::{ChannelAccount, Connector},
    consent::{self, Consent, Source},
    events::{self, Event, EventKind},
};

/// Lets an event take effect that came in the stored row `inbound`. `now` is product time.
pub(super) fn did(
    conn: &mut Conn,
    account: &ChannelAccount,
    inbound: &Id,
    event: &InboundEvent,
    now: NaiveDateTime,
) -> QueryResult<()> {
    if let What::Unsent { id } = &event.what {
        return unsent(conn, account, id);
    }
    let contact = match find(conn, account, &event.identity)? {
        Some(contact) => contact,
        None if makes_a_contact(account, &event.what) => join(conn, account, event, now)?,
        None => {
            tracing::info!(channel.id = %account.id, "an event of somebody who is no contact was passed over");
            return Ok(());
        }
    };
    let consented =
        |to| consent::Change { contact_id: &contact.id, to, source: Source::Channel, by: None, at: event.at };
    match &event.what {
        What::Message { text, id } => {
            touch(conn, &contact.id, event.at)?;
            wrote(conn, account, inbound, &contact.id, event, text, id.as_deref())
        }
        What::Pressed => touch(conn, &contact.id, event.at),
        What::Follow => {
            // Who comes back has not taken a withdrawal back; who never said anything agrees by it.
            if contact.consent == Consent::None {
                consent::change(conn, &consented(Consent::Granted))?;
            }
            if is_news(conn, &contact.id, event.at)? {
                returned(conn, &contact.id, event.at)?;
            }
            if contact.name.is_empty() && account.connector == Connector::Live {
                names::ask(conn, &contact.id, now)?;
            }
            Ok(())
        }
        What::Unfollow if is_news(conn, &contact.id, event.at)? => {
            apply_mark(conn, &contact.id, Mark::Blocked, event.at)
        }
        What::OptOut => consent::change(conn, &consented(Consent::Withdrawn)).map(drop),
        What::OptIn => consent::change(conn, &consented(Consent::Granted)).map(drop),
        What::Unfollow
        | What::Unsent { .. }
        | What::Accepted { .. }
        | What::Delivered { .. }
        | What::Read { .. }
        | What::Bounced { .. }
        | What::Other { .. } => Ok(()),
    }
}

#[derive(Queryable)]
struct Known {
    id: Id,
    consent: Consent,
    name: String,
}

fn find(conn: &mut Conn, account: &ChannelAccount, identity: &str) -> QueryResult<Option<Known>> {
    contacts::table
        .filter(contacts::channel_id.eq(&account.id))
        .filter(contacts::identity.eq(identity))
        .select((contacts::id, contacts::consent, contacts::name))
        .first(conn)
        .optional()
}

/// People come to a chat account by themselves. Who left is kept too: the follow that went before
/// may come later.
fn makes_a_contact(account: &ChannelAccount, what: &What) -> bool {
    match what {
        What::Message { .. } | What::Pressed | What::Follow | What::Unfollow => account.kind.is_chat(),
        What::OptOut
        | What::OptIn
        | What::Unsent { .. }
        | What::Accepted { .. }
        | What::Delivered { .. }
        | What::Read { .. }
        | What::Bounced { .. }
        | What::Other { .. } => false,
    }
}

/// Makes the contact, without a name and without consent; the event itself says more.
fn join(conn: &mut Conn, account: &ChannelAccount, event: &InboundEvent, now: NaiveDateTime) -> QueryResult<Known> {
    let id = Id::new();
    let row = (
        contacts::id.eq(&id),
        contacts::channel_id.eq(&account.id),
        contacts::identity.eq(&event.identity),
        contacts::name.eq(""),
        contacts::consent.eq(Consent::None),
        contacts::subscribed_at.eq(event.at),
        contacts::source.eq(Source::Channel),
        contacts::created_at.eq(now),
        contacts::version.eq(1),
    );
    let new = each_backend!(conn, c => diesel::insert_into(contacts::table)
        .values(&row).on_conflict((contacts::channel_id, contacts::identity)).do_nothing().execute(c))?;
    if new == 0 {
        // Another node was quicker.
        return find(conn, account, &event.identity)?.ok_or(diesel::NotFound);
    }
    events::record(conn, &Event::of(EventKind::Joined, event.at).contact(&id))?;
    if account.connector == Connector::Live {
        names::ask(conn, &id, now)?;
    }
    Ok(Known { id, consent: Consent::None, name: String::new() })
}

/// Whether nothing newer is known about following; then this counts from now on. Of two at the same
/// time the one that came later does.
fn is_news(conn: &mut Conn, contact: &Id, at: NaiveDateTime) -> QueryResult<bool> {
    let mut sql = Sql::new("update contacts set follow_changed_at = ");
    sql.bind(at).push(" where (follow_changed_at is null or follow_changed_at <= ").bind(at);
    sql.push(") and id = ").bind(contact);
    Ok(sql.execute(conn)? > 0)
}

fn returned(conn: &mut Conn, contact: &Id, at: NaiveDateTime) -> QueryResult<()> {
    let mut sql = Sql::new(
        "update contacts set unreachable = null, version = version + 1 where unreachable is not null and id = ",
    );
    sql.bind(contact);
    if sql.execute(conn)? > 0 {
        events::record(conn, &Event::of(EventKind::Returned, at).contact(contact))?;
    }
    Ok(())
}

/// The person is here: a window is open from then on. Older messages do not close it again.
fn touch(conn: &mut Conn, contact: &Id, at: NaiveDateTime) -> QueryResult<()> {
    let mut sql = Sql::new("update contacts set last_inbound_at = case when last_inbound_at > ");
    sql.bind(at)
        .push(" then last_inbound_at else ")
        .bind(at)
        .push(" end, last_interaction_at = case when last_interaction_at > ");
    sql.bind(at).push(" then last_interaction_at else ").bind(at).push(" end where id = ").bind(contact);
    sql.execute(conn).map(drop)
}

/// Puts the message on the time line; where the vendor lets people take messages back, it is noted
/// where its words are kept.
fn wrote(
    conn: &mut Conn,
    account: &ChannelAccount,
    inbound: &Id,
    contact: &Id,
    event: &InboundEvent,
    text: &str,
    message: Option<&str>,
) -> QueryResult<()> {
    let happened = Event::of(EventKind::MessageReceived, event.at).contact(contact).what(text, None);
    let Some(message) = message else { return events::record(conn, &happened) };
    let row = (
        said::channel_id.eq(&account.id),
        said::vendor_id.eq(message),
        said::inbound_id.eq(inbound),
        said::unsent.eq(false),
    );
    let new = each_backend!(conn, c => diesel::insert_into(inbound_messages::table)
        .values(&row).on_conflict_do_nothing().execute(c))?;
    if new == 0 {
        // It was taken back before it came.
        return forget(conn, inbound);
    }
    let event = events::record_one(conn, &happened)?;
    diesel::update(inbound_messages::table.find((&account.id, message)))
        .set(said::event_id.eq(event))
        .execute(conn)
        .map(drop)
}

/// The person took a message back: our copies of it are erased.
fn unsent(conn: &mut Conn, account: &ChannelAccount, message: &str) -> QueryResult<()> {
    let kept: Option<(Option<Id>, Option<Id>)> = inbound_messages::table
        .find((&account.id, message))
        .select((said::inbound_id, said::event_id))
        .first(conn)
        .optional()?;
    if let Some((inbound, event)) = &kept {
        if let Some(inbound) = inbound {
            forget(conn, inbound)?;
        }
        if let Some(event) = event {
            events::unsay(conn, event)?;
        }
        let row = diesel::update(inbound_messages::table.find((&account.id, message)));
        return row.set(said::unsent.eq(true)).execute(conn).map(drop);
    }
    let row = (said::channel_id.eq(&account.id), said::vendor_id.eq(message), said::unsent.eq(true));
    each_backend!(conn, c => diesel::insert_into(inbound_messages::table)
        .values(&row).on_conflict_do_nothing().execute(c))
    .map(drop)
}

/// What came is worked on already; nothing of it is kept.
fn forget(conn: &mut Conn, inbound: &Id) -> QueryResult<()> {
    diesel::update(inbound_events::table.find(inbound)).set(inbound_events::body.eq("")).execute(conn).map(drop)
}
