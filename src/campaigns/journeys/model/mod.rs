//! What a journey is and may do: pure, with time as an argument.

mod action;
mod check;
mod editing;
mod flow;
mod re_entry;
mod status;
mod wait;

pub use action::{Action, StepKind};
pub use check::{Against, Fault, MOST_DEPTH, MOST_STEPS, Problem, check, length_fits};
pub use editing::{Direction, Gone, Spot};
pub use flow::{Branch, Flow, Place, Row, Step};
pub use re_entry::{EntryRefusal, ReEntry, Seen};
pub use status::{JourneyStatus, Period, Stored, Trigger, Unfit};
pub use wait::{Unit, Wait};
