//! Audiences (受眾分群): saved rules that choose people. One of *contacts* has a kind of channel and serves schedules and
//! broadcasts; one of *members* has none. An audience is no list: it is asked anew each time it is used.

pub mod builder;
pub mod rule;

mod compile;
mod store;

pub use compile::{Lens, compile, compile_for_members};
pub use rule::{Rule, RuleError};
pub use store::{Audience, Choice, NewAudience, add, choices, find};
