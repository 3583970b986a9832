//! A rule as JSON, in the database and from programs:
//!
//! ```json
//! {"all": [
//!   {"attribute": "city", "operator": "one_of", "value": ["台北市", "新北市"]},
//!   {"any": [
//!     {"attribute": "order_count", "operator": "at_least", "value": 3},
//!     {"attribute": "last_order_at", "operator": "within_days", "value": 30}]}]}
//! ```
//!
//! A value is a number, a text, a list, or two of them for a range; days are `2026-11-23`; tags are ids; amounts are minor
//! units (NT$ 1 is 100). An operator that needs no value has none.

use super::{Attribute, Condition, Group, Join, MAX_JSON, Node, Problem, Rule, RuleError, Test, Values};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

impl Rule {
    /// Reads a rule.
    ///
    /// # Errors
    /// When the text is too long, no JSON, or no valid rule.
    pub fn from_json(text: &str) -> Result<Self, RuleError> {
        if text.len() > MAX_JSON {
            return Err(RuleError::TooLong);
        }
        let wire: Wire = serde_json::from_str(text).map_err(|error| RuleError::Malformed {
            line: error.line(),
            column: error.column(),
            detail: error.to_string(),
        })?;
        wire.try_into()
    }

    /// The rule as it is stored.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a rule is made of texts, numbers and lists only")
    }
}

/// A node as it is written; which of its parts stand there says what it is.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wire {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    all: Option<Vec<Wire>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    any: Option<Vec<Wire>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    attribute: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    operator: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value: Option<Value>,
}

impl TryFrom<String> for Rule {
    type Error = RuleError;

    fn try_from(text: String) -> Result<Self, RuleError> {
        Self::from_json(&text)
    }
}

impl TryFrom<Wire> for Rule {
    type Error = RuleError;

    fn try_from(wire: Wire) -> Result<Self, RuleError> {
        match node(wire)? {
            Node::Group(root) => Self::new(root),
            Node::Condition(_) => Err(RuleError::Shape),
        }
    }
}

impl From<Rule> for Wire {
    fn from(rule: Rule) -> Self {
        group_wire(&rule.root)
    }
}

fn node(wire: Wire) -> Result<Node, RuleError> {
    let group = |join, nodes: Vec<Wire>| {
        let nodes = nodes.into_iter().map(node).collect::<Result<_, _>>()?;
        Ok(Node::Group(Group { join, nodes }))
    };
    match wire {
        Wire { all: Some(nodes), any: None, attribute: None, operator: None, value: None } => group(Join::All, nodes),
        Wire { all: None, any: Some(nodes), attribute: None, operator: None, value: None } => group(Join::Any, nodes),
        Wire { all: None, any: None, attribute: Some(attribute), operator: Some(operator), value } => {
            condition(attribute, operator, value).map(Node::Condition)
        }
        Wire { .. } => Err(RuleError::Shape),
    }
}

fn condition(attribute: String, operator: String, value: Option<Value>) -> Result<Condition, RuleError> {
    let attribute: Attribute = attribute.parse().map_err(|_| RuleError::UnknownAttribute(attribute))?;
    let operator = attribute.operator(&operator).ok_or(RuleError::UnknownOperator { attribute, operator })?;
    Condition::read(attribute, operator, &value)
}

/// Values as they stand in JSON.
impl Values for Option<Value> {
    fn nothing(&self) -> Result<(), Problem> {
        if self.is_none() { Ok(()) } else { Err(Problem::Superfluous) }
    }

    fn number(&self) -> Result<i64, Problem> {
        there(self)?.as_i64().ok_or(Problem::NotANumber)
    }

    fn numbers(&self) -> Result<(i64, i64), Problem> {
        range(self, |value| value.as_i64().ok_or(Problem::NotANumber))
    }

    fn date(&self) -> Result<NaiveDate, Problem> {
        date(there(self)?)
    }

    fn dates(&self) -> Result<(NaiveDate, NaiveDate), Problem> {
        range(self, date)
    }

    fn text(&self) -> Result<String, Problem> {
        text(there(self)?)
    }

    fn texts(&self) -> Result<Vec<String>, Problem> {
        list(self)?.iter().map(text).collect()
    }

