//! What an audience asks of people: a tree of conditions, joined by *all of* and *any of*, at most three groups deep.
//!
//! Pure: no database, no clock. A rule is either valid or does not exist: [`Rule::new`] and [`Rule::from_json`] are the only
//! ways to one, so whoever holds a rule may compile it. What is being typed on a page, and may be wrong, is a
//! [`RuleForm`](super::builder::RuleForm).

mod attribute;
mod error;
mod json;
mod test;

pub use attribute::{Attribute, Choice, Operator};
pub use error::{Problem, RuleError};
pub use test::{Test, Values};

use serde::{Deserialize, Serialize};

/// Groups stand at most this deep; the outermost is the first.
pub const MAX_DEPTH: usize = 3;
/// A rule has at most this many conditions: more than anybody reads, and far below the limits of both databases.
pub const MAX_CONDITIONS: usize = 50;
/// A condition names at most this many tags, cities or months.
pub const MAX_VALUES: usize = 50;
/// A text in a condition has at most this many characters.
pub const MAX_TEXT: usize = 100;
/// A rule as JSON has at most this many bytes. The largest valid one is smaller.
pub const MAX_JSON: usize = 256 * 1024;

/// A valid rule. An outermost group without conditions means everybody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "serde_json::Value", into = "serde_json::Value")]
pub struct Rule {
    root: Group,
}

/// Conditions and further groups, joined in one way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Whether all of them or any of them must hold.
    pub join: Join,
    /// In the order they were written.
    pub nodes: Vec<Node>,
}

/// How the nodes of a group are joined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Join {
    /// Every one of them holds (AND).
    #[default]
    All,
    /// At least one of them holds (OR).
    Any,
}

/// One line of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// A group inside the group.
    Group(Group),
    /// A single question.
    Condition(Condition),
}

/// A single question about a person: an attribute and a test that fits it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    attribute: Attribute,
    test: Test,
}

impl Join {
    /// The key of the word between two nodes: and, or.
    pub fn word(self) -> &'static str {
        match self {
            Self::All => "audiences.join.and",
            Self::Any => "audiences.join.or",
        }
    }
}

impl Rule {
    /// A rule of this tree.
    ///
    /// # Errors
    /// Groups too deep, an empty inner group, or too many conditions.
    pub fn new(root: Group) -> Result<Self, RuleError> {
        let mut conditions = 0;
        for node in &root.nodes {
            check(node, 1, &mut conditions)?;
        }
        Ok(Self { root })
    }

    /// The rule that everybody fulfils.
    pub fn everybody() -> Self {
        Self { root: Group { join: Join::All, nodes: Vec::new() } }
    }

    /// The outermost group.
    pub fn root(&self) -> &Group {
        &self.root
    }

    /// Every condition, in the order of reading.
    pub fn conditions(&self) -> Vec<&Condition> {
        let mut found = Vec::new();
        gather(&self.root, &mut found);
        found
    }
}

impl Condition {
    /// A condition that asks this of this attribute.
    ///
    /// # Errors
    /// When the test's operator is none of the attribute's.
    pub fn new(attribute: Attribute, test: Test) -> Result<Self, RuleError> {
        let operator = test.operator();
        match attribute.operators().contains(&operator) {
            true => Ok(Self { attribute, test }),
            false => Err(RuleError::UnknownOperator { attribute, operator: operator.word().into() }),
        }
    }

    /// Reads the values that this operator needs.
    ///
    /// # Errors
    /// When the operator does not fit the attribute or a value does not fit the operator.
    pub fn read(attribute: Attribute, operator: Operator, values: &impl Values) -> Result<Self, RuleError> {
        let test =
            Test::read(attribute, operator, values).map_err(|problem| RuleError::Value { attribute, problem })?;
        Self::new(attribute, test)
    }

    /// What it asks about.
    pub fn attribute(&self) -> Attribute {
        self.attribute
    }

    /// What must hold.
    pub fn test(&self) -> &Test {
        &self.test
    }
}

fn check(node: &Node, depth: usize, conditions: &mut usize) -> Result<(), RuleError> {
    match node {
        Node::Condition(_) => {
            *conditions += 1;
            if *conditions > MAX_CONDITIONS { Err(RuleError::TooMany) } else { Ok(()) }
        }
        Node::Group(_) if depth == MAX_DEPTH => Err(RuleError::TooDeep),
        Node::Group(group) if group.nodes.is_empty() => Err(RuleError::EmptyGroup),
        Node::Group(group) => group.nodes.iter().try_for_each(|node| check(node, depth + 1, conditions)),
    }
}

fn gather<'a>(group: &'a Group, found: &mut Vec<&'a Condition>) {
    for node in &group.nodes {
        match node {
            Node::Group(group) => gather(group, found),
            Node::Condition(condition) => found.push(condition),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn never_ordered() -> Node {
        Node::Condition(Condition::new(Attribute::LastOrderAt, Test::Never).unwrap())
    }

    fn nested(depth: usize) -> Group {
        let node = if depth == 1 { never_ordered() } else { Node::Group(nested(depth - 1)) };
        Group { join: Join::Any, nodes: vec![node] }
    }

    #[test]
    fn groups_stand_three_deep_and_no_deeper() {
        assert!(Rule::new(nested(MAX_DEPTH)).is_ok());
        assert_eq!(Rule::new(nested(MAX_DEPTH + 1)), Err(RuleError::TooDeep));
    }

    #[test]
    fn fifty_conditions_and_no_more() {
        let of = |n| Rule::new(Group { join: Join::All, nodes: vec![never_ordered(); n] });
        assert_eq!(of(MAX_CONDITIONS).unwrap().conditions().len(), MAX_CONDITIONS);
        assert_eq!(of(MAX_CONDITIONS + 1), Err(RuleError::TooMany));
    }

    #[test]
    fn only_the_outermost_group_may_be_empty() {
        let empty = || Group { join: Join::Any, nodes: Vec::new() };
        assert!(Rule::new(empty()).is_ok());
        let inner = Group { join: Join::All, nodes: vec![Node::Group(empty())] };
        assert_eq!(Rule::new(inner), Err(RuleError::EmptyGroup));
    }

    #[test]
    fn a_test_must_fit_its_attribute() {
        let wrong = Condition::new(Attribute::SubscribedAt, Test::Never);
        assert!(matches!(wrong, Err(RuleError::UnknownOperator { attribute: Attribute::SubscribedAt, .. })));
    }
}
