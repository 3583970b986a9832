use chrono::NaiveDateTime;
use diesel::prelude::*;
use std::collections::HashMap;
use tidings_base::{
    db::{
        Conn, Id,
        schema::{contact_names, contacts},
        sql::Sql,
    },
    each_backend,
};
use tidings_customers::channels::{self, ChannelAccount};

/// Has the vendor asked what this contact is called. `now` is product time.
pub fn ask(conn: &mut Conn, contact: &Id, now: NaiveDateTime) -> QueryResult<()> {
    let again = (contact_names::status.eq("waiting"), contact_names::attempts.eq(0), contact_names::due_at.eq(now));
    let row = (
        contact_names::id.eq(Id::new()),
        contact_names::contact_id.eq(contact),
        again,
        contact_names::epoch.eq(0),
        contact_names::begun.eq(0),
    );
    each_backend!(conn, c => diesel::insert_into(contact_names::table)
        .values(&row).on_conflict(contact_names::contact_id).do_update().set(again).execute(c))
    .map(drop)
}

/// Somebody whose name is asked for.
pub(super) struct Nameless {
    id: Id,
    contact: Id,
    pub(super) identity: String,
    pub(super) account: ChannelAccount,
    pub(super) attempts: i64,
    pub(super) begun: i64,
}

/// The rows of one claim.
pub(super) fn read(conn: &mut Conn, owner: &str) -> QueryResult<Vec<Nameless>> {
    let accounts: HashMap<Id, ChannelAccount> =
        channels::all(conn)?.into_iter().map(|account| (account.id.clone(), account)).collect();
    let rows: Vec<(Id, i64, i64, Id, String, Id)> = contact_names::table
        .inner_join(contacts::table.on(contacts::id.eq(contact_names::contact_id)))
        .filter(contact_names::owner.eq(owner))
        .order(contact_names::due_at)
        .select((
            contact_names::id,
            contact_names::attempts,
            contact_names::begun,
            contacts::id,
            contacts::identity,
            contacts::channel_id,
        ))
        .load(conn)?;
    let row = |(id, attempts, begun, contact, identity, channel): (Id, i64, i64, Id, String, Id)| {
        Some(Nameless { id, contact, identity, account: accounts.get(&channel)?.clone(), attempts, begun })
    };
    Ok(rows.into_iter().filter_map(row).collect())
}

/// The vendor answered. A name that somebody gave the contact meanwhile stands.
pub(super) fn answer(conn: &mut Conn, owner: &str, row: &Nameless, name: Option<&str>) -> QueryResult<()> {
    let ours = contact_names::table.find(&row.id).filter(contact_names::owner.eq(owner));
    if diesel::delete(ours).execute(conn)? == 0 {
        return Ok(());
    }
    let Some(name) = name.filter(|name| !name.is_empty()) else { return Ok(()) };
    let mut sql = Sql::new("update contacts set version = version + 1, name = ");
    sql.bind(name).push(", last_known_name = ").bind(name).push(" where name = '' and id = ").bind(&row.contact);
    sql.execute(conn).map(drop)
}

/// It is asked again at `due_at`.
pub(super) fn again(conn: &mut Conn, owner: &str, row: &Nameless, due_at: NaiveDateTime) -> QueryResult<()> {
    let mut sql = Sql::new("update contact_names set attempts = attempts + 1, begun = 0, due_at = ");
    sql.bind(due_at).push(", owner = null, lease_until = null where owner = ").bind(owner);
    sql.push(" and id = ").bind(&row.id);
    sql.execute(conn).map(drop)
}

/// It is not asked again until the person comes back.
pub(super) fn give_up(conn: &mut Conn, owner: &str, row: &Nameless) -> QueryResult<()> {
    let mut sql =
        Sql::new("update contact_names set status = 'failed', owner = null, lease_until = null where owner = ");
    sql.bind(owner).push(" and id = ").bind(&row.id);
    sql.execute(conn).map(drop)
}