    fn months(&self) -> Result<Vec<i64>, Problem> {
        list(self)?.iter().map(|value| value.as_i64().ok_or(Problem::NotANumber)).collect()
    }
}

fn there(value: &Option<Value>) -> Result<&Value, Problem> {
    value.as_ref().filter(|value| !value.is_null()).ok_or(Problem::Missing)
}

fn list(value: &Option<Value>) -> Result<&Vec<Value>, Problem> {
    there(value)?.as_array().ok_or(Problem::NotAList)
}

fn range<T>(value: &Option<Value>, read: impl Fn(&Value) -> Result<T, Problem>) -> Result<(T, T), Problem> {
    match there(value)?.as_array().map(Vec::as_slice) {
        Some([from, to]) => Ok((read(from)?, read(to)?)),
        Some(_) | None => Err(Problem::NotARange),
    }
}

fn date(value: &Value) -> Result<NaiveDate, Problem> {
    value.as_str().and_then(|text| text.parse().ok()).ok_or(Problem::NotADate)
}

fn text(value: &Value) -> Result<String, Problem> {
    value.as_str().map(Into::into).ok_or(Problem::NotAText)
}

fn group_wire(group: &Group) -> Wire {
    let nodes = Some(group.nodes.iter().map(node_wire).collect());
    match group.join {
        Join::All => Wire { all: nodes, ..Wire::default() },
        Join::Any => Wire { any: nodes, ..Wire::default() },
    }
}

fn node_wire(node: &Node) -> Wire {
    match node {
        Node::Group(group) => group_wire(group),
        Node::Condition(condition) => Wire {
            attribute: Some(condition.attribute.word().into()),
            operator: Some(condition.test.operator().word().into()),
            value: value(&condition.test),
            ..Wire::default()
        },
    }
}

