//! What is being typed.

use crate::{
    audiences::rule::{Attribute, Condition, Group, Join, MAX_CONDITIONS, Node, Operator, Problem, Rule, RuleError},
    tags::Tag,
};

/// A rule that is being written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RuleForm {
    pub(super) root: GroupForm,
    /// What is wrong with the rule as a whole.
    pub problem: Option<RuleError>,
}

/// A group that is being written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GroupForm {
    /// How its nodes are joined.
    pub join: Join,
    /// In the order they are drawn.
    pub nodes: Vec<NodeForm>,
    /// What the next condition is to ask about.
    pub adding: Option<Attribute>,
    /// What is wrong with the group.
    pub problem: Option<RuleError>,
}

/// One line of a group that is being written.
#[derive(Clone, Debug, PartialEq)]
pub enum NodeForm {
    /// A group inside the group.
    Group(GroupForm),
    /// A single question.
    Condition(ConditionForm),
}

/// A condition that is being written.
#[derive(Clone, Debug, PartialEq)]
pub struct ConditionForm {
    /// What it asks about.
    pub attribute: Attribute,
    /// How it asks; none when what was chosen does not fit the attribute.
    pub operator: Option<Operator>,
    /// The values of all its fields by name, as they were typed; a list has its name several times.
    pub typed: Vec<(String, String)>,
    /// What is wrong with it.
    pub problem: Option<RuleError>,
}

impl RuleForm {
    /// The rule, if all of it is right. Else every place that is wrong says why. `tags` are all there are.
    pub fn rule(&mut self, tags: &[Tag]) -> Option<Rule> {
        let mut fine = true;
        let root = group(&mut self.root, 1, tags, &mut fine);
        match Rule::new(root) {
            Ok(rule) if fine => Some(rule),
            // What is wrong with a condition or an inner group is said beside it.
            Ok(_) | Err(RuleError::EmptyGroup) => None,
            Err(problem) => {
                self.problem = Some(problem);
                None
            }
        }
    }

    /// Whether a further condition has room.
    pub fn has_room(&self) -> bool {
        count(&self.root) < MAX_CONDITIONS
    }
}

impl From<&Rule> for RuleForm {
    fn from(rule: &Rule) -> Self {
        Self { root: group_form(rule.root()), problem: None }
    }
}

impl ConditionForm {
    /// A condition about this attribute with nothing typed yet.
    pub fn new(attribute: Attribute) -> Self {
        Self { attribute, operator: attribute.operators().first().copied(), typed: Vec::new(), problem: None }
    }

    /// What was typed into a field.
    pub fn typed(&self, name: &str) -> &str {
        self.typed.iter().find(|(field, _)| field == name).map_or("", |(_, text)| text)
    }

    /// What was chosen in a list.
    pub fn chosen<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.typed.iter().filter(move |(field, _)| field == name).map(|(_, text)| text.as_str())
    }

    fn condition(&self, tags: &[Tag]) -> Result<Condition, RuleError> {
        let Self { attribute, operator, .. } = *self;
        let operator = operator.ok_or(RuleError::Value { attribute, problem: Problem::NoOperator })?;
        let condition = Condition::read(attribute, operator, self)?;
        let lost = condition.test().tags().iter().any(|id| tags.iter().all(|tag| tag.id != *id));
        if lost { Err(RuleError::Value { attribute, problem: Problem::NoSuchTag }) } else { Ok(condition) }
    }
}

fn group(form: &mut GroupForm, depth: usize, tags: &[Tag], fine: &mut bool) -> Group {
    form.problem = (depth > 1 && form.nodes.is_empty()).then_some(RuleError::EmptyGroup);
    *fine &= form.problem.is_none();
    let mut nodes = Vec::new();
    for node in &mut form.nodes {
        match node {
            NodeForm::Group(inner) => nodes.push(Node::Group(group(inner, depth + 1, tags, fine))),
            NodeForm::Condition(inner) => match inner.condition(tags) {
                Ok(condition) => nodes.push(Node::Condition(condition)),
                Err(problem) => {
                    inner.problem = Some(problem);
                    *fine = false;
                }
            },
        }
    }
    Group { join: form.join, nodes }
}

fn count(form: &GroupForm) -> usize {
    form.nodes
        .iter()
        .map(|node| match node {
            NodeForm::Group(inner) => count(inner),
            NodeForm::Condition(_) => 1,
        })
        .sum()
}

fn group_form(group: &Group) -> GroupForm {
    let nodes = group.nodes.iter().map(|node| match node {
        Node::Group(inner) => NodeForm::Group(group_form(inner)),
        Node::Condition(condition) => NodeForm::Condition(ConditionForm::from(condition)),
    });
    GroupForm { join: group.join, nodes: nodes.collect(), ..GroupForm::default() }
}
