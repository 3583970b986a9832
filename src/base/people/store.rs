//! Rows of people and their roles.

use crate::{
    db::{
        Conn, Id,
        schema::{people, people_roles},
        sql::{Sql, contains, like},
    },
    web::{
        Role,
        paging::{Column, Cursor, Key, Listing, Order},
    },
};
use chrono::NaiveDateTime;
use diesel::{
    prelude::*,
    sql_types::{BigInt, Bool, Nullable, Text, Timestamp},
};

/// A person to be added; the mail address is kept in small letters.
#[derive(Clone, Debug)]
pub struct NewPerson<'a> {
    pub email: &'a str,
    pub name: &'a str,
    pub password_hash: &'a str,
    pub roles: &'a [Role],
}

/// Adds a person.
///
/// # Errors
/// A unique violation where somebody has the address already; see [`exists`].
pub fn add(conn: &mut Conn, person: &NewPerson<'_>, now: NaiveDateTime) -> QueryResult<Id> {
    let id = Id::new();
    diesel::insert_into(people::table)
        .values((
            people::id.eq(&id),
            people::email.eq(person.email.to_lowercase()),
            people::name.eq(person.name),
            people::password_hash.eq(person.password_hash),
            people::theme.eq("system"),
            people::active.eq(true),
            people::created_at.eq(now),
            people::version.eq(1),
        ))
        .execute(conn)?;
    set_roles(conn, &id, person.roles)?;
    Ok(id)
}

/// Whether anybody, active or not, has this address.
pub fn exists(conn: &mut Conn, email: &str) -> QueryResult<bool> {
    let found = people::table.filter(people::email.eq(email.to_lowercase())).count().get_result::<i64>(conn)?;
    Ok(found > 0)
}

/// Sets the password of the person with this address, if there is one.
pub fn set_password_of(conn: &mut Conn, email: &str, hash: &str) -> QueryResult<usize> {
    let row = diesel::update(people::table.filter(people::email.eq(email.to_lowercase())));
    row.set(people::password_hash.eq(hash)).execute(conn)
}

/// How many people there are.
pub fn count(conn: &mut Conn) -> QueryResult<i64> {
    people::table.count().get_result(conn)
}

#[derive(QueryableByName)]
pub(super) struct Row {
    #[diesel(sql_type = Text)]
    pub id: Id,
    #[diesel(sql_type = Text)]
    pub email: String,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Bool)]
    pub active: bool,
    #[diesel(sql_type = Nullable<Timestamp>)]
    pub last_seen_at: Option<NaiveDateTime>,
    #[diesel(sql_type = BigInt)]
    pub version: i64,
    #[diesel(sql_type = Nullable<Text>)]
    roles: Option<String>,
}

impl Row {
    pub(super) fn roles(&self) -> Vec<Role> {
        let held = self.roles.as_deref().unwrap_or_default();
        Role::ALL.iter().copied().filter(|role| held.split(',').any(|word| word == role.word())).collect()
    }
}

const COLUMNS: &str = "select p.id, p.email, p.name, p.active, p.last_seen_at, p.version, \
    (select ROLES from people_roles r where r.person_id = p.id) as roles from people p";

fn columns(conn: &Conn) -> String {
    let roles = match conn {
        Conn::Pg(_) => "string_agg(r.role, ',')",
        Conn::Sqlite(_) => "group_concat(r.role)",
    };
    COLUMNS.replace("ROLES", roles)
}

pub(super) fn list(
    conn: &mut Conn,
    search: &str,
    role: Option<Role>,
    cursor: Option<&Cursor>,
) -> QueryResult<Listing<Row>> {
    let mut condition = Sql::new(" where 1 = 1");
    if !search.is_empty() {
        let (like, pattern) = (like(conn), contains(search));
        condition.push(" and (p.name").push(like).bind(pattern.as_str());
        condition.push(" escape '\\' or p.email").push(like).bind(pattern).push(" escape '\\')");
    }
    if let Some(role) = role {
        condition.push(" and exists (select 1 from people_roles r where r.person_id = p.id and r.role = ");
        condition.bind(role.word()).push(")");
    }
    let mut count = Sql::new("select count(*) as n from people p");
    count.append(condition.clone());
    let total = count.count(conn)?;
    let mut rows = Sql::new(&columns(conn));
    rows.append(condition);
    let order = Order { column: Column::Text("p.name"), id: "p.id", descending: false };
    let start = order.page(&mut rows, cursor);
    let rows: Vec<Row> = rows.load(conn)?;
    Ok(Listing::new(rows, total, start, |row| (Key::Text(row.name.clone()), row.id.clone())))
}

pub(super) fn find(conn: &mut Conn, id: &Id) -> QueryResult<Row> {
    let mut sql = Sql::new(&columns(conn));
    sql.push(" where p.id = ").bind(id);
    sql.first(conn)
}

/// What an admin may change of a person.
pub(super) struct Change {
    pub(super) name: String,
    pub(super) email: String,
    pub(super) active: bool,
    pub(super) roles: Vec<Role>,
}

/// Changes a person who is still as they were at `version`; answers whether they were.
pub(super) fn update(conn: &mut Conn, id: &Id, version: i64, change: &Change) -> QueryResult<bool> {
    let row = people::table.find(id).filter(people::version.eq(version));
    let changed = diesel::update(row)
        .set((
            people::name.eq(&change.name),
            people::email.eq(change.email.to_lowercase()),
            people::active.eq(change.active),
            people::version.eq(people::version + 1),
        ))
        .execute(conn)?;
    if changed == 1 {
        set_roles(conn, id, &change.roles)?;
    }
    Ok(changed == 1)
}

/// Whether somebody else than `id` is an active admin. On PostgreSQL the admins' rows are held until
/// the transaction ends, so that two admins cannot demote each other at once.
pub(super) fn other_admin_exists(conn: &mut Conn, id: &Id) -> QueryResult<bool> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = Text)]
        id: Id,
    }
    let lock = match conn {
        Conn::Pg(_) => " for update of p",
        Conn::Sqlite(_) => "",
    };
    let mut sql = Sql::new("select p.id from people p join people_roles r on r.person_id = p.id where r.role = ");
    sql.bind(Role::Admin.word()).push(" and p.active order by p.id").push(lock);
    let admins: Vec<Found> = sql.load(conn)?;
    Ok(admins.iter().any(|admin| admin.id != *id))
}

fn set_roles(conn: &mut Conn, id: &Id, roles: &[Role]) -> QueryResult<()> {
    diesel::delete(people_roles::table.filter(people_roles::person_id.eq(id))).execute(conn)?;
    for role in roles {
        diesel::insert_into(people_roles::table)
            .values((people_roles::person_id.eq(id), people_roles::role.eq(role)))
            .execute(conn)?;
    }
    Ok(())
}
