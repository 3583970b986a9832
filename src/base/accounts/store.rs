use super::throttle;
use crate::db::{
    Conn, Id,
    schema::{people, sign_in_failures},
};
use chrono::NaiveDateTime;
use diesel::prelude::*;

/// What signing in needs to know of a person.
#[derive(Queryable)]
pub(super) struct Credentials {
    pub(super) id: Id,
    pub(super) password_hash: String,
}

/// The active person of this mail address, which is compared without regard to capitals.
pub(super) fn credentials(conn: &mut Conn, email: &str) -> QueryResult<Option<Credentials>> {
    people::table
        .filter(people::email.eq(email.to_lowercase()))
        .filter(people::active)
        .select((people::id, people::password_hash))
        .first(conn)
        .optional()
}

/// When this account or this address may try again, if not now.
pub(super) fn wait_until(
    conn: &mut Conn,
    email: &str,
    address: &str,
    now: NaiveDateTime,
) -> QueryResult<Option<NaiveDateTime>> {
    let recent = || {
        sign_in_failures::table
            .filter(sign_in_failures::at.gt(now - throttle::WINDOW))
            .select(sign_in_failures::at)
            .order(sign_in_failures::at.desc())
    };
    let account: Vec<_> = recent()
        .filter(sign_in_failures::email.eq(email.to_lowercase()))
        .limit(throttle::BY_ACCOUNT as i64)
        .load(conn)?;
    let place: Vec<_> =
        recent().filter(sign_in_failures::address.eq(address)).limit(throttle::BY_ADDRESS as i64).load(conn)?;
    let account = throttle::wait_until(&account, throttle::BY_ACCOUNT, now);
    Ok(account.max(throttle::wait_until(&place, throttle::BY_ADDRESS, now)))
}

/// Remembers a wrong password, and forgets those that no longer count.
pub(super) fn failed(conn: &mut Conn, email: &str, address: &str, now: NaiveDateTime) -> QueryResult<()> {
    diesel::delete(sign_in_failures::table.filter(sign_in_failures::at.lt(now - throttle::WINDOW))).execute(conn)?;
    diesel::insert_into(sign_in_failures::table)
        .values((
            sign_in_failures::id.eq(Id::new()),
            sign_in_failures::email.eq(email.to_lowercase()),
            sign_in_failures::address.eq(address),
            sign_in_failures::at.eq(now),
        ))
        .execute(conn)
        .map(drop)
}

/// Forgets the wrong passwords of an account whose person got in.
pub(super) fn got_in(conn: &mut Conn, email: &str) -> QueryResult<()> {
    let theirs = sign_in_failures::table.filter(sign_in_failures::email.eq(email.to_lowercase()));
    diesel::delete(theirs).execute(conn).map(drop)
}

pub(super) fn password_hash(conn: &mut Conn, id: &Id) -> QueryResult<String> {
    people::table.find(id).select(people::password_hash).first(conn)
}

pub(crate) fn set_password(conn: &mut Conn, id: &Id, hash: &str) -> QueryResult<()> {
    diesel::update(people::table.find(id)).set(people::password_hash.eq(hash)).execute(conn).map(drop)
}

/// Language (none follows the browser) and theme.
pub(super) fn set_taste(conn: &mut Conn, id: &Id, language: Option<&str>, theme: &str) -> QueryResult<()> {
    let row = diesel::update(people::table.find(id));
    row.set((people::language.eq(language), people::theme.eq(theme))).execute(conn).map(drop)
}
