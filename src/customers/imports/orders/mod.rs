//! Rows that become orders of members. An order is known by its number: the same number again
//! changes the order and never doubles it.

mod draft;
mod plan;
mod titles;

pub(super) use draft::Draft;
pub(super) use plan::{Fit, Known, KnownOrder, OrderChange, Plan, State};
pub(super) use titles::guess;

use super::{
    bad::RowProblem,
    mapping::Mapping,
    rows::{Calendar, Rows, Taken},
    store,
};
use crate::sheets::Row;
use chrono::NaiveDateTime;
use diesel::QueryResult;
use tidings_base::db::Conn;

/// Rows of orders.
pub(super) struct OrderRows;

impl Rows for OrderRows {
    type Draft = Draft;
    type Known = Known;
    type Plan = Plan;

    fn read(&self, mapping: &Mapping, row: &Row, calendar: Calendar) -> Result<Draft, Vec<RowProblem>> {
        Draft::read(mapping, row, calendar)
    }

    fn learn(&self, conn: &mut Conn, drafts: &[&Draft], known: &mut Known) -> QueryResult<()> {
        store::orders::learn(conn, drafts, known)
    }

    fn take(plan: &mut Plan, draft: Draft, known: &mut Known) -> Result<Taken, Vec<RowProblem>> {
        plan.take(draft, known)
    }

    fn write(&self, conn: &mut Conn, plan: &Plan, _: NaiveDateTime) -> QueryResult<()> {
        store::orders::write(conn, plan)
    }
}
