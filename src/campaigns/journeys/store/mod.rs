//! The rows of journeys: what they are, who is inside, and how sets of people are moved.

mod advancing;
mod changes;
mod cohorts;
mod entering;
mod figures;
mod journeys;
mod list;
mod messages;
mod moving;
mod people;
mod settling;
mod uses;
mod versions;

pub use advancing::{COHORTS, HAS_WORK, Turn, Turned, advance};
pub use changes::{create, delete, end, pause, publish, resume, touch, update};
pub use cohorts::{forgive, retry};
pub use entering::{Entered, Entering, NotOpen, complete, enter};
pub use figures::{AtOnce, StepFigures, VersionFigures, at_once, of_steps, of_versions};
pub use journeys::{Choice, Journey, NewJourney, choices, find, status_sql};
pub use list::{Listed, Sort, Wanted, list};
pub use moving::{EntryState, Outcome};
pub use people::{Traveller, WantedPeople, Whose, people};
pub use settling::follow;
pub use uses::{Use, uses};
pub use versions::{Version, actions, discard_draft, draft, flow, save_flow, version, versions};
