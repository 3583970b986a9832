//! Journeys: the way that people take after something brought them in, step by step, as long as it
//! takes. What is known of a person on the way are rows, so that whoever waits three days is found
//! again after any restart, at the step that the page says.
//!
//! A journey has versions; each is a tree of steps ([`Flow`]). People enter in cohorts ([`enter`]),
//! are moved in sets under one lease a cohort, and are written to through dispatch alone.

mod jobs;
mod model;
mod pages;
mod store;

pub use jobs::{ADVANCE, FOLLOW, kinds};
pub use model::{
    Action, Branch, Direction, EntryRefusal, Fault, Flow, Gone, JourneyStatus, Period, Place, Problem, ReEntry, Seen,
    Spot, Step, StepKind, Stored, Trigger, Unfit, Unit, Wait, check,
};
pub use store::{
    COHORTS, Choice, Entered, Entering, HAS_WORK, Journey, NewJourney, NotOpen, SWEEPS, Turn, Turned, advance, choices,
    complete, create, draft, end, enter, find, flow, follow, pause, publish, resume, retry, save_flow, status_sql,
    update,
};

tidings_base::routes! {
    get "/journeys" ManageJourneys => pages::list::index;
    post "/journeys" ManageJourneys => pages::new::create;
    get "/journeys/new" ManageJourneys => pages::new::new;
    get "/journeys/{id}" ManageJourneys => pages::show::show;
    post "/journeys/{id}" ManageJourneys => pages::edit::update;
    get "/journeys/{id}/edit" ManageJourneys => pages::edit::edit;
    get "/journeys/{id}/copy" ManageJourneys => pages::new::copy;
    get "/journeys/{id}/people" ManageJourneys => pages::people::index;
    post "/journeys/{id}/draft" ManageJourneys => pages::draft::begin;
    get "/journeys/{id}/discard" ManageJourneys => pages::draft::confirm;
    post "/journeys/{id}/discard" ManageJourneys => pages::draft::discard;
    get "/journeys/{id}/publish" ManageJourneys => pages::publish::confirm;
    post "/journeys/{id}/publish" ManageJourneys => pages::publish::publish;
    get "/journeys/{id}/pause" ManageJourneys => pages::pause::confirm;
    post "/journeys/{id}/pause" ManageJourneys => pages::pause::pause;
    get "/journeys/{id}/resume" ManageJourneys => pages::resume::confirm;
    post "/journeys/{id}/resume" ManageJourneys => pages::resume::resume;
    get "/journeys/{id}/end" ManageJourneys => pages::end::confirm;
    post "/journeys/{id}/end" ManageJourneys => pages::end::end;
    get "/journeys/{id}/delete" ManageJourneys => pages::delete::confirm;
    post "/journeys/{id}/delete" ManageJourneys => pages::delete::destroy;
    post "/journeys/{id}/retry" ManageJourneys => pages::retry::retry;
    get "/journeys/{id}/steps/new" ManageJourneys => pages::step_new::new;
    post "/journeys/{id}/steps" ManageJourneys => pages::step_new::create;
    get "/journeys/{id}/steps/{step}/edit" ManageJourneys => pages::step_edit::edit;
    post "/journeys/{id}/steps/{step}" ManageJourneys => pages::step_edit::update;
    post "/journeys/{id}/steps/{step}/move" ManageJourneys => pages::step_move::update;
    get "/journeys/{id}/steps/{step}/delete" ManageJourneys => pages::step_delete::confirm;
    post "/journeys/{id}/steps/{step}/delete" ManageJourneys => pages::step_delete::destroy;
}
