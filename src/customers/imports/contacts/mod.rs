//! Rows that become contacts of an account, and members where they have a number.

mod draft;
mod plan;
mod titles;

pub(super) use draft::{Draft, MemberDraft};
pub(super) use plan::{ContactChange, Known, KnownContact, MemberChange, Plan};
pub(super) use titles::guess;

use super::{
    bad::RowProblem,
    mapping::Mapping,
    rows::{Calendar, Rows, Taken},
    store::{self, Account},
};
use crate::sheets::Row;
use chrono::NaiveDateTime;
use diesel::QueryResult;
use tidings_base::db::Conn;

/// Rows of this account.
pub(super) struct ContactRows<'a> {
    pub account: &'a Account,
}

impl Rows for ContactRows<'_> {
    type Draft = Draft;
    type Known = Known;
    type Plan = Plan;

    fn read(&self, mapping: &Mapping, row: &Row, calendar: Calendar) -> Result<Draft, Vec<RowProblem>> {
        Draft::read(self.account.kind, mapping, row, calendar)
    }

    fn learn(&self, conn: &mut Conn, drafts: &[&Draft], known: &mut Known) -> QueryResult<()> {
        store::contacts::learn(conn, &self.account.id, drafts, known)
    }

    fn take(plan: &mut Plan, draft: Draft, known: &mut Known) -> Result<Taken, Vec<RowProblem>> {
        plan.take(draft, known).map_err(|problem| vec![problem])
    }

    fn write(&self, conn: &mut Conn, plan: &Plan, now: NaiveDateTime) -> QueryResult<()> {
        store::contacts::write(conn, &self.account.id, plan, now)
    }
}
