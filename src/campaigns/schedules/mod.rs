//! Schedules: at set times, an audience enters a journey.

mod draft;
mod fit;
mod model;
pub mod recurrence;
