//! Rows that were not taken, and everything that can be wrong with one.

use crate::{contacts::identity::IdentityProblem, sheets::Row, tags::NameProblem};
use tidings_base::text_enum;

/// A row that was not taken.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Bad {
    pub number: i64,
    pub cells: Vec<String>,
    pub problems: Vec<RowProblem>,
}

impl Bad {
    /// This row, for these reasons.
    pub(super) fn of(row: &Row, problems: Vec<RowProblem>) -> Self {
        Self { number: row.number, cells: row.cells.clone(), problems }
    }
}

text_enum! {
    /// Why a row was not taken.
    pub enum RowProblem {
        NoIdentity = "no_identity",
        IdentityLine = "identity_line",
        IdentityDigits = "identity_digits",
        IdentityPhone = "identity_phone",
        IdentityEmail = "identity_email",
        Name = "name",
        Consent = "consent",
        Tag = "tag",
        SubscribedAt = "subscribed_at",
        MemberNumber = "member_number",
        Gender = "gender",
        Birthday = "birthday",
        City = "city",
        Phone = "phone",
        Email = "email",
        /// A letter that the encoding does not have.
        Unreadable = "unreadable",
        /// More cells than titles: a quote or a comma too many.
        TooManyCells = "too_many_cells",
        /// The contact withdrew its consent; a file cannot bring it back.
        Withdrawn = "withdrawn",
        /// Something is said of the member, and the contact belongs to none.
        NoMember = "no_member",
        NoOrderNumber = "no_order_number",
        OrderNumber = "order_number",
        PlacedAt = "placed_at",
        Total = "total",
        Currency = "currency",
        OrderStatus = "order_status",
        /// An order that is not there yet needs a time, an amount and somebody who placed it.
        NoPlacedAt = "no_placed_at",
        NoTotal = "no_total",
        NoBuyer = "no_buyer",
        /// No member has this number, phone or mail address.
        UnknownBuyer = "unknown_buyer",
        /// Several members share the phone or mail address.
        SeveralBuyers = "several_buyers",
    }
}

impl RowProblem {
    /// The key of its sentence on pages and in the file of bad rows.
    pub fn label(self) -> &'static str {
        match self {
            Self::NoIdentity => "imports.problem.no_identity",
            Self::IdentityLine => "imports.problem.identity_line",
            Self::IdentityDigits => "imports.problem.identity_digits",
            Self::IdentityPhone => "imports.problem.identity_phone",
            Self::IdentityEmail => "imports.problem.identity_email",
            Self::Name => "imports.problem.name",
            Self::Consent => "imports.problem.consent",
            Self::Tag => "imports.problem.tag",
            Self::SubscribedAt => "imports.problem.subscribed_at",
            Self::MemberNumber => "imports.problem.member_number",
            Self::Gender => "imports.problem.gender",
            Self::Birthday => "imports.problem.birthday",
            Self::City => "imports.problem.city",
            Self::Phone => "imports.problem.phone",
            Self::Email => "imports.problem.email",
            Self::Unreadable => "imports.problem.unreadable",
            Self::TooManyCells => "imports.problem.too_many_cells",
            Self::Withdrawn => "imports.problem.withdrawn",
            Self::NoMember => "imports.problem.no_member",
            Self::NoOrderNumber => "imports.problem.no_order_number",
            Self::OrderNumber => "imports.problem.order_number",
            Self::PlacedAt => "imports.problem.placed_at",
            Self::Total => "imports.problem.total",
            Self::Currency => "imports.problem.currency",
            Self::OrderStatus => "imports.problem.order_status",
            Self::NoPlacedAt => "imports.problem.no_placed_at",
            Self::NoTotal => "imports.problem.no_total",
            Self::NoBuyer => "imports.problem.no_buyer",
            Self::UnknownBuyer => "imports.problem.unknown_buyer",
            Self::SeveralBuyers => "imports.problem.several_buyers",
        }
    }

    /// Several as one stored text.
    pub fn join(problems: &[Self]) -> String {
        problems.iter().map(|problem| problem.word()).collect::<Vec<_>>().join(" ")
    }

    /// The other way.
    pub fn split(text: &str) -> Vec<Self> {
        text.split(' ').filter_map(|word| word.parse().ok()).collect()
    }
}

impl From<IdentityProblem> for RowProblem {
    fn from(problem: IdentityProblem) -> Self {
        match problem {
            IdentityProblem::Line => Self::IdentityLine,
            IdentityProblem::Digits => Self::IdentityDigits,
            IdentityProblem::Phone => Self::IdentityPhone,
            IdentityProblem::Email => Self::IdentityEmail,
        }
    }
}

impl From<NameProblem> for RowProblem {
    fn from(_: NameProblem) -> Self {
        Self::Tag
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_stored_as_one_text() {
        let both = [RowProblem::Gender, RowProblem::Withdrawn];
        assert_eq!(RowProblem::split(&RowProblem::join(&both)), both);
        assert_eq!(RowProblem::split(""), []);
    }
}
