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
use serde_json::{Map, Value, json};

impl Rule {
    /// Reads a rule.
    ///
    /// # Errors
    /// When the text is too long, no JSON, or no valid rule.
    pub fn from_json(text: &str) -> Result<Self, RuleError> {
        if text.len() > MAX_JSON {
            return Err(RuleError::TooLong);
        }
        let json: Value = serde_json::from_str(text).map_err(|error| RuleError::Malformed {
            line: error.line(),
            column: error.column(),
            detail: error.to_string(),
        })?;
        json.try_into()
    }

    /// The rule as it is stored.
    pub fn to_json(&self) -> String {
        group_json(&self.root).to_string()
    }
}

impl TryFrom<String> for Rule {
    type Error = RuleError;

    fn try_from(text: String) -> Result<Self, RuleError> {
        Self::from_json(&text)
    }
}

impl TryFrom<Value> for Rule {
    type Error = RuleError;

    fn try_from(json: Value) -> Result<Self, RuleError> {
        match node(&json)? {
            Node::Group(root) => Self::new(root),
            Node::Condition(_) => Err(RuleError::Shape),
        }
    }
}

impl From<Rule> for Value {
    fn from(rule: Rule) -> Self {
        group_json(&rule.root)
    }
}

/// Nothing may stand in a node but what makes it one.
fn node(json: &Value) -> Result<Node, RuleError> {
    let parts = json.as_object().ok_or(RuleError::Shape)?;
    match (parts.get("all"), parts.get("any"), parts.len()) {
        (Some(nodes), None, 1) => group(Join::All, nodes),
        (None, Some(nodes), 1) => group(Join::Any, nodes),
        (None, None, _) => condition(parts).map(Node::Condition),
        (Some(_), _, _) | (_, Some(_), _) => Err(RuleError::Shape),
    }
}

fn group(join: Join, nodes: &Value) -> Result<Node, RuleError> {
    let nodes = nodes.as_array().ok_or(RuleError::Shape)?.iter().map(node);
    Ok(Node::Group(Group { join, nodes: nodes.collect::<Result<_, _>>()? }))
}

fn condition(parts: &Map<String, Value>) -> Result<Condition, RuleError> {
    let word = |part| parts.get(part).and_then(Value::as_str).ok_or(RuleError::Shape);
    let (asked, compared, value) = (word("attribute")?, word("operator")?, parts.get("value"));
    if parts.len() != 2 + usize::from(value.is_some()) {
        return Err(RuleError::Shape);
    }
    let attribute: Attribute = asked.parse().map_err(|_| RuleError::UnknownAttribute(asked.into()))?;
    let unknown = || RuleError::UnknownOperator { attribute, operator: compared.into() };
    Condition::read(attribute, attribute.operator(compared).ok_or_else(unknown)?, &value)
}

/// Values as they stand in JSON.
impl Values for Option<&Value> {
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

fn there<'a>(value: &Option<&'a Value>) -> Result<&'a Value, Problem> {
    value.filter(|value| !value.is_null()).ok_or(Problem::Missing)
}

fn list<'a>(value: &Option<&'a Value>) -> Result<&'a Vec<Value>, Problem> {
    there(value)?.as_array().ok_or(Problem::NotAList)
}

fn range<T>(value: &Option<&Value>, read: impl Fn(&Value) -> Result<T, Problem>) -> Result<(T, T), Problem> {
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

fn group_json(group: &Group) -> Value {
    let nodes: Value = group.nodes.iter().map(node_json).collect();
    match group.join {
        Join::All => json!({ "all": nodes }),
        Join::Any => json!({ "any": nodes }),
    }
}

fn node_json(node: &Node) -> Value {
    match node {
        Node::Group(group) => group_json(group),
        Node::Condition(Condition { attribute, test }) => {
            let mut json = json!({ "attribute": attribute, "operator": test.operator() });
            if let (Some(value), Some(parts)) = (value(test), json.as_object_mut()) {
                parts.insert("value".into(), value);
            }
            json
        }
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
        assert!(matches!(Rule::from_json(&deep(200)), Err(RuleError::Malformed { .. })));
        assert_eq!(Rule::from_json(&" ".repeat(MAX_JSON + 1)), Err(RuleError::TooLong));
        for shapeless in [
            "{}",
            "[]",
            "7",
            r#"{"all":[],"or":1}"#,
            r#"{"all":{}}"#,
            r#"{"all":[[]]}"#,
            r#"{"all":[{"attribute":7}]}"#,
        ] {
            assert_eq!(Rule::from_json(shapeless), Err(RuleError::Shape), "{shapeless}");
        }
        let more = r#"{"all":[{"attribute":"city","operator":"is","value":"x","sql":"1 = 1"}]}"#;
        assert_eq!(Rule::from_json(more), Err(RuleError::Shape));
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
