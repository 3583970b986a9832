//! What must hold for an attribute, with the values it is compared to.

use super::{Attribute, MAX_TEXT, MAX_VALUES, Operator, Problem};
use crate::{members, tags};
use chrono::{Datelike, NaiveDate};
use tidings_base::db::Id;

/// An operator with its values. Days are days in the workspace's zone; "N days" are N × 24 hours back from the moment of
/// asking; amounts are minor units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// At least one of these tags.
    HasAny(Vec<Id>),
    /// Every one of these tags.
    HasAll(Vec<Id>),
    /// None of these tags.
    HasNone(Vec<Id>),
    /// At most N × 24 hours ago.
    WithinDays(i64),
    /// More than N × 24 hours ago.
    OverDays(i64),
    /// Before that day begins.
    Before(NaiveDate),
    /// After that day has ended.
    After(NaiveDate),
    /// From the beginning of the first day to the end of the second.
    BetweenDates(NaiveDate, NaiveDate),
    /// It has never happened.
    Never,
    /// Exactly this text.
    Is(String),
    /// Another text, or none.
    IsNot(String),
    /// This text is part of it; letters count as they are written.
    Contains(String),
    /// Exactly one of these texts.
    OneOf(Vec<String>),
    /// One of these months, 1 to 12.
    InMonths(Vec<i64>),
    /// The month it is now, in the workspace's zone.
    ThisMonth,
    /// The month after this one.
    NextMonth,
    /// This number or more.
    AtLeast(i64),
    /// This number or less.
    AtMost(i64),
    /// From the first to the second, both included.
    Between(i64, i64),
    /// This number.
    Equals(i64),
}

/// Where a test's values are read from: JSON, or the fields of a form.
pub trait Values {
    /// Nothing stands there.
    fn nothing(&self) -> Result<(), Problem>;
    /// One whole number.
    fn number(&self) -> Result<i64, Problem>;
    /// Two whole numbers.
    fn numbers(&self) -> Result<(i64, i64), Problem>;
    /// One day.
    fn date(&self) -> Result<NaiveDate, Problem>;
    /// Two days.
    fn dates(&self) -> Result<(NaiveDate, NaiveDate), Problem>;
    /// One text.
    fn text(&self) -> Result<String, Problem>;
    /// Any number of texts.
    fn texts(&self) -> Result<Vec<String>, Problem>;
    /// Any number of months.
    fn months(&self) -> Result<Vec<i64>, Problem>;
}

impl Test {
    /// Reads what this operator needs and checks that it makes sense for the attribute.
    ///
    /// # Errors
    /// What is wrong with the value.
    pub fn read(attribute: Attribute, operator: Operator, from: &impl Values) -> Result<Self, Problem> {
        let number = || from.number().and_then(|n| within(n, 0, most(attribute)));
        let days = || from.number().and_then(|n| within(n, 1, 3650));
        let date = || from.date().and_then(near);
        let text = || from.text().and_then(|text| typed(attribute, text));
        let tags = || from.texts().and_then(ids);
        Ok(match operator {
            Operator::HasAny => Self::HasAny(tags()?),
            Operator::HasAll => Self::HasAll(tags()?),
            Operator::HasNone => Self::HasNone(tags()?),
            Operator::WithinDays => Self::WithinDays(days()?),
            Operator::OverDays => Self::OverDays(days()?),
            Operator::Before => Self::Before(date()?),
            Operator::After => Self::After(date()?),
            Operator::BetweenDates => {
                let (first, last) = from.dates()?;
                let (first, last) = ordered(near(first)?, near(last)?)?;
                Self::BetweenDates(first, last)
            }
            Operator::Never => from.nothing().map(|()| Self::Never)?,
            Operator::Is => Self::Is(text()?),
            Operator::IsNot => Self::IsNot(text()?),
            Operator::Contains => Self::Contains(text()?),
            Operator::OneOf => Self::OneOf(several(listed(attribute, &from.texts()?)?)?),
            Operator::InMonths => {
                let months = from.months()?.into_iter().map(|month| within(month, 1, 12));
                Self::InMonths(several(months.collect::<Result<_, _>>()?)?)
            }
            Operator::ThisMonth => from.nothing().map(|()| Self::ThisMonth)?,
            Operator::NextMonth => from.nothing().map(|()| Self::NextMonth)?,
            Operator::AtLeast => Self::AtLeast(number()?),
            Operator::AtMost => Self::AtMost(number()?),
            Operator::Between => {
                let limit = most(attribute);
                let (least, most) = from.numbers()?;
                let (least, most) = ordered(within(least, 0, limit)?, within(most, 0, limit)?)?;
                Self::Between(least, most)
            }
            Operator::Equals => Self::Equals(number()?),
        })
    }

