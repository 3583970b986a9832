//! What can be asked about a person, and in which ways.

use crate::{consent::Consent, members::Gender};
use Operator::{
    After, AtLeast, AtMost, Before, Between, BetweenDates, Contains, Equals, HasAll, HasAny, HasNone, InMonths, Is,
    IsNot, Never, NextMonth, OneOf, OverDays, ThisMonth, WithinDays,
};
use tidings_base::text_enum;

text_enum! {
    /// What a condition asks about. Everything that a shop knows of the *member* (city, orders, …) is empty for a contact
    /// that belongs to nobody yet, who has 0 orders.
    pub enum Attribute {
        /// The tags on the contact.
        Tags = "tags",
        /// When the contact joined the account.
        SubscribedAt = "subscribed_at",
        /// When the contact last did something there.
        LastInteractionAt = "last_interaction_at",
        /// Whether the contact agreed to be written to.
        Consent = "consent",
        /// The member's city.
        City = "city",
        /// The member's gender.
        Gender = "gender",
        /// The month of the member's birthday.
        BirthMonth = "birth_month",
        /// How many orders the member placed.
        OrderCount = "order_count",
        /// What the member spent, in minor units.
        TotalSpent = "total_spent",
        /// When the member last ordered.
        LastOrderAt = "last_order_at",
    }
}

text_enum! {
    /// How a condition asks.
    pub enum Operator {
        /// At least one of these tags.
        HasAny = "has_any",
        /// Every one of these tags.
        HasAll = "has_all",
        /// None of these tags.
        HasNone = "has_none",
        /// At most N × 24 hours ago.
        WithinDays = "within_days",
        /// More than N × 24 hours ago.
        OverDays = "over_days",
        /// Before a day begins.
        Before = "before",
        /// After a day has ended.
        After = "after",
        /// From one day to another, both included.
        BetweenDates = "between_dates",
        /// It has never happened.
        Never = "never",
        /// This text.
        Is = "is",
        /// Another text, or none.
        IsNot = "is_not",
        /// One of these texts.
        OneOf = "one_of",
        /// This text is part of it.
        Contains = "contains",
        /// One of these months.
        InMonths = "in_months",
        /// The month it is now.
        ThisMonth = "this_month",
        /// The month after this one.
        NextMonth = "next_month",
        /// This number or more.
        AtLeast = "at_least",
        /// This number or less.
        AtMost = "at_most",
        /// From one number to another, both included.
        Between = "between",
        /// This number.
        Equals = "equals",
    }
}

/// One of the few words that an attribute can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// As it is stored.
    pub word: &'static str,
    /// The key of its name on pages.
    pub label: &'static str,
}

impl Attribute {
    /// The ways in which it can be asked, the first of them chosen at first.
    pub fn operators(self) -> &'static [Operator] {
        match self {
            Self::Tags => &[HasAny, HasAll, HasNone],
            Self::SubscribedAt => &[WithinDays, OverDays, Before, After, BetweenDates],
            Self::LastInteractionAt | Self::LastOrderAt => &[WithinDays, OverDays, Before, After, BetweenDates, Never],
            Self::Consent | Self::Gender => &[Is, IsNot],
            Self::City => &[Is, IsNot, OneOf, Contains],
            Self::BirthMonth => &[InMonths, ThisMonth, NextMonth],
            Self::OrderCount | Self::TotalSpent => &[AtLeast, AtMost, Between, Equals],
        }
    }

    /// The operator of that word, if it fits this attribute.
    pub fn operator(self, word: &str) -> Option<Operator> {
        word.parse().ok().filter(|operator| self.operators().contains(operator))
    }

    /// What it can be, where that is one of a few words; empty where it is not.
    pub fn choices(self) -> Vec<Choice> {
        match self {
            Self::Consent => Consent::ALL.iter().map(|c| Choice { word: c.word(), label: c.label() }).collect(),
            Self::Gender => Gender::ALL.iter().map(|g| Choice { word: g.word(), label: g.label() }).collect(),
            Self::Tags
            | Self::SubscribedAt
            | Self::LastInteractionAt
            | Self::City
            | Self::BirthMonth
            | Self::OrderCount
            | Self::TotalSpent
            | Self::LastOrderAt => Vec::new(),
        }
    }

    /// The key of its name on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Tags => "audiences.attribute.tags",
            Self::SubscribedAt => "audiences.attribute.subscribed_at",
            Self::LastInteractionAt => "audiences.attribute.last_interaction_at",
            Self::Consent => "audiences.attribute.consent",
            Self::City => "audiences.attribute.city",
            Self::Gender => "audiences.attribute.gender",
            Self::BirthMonth => "audiences.attribute.birth_month",
            Self::OrderCount => "audiences.attribute.order_count",
            Self::TotalSpent => "audiences.attribute.total_spent",
            Self::LastOrderAt => "audiences.attribute.last_order_at",
        }
    }
}

impl Operator {
    /// Whether people whose attribute is empty are included, which the page must say.
    pub fn is_negative(self) -> bool {
        matches!(self, HasNone | IsNot)
    }

    /// The key of its name on pages.
    pub fn label(self) -> &'static str {
        match self {
            HasAny => "audiences.operator.has_any",
            HasAll => "audiences.operator.has_all",
            HasNone => "audiences.operator.has_none",
            WithinDays => "audiences.operator.within_days",
            OverDays => "audiences.operator.over_days",
            Before => "audiences.operator.before",
            After => "audiences.operator.after",
            BetweenDates => "audiences.operator.between_dates",
            Never => "audiences.operator.never",
            Is => "audiences.operator.is",
            IsNot => "audiences.operator.is_not",
            OneOf => "audiences.operator.one_of",
            Contains => "audiences.operator.contains",
            InMonths => "audiences.operator.in_months",
            ThisMonth => "audiences.operator.this_month",
            NextMonth => "audiences.operator.next_month",
            AtLeast => "audiences.operator.at_least",
            AtMost => "audiences.operator.at_most",
            Between => "audiences.operator.between",
            Equals => "audiences.operator.equals",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operator_is_offered_somewhere() {
        for operator in Operator::ALL {
            assert!(Attribute::ALL.iter().any(|attribute| attribute.operators().contains(operator)), "{operator}");
        }
    }

    #[test]
    fn only_what_can_be_empty_can_be_never() {
        for &attribute in Attribute::ALL {
            let nullable = matches!(attribute, Attribute::LastInteractionAt | Attribute::LastOrderAt);
            assert_eq!(attribute.operator("never").is_some(), nullable, "{attribute}");
        }
    }
}
