//! What a journey is and may do: pure, with time as an argument.

mod action;
mod check;
mod editing;
mod flow;
mod re_entry;
mod status;
mod wait;

pub use action::{Action, StepKind};
pub(crate) use check::{Against, MOST_STEPS, length_fits};
pub use check::{Fault, Problem, check};
pub use editing::{Direction, Gone, Spot};
pub(crate) use flow::Row;
pub use flow::{Branch, Flow, Place, Step};
pub use re_entry::{EntryRefusal, ReEntry, Seen};
pub use status::{JourneyStatus, Period, Stored, Trigger, Unfit};
pub use wait::{Unit, Wait};
