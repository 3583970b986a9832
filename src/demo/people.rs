//! One person a role.

use chrono::NaiveDateTime;
use tidings_base::{
    db::{Conn, DbError},
    people::{self, NewPerson},
    web::Role,
};

const PEOPLE: &[(&str, &str, Role)] = &[
    ("admin@demo.test", "陳雅婷", Role::Admin),
    ("marketer@demo.test", "林怡君", Role::Marketer),
    ("manager@demo.test", "黃建宏", Role::SalesManager),
    ("sales@demo.test", "周冠廷", Role::Salesperson),
];

pub(super) fn load(conn: &mut Conn, hash: &str, now: NaiveDateTime) -> Result<(), DbError> {
    for (email, name, role) in PEOPLE {
        people::add(conn, &NewPerson { email, name, password_hash: hash, roles: &[*role] }, now)?;
    }
    Ok(())
}
