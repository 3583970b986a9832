//! Journeys: the way that people take after something brought them in, step by step, as long as it
//! takes. What is known of a person on the way are rows, so that whoever waits three days is found
//! again after any restart, at the step that the page says.
//!
//! A journey has versions; each is a tree of steps ([`Flow`]). People enter in cohorts ([`enter`]),
//! are moved in sets under one lease a cohort, and are written to through dispatch alone.

mod jobs;
mod model;
mod store;

pub use jobs::{ADVANCE, FOLLOW, kinds};
pub use model::{
    Action, Branch, Direction, EntryRefusal, Fault, Flow, Gone, JourneyStatus, Period, Place, Problem, ReEntry, Seen,
    Spot, Step, StepKind, Stored, Trigger, Unfit, Unit, Wait, check,
};
pub use store::{
    COHORTS, Choice, Entered, Entering, HAS_WORK, Journey, NewJourney, NotOpen, Turn, Turned, advance, choices,
    complete, create, draft, end, enter, find, flow, follow, pause, publish, resume, save_flow, status_sql, update,
};
