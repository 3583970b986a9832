//! What the vendors that are not there made of the messages of the past: the same as they would now,
//! in a statement for many instead of a call for each.

use super::{
    calendar::Calendar,
    store::{self, Message, Outcome},
};
use chrono::{NaiveDateTime, TimeDelta};
use tidings_base::db::{Conn, DbError};
use tidings_customers::channels;
use tidings_sending::{
    channels::{capabilities, sandbox},
    dispatch::{self, DeliveryState, Reason},
    messages::{Addressee, Content},
};

/// Sends what is pending, from `at` on; answers when all of it was settled, if there was any.
pub(super) fn send(conn: &mut Conn, calendar: &Calendar, at: NaiveDateTime) -> Result<Option<NaiveDateTime>, DbError> {
    let mut last = None;
    for to_send in store::pending_dispatches(conn)? {
        let account = channels::find(conn, &to_send.channel_id)?.ok_or(diesel::NotFound)?;
        let can = capabilities(account.kind);
        let content = Content::from_json(&to_send.content).expect("content of ours");
        let people = store::pending_people(conn, &to_send.id)?;
        // As fast as the account allows.
        let pace = TimeDelta::microseconds(1_000_000 / account.rate_per_second);
        let mut sent_at = at;
        let mut outcomes = Vec::new();
        let mut messages = Vec::new();
        for person in &people {
            sent_at += pace;
            let fate = sandbox::fate(&account, &person.identity);
            if fate.refused {
                outcomes.push(Outcome::failed(&person.id, Reason::Refused, sandbox::REFUSED, sent_at));
                continue;
            }
            let to = Addressee { name: &person.name, last_known_name: person.last_known_name.as_deref() };
            let words = content.render(&to).expect("content of ours");
            let delivered_at = sent_at + fate.delivered_after;
            let read_at = fate.read_after.filter(|_| can.read).map(|after| delivered_at + after);
            let delivered_at = can.delivered.then_some(delivered_at);
            let mut outcome = Outcome {
                delivery: &person.id,
                state: DeliveryState::Sent,
                reason: None,
                detail: None,
                parts_sent: words.parts.len() as i64,
                vendor_id: None,
                settled_at: sent_at,
                delivered_at,
                read_at,
            };
            for (place, part) in words.parts.iter().enumerate() {
                let id = calendar.id(sent_at);
                outcome.vendor_id = (can.delivered || can.read).then(|| format!("sandbox-{id}"));
                let body = sandbox::body(part, words.subject.as_deref());
                messages.push(Message {
                    id,
                    direction: sandbox::Direction::Out,
                    channel_id: &to_send.channel_id,
                    identity: &person.identity,
                    body,
                    reference: (place + 1 == words.parts.len()).then_some(&person.id),
                    at: sent_at,
                    delivered_at,
                    read_at,
                });
            }
            outcomes.push(outcome);
        }
        store::settle(conn, &to_send.id, &outcomes)?;
        store::add_messages(conn, &messages)?;
        let settled = sent_at + TimeDelta::milliseconds(80);
        if !to_send.accepting {
            // It was closed while all of it was pending; now nothing is.
            dispatch::close(conn, &to_send.id, settled)?;
        }
        last = last.max(Some(settled));
    }
    Ok(last)
}
