//! The demo shop: made from a fixed seed, so that it is the same on every machine.

mod audiences;
mod broadcasts;
mod calendar;
mod chance;
mod channels;
mod customers;
mod history;
mod journeys;
mod names;
mod people;
mod schedules;
mod sent;
mod store;
mod trail;

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
    workspace::save(conn, &Workspace { name: "小島選物".into(), zone, keep: None, ..Workspace::default() }, now)?;
    let staff = people::load(conn, hash, now)?;
    let calendar = Calendar::new(now, zone);
    channels::load(conn, &calendar)?;
    Customers::invent(&calendar).load(conn, &calendar, &staff)?;
    let audiences = audiences::load(conn, &calendar, &staff)?;
    let journeys = journeys::load(conn, &calendar, &audiences, &staff)?;
    schedules::load(conn, &calendar, &audiences, &journeys, &staff)?;
    broadcasts::load(conn, &calendar, &audiences, &staff)?;
    journeys::pause(conn, &journeys, &staff, &calendar)?;
    trail::load(conn, &staff)?;
    Ok(store::gather_statistics(conn)?)
}
