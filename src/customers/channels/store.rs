use super::{ChannelKind, ChannelStatus, Connector};
use chrono::NaiveDateTime;
use diesel::prelude::*;
use tidings_base::db::{Conn, Id, schema::channels};

/// An account of the shop on a channel. Its secrets are not here: only connectors read them.
#[derive(Queryable, Selectable, Clone, PartialEq, Debug)]
#[diesel(table_name = channels, check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
pub struct ChannelAccount {
    pub id: Id,
    pub kind: ChannelKind,
    pub connector: Connector,
    pub name: String,
    pub status: ChannelStatus,
    /// What went wrong last, while the status is trouble.
    pub trouble: Option<String>,
    /// How many people may be written to in a second.
    pub rate_per_second: i64,
    /// Sandbox only: which share of the contacts fails, 0 to 1.
    pub failure_share: f64,
    pub created_at: NaiveDateTime,
    pub version: i64,
    /// What the vendor calls the account in what it sends, where it says so: LINE's user id of the bot.
    pub vendor_id: Option<String>,
}

/// What an account is made of; see [`add`].
#[derive(Clone, PartialEq, Debug)]
pub struct NewChannel<'a> {
    pub kind: ChannelKind,
    pub connector: Connector,
    pub name: &'a str,
    /// How many people may be written to in a second.
    pub rate_per_second: i64,
    /// Sandbox only: which share of the contacts fails, 0 to 1.
    pub failure_share: f64,
}

/// Every account, by kind and then in the order they were connected.
pub fn all(conn: &mut Conn) -> QueryResult<Vec<ChannelAccount>> {
    let mut accounts: Vec<ChannelAccount> =
        channels::table.select(ChannelAccount::as_select()).order(channels::id).load(conn)?;
    accounts.sort_by_key(|account| account.kind);
    Ok(accounts)
}

/// [`all`] that something new may be made for.
pub fn connected(conn: &mut Conn) -> QueryResult<Vec<ChannelAccount>> {
    Ok(all(conn)?.into_iter().filter(|account| account.status.is_connected()).collect())
}

/// The account of this id, if there is one.
pub fn find(conn: &mut Conn, id: &Id) -> QueryResult<Option<ChannelAccount>> {
    channels::table.find(id).select(ChannelAccount::as_select()).first(conn).optional()
}

/// Adds an account that is ready to send.
pub fn add(conn: &mut Conn, new: &NewChannel<'_>, now: NaiveDateTime) -> QueryResult<Id> {
    let id = Id::new();
    diesel::insert_into(channels::table)
        .values((
            channels::id.eq(&id),
            channels::kind.eq(new.kind),
            channels::connector.eq(new.connector),
            channels::name.eq(new.name),
            channels::status.eq(ChannelStatus::Ready),
            channels::rate_per_second.eq(new.rate_per_second),
            channels::failure_share.eq(new.failure_share),
            channels::created_at.eq(now),
            channels::version.eq(1),
        ))
        .execute(conn)?;
    Ok(id)
}
