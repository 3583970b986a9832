//! Rows of contacts: the list with what it can select, and one person with all that is known.

mod list;
mod matches;
mod person;
mod totals;

pub(super) use list::{Listed, Time, batch, count, list, selected};
pub use matches::{LookedUp, Matches, look_up, matches, total_of};
pub use person::{Contact, find, of_member};
pub(super) use person::{Entry, Message, entries, messages, salespeople};
pub use totals::SWEEPS;
