//! Schedules from their form to the people who entered.

mod changing;
mod processes;
mod publishing;
mod running;
mod shop;
