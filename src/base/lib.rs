//! What every other package stands on: settings, the clocks, the two doors to the database, jobs,
//! and the web's frame. It knows nothing of customers, messages or campaigns.

pub mod accounts;
pub mod audit;
pub mod clock;
pub mod crash;
pub mod db;
pub mod jobs;
pub mod memory;
pub mod metrics;
pub mod outside;
pub mod passwords;
pub mod people;
pub mod retention;
pub mod secret;
pub mod settings;
pub mod web;
pub mod workspace;
pub mod zones;
