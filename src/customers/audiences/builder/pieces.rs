//! The tree as a flat list of what is drawn one after another: templates have loops and no recursion.

use super::{Action, ConditionForm, GroupForm, NodeForm, RuleForm, action::dotted};
use crate::audiences::rule::{Join, MAX_DEPTH};
use tidings_base::web::Message;

/// One piece of the drawn form, and where its node stands.
pub struct Piece<'a> {
    drawn: Drawn<'a>,
    path: Vec<usize>,
    join: Option<Join>,
    room: bool,
}

#[derive(Clone, Copy)]
enum Drawn<'a> {
    Open(&'a GroupForm),
    Condition(&'a ConditionForm),
    Close(&'a GroupForm),
}

impl RuleForm {
    /// Everything to draw, in order.
    pub fn pieces(&self) -> Vec<Piece<'_>> {
        let mut pieces = Vec::new();
        draw(&self.root, &[], None, self.has_room(), &mut pieces);
        pieces
    }

    /// What is wrong, with the id of the element it is said at: for the summary above the form.
    pub fn errors(&self) -> Vec<(String, Message)> {
        let whole = self.problem.iter().map(|problem| ("rule".to_owned(), problem.message("")));
        whole.chain(self.pieces().iter().filter_map(|piece| Some((piece.id(), piece.error()?)))).collect()
    }
}

impl<'a> Piece<'a> {
    /// The group, where one begins.
    pub fn opens(&self) -> Option<&'a GroupForm> {
        match self.drawn {
            Drawn::Open(group) => Some(group),
            Drawn::Condition(_) | Drawn::Close(_) => None,
        }
    }

    /// The condition, where one stands.
    pub fn asks(&self) -> Option<&'a ConditionForm> {
        match self.drawn {
            Drawn::Condition(condition) => Some(condition),
            Drawn::Open(_) | Drawn::Close(_) => None,
        }
    }

    /// The group, where one ends and the buttons that add to it stand.
    pub fn closes(&self) -> Option<&'a GroupForm> {
        match self.drawn {
            Drawn::Close(group) => Some(group),
            Drawn::Open(_) | Drawn::Condition(_) => None,
        }
    }

    /// What is wrong with the node.
    pub fn error(&self) -> Option<Message> {
        let problem = match self.drawn {
            Drawn::Open(group) => group.problem.as_ref(),
            Drawn::Condition(condition) => condition.problem.as_ref(),
            Drawn::Close(_) => None,
        };
        Some(problem?.message(&self.number()))
    }

    /// How the node is joined to the one before it in its group: the key of a word, or none for the first.
    pub fn joined(&self) -> Option<&'static str> {
        self.join.map(Join::word)
    }

    /// The id of the node's element.
    pub fn id(&self) -> String {
        self.name("")
    }

    /// The name of a field of the node.
    pub fn name(&self, field: &str) -> String {
        let parts = ["rule", &dotted(&self.path), field];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(".")
    }

    /// How people count it: 1, 2, 2.1, …
    pub fn number(&self) -> String {
        dotted(&self.path.iter().map(|n| n + 1).collect::<Vec<_>>())
    }

    /// Whether this is the outermost group.
    pub fn is_root(&self) -> bool {
        self.path.is_empty()
    }

    /// Whether a further condition has room in the rule.
    pub fn has_room(&self) -> bool {
        self.room
    }

    /// Whether a group may stand inside this one.
    pub fn takes_groups(&self) -> bool {
        self.room && self.path.len() + 1 < MAX_DEPTH
    }

    /// The button that adds a condition here.
    pub fn add_condition(&self) -> Action {
        Action::AddCondition(self.path.clone())
    }

    /// The button that adds a group here.
    pub fn add_group(&self) -> Action {
        Action::AddGroup(self.path.clone())
    }

    /// The button that takes this away.
    pub fn remove(&self) -> Action {
        Action::Remove(self.path.clone())
    }
}

fn draw<'a>(group: &'a GroupForm, at: &[usize], join: Option<Join>, room: bool, pieces: &mut Vec<Piece<'a>>) {
    let piece = |drawn, path: &[usize], join| Piece { drawn, path: path.to_vec(), join, room };
    pieces.push(piece(Drawn::Open(group), at, join));
    for (number, node) in group.nodes.iter().enumerate() {
        let path = [at, &[number]].concat();
        let join = (number > 0).then_some(group.join);
        match node {
            NodeForm::Group(inner) => draw(inner, &path, join, room, pieces),
            NodeForm::Condition(condition) => pieces.push(piece(Drawn::Condition(condition), &path, join)),
        }
    }
    pieces.push(piece(Drawn::Close(group), at, None));
}
