//! One integration binary: a file a feature, and `support` for all of them.
#![allow(
    clippy::allow_attributes,
    clippy::type_complexity,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests"
)]

mod accounts;
mod architecture;
mod audiences;
mod broadcasts;
mod census;
mod channels;
mod contacts;
#[cfg(feature = "crash-points")]
mod crashes;
mod database;
mod demo;
mod dispatch;
#[cfg(feature = "crash-points")]
mod faults;
mod find;
mod images;
mod imports;
mod jobs;
mod journeys;
mod line;
mod mail;
mod main_job;
mod many;
mod metrics;
mod process;
mod released;
mod sandbox;
mod schedules;
mod screenshots;
mod settings;
mod sizes;
mod support;
mod texts;
mod unsubscribe;
