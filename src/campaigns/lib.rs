//! Campaigns: what is sent to whom and when.

pub mod broadcasts;
pub mod find;
mod funnel;
pub mod journeys;
mod rates;
pub mod schedules;
pub mod today;
