//! The buttons that change the shape of a rule being written.

use super::{ConditionForm, GroupForm, NodeForm, RuleForm};
use crate::audiences::rule::{Attribute, MAX_DEPTH};
use std::{fmt, str::FromStr};

/// Where a node stands: its number in the outermost group, its number in that group, and so on. Empty is the outermost.
pub type Path = Vec<usize>;

/// What a button of the builder does, with the path of the node it does it to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Adds the condition that is chosen beside the button to this group.
    AddCondition(Path),
    /// Adds a group to this group.
    AddGroup(Path),
    /// Takes this node away with all that is in it.
    Remove(Path),
    /// Draws the form again, so that the fields fit the attributes that are chosen.
    Refresh,
}

impl FromStr for Action {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (verb, at) = text.split_once(':').unwrap_or((text, ""));
        let at = at.split('.').filter(|number| !number.is_empty()).map(|number| number.parse().map_err(|_| ()));
        let at = at.collect::<Result<Path, ()>>()?;
        match verb {
            "add_condition" => Ok(Self::AddCondition(at)),
            "add_group" => Ok(Self::AddGroup(at)),
            "remove" => Ok(Self::Remove(at)),
            "refresh" => Ok(Self::Refresh),
            _ => Err(()),
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AddCondition(at) => write!(f, "add_condition:{}", dotted(at)),
            Self::AddGroup(at) => write!(f, "add_group:{}", dotted(at)),
            Self::Remove(at) => write!(f, "remove:{}", dotted(at)),
            Self::Refresh => f.write_str("refresh"),
        }
    }
}

impl RuleForm {
    /// Does what the button says. A path that leads nowhere (another tab, a forged form) changes nothing.
    pub fn apply(&mut self, action: &Action) {
        let room = self.has_room();
        match action {
            Action::AddCondition(at) if room => {
                if let Some(group) = self.group(at) {
                    let attribute = group.adding.unwrap_or(Attribute::Tags);
                    group.nodes.push(NodeForm::Condition(ConditionForm::new(attribute)));
                }
            }
            Action::AddGroup(at) if room && at.len() + 1 < MAX_DEPTH => {
                if let Some(group) = self.group(at) {
                    group.nodes.push(NodeForm::Group(GroupForm::default()));
                }
            }
            Action::Remove(at) => {
                let Some((number, parent)) = at.split_last() else { return };
                if let Some(group) = self.group(parent).filter(|group| *number < group.nodes.len()) {
                    group.nodes.remove(*number);
                }
            }
            Action::AddCondition(_) | Action::AddGroup(_) | Action::Refresh => {}
        }
    }

    fn group(&mut self, at: &[usize]) -> Option<&mut GroupForm> {
        at.iter().try_fold(&mut self.root, |group, number| match group.nodes.get_mut(*number)? {
            NodeForm::Group(inner) => Some(inner),
            NodeForm::Condition(_) => None,
        })
    }
}

/// A path as it stands in names: `1.0`.
pub(super) fn dotted(path: &[usize]) -> String {
    path.iter().map(ToString::to_string).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audiences::rule::MAX_CONDITIONS;

    fn after(form: &mut RuleForm, buttons: &[&str]) -> usize {
        for button in buttons {
            form.apply(&button.parse().unwrap());
        }
        form.pieces().len()
    }

    #[test]
    fn buttons_say_and_do_the_same() {
        for button in ["add_condition:", "add_condition:1.0", "add_group:", "remove:0.2", "refresh"] {
            assert_eq!(button.parse::<Action>().unwrap().to_string(), button);
        }
        for nonsense in ["", "add_condition:x", "remove:-1", "drop table:1", "remove:99999999999999999999999"] {
            assert!(nonsense.parse::<Action>().is_err(), "{nonsense}");
        }
    }

    #[test]
    fn a_tree_grows_and_shrinks() {
        let mut form = RuleForm::default();
        assert_eq!(after(&mut form, &[]), 2);
        assert_eq!(after(&mut form, &["add_condition:", "add_group:", "add_condition:1", "add_group:1"]), 8);
        // Three groups deep is all there is; paths that lead nowhere change nothing.
        assert_eq!(after(&mut form, &["add_group:1.1", "add_condition:0", "remove:7", "remove:", "refresh"]), 8);
        assert_eq!(after(&mut form, &["remove:1"]), 3);
    }

    #[test]
    fn there_is_room_for_so_many_and_no_more() {
        let mut form = RuleForm::default();
        assert_eq!(after(&mut form, &["add_condition:"; MAX_CONDITIONS + 5]), MAX_CONDITIONS + 2);
    }
}
