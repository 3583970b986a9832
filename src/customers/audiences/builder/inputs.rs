//! What the template that draws a condition asks of it.

use super::{CITIES, ConditionForm, GroupForm, Piece, RuleForm, month_label};
use crate::{
    audiences::rule::{Attribute, Operator},
    tags::Tag,
};
use tidings_base::web::{Message, control::control};

impl RuleForm {
    /// What is wrong with the rule as a whole.
    pub fn error(&self) -> Option<Message> {
        self.problem.as_ref().map(|problem| problem.message(""))
    }

    /// What the field of a city suggests.
    pub fn cities(&self) -> &'static [&'static str] {
        &CITIES
    }
}

impl Piece<'_> {
    /// What a condition can ask about.
    pub fn attributes(&self) -> &'static [Attribute] {
        Attribute::ALL
    }
}

impl GroupForm {
    /// Whether this is what the next condition is to ask about.
    pub fn adds(&self, attribute: &Attribute) -> bool {
        self.adding.as_ref() == Some(attribute)
    }
}

impl ConditionForm {
    /// Whether this is what it asks about.
    pub fn is_about(&self, attribute: &Attribute) -> bool {
        self.attribute == *attribute
    }

    /// Whether this is how it asks.
    pub fn compares(&self, operator: &Operator) -> bool {
        self.operator.as_ref() == Some(operator)
    }

    /// Which of the template's fields the attribute is asked with.
    pub fn input(&self) -> &'static str {
        match self.attribute {
            Attribute::Tags => "tags",
            Attribute::SubscribedAt | Attribute::LastInteractionAt | Attribute::LastOrderAt => "dates",
            Attribute::Consent | Attribute::Gender => "choice",
            Attribute::City => "city",
            Attribute::BirthMonth => "months",
            Attribute::OrderCount => "number",
            Attribute::TotalSpent => "amount",
        }
    }

    /// The type of a day's field: what is no day would not come back from a date's field.
    pub fn date_input(&self, name: &str) -> &'static str {
        control("date", self.typed(name))
    }

    /// The months with the keys of their names.
    pub fn months(&self) -> impl Iterator<Item = (String, &'static str)> {
        (1..=12).map(|month: i64| (month.to_string(), month_label(month)))
    }

    /// Whether this was chosen in a list.
    pub fn has(&self, name: &str, value: impl ToString) -> bool {
        let value = value.to_string();
        self.chosen(name).any(|text| text == value)
    }

    /// The tags to choose from, those that are chosen first: the others may be out of sight.
    pub fn in_order<'a>(&self, tags: &'a [Tag]) -> Vec<&'a Tag> {
        let (chosen, others): (Vec<_>, Vec<_>) = tags.iter().partition(|tag| self.has("tags", &tag.id));
        [chosen, others].concat()
    }

    /// The tags that were chosen and are gone since.
    pub fn lost_tags(&self, tags: &[Tag]) -> Vec<&str> {
        self.chosen("tags").filter(|id| tags.iter().all(|tag| tag.id.as_str() != *id)).collect()
    }
}
