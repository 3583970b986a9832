//! A form that creates or sends does so once, however often its button is pressed.

use crate::{
    clock,
    db::{Conn, Id, schema::once_tokens},
    each_backend,
};
use diesel::prelude::*;
use uuid::Uuid;

/// The token of one rendering of a form.
#[derive(Clone, Debug)]
pub struct Once {
    token: String,
    person: String,
}

impl Once {
    pub(super) fn new(token: &str, person: Option<&Id>) -> Self {
        // A form without a token, sent by a program, is a form of its own each time.
        let token = if token.is_empty() { Uuid::new_v4().simple().to_string() } else { token.to_owned() };
        Self { token, person: person.map(Id::to_string).unwrap_or_default() }
    }

    /// Runs `effect`, which answers where to go next, unless this form was sent before: then it
    /// answers where that went. Token and effect are one transaction; a second click that comes
    /// while the first still runs waits for it.
    pub fn spend<E: From<diesel::result::Error>>(
        &self,
        conn: &mut Conn,
        effect: impl FnOnce(&mut Conn) -> Result<String, E>,
    ) -> Result<String, E> {
        let key = self.key();
        let row = (
            once_tokens::token.eq(&key),
            once_tokens::person_id.eq(&self.person),
            once_tokens::location.eq(""),
            once_tokens::spent_at.eq(clock::machine()),
        );
        let first = each_backend!(conn, c => diesel::insert_into(once_tokens::table)
            .values(row).on_conflict(once_tokens::token).do_nothing().execute(c))?;
        if first == 0 {
            return Ok(once_tokens::table.find(&key).select(once_tokens::location).first(conn)?);
        }
        let location = effect(conn)?;
        diesel::update(once_tokens::table.find(&key)).set(once_tokens::location.eq(&location)).execute(conn)?;
        Ok(location)
    }

    /// Where this form went, if it was sent before; for a check that the first sending itself would
    /// make fail.
    pub fn spent(&self, conn: &mut Conn) -> QueryResult<Option<String>> {
        once_tokens::table.find(self.key()).select(once_tokens::location).first(conn).optional()
    }

    /// The person is part of the key: a token is nobody else's.
    fn key(&self) -> String {
        format!("{}:{}", self.person, self.token.chars().take(64).collect::<String>())
    }
}
