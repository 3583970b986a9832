//! Sessions are rows, so that changing a role or a password can end them.
//!
//! A row is named by the hash of the session's key: who reads the database cannot use it.

use crate::{
    clock,
    db::{Db, DbError, schema::sessions},
    each_backend,
};
use actix_session::storage::{LoadError, SaveError, SessionKey, SessionStore, UpdateError, generate_session_key};
use actix_web::cookie::time::Duration;
use chrono::{NaiveDateTime, TimeDelta};
use diesel::prelude::*;
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// What the session keeps: the id of the person who signed in.
pub(crate) const PERSON: &str = "person";

type State = HashMap<String, String>;

/// The table of sessions as actix-session wants it.
#[derive(Clone)]
pub struct SessionRows(pub Db);

/// The name of the row of a session.
pub(crate) fn row_name(key: &str) -> String {
    Sha256::digest(key).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn until(ttl: &Duration) -> NaiveDateTime {
    clock::machine() + TimeDelta::seconds(ttl.whole_seconds())
}

impl SessionRows {
    async fn put(&self, key: SessionKey, state: State, ttl: &Duration) -> Result<SessionKey, anyhow::Error> {
        let id = row_name(key.as_ref());
        // actix-session keeps values as JSON; the id of a person is a JSON text.
        let person: Option<String> = state.get(PERSON).and_then(|text| serde_json::from_str(text).ok());
        let (text, expires) = (serde_json::to_string(&state)?, until(ttl));
        self.0
            .write(move |conn| {
                let row = (
                    sessions::id.eq(id),
                    sessions::person_id.eq(&person),
                    sessions::state.eq(&text),
                    sessions::expires_at.eq(expires),
                );
                let change =
                    (sessions::person_id.eq(&person), sessions::state.eq(&text), sessions::expires_at.eq(expires));
                each_backend!(conn, c => diesel::insert_into(sessions::table)
                    .values(&row).on_conflict(sessions::id).do_update().set(change).execute(c))
                .map_err(DbError::from)
            })
            .await?;
        Ok(key)
    }
}

impl SessionStore for SessionRows {
    async fn load(&self, key: &SessionKey) -> Result<Option<State>, LoadError> {
        let id = row_name(key.as_ref());
        let found = self
            .0
            .read(move |conn| {
                sessions::table
                    .find(id)
                    .filter(sessions::expires_at.gt(clock::machine()))
                    .select(sessions::state)
                    .first::<String>(conn)
                    .optional()
                    .map_err(DbError::from)
            })
            .await
            .map_err(|e| LoadError::Other(e.into()))?;
        found.map(|text| serde_json::from_str(&text)).transpose().map_err(|e| LoadError::Deserialization(e.into()))
    }

    async fn save(&self, state: State, ttl: &Duration) -> Result<SessionKey, SaveError> {
        self.put(generate_session_key(), state, ttl).await.map_err(SaveError::Other)
    }

    async fn update(&self, key: SessionKey, state: State, ttl: &Duration) -> Result<SessionKey, UpdateError> {
        self.put(key, state, ttl).await.map_err(UpdateError::Other)
    }

    async fn update_ttl(&self, key: &SessionKey, ttl: &Duration) -> Result<(), anyhow::Error> {
        let (id, expires) = (row_name(key.as_ref()), until(ttl));
        self.0
            .write(move |conn| {
                let row = diesel::update(sessions::table.find(id));
                row.set(sessions::expires_at.eq(expires)).execute(conn).map_err(DbError::from)
            })
            .await?;
        Ok(())
    }

    async fn delete(&self, key: &SessionKey) -> Result<(), anyhow::Error> {
        let id = row_name(key.as_ref());
        self.0.write(move |conn| diesel::delete(sessions::table.find(id)).execute(conn).map_err(DbError::from)).await?;
        Ok(())
    }
}
