//! What today's page asks of the database: a fixed number of statements, each with an end.

mod campaigns;
mod customers;
mod first_steps;

pub(super) use campaigns::{Came, Campaigns, Next, count, load};
pub(super) use customers::{Customers, customers};
pub(super) use first_steps::{FirstSteps, first_steps};
