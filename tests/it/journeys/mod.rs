//! Journeys, from outside their package.

mod bad_input;
mod building;
mod entering;
#[cfg(feature = "crash-points")]
mod killed;
mod packs;
mod pictures;
mod removal;
mod run;
mod shop;
mod timeline;
mod together;
mod travelling;
mod world;
