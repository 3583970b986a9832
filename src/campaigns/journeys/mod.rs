//! Journeys: the way that people take after something brought them in, step by step, as long as it
//! takes. What is known of a person on the way are rows, so that whoever waits three days is found
//! again after any restart, at the step that the page says.
//!
//! A journey has versions; each is a tree of steps ([`Flow`]).

mod model;

pub use model::{
    Action, Against, Branch, Direction, EntryRefusal, Fault, Flow, Gone, JourneyStatus, MOST_DEPTH, MOST_STEPS, Period,
    Place, Problem, ReEntry, Row, Seen, Spot, Step, StepKind, Stored, Trigger, Unfit, Unit, Wait, check, length_fits,
};
