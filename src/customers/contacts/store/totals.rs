//! How many contacts each account has: kept by the database, on PostgreSQL a part for each statement that
//! changed it.

use diesel::prelude::*;
use tidings_base::{
    db::{Conn, Id, schema::contact_totals as t, sql::Sql},
    retention::{Sweep, Terms},
};

/// The parts, put together.
pub const SWEEPS: &[Sweep] = &[Sweep { name: "contact_totals", some: put_together }];

/// How many contacts an account has.
pub(super) fn count(conn: &mut Conn, channel_id: &Id) -> QueryResult<i64> {
    let mut sql =
        Sql::new("select cast(coalesce(sum(contacts), 0) as bigint) as n from contact_totals where channel_id = ");
    sql.bind(channel_id).count(conn)
}

fn put_together(conn: &mut Conn, terms: &Terms) -> QueryResult<usize> {
    let account: Option<Id> = t::table
        .group_by(t::channel_id)
        .having(diesel::dsl::count_star().gt(1))
        .select(t::channel_id)
        .first(conn)
        .optional()?;
    let Some(account) = account else { return Ok(0) };
    let parts: Vec<(Id, i64)> =
        t::table.filter(t::channel_id.eq(&account)).select((t::id, t::contacts)).limit(terms.limit).load(conn)?;
    let ids: Vec<&Id> = parts.iter().map(|(id, _)| id).collect();
    let sum: i64 = parts.iter().map(|(_, contacts)| contacts).sum();
    diesel::delete(t::table.filter(t::id.eq_any(&ids))).execute(conn)?;
    diesel::insert_into(t::table)
        .values((t::id.eq(Id::new()), t::channel_id.eq(&account), t::contacts.eq(sum)))
        .execute(conn)?;
    Ok(parts.len())
}
