//! What people see of a kind of work, and what they may do about what went wrong with it.

use super::Claim;
use crate::{
    db::{Conn, Id, sql::Sql},
    web::Message,
};
use chrono::{NaiveDateTime, TimeDelta};
use diesel::{
    QueryResult,
    sql_types::{BigInt, Nullable, Timestamp},
};

/// How much there is to do.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Load {
    /// Rows in hand, on any node.
    pub running: i64,
    /// Rows that are due.
    pub waiting: i64,
    /// How long the one has been due that has waited longest.
    pub waited: Option<TimeDelta>,
    /// Rows whose time has not come.
    pub later: i64,
}

/// Something that ended badly, or that goes on only when a person acts.
#[derive(Clone, PartialEq, Debug)]
pub struct Trouble {
    pub id: Id,
    /// What people call it.
    pub name: String,
    /// Its page.
    pub href: Option<String>,
    pub why: Message,
    /// Words of somebody else: a vendor, the database.
    pub detail: Option<String>,
    pub at: Option<NaiveDateTime>,
    pub can_retry: bool,
    pub can_cancel: bool,
    /// How many people it is about, where it is about people.
    pub people: Option<i64>,
}

impl Trouble {
    /// One about which nobody can do anything here but look at its page.
    pub fn shown(id: Id, name: String, page: String, why: Message, at: Option<NaiveDateTime>) -> Self {
        Self { id, name, href: Some(page), why, detail: None, at, can_retry: false, can_cancel: false, people: None }
    }
}

/// How a kind is looked after. What is not said otherwise has no troubles.
pub trait Care: Send + Sync {
    /// At most `limit` troubles, newest first. `now` is product time.
    fn troubles(&self, conn: &mut Conn, now: NaiveDateTime, limit: i64) -> QueryResult<Vec<Trouble>> {
        let _ = (conn, now, limit);
        Ok(Vec::new())
    }

    /// This trouble, if it still is one.
    fn trouble(&self, conn: &mut Conn, id: &Id, now: NaiveDateTime) -> QueryResult<Option<Trouble>> {
        Ok(self.troubles(conn, now, MOST)?.into_iter().find(|trouble| trouble.id == *id))
    }

    /// Lets it be done again; answers whether there was anything to do. `now` is product time.
    fn retry(&self, conn: &mut Conn, id: &Id, now: NaiveDateTime) -> QueryResult<bool> {
        let _ = (conn, id, now);
        Ok(false)
    }

    /// Gives it up for good; answers whether there was anything to give up. `now` is product time.
    fn cancel(&self, conn: &mut Conn, id: &Id, now: NaiveDateTime) -> QueryResult<bool> {
        let _ = (conn, id, now);
        Ok(false)
    }
}

/// Troubles of one kind that are shown, at most.
pub const MOST: i64 = 100;

/// How long something that failed for good, and that nobody can do anything about, is shown.
pub const SHOWN: TimeDelta = TimeDelta::days(7);

/// Nothing goes wrong with it for long.
pub(super) struct Nothing;

impl Care for Nothing {}

#[derive(diesel::QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    running: i64,
    #[diesel(sql_type = BigInt)]
    waiting: i64,
    #[diesel(sql_type = Nullable<Timestamp>)]
    since: Option<NaiveDateTime>,
    #[diesel(sql_type = BigInt)]
    later: i64,
}

/// The load of a table that is claimed by [`claim`](super::claim).
pub(super) fn load(conn: &mut Conn, table: &'static str, due: &'static str, terms: &Claim) -> QueryResult<Load> {
    let held = |sql: &mut Sql| {
        sql.push("(owner is not null and lease_until >= ").bind(terms.machine).push(")");
    };
    let mut sql = Sql::new("select count(case when ");
    held(&mut sql);
    sql.push(" then 1 end) as running, count(case when due_at <= ").bind(terms.now).push(" and not ");
    held(&mut sql);
    sql.push(" then 1 end) as waiting, min(case when due_at <= ").bind(terms.now).push(" and not ");
    held(&mut sql);
    sql.push(" then due_at end) as since, count(case when due_at > ").bind(terms.now);
    sql.push(&format!(" then 1 end) as later from {table} where {due}"));
    let row: Row = sql.first(conn)?;
    Ok(Load {
        running: row.running,
        waiting: row.waiting,
        waited: row.since.map(|since| terms.now - since),
        later: row.later,
    })
}
