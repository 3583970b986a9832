use chrono::NaiveDateTime;
use diesel::prelude::*;
use tidings_base::{
    db::{
        Conn, Id,
        schema::{inbound_events, inbound_events::dsl as e},
    },
    each_backend, text_enum,
};

text_enum! {
    /// How far the work on an event from a vendor got.
    pub enum InboundStatus { Waiting = "waiting", Done = "done", Failed = "failed" }
}

/// Stores what a vendor sent, to be worked on at `due_at` (product time); what was stored before
/// under the same key is passed over. The one way in, whatever the vendor and the wire.
pub fn receive(conn: &mut Conn, channel: &Id, events: &[Received], now: NaiveDateTime) -> QueryResult<()> {
    let rows: Vec<_> = events
        .iter()
        .map(|event| {
            (
                e::id.eq(Id::new()),
                e::channel_id.eq(channel),
                e::vendor_event_id.eq(&event.key),
                e::body.eq(&event.body),
                e::status.eq(InboundStatus::Waiting),
                e::received_at.eq(now),
                e::due_at.eq(event.due_at),
                e::epoch.eq(0),
                e::begun.eq(0),
            )
        })
        .collect();
    for rows in rows.chunks(50) {
        each_backend!(conn, c => diesel::insert_into(inbound_events::table).values(rows).on_conflict_do_nothing().execute(c))?;
    }
    Ok(())
}

/// One event as it came.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Received {
    /// What tells it from every other event of the account: the vendor's own id of it, where there is one.
    pub key: String,
    /// As it came, for the connector to read.
    pub body: String,
    /// When to work on it, product time; now, but for a sandbox's future.
    pub due_at: NaiveDateTime,
}
