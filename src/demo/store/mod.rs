//! Rows in bulk: what no feature writes by itself.

mod customers;

pub(super) use customers::{Said, Tagged, add_channel, add_contacts, add_members, add_orders, add_said, add_tagged};

/// Rows a statement: more gain nothing, and PostgreSQL takes 65,535 values at most.
const ROWS: usize = 50;
