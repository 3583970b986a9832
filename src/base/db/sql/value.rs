//! What may be bound.

use crate::db::Id;
use chrono::NaiveDateTime;

/// A value to bind. Built by `From`, so that `bind` takes what is at hand.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    Text(String),
    BigInt(i64),
    Bool(bool),
    Double(f64),
    Timestamp(NaiveDateTime),
    NullText,
    NullTimestamp,
}

impl From<&str> for Value {
    fn from(v: &str) -> Self {
        Self::Text(v.to_owned())
    }
}

impl From<String> for Value {
    fn from(v: String) -> Self {
        Self::Text(v)
    }
}

impl From<&Id> for Value {
    fn from(v: &Id) -> Self {
        Self::Text(v.as_str().to_owned())
    }
}

impl From<Id> for Value {
    fn from(v: Id) -> Self {
        Self::from(&v)
    }
}

impl From<i64> for Value {
    fn from(v: i64) -> Self {
        Self::BigInt(v)
    }
}

impl From<bool> for Value {
    fn from(v: bool) -> Self {
        Self::Bool(v)
    }
}

impl From<f64> for Value {
    fn from(v: f64) -> Self {
        Self::Double(v)
    }
}

impl From<NaiveDateTime> for Value {
    fn from(v: NaiveDateTime) -> Self {
        Self::Timestamp(v)
    }
}

impl From<Option<&Id>> for Value {
    fn from(v: Option<&Id>) -> Self {
        v.map_or(Self::NullText, Self::from)
    }
}

impl From<Option<String>> for Value {
    fn from(v: Option<String>) -> Self {
        v.map_or(Self::NullText, Self::Text)
    }
}

impl From<Option<NaiveDateTime>> for Value {
    fn from(v: Option<NaiveDateTime>) -> Self {
        v.map_or(Self::NullTimestamp, Self::Timestamp)
    }
}
