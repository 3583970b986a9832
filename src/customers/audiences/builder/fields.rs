//! The form read back from what was posted.

use super::{ConditionForm, GroupForm, NodeForm, RuleForm};
use crate::audiences::rule::{Attribute, Join, MAX_DEPTH};
use std::collections::BTreeMap;

/// The name under which all fields of a rule are posted.
const ROOT: &str = "rule";

type Field<'a> = (&'a str, &'a str);

impl RuleForm {
    /// Reads the fields of a rule among all that was posted. What does not belong to one is passed over.
    pub fn read<'a>(posted: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let fields = posted.into_iter().filter_map(|(name, value)| Some((under(name, ROOT)?, value))).collect();
        Self { root: group(fields, 1), problem: None }
    }
}

fn group(fields: Vec<Field<'_>>, depth: usize) -> GroupForm {
    let mut form = GroupForm::default();
    let mut nodes: BTreeMap<usize, Vec<Field<'_>>> = BTreeMap::new();
    for (name, value) in fields {
        match name.split_once('.') {
            Some((number, rest)) => {
                if let Ok(number) = number.parse() {
                    nodes.entry(number).or_default().push((rest, value));
                }
            }
            None if name == "join" => form.join = if value == "any" { Join::Any } else { Join::All },
            None if name == "adding" => form.adding = value.parse().ok(),
            None => {}
        }
    }
    form.nodes = nodes.into_values().filter_map(|fields| node(fields, depth)).collect();
    form
}

/// A node with a join is a group. One level more than allowed is read, so that the rule can be refused for it.
fn node(fields: Vec<Field<'_>>, depth: usize) -> Option<NodeForm> {
    if fields.iter().any(|(name, _)| *name == "join") {
        return (depth <= MAX_DEPTH).then(|| NodeForm::Group(group(fields, depth + 1)));
    }
    let value = |wanted| fields.iter().find(|(name, _)| *name == wanted).map(|(_, value)| *value);
    let asked: Option<Attribute> = value("attribute")?.parse().ok();
    let attribute = asked.unwrap_or(Attribute::Tags);
    let operator = asked.and_then(|attribute| attribute.operator(value("operator")?));
    let typed = fields
        .iter()
        .filter(|(name, _)| !matches!(*name, "attribute" | "operator"))
        .map(|(name, value)| ((*name).into(), (*value).into()))
        .collect();
    Some(NodeForm::Condition(ConditionForm { attribute, operator, typed, problem: None }))
}

fn under<'a>(name: &'a str, group: &str) -> Option<&'a str> {
    name.strip_prefix(group)?.strip_prefix('.')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audiences::rule::{Rule, RuleError};

    #[test]
    fn a_tree_is_read_from_its_names() {
        let mut form = RuleForm::read([
            ("name", "VIP"),
            ("rule.join", "any"),
            ("rule.2.attribute", "last_order_at"),
            ("rule.2.operator", "never"),
            ("rule.0.attribute", "order_count"),
            ("rule.0.operator", "between"),
            ("rule.0.number", ""),
            ("rule.0.least", "2"),
            ("rule.0.most", "3"),
            ("rule.1.join", "all"),
            ("rule.1.0.attribute", "birth_month"),
            ("rule.1.0.operator", "in_months"),
            ("rule.1.0.months", "1"),
            ("rule.1.0.months", "12"),
            ("rule.x.attribute", "city"),
            ("rule.3", ""),
            ("rule.4.operator", "is"),
        ]);
        let expected = r#"{"any":[{"attribute":"order_count","operator":"between","value":[2,3]},{"all":[{"attribute":"birth_month","operator":"in_months","value":[1,12]}]},{"attribute":"last_order_at","operator":"never"}]}"#;
        assert_eq!(form.rule(&[]), Some(Rule::from_json(expected).unwrap()));
        assert!(form.errors().is_empty());
    }

    #[test]
    fn what_is_wrong_is_said_where_it_is() {
        let mut form = RuleForm::read([
            ("rule.0.attribute", "order_count"),
            ("rule.0.operator", "at_least"),
            ("rule.0.number", "many"),
            ("rule.1.join", "any"),
            ("rule.2.attribute", "shoe size"),
            ("rule.3.attribute", "city"),
            ("rule.3.operator", "never"),
        ]);
        assert_eq!(form.rule(&[]), None);
        let said: Vec<_> = form.errors().into_iter().map(|(id, why)| format!("{id} {}", why.key)).collect();
        assert_eq!(
            said,
            [
                "rule.0 audiences.problem.not_a_number",
                "rule.1 audiences.problem.empty_group",
                "rule.2 audiences.problem.no_operator",
                "rule.3 audiences.problem.no_operator"
            ]
        );
    }

    #[test]
    fn a_group_too_deep_is_refused_not_dropped() {
        let mut form = RuleForm::read([
            ("rule.0.join", "all"),
            ("rule.0.0.join", "all"),
            ("rule.0.0.0.join", "all"),
            ("rule.0.0.0.0.attribute", "last_order_at"),
            ("rule.0.0.0.0.operator", "never"),
        ]);
        assert_eq!(form.rule(&[]), None);
        assert_eq!(form.problem, Some(RuleError::TooDeep));
    }
}
