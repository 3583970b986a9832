//! A task's time has come: people enter its journey.

use super::{run, store::Failed};
use tidings_base::jobs::Kind;

/// The name to wake it by.
pub const RUN: &str = "schedules.run";

/// Lets the people of due tasks into their journeys.
pub fn run_tasks() -> Kind {
    Kind::over(RUN, "schedules.job", "schedule_tasks", "status = 'waiting' or status = 'running'", 4, 1, run::run)
        .cared_for(Failed)
}
