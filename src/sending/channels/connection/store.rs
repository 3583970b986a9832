use chrono::NaiveDateTime;
use diesel::prelude::*;
use tidings_base::{
    db::{
        Conn, Id,
        schema::{channel_connections, channels},
    },
    each_backend,
};
use tidings_customers::channels::ChannelKind;

/// A connection as it is stored.
#[derive(Queryable, Clone)]
pub struct Stored {
    pub settings: String,
    pub sealed: Vec<u8>,
    pub changed_at: NaiveDateTime,
}

/// The connection of an account, if it has one.
pub fn stored(conn: &mut Conn, channel: &Id) -> QueryResult<Option<Stored>> {
    channel_connections::table
        .find(channel)
        .select((channel_connections::settings, channel_connections::sealed, channel_connections::changed_at))
        .first(conn)
        .optional()
}

/// When the connection of an account was changed last.
pub fn changed_at(conn: &mut Conn, channel: &Id) -> QueryResult<Option<NaiveDateTime>> {
    channel_connections::table.find(channel).select(channel_connections::changed_at).first(conn).optional()
}

/// The settings of every connection, with the kind of its account.
pub(super) fn settings(conn: &mut Conn) -> QueryResult<Vec<(ChannelKind, String)>> {
    channel_connections::table
        .inner_join(channels::table.on(channels::id.eq(channel_connections::channel_id)))
        .select((channels::kind, channel_connections::settings))
        .load(conn)
}

/// Every sealed secret.
pub(super) fn all(conn: &mut Conn) -> QueryResult<Vec<(Id, Vec<u8>)>> {
    channel_connections::table.select((channel_connections::channel_id, channel_connections::sealed)).load(conn)
}

pub(super) fn save(
    conn: &mut Conn,
    channel: &Id,
    settings: &str,
    sealed: &[u8],
    now: NaiveDateTime,
) -> QueryResult<()> {
    let values = (
        channel_connections::settings.eq(settings),
        channel_connections::sealed.eq(sealed),
        channel_connections::changed_at.eq(now),
    );
    let row = (channel_connections::channel_id.eq(channel), values);
    each_backend!(conn, c => diesel::insert_into(channel_connections::table)
        .values(&row)
        .on_conflict(channel_connections::channel_id)
        .do_update()
        .set(values)
        .execute(c))
    .map(drop)
}

/// Takes the connection of an account away, with its secrets.
pub fn forget(conn: &mut Conn, channel: &Id) -> QueryResult<()> {
    diesel::delete(channel_connections::table.find(channel)).execute(conn).map(drop)
}
