//! Rows in bulk: what no feature writes by itself.

mod customers;
mod history;
mod trail;

pub(super) use customers::{Said, Tagged, add_channel, add_contacts, add_members, add_orders, add_said, add_tagged};
pub(super) use history::{
    Message, Outcome, add_messages, cancel_next_task, pending_dispatches, pending_people, settle, tasks_until,
};
pub(super) use trail::{add_audit, made};

use diesel::QueryResult;
use tidings_base::db::{Conn, sql::Sql};

/// PostgreSQL plans by statistics that it gathers after a while only; until then the list of phones
/// took four seconds.
pub(super) fn gather_statistics(conn: &mut Conn) -> QueryResult<()> {
    match conn {
        Conn::Pg(_) => Sql::new("analyze").execute(conn).map(drop),
        Conn::Sqlite(_) => Ok(()),
    }
}

/// Rows a statement: more gain nothing, and PostgreSQL takes 65,535 values at most.
const ROWS: usize = 50;
