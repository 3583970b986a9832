//! Tags: words of the shop's own that contacts are labelled with.

mod name;
mod store;

pub use name::{NameProblem, SEPARATORS, TagName};
pub use store::{Tag, add_to_all, all, find, get_or_create, of_contacts, remove_from_all};
