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
mod removal;
mod settling;
mod troubles;
mod unpacking;
mod uses;
mod versions;

pub use advancing::{COHORTS, HAS_WORK, Turn, Turned, advance};
pub use changes::{create, end, pause, publish, resume, update};
pub(crate) use changes::{delete, touch};
pub(crate) use cohorts::forgive;
pub use cohorts::retry;
pub use entering::{Entered, Entering, NotOpen, complete, enter};
pub(crate) use figures::{AtOnce, StepFigures, VersionFigures, at_once, of_steps, of_versions};
pub use journeys::{Choice, Journey, NewJourney, choices, find, status_sql};
pub(crate) use list::{Listed, Sort, Wanted, list};
pub(crate) use moving::{EntryState, Outcome};
pub(crate) use people::{Traveller, WantedPeople, Whose, people};
pub use removal::SWEEPS;
pub use settling::follow;
pub(crate) use troubles::SetAside;
pub(crate) use unpacking::{packed, unpack};
pub(crate) use uses::{Use, uses};
pub(crate) use versions::{Version, actions, discard_draft, versions};
pub use versions::{draft, flow, save_flow};
