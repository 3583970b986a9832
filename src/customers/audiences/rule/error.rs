//! What can be wrong with a rule that somebody typed or a program posted.

use super::{Attribute, MAX_CONDITIONS, MAX_DEPTH, MAX_JSON};
use tidings_base::web::Message;

/// Why a rule is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// The JSON is larger than [`MAX_JSON`].
    #[error("a rule has at most {MAX_JSON} bytes")]
    TooLong,
    /// It is no JSON, or its parts have other names or types than a rule's.
    #[error("no rule: {detail}")]
    Malformed {
        /// Where in the text, from 1.
        line: usize,
        /// Where in the line, from 1.
        column: usize,
        /// What the reader of JSON says, in English.
        detail: String,
    },
    /// A node is neither one group nor one condition, or the outermost is no group.
    #[error("a node is a group (\"all\" or \"any\") or a condition (\"attribute\", \"operator\", \"value\")")]
    Shape,
    /// Groups stand deeper than [`MAX_DEPTH`].
    #[error("groups stand at most {MAX_DEPTH} deep")]
    TooDeep,
    /// More than [`MAX_CONDITIONS`] conditions.
    #[error("a rule has at most {MAX_CONDITIONS} conditions")]
    TooMany,
    /// An inner group without conditions.
    #[error("a group has no conditions")]
    EmptyGroup,
    /// No such attribute.
    #[error("unknown attribute {0:?}")]
    UnknownAttribute(String),
    /// No such operator for this attribute.
    #[error("unknown operator {operator:?} for {attribute}")]
    UnknownOperator {
        /// What is asked about.
        attribute: Attribute,
        /// What was found.
        operator: String,
    },
    /// A value does not fit.
    #[error("{attribute}: {problem}")]
    Value {
        /// What is asked about.
        attribute: Attribute,
        /// What is wrong with the value.
        problem: Problem,
    },
}

/// What is wrong with the value of a condition.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Nobody chose how to compare.
    #[error("an operator is missing")]
    NoOperator,
    /// There is none.
    #[error("a value is missing")]
    Missing,
    /// There is one, and the operator takes none.
    #[error("this operator takes no value")]
    Superfluous,
    /// A whole number was expected.
    #[error("expected a whole number")]
    NotANumber,
    /// A day was expected.
    #[error("expected a date like 2026-11-23")]
    NotADate,
    /// A text was expected.
    #[error("expected a text")]
    NotAText,
    /// A list was expected.
    #[error("expected a list")]
    NotAList,
    /// Two values were expected.
    #[error("expected two values, from and to")]
    NotARange,
    /// The number is outside of these.
    #[error("expected {least} to {most}")]
    OutOfRange {
        /// The smallest allowed.
        least: i64,
        /// The largest allowed.
        most: i64,
    },
    /// The day is in no year that a shop knows of.
    #[error("expected a date from 1900 to 2199")]
    FarDate,
    /// The second value is before the first.
    #[error("the end is before the beginning")]
    Reversed,
    /// More values than a condition takes.
    #[error("more than {0} values")]
    TooMany(usize),
    /// A text longer than a condition takes.
    #[error("more than {0} characters")]
    TooLong(usize),
    /// Characters that nobody can type.
    #[error("control characters")]
    Control,
    /// None of the words that this attribute can have.
    #[error("none of the possible values")]
    NotAChoice,
    /// A tag that does not exist (any more).
    #[error("no such tag")]
    NoSuchTag,
}

impl RuleError {
    /// The sentence for people; `place` is the number of the condition or group, or what else names it.
    pub fn message(&self, place: &str) -> Message {
        let message = match self {
            Self::TooLong => Message::new("audiences.problem.too_long_rule").with("n", MAX_JSON / 1024),
            Self::Malformed { line, column, .. } => {
                Message::new("audiences.problem.malformed").with("n", line).with("m", column)
            }
            Self::Shape => Message::new("audiences.problem.shape"),
            Self::TooDeep => Message::new("audiences.problem.too_deep").with("n", MAX_DEPTH),
            Self::TooMany => Message::new("audiences.problem.too_many_conditions").with("n", MAX_CONDITIONS),
            Self::EmptyGroup => Message::new("audiences.problem.empty_group"),
            Self::UnknownAttribute(word) => {
                Message::new("audiences.problem.unknown_attribute").with("name", shortened(word))
            }
            Self::UnknownOperator { attribute, operator } => Message::new("audiences.problem.unknown_operator")
                .with("x", attribute)
                .with("name", shortened(operator)),
            Self::Value { attribute, problem } => {
                return problem.message().with("place", if place.is_empty() { attribute.word() } else { place });
            }
        };
        message.with("place", place)
    }
}

impl Problem {
    fn message(&self) -> Message {
        match self {
            Self::NoOperator => Message::new("audiences.problem.no_operator"),
            Self::Missing => Message::new("audiences.problem.missing"),
            Self::Superfluous => Message::new("audiences.problem.superfluous"),
            Self::NotANumber => Message::new("audiences.problem.not_a_number"),
            Self::NotADate => Message::new("audiences.problem.not_a_date"),
            Self::NotAText => Message::new("audiences.problem.not_a_text"),
            Self::NotAList => Message::new("audiences.problem.not_a_list"),
            Self::NotARange => Message::new("audiences.problem.not_a_range"),
            Self::OutOfRange { least, most } => {
                Message::new("audiences.problem.out_of_range").with("n", least).with("m", most)
            }
            Self::FarDate => Message::new("audiences.problem.far_date"),
            Self::Reversed => Message::new("audiences.problem.reversed"),
            Self::TooMany(most) => Message::new("audiences.problem.too_many").with("n", most),
            Self::TooLong(most) => Message::new("audiences.problem.too_long").with("n", most),
            Self::Control => Message::new("audiences.problem.control"),
            Self::NotAChoice => Message::new("audiences.problem.not_a_choice"),
            Self::NoSuchTag => Message::new("audiences.problem.no_such_tag"),
        }
    }
}

/// Enough of what was found to recognise it.
fn shortened(word: &str) -> String {
    word.chars().filter(|c| !c.is_control()).take(40).collect()
}
