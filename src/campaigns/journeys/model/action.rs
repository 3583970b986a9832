use super::Wait;
use serde::{Deserialize, Serialize};
use tidings_base::{db::Id, text_enum};
use tidings_customers::audiences::Rule;
use tidings_sending::messages::Content;

text_enum! {
    /// The kinds of steps, in the order a page offers them.
    pub enum StepKind {
        Send = "send",
        Wait = "wait",
        Condition = "condition",
        AddTag = "add_tag",
        RemoveTag = "remove_tag",
        End = "end",
    }
}

/// What a step does to the people who come to it. As JSON it is what the database keeps of a step.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Action {
    /// Sends a message and goes on when it is known what came of it.
    Send {
        content: Content,
    },
    /// Lets time pass.
    Wait(Wait),
    AddTag {
        tag_id: Id,
    },
    RemoveTag {
        tag_id: Id,
    },
    /// Asks a question about the person; the step's two branches are the answers.
    Condition {
        rule: Rule,
    },
    /// The person leaves the journey.
    End,
}

impl Action {
    /// Which kind it is.
    pub fn kind(&self) -> StepKind {
        match self {
            Self::Send { .. } => StepKind::Send,
            Self::Wait(_) => StepKind::Wait,
            Self::AddTag { .. } => StepKind::AddTag,
            Self::RemoveTag { .. } => StepKind::RemoveTag,
            Self::Condition { .. } => StepKind::Condition,
            Self::End => StepKind::End,
        }
    }

    /// What it sends, if it does.
    pub fn content(&self) -> Option<&Content> {
        match self {
            Self::Send { content } => Some(content),
            Self::Wait(_) | Self::AddTag { .. } | Self::RemoveTag { .. } | Self::Condition { .. } | Self::End => None,
        }
    }

    /// The keys of the pictures that it sends.
    pub fn images(&self) -> impl Iterator<Item = &str> {
        self.content().into_iter().flat_map(Content::images)
    }
}

impl StepKind {
    /// The key of the sentence that says what such a step does.
    pub fn about(self) -> &'static str {
        match self {
            Self::Send => "journeys.kind_about.send",
            Self::Wait => "journeys.kind_about.wait",
            Self::Condition => "journeys.kind_about.condition",
            Self::AddTag => "journeys.kind_about.add_tag",
            Self::RemoveTag => "journeys.kind_about.remove_tag",
            Self::End => "journeys.kind_about.end",
        }
    }

    /// Whether there is anything to write about such a step.
    pub fn is_written(self) -> bool {
        match self {
            Self::Send | Self::Wait | Self::Condition | Self::AddTag | Self::RemoveTag => true,
            Self::End => false,
        }
    }

    /// The key of its name on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Send => "journeys.kind.send",
            Self::Wait => "journeys.kind.wait",
            Self::Condition => "journeys.kind.condition",
            Self::AddTag => "journeys.kind.add_tag",
            Self::RemoveTag => "journeys.kind.remove_tag",
            Self::End => "journeys.kind.end",
        }
    }
}
