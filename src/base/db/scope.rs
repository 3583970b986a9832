use super::Id;

/// *To which rows* a permission reaches; a permission itself only says *may do this kind of thing*.
///
/// Made by `web::CurrentUser` alone. A store function that takes an id from outside takes a scope,
/// so that somebody else's row is not found rather than forbidden.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Scope {
    /// Every row.
    All,
    /// Members bound to this person, and their contacts.
    Own(Id),
}

impl Scope {
    /// The person whose rows these are, where they are not everybody's.
    pub fn owner(&self) -> Option<&Id> {
        match self {
            Self::All => None,
            Self::Own(id) => Some(id),
        }
    }
}