fn value(test: &Test) -> Option<Value> {
    match test {
        Test::HasAny(tags) | Test::HasAll(tags) | Test::HasNone(tags) => {
            Some(tags.iter().map(ToString::to_string).collect())
        }
        Test::WithinDays(n) | Test::OverDays(n) => Some(json!(n)),
        Test::AtLeast(n) | Test::AtMost(n) | Test::Equals(n) => Some(json!(n)),
        Test::Between(least, most) => Some(json!([least, most])),
        Test::Before(day) | Test::After(day) => Some(json!(day.to_string())),
        Test::BetweenDates(first, last) => Some(json!([first.to_string(), last.to_string()])),
        Test::Is(text) | Test::IsNot(text) | Test::Contains(text) => Some(json!(text)),
        Test::OneOf(texts) => Some(json!(texts)),
        Test::InMonths(months) => Some(json!(months)),
        Test::Never | Test::ThisMonth | Test::NextMonth => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audiences::rule::{MAX_TEXT, MAX_VALUES};

    fn problem(condition: &str) -> Problem {
        match Rule::from_json(&format!(r#"{{"all":[{condition}]}}"#)) {
            Err(RuleError::Value { problem, .. }) => problem,
            other => panic!("expected a problem with the value of {condition}, found {other:?}"),
        }
    }

    #[test]
    fn the_same_text_comes_back() {
        let tag = "019ab5d0-0000-7000-8000-000000000001";
        let text = format!(
            r#"{{"all":[{{"attribute":"tags","operator":"has_none","value":["{tag}"]}},{{"any":[{{"attribute":"last_order_at","operator":"never"}},{{"attribute":"subscribed_at","operator":"between_dates","value":["2026-01-01","2026-01-31"]}},{{"all":[{{"attribute":"total_spent","operator":"between","value":[0,500000]}}]}}]}}]}}"#
        );
        assert_eq!(Rule::from_json(&text).unwrap().to_json(), text);
    }

    #[test]
    fn what_is_no_rule_is_refused() {
        let deep = |n| {
            format!(
                r#"{}{{"attribute":"city","operator":"is","value":"x"}}{}"#,
                r#"{"all":["#.repeat(n),
                "]}".repeat(n)
            )
        };
        assert!(matches!(Rule::from_json("{"), Err(RuleError::Malformed { line: 1, column: 1, .. })));
        assert!(matches!(Rule::from_json(""), Err(RuleError::Malformed { .. })));
        assert!(matches!(Rule::from_json(r#"{"all":[],"or":1}"#), Err(RuleError::Malformed { .. })));
        assert!(matches!(Rule::from_json(&deep(200)), Err(RuleError::Malformed { .. })));
        assert_eq!(Rule::from_json(&" ".repeat(MAX_JSON + 1)), Err(RuleError::TooLong));
        assert_eq!(Rule::from_json("{}"), Err(RuleError::Shape));
        assert_eq!(Rule::from_json(r#"{"all":[],"any":[]}"#), Err(RuleError::Shape));
        assert_eq!(Rule::from_json(r#"{"attribute":"city","operator":"is","value":"x"}"#), Err(RuleError::Shape));
        assert_eq!(Rule::from_json(&deep(4)), Err(RuleError::TooDeep));
        assert_eq!(Rule::from_json(r#"{"all":[{"any":[]}]}"#), Err(RuleError::EmptyGroup));
        assert_eq!(
            Rule::from_json(r#"{"all":[{"attribute":"shoe size","operator":"is","value":"x"}]}"#),
            Err(RuleError::UnknownAttribute("shoe size".into()))
        );
        assert_eq!(
            Rule::from_json(r#"{"all":[{"attribute":"city","operator":"at_least","value":"x"}]}"#),
            Err(RuleError::UnknownOperator { attribute: Attribute::City, operator: "at_least".into() })
        );
    }

    #[test]
    fn values_must_fit() {
        let many: Vec<String> = (0..=MAX_VALUES).map(|n| n.to_string()).collect();
        for (condition, expected) in [
            (r#"{"attribute":"city","operator":"is"}"#.to_owned(), Problem::Missing),
            (r#"{"attribute":"city","operator":"is","value":" "}"#.into(), Problem::Missing),
            (r#"{"attribute":"city","operator":"is","value":7}"#.into(), Problem::NotAText),
            (r#"{"attribute":"city","operator":"is","value":"a\u0000b"}"#.into(), Problem::Control),
            (
                format!(r#"{{"attribute":"city","operator":"is","value":"{}"}}"#, "台".repeat(MAX_TEXT + 1)),
                Problem::TooLong(MAX_TEXT),
            ),
            (r#"{"attribute":"city","operator":"one_of","value":"x"}"#.into(), Problem::NotAList),
            (r#"{"attribute":"city","operator":"one_of","value":[]}"#.into(), Problem::Missing),
            (format!(r#"{{"attribute":"city","operator":"one_of","value":{many:?}}}"#), Problem::TooMany(MAX_VALUES)),
            (r#"{"attribute":"gender","operator":"is","value":"F"}"#.into(), Problem::NotAChoice),
            (
                r#"{"attribute":"birth_month","operator":"in_months","value":[13]}"#.into(),
                Problem::OutOfRange { least: 1, most: 12 },
            ),
            (r#"{"attribute":"order_count","operator":"at_least","value":"3"}"#.into(), Problem::NotANumber),
            (r#"{"attribute":"order_count","operator":"at_least","value":1.5}"#.into(), Problem::NotANumber),
            (
                r#"{"attribute":"order_count","operator":"at_least","value":-1}"#.into(),
                Problem::OutOfRange { least: 0, most: 1_000_000 },
            ),
            (r#"{"attribute":"order_count","operator":"between","value":[3]}"#.into(), Problem::NotARange),
            (r#"{"attribute":"order_count","operator":"between","value":[3,2]}"#.into(), Problem::Reversed),
            (
                r#"{"attribute":"last_order_at","operator":"within_days","value":0}"#.into(),
                Problem::OutOfRange { least: 1, most: 3650 },
            ),
            (r#"{"attribute":"last_order_at","operator":"before","value":"2026-02-30"}"#.into(), Problem::NotADate),
            (r#"{"attribute":"last_order_at","operator":"before","value":"0001-01-01"}"#.into(), Problem::FarDate),
            (r#"{"attribute":"last_order_at","operator":"never","value":1}"#.into(), Problem::Superfluous),
            (
                r#"{"attribute":"tags","operator":"has_any","value":["'; drop table tags; --"]}"#.into(),
                Problem::NoSuchTag,
            ),
        ] {
            assert_eq!(problem(&condition), expected, "{condition}");
        }
    }
}
