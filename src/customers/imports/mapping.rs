//! Which column of a file holds what.

use super::{bad::RowProblem, kind::ImportKind};
use crate::sheets::{Row, Sheet};
use tidings_base::text_enum;

text_enum! {
    /// What a column of a file holds. Which of them an import offers, [`ImportKind::columns`] says.
    pub enum Column {
        Ignored = "ignored",
        /// The LINE id, phone number or mail address on the account.
        Identity = "identity",
        Name = "name",
        Consent = "consent",
        /// Several in one cell, separated as [`crate::tags::SEPARATORS`] says.
        Tags = "tags",
        SubscribedAt = "subscribed_at",
        /// The member's number in the shop: whose the contact is, or who placed the order.
        MemberNumber = "member_number",
        Gender = "gender",
        Birthday = "birthday",
        City = "city",
        Phone = "phone",
        Email = "email",
        OrderNumber = "order_number",
        PlacedAt = "placed_at",
        Total = "total",
        Currency = "currency",
        OrderStatus = "order_status",
        /// By these the member is found who placed the order; they change nothing of the member.
        BuyerPhone = "buyer_phone",
        BuyerEmail = "buyer_email",
    }
}

impl Column {
    /// The key of its name on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Ignored => "imports.column.ignored",
            Self::Identity => "imports.column.identity",
            Self::Name => "imports.column.name",
            Self::Consent => "imports.column.consent",
            Self::Tags => "imports.column.tags",
            Self::SubscribedAt => "imports.column.subscribed_at",
            Self::MemberNumber => "imports.column.member_number",
            Self::Gender => "imports.column.gender",
            Self::Birthday => "imports.column.birthday",
            Self::City => "imports.column.city",
            Self::Phone => "imports.column.phone",
            Self::Email => "imports.column.email",
            Self::OrderNumber => "imports.column.order_number",
            Self::PlacedAt => "imports.column.placed_at",
            Self::Total => "imports.column.total",
            Self::Currency => "imports.column.currency",
            Self::OrderStatus => "imports.column.order_status",
            Self::BuyerPhone => "imports.column.buyer_phone",
            Self::BuyerEmail => "imports.column.buyer_email",
        }
    }

    /// Whether several columns may hold it.
    fn may_repeat(self) -> bool {
        matches!(self, Self::Ignored | Self::Tags)
    }
}

text_enum! {
    /// Why columns cannot be read as they are mapped.
    pub enum MappingProblem {
        /// No column identifies anybody.
        NoIdentity = "no_identity",
        NoOrderNumber = "no_order_number",
        /// Two columns hold the same thing.
        Twice = "twice",
    }
}

impl MappingProblem {
    /// The key of the sentence that says what to do.
    pub fn label(self) -> &'static str {
        match self {
            Self::NoIdentity => "imports.mapping.no_identity",
            Self::NoOrderNumber => "imports.mapping.no_order_number",
            Self::Twice => "imports.mapping.twice",
        }
    }
}

/// The columns of a file in their order: how they are titled and what they hold.
#[derive(Clone, PartialEq, Eq, Default, Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct Mapping {
    titles: Vec<String>,
    columns: Vec<Column>,
}

impl Mapping {
    /// As it was chosen.
    pub(super) fn new(titles: Vec<String>, columns: Vec<Column>) -> Self {
        Self { titles, columns }
    }

    /// What `column_of` makes of each title, brought to its [`plain`] form. Of two columns that would
    /// hold the same, the first does.
    pub(super) fn by_titles(sheet: &Sheet, column_of: impl Fn(&str) -> Column) -> Self {
        let mut columns: Vec<Column> = Vec::new();
        for title in &sheet.titles {
            let guess = column_of(&plain(title));
            let taken = !guess.may_repeat() && columns.contains(&guess);
            columns.push(if taken { Column::Ignored } else { guess });
        }
        Self { titles: sheet.titles.clone(), columns }
    }

    /// Lets the column at `index` hold something else.
    pub(super) fn set(&mut self, index: usize, column: Column) {
        self.columns[index] = column;
    }

    /// The titles of the file's columns.
    pub(super) fn titles(&self) -> &[String] {
        &self.titles
    }

    /// What each column holds.
    pub(super) fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Whether rows can be read by it.
    pub(super) fn check(&self, kind: ImportKind) -> Result<(), MappingProblem> {
        let count = |column: Column| self.columns.iter().filter(|other| **other == column).count();
        let (key, missing) = match kind {
            ImportKind::Contacts => (Column::Identity, MappingProblem::NoIdentity),
            ImportKind::Orders => (Column::OrderNumber, MappingProblem::NoOrderNumber),
        };
        if count(key) == 0 {
            Err(missing)
        } else if self.columns.iter().any(|column| !column.may_repeat() && count(*column) > 1) {
            Err(MappingProblem::Twice)
        } else {
            Ok(())
        }
    }

    /// Gives each cell of a row that says something to `take`, and answers all that is wrong. Cells
    /// of ignored columns and blank ones say nothing.
    pub(super) fn read(
        &self,
        row: &Row,
        mut take: impl FnMut(Column, &str) -> Result<(), RowProblem>,
    ) -> Vec<RowProblem> {
        let mut problems = Vec::new();
        if row.cells.iter().skip(self.columns.len()).any(|cell| !cell.trim().is_empty()) {
            problems.push(RowProblem::TooManyCells);
        }
        for (column, cell) in self.cells(row) {
            if cell.contains('\u{fffd}') {
                problems.push(RowProblem::Unreadable);
            } else if let Err(problem) = take(column, cell) {
                problems.push(problem);
            }
        }
        problems.dedup();
        problems
    }

    /// Whether a row has something in this column.
    pub(super) fn has(&self, row: &Row, column: Column) -> bool {
        self.cells(row).any(|(other, _)| other == column)
    }

    fn cells<'a>(&'a self, row: &'a Row) -> impl Iterator<Item = (Column, &'a str)> {
        self.columns
            .iter()
            .zip(&row.cells)
            .map(|(column, cell)| (*column, cell.trim()))
            .filter(|(column, cell)| *column != Column::Ignored && !cell.is_empty())
    }
}

/// A title as titles are compared: `E-mail`, `e_mail` and `EMAIL` are one.
fn plain(title: &str) -> String {
    title.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect()
}

/// A text of one line, at most `longest` characters; a line break in a cell becomes a space.
pub(super) fn one_line(cell: &str, longest: usize) -> Option<String> {
    let text = cell.split_whitespace().collect::<Vec<_>>().join(" ");
    (text.chars().count() <= longest && !text.chars().any(char::is_control)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Column::{City, Identity, Ignored, Name, OrderNumber, Tags};

    #[test]
    fn one_column_identifies_and_nothing_is_there_twice() {
        use ImportKind::{Contacts, Orders};
        for (kind, columns, expected) in [
            (Contacts, vec![Identity, Name, Ignored, Ignored, Tags, Tags], Ok(())),
            (Contacts, vec![Name], Err(MappingProblem::NoIdentity)),
            (Contacts, vec![Identity, Identity], Err(MappingProblem::Twice)),
            (Contacts, vec![Identity, City, City], Err(MappingProblem::Twice)),
            (Orders, vec![OrderNumber, Ignored], Ok(())),
            (Orders, vec![Column::Total], Err(MappingProblem::NoOrderNumber)),
            (Orders, vec![OrderNumber, Column::Total, Column::Total], Err(MappingProblem::Twice)),
        ] {
            assert_eq!(Mapping::new(Vec::new(), columns).check(kind), expected);
        }
    }
}
