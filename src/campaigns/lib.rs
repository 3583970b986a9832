//! Campaigns: what is sent to whom and when.

pub mod broadcasts;
pub mod find;
pub mod journeys;
pub mod schedules;
pub mod today;
