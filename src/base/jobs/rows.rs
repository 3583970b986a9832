//! Claims over the columns `id, due_at, owner, epoch, lease_until, begun`, the same for every table.

use super::{Claim, Claimed, Due};
use crate::db::{
    Conn, Id,
    sql::{Keep, Sql},
};
use chrono::NaiveDateTime;
use diesel::{
    QueryResult,
    sql_types::{BigInt, Nullable, Text, Timestamp},
};

/// A row that was begun this often without getting on is poison: its feature sets it aside and says so.
pub const BEGUN_MOST: i64 = 3;

#[derive(diesel::QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    id: Id,
    #[diesel(sql_type = BigInt)]
    epoch: i64,
    #[diesel(sql_type = BigInt)]
    begun: i64,
}

/// Makes due rows ours: unclaimed, or with a lease that has run out. One statement; on PostgreSQL
/// any number of nodes share the rows without waiting for each other.
pub fn claim(conn: &mut Conn, table: &'static str, due: &'static str, terms: &Claim) -> QueryResult<Vec<Claimed>> {
    let lock = match conn {
        Conn::Pg(_) => " for update skip locked",
        Conn::Sqlite(_) => "",
    };
    // Materialised: PostgreSQL may otherwise run the choice more than once, and pass the limit.
    let mut sql =
        Sql::new(&format!("with chosen as materialized (select id from {table} where ({due}) and due_at <= "));
    sql.bind(terms.now).push(" and (lease_until is null or lease_until < ").bind(terms.machine);
    sql.push(") order by due_at, id limit ").bind(terms.limit).push(lock);
    sql.push(&format!(") update {table} set owner = ")).bind(terms.owner.as_str());
    sql.push(", lease_until = ").bind(terms.until).push(", epoch = epoch + 1 ");
    sql.push("where id in (select id from chosen) returning id, epoch, begun").keep(Keep::OnSqlite);
    let mut rows: Vec<Row> = sql.load(conn)?;
    rows.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(rows.into_iter().map(|r| Claimed { id: r.id, epoch: r.epoch, begun: r.begun }).collect())
}

#[derive(diesel::QueryableByName)]
struct Next {
    #[diesel(sql_type = Nullable<Timestamp>)]
    due_at: Option<NaiveDateTime>,
    #[diesel(sql_type = Nullable<Timestamp>)]
    lease_until: Option<NaiveDateTime>,
}

/// When the first row that satisfies `due` can be claimed.
pub fn next_due(conn: &mut Conn, table: &'static str, due: &'static str, terms: &Claim) -> QueryResult<Option<Due>> {
    let mut sql = Sql::new("select (select min(due_at) from ");
    sql.push(&format!("{table} where ({due}) and (lease_until is null or lease_until < ")).bind(terms.machine);
    sql.push(&format!(")) as due_at, (select min(lease_until) from {table} where ({due}) and lease_until >= "));
    sql.bind(terms.machine).push(") as lease_until").keep(Keep::OnSqlite);
    let next: Next = sql.first(conn)?;
    Ok(match (next.due_at, next.lease_until) {
        (Some(at), _) if at <= terms.now => Some(Due::Now),
        (Some(at), _) => Some(Due::At(at)),
        (None, Some(until)) => Some(Due::AtMachine(until)),
        (None, None) => None,
    })
}

/// Says that a handler begins these rows; answers how many are still ours.
pub fn begin(conn: &mut Conn, table: &'static str, owner: &str) -> QueryResult<usize> {
    let mut sql = Sql::new(&format!("update {table} set begun = begun + 1 where owner = "));
    sql.bind(owner);
    sql.execute(conn)
}

/// Holds the rows of this claim until `until`, in long work; answers how many are still ours.
pub fn renew(conn: &mut Conn, table: &'static str, owner: &str, until: NaiveDateTime) -> QueryResult<usize> {
    let mut sql = Sql::new(&format!("update {table} set lease_until = "));
    sql.bind(until).push(" where owner = ").bind(owner);
    sql.execute(conn)
}

/// Lets go of the rows of this claim before its lease runs out, as if it had never been made.
pub fn release(conn: &mut Conn, table: &'static str, owner: &str) -> QueryResult<usize> {
    let mut sql = Sql::new(&format!("update {table} set owner = null, lease_until = null where owner = "));
    sql.bind(owner);
    sql.execute(conn)
}
