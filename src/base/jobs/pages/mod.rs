//! `/jobs`: what runs, what waits, what went wrong and why.

mod cancel;
mod list;
mod retry;

pub(super) use cancel::{create as cancel, new as ask};
pub(super) use list::index;
pub(super) use retry::create as retry;

use super::{Care, Kind, Trouble};
use crate::{
    audit::{self, Action, Entry, Noun},
    db::{Conn, DbError, Id},
    web::{App, CurrentUser, Error},
};
use chrono::NaiveDateTime;
use diesel::QueryResult;
use std::sync::Arc;

/// The kind that the address names.
fn kind(app: &App, name: &str) -> Result<Kind, Error> {
    app.kinds.iter().find(|kind| kind.name == name).cloned().ok_or(Error::NotFound)
}

/// Does something about a trouble and writes in the trail who did; answers whether it was one still.
async fn act(
    app: &App,
    who: &CurrentUser,
    kind: &Kind,
    id: &Id,
    action: Action,
    effect: fn(&dyn Care, &mut Conn, &Id, NaiveDateTime) -> QueryResult<bool>,
) -> Result<bool, Error> {
    let (care, id, who, now) = (Arc::clone(&kind.care), id.clone(), who.clone(), app.clock.now());
    let done = app
        .db
        .write(move |conn| {
            let Some(trouble) = care.trouble(conn, &id, now)? else { return Ok(false) };
            let done = effect(&*care, conn, &id, now)?;
            if done {
                let entry =
                    Entry { action, noun: Noun::Work, id: id.as_str(), name: &trouble.name, detail: Some(trouble.why) };
                audit::record(conn, &who, now, &entry)?;
            }
            Ok::<_, DbError>(done)
        })
        .await?;
    if done {
        app.wake.kind(kind.name);
    }
    Ok(done)
}
