//! The demo shop: made from a fixed seed, so that it is the same on every machine.

mod calendar;
mod chance;
mod channels;
mod customers;
mod names;
mod people;
mod store;

use calendar::Calendar;
use chrono::NaiveDateTime;
use chrono_tz::Tz;
use customers::Customers;
use tidings_base::{
    db::{Conn, DbError},
    workspace::{self, Workspace},
};

/// Loads the shop into a database that has nothing. `hash` is the stored form of the password of
/// all its people; dates are relative to `now`.
///
/// # Errors
/// What the database says.
pub fn load(conn: &mut Conn, hash: &str, now: NaiveDateTime, zone: Tz) -> Result<(), DbError> {
    workspace::save(conn, &Workspace { name: "小島選物".into(), zone, ..Workspace::default() }, now)?;
    let staff = people::load(conn, hash, now)?;
    let calendar = Calendar::new(now, zone);
    channels::load(conn, now)?;
    Customers::invent(&calendar).load(conn, &calendar, &staff)
}