    /// How it asks.
    pub fn operator(&self) -> Operator {
        match self {
            Self::HasAny(_) => Operator::HasAny,
            Self::HasAll(_) => Operator::HasAll,
            Self::HasNone(_) => Operator::HasNone,
            Self::WithinDays(_) => Operator::WithinDays,
            Self::OverDays(_) => Operator::OverDays,
            Self::Before(_) => Operator::Before,
            Self::After(_) => Operator::After,
            Self::BetweenDates(..) => Operator::BetweenDates,
            Self::Never => Operator::Never,
            Self::Is(_) => Operator::Is,
            Self::IsNot(_) => Operator::IsNot,
            Self::Contains(_) => Operator::Contains,
            Self::OneOf(_) => Operator::OneOf,
            Self::InMonths(_) => Operator::InMonths,
            Self::ThisMonth => Operator::ThisMonth,
            Self::NextMonth => Operator::NextMonth,
            Self::AtLeast(_) => Operator::AtLeast,
            Self::AtMost(_) => Operator::AtMost,
            Self::Between(..) => Operator::Between,
            Self::Equals(_) => Operator::Equals,
        }
    }

    /// The tags it names.
    pub fn tags(&self) -> &[Id] {
        match self {
            Self::HasAny(tags) | Self::HasAll(tags) | Self::HasNone(tags) => tags,
            Self::WithinDays(_)
            | Self::OverDays(_)
            | Self::Before(_)
            | Self::After(_)
            | Self::BetweenDates(..)
            | Self::Never
            | Self::Is(_)
            | Self::IsNot(_)
            | Self::Contains(_)
            | Self::OneOf(_)
            | Self::InMonths(_)
            | Self::ThisMonth
            | Self::NextMonth
            | Self::AtLeast(_)
            | Self::AtMost(_)
            | Self::Between(..)
            | Self::Equals(_) => &[],
        }
    }
}

/// The largest number that may be asked for: a million orders, ten billion dollars.
fn most(attribute: Attribute) -> i64 {
    if attribute == Attribute::TotalSpent { 1_000_000_000_000 } else { 1_000_000 }
}

fn within(n: i64, least: i64, most: i64) -> Result<i64, Problem> {
    if (least..=most).contains(&n) { Ok(n) } else { Err(Problem::OutOfRange { least, most }) }
}

fn near(date: NaiveDate) -> Result<NaiveDate, Problem> {
    if (1900..2200).contains(&date.year()) { Ok(date) } else { Err(Problem::FarDate) }
}

fn ordered<T: Ord>(first: T, last: T) -> Result<(T, T), Problem> {
    if first <= last { Ok((first, last)) } else { Err(Problem::Reversed) }
}

fn typed(attribute: Attribute, text: String) -> Result<String, Problem> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Problem::Missing);
    }
    if text.chars().count() > MAX_TEXT {
        return Err(Problem::TooLong(MAX_TEXT));
    }
    if text.chars().any(char::is_control) {
        return Err(Problem::Control);
    }
    let choices = attribute.choices();
    match choices.is_empty() || choices.iter().any(|choice| choice.word == text) {
        true if attribute == Attribute::City => Ok(members::city(text)),
        true => Ok(text.into()),
        false => Err(Problem::NotAChoice),
    }
}

/// Each text may list several, as people type them into one field.
fn listed(attribute: Attribute, texts: &[String]) -> Result<Vec<String>, Problem> {
    let texts = texts.iter().flat_map(|text| text.split(tags::SEPARATORS)).filter(|text| !text.trim().is_empty());
    texts.map(|text| typed(attribute, text.into())).collect()
}

fn ids(texts: Vec<String>) -> Result<Vec<Id>, Problem> {
    let ids = texts.iter().map(|text| text.parse().map_err(|_| Problem::NoSuchTag));
    several(ids.collect::<Result<_, _>>()?)
}

/// At least one and not too many, each once, in the order given.
fn several<T: PartialEq>(values: Vec<T>) -> Result<Vec<T>, Problem> {
    let mut once = Vec::new();
    for value in values {
        if !once.contains(&value) {
            once.push(value);
        }
        if once.len() > MAX_VALUES {
            return Err(Problem::TooMany(MAX_VALUES));
        }
    }
    if once.is_empty() { Err(Problem::Missing) } else { Ok(once) }
}
