//! Where the kinds of import part: what the rows of one file become.

use super::{
    contacts::ContactRows,
    kind::ImportKind,
    mapping::{Column, Mapping},
    orders::{self, OrderRows},
    rows::{self, Calendar, Outcome, Rows},
    store::Account,
};
use crate::sheets::{Row, Sheet};
use diesel::QueryResult;
use tidings_base::db::Conn;

/// Rows that are worked out together.
const ROWS: usize = 500;

/// What the rows of a file become, and where.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Target {
    /// Contacts of an account.
    Contacts(Account),
    Orders,
}

impl Target {
    pub(super) fn kind(&self) -> ImportKind {
        match self {
            Self::Contacts(_) => ImportKind::Contacts,
            Self::Orders => ImportKind::Orders,
        }
    }

    /// Which column of the file holds what, by the titles in Chinese or English, and by the cells
    /// where the titles say nothing.
    pub(super) fn guess(&self, sheet: &Sheet) -> Mapping {
        match self {
            Self::Contacts(account) => super::contacts::guess(account.kind, sheet),
            Self::Orders => orders::guess(sheet),
        }
    }

    /// What a column may hold, in words: the identity is called by its name on the channel.
    pub(super) fn label(&self, column: &Column) -> &'static str {
        match (self, column) {
            (Self::Contacts(account), Column::Identity) => account.kind.identity_label(),
            (Self::Contacts(_) | Self::Orders, column) => column.label(),
        }
    }

    /// What would become of the rows as things stand. Writes nothing.
    pub(super) fn preview(
        &self,
        conn: &mut Conn,
        rows: &[Row],
        mapping: &Mapping,
        calendar: Calendar,
    ) -> QueryResult<Outcome> {
        match self {
            Self::Contacts(account) => preview(conn, &ContactRows { account }, rows, mapping, calendar),
            Self::Orders => preview(conn, &OrderRows, rows, mapping, calendar),
        }
    }
}

fn preview<R: Rows>(
    conn: &mut Conn,
    kind: &R,
    rows: &[Row],
    mapping: &Mapping,
    calendar: Calendar,
) -> QueryResult<Outcome> {
    let (mut known, mut whole) = (R::Known::default(), Outcome::default());
    for some in rows.chunks(ROWS) {
        let (_, outcome) = rows::work_out(conn, kind, some, mapping, calendar, &mut known)?;
        whole.add(outcome);
    }
    Ok(whole)
}
