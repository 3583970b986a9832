//! Schedules (自動化排程): at set times, an audience enters a journey.
//!
//! Publishing a schedule makes its tasks, a row for each time it will run ([`recurrence`]). A task
//! that comes due is claimed by a worker, decides whether it may run, and lets the audience of that
//! moment into the journey. Nothing here sends: the journey does.

mod calendar;
mod draft;
mod fit;
mod jobs;
mod model;
mod pages;
mod publish;
mod recurrence;
mod run;
pub mod seed;
mod store;

pub use draft::Draft;
pub use jobs::{RUN, run_tasks};
pub use model::{Frequency, Reason, ScheduleStatus, TaskStatus, Timing};
pub(crate) use store::{Coming, coming, runs_before};

tidings_base::routes! {
    get "/schedules" ManageSchedules => pages::list::index;
    post "/schedules" ManageSchedules => pages::new::create;
    get "/schedules/new" ManageSchedules => pages::new::new;
    post "/schedules/{id}" ManageSchedules => pages::edit::update;
    get "/schedules/{id}/edit" ManageSchedules => pages::edit::edit;
    get "/schedules/{id}/copy" ManageSchedules => pages::new::copy;
    get "/schedules/{id}/cancel" ManageSchedules => pages::cancel::new;
    post "/schedules/{id}/cancel" ManageSchedules => pages::cancel::create;
    get "/schedules/{id}/tasks" ManageSchedules => pages::tasks::index;
    get "/schedules/{id}/tasks/{task}/cancel" ManageSchedules => pages::cancel_task::new;
    post "/schedules/{id}/tasks/{task}/cancel" ManageSchedules => pages::cancel_task::create;
}
