//! One person a role.

use chrono::NaiveDateTime;
use tidings_base::{
    db::{Conn, DbError, Id},
    people::{self, NewPerson},
    web::Role,
};

/// Who works at the shop.
pub(super) struct Staff {
    pub(super) marketer: Person,
    pub(super) manager: Person,
    pub(super) sales: Person,
}

/// One of them.
pub(super) struct Person {
    pub(super) id: Id,
    pub(super) name: &'static str,
}

pub(super) fn load(conn: &mut Conn, hash: &str, now: NaiveDateTime) -> Result<Staff, DbError> {
    let mut add = |email, name, role| -> Result<Person, DbError> {
        let id = people::add(conn, &NewPerson { email, name, password_hash: hash, roles: &[role] }, now)?;
        Ok(Person { id, name })
    };
    add("admin@demo.test", "陳雅婷", Role::Admin)?;
    Ok(Staff {
        marketer: add("marketer@demo.test", "林怡君", Role::Marketer)?,
        manager: add("manager@demo.test", "黃建宏", Role::SalesManager)?,
        sales: add("sales@demo.test", "周冠廷", Role::Salesperson)?,
    })
}
