//! The rows of journeys: what they are, who is inside, and how sets of people are moved.

mod advancing;
mod changes;
mod cohorts;
mod entering;
mod journeys;
mod moving;
mod settling;
mod versions;

pub use advancing::{COHORTS, HAS_WORK, Turn, Turned, advance};
pub use changes::{create, delete, end, pause, publish, resume, touch, update};
pub use cohorts::{forgive, retry};
pub use entering::{Entered, Entering, NotOpen, complete, enter};
pub use journeys::{Choice, Journey, NewJourney, choices, find, status_sql};
pub use moving::{EntryState, Outcome};
pub use settling::follow;
pub use versions::{Version, discard_draft, draft, flow, save_flow, version, versions};
