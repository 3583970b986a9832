//! Journeys, from outside their package.

mod entering;
mod run;
mod world;
