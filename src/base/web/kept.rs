//! What somebody posted when their session had ended: kept for an hour, for the same person only.
//!
//! The form carries a token that only its browser and its person could have been given, so that
//! whoever signs in next can be told from the one who filled it in.

use super::{
    App, Form,
    error::Error,
    form,
    page::{FORM_COOKIE, csrf_of},
};
use crate::{
    clock,
    db::{DbError, Id, schema::kept_forms},
};
use actix_web::{HttpRequest, dev::Payload, http::header};
use chrono::TimeDelta;
use diesel::prelude::*;

/// The largest body that is kept, in bytes.
const LIMIT: usize = 1 << 18;

/// Keeps the body, if it is a form of ours.
pub(super) async fn keep(req: &HttpRequest, payload: Payload) -> Option<Id> {
    let kind = req.headers().get(header::CONTENT_TYPE)?.to_str().ok()?;
    if !kind.starts_with("application/x-www-form-urlencoded") {
        return None;
    }
    req.cookie(FORM_COOKIE)?;
    let app = req.app_data::<App>()?.clone();
    let body = String::from_utf8(form::body(payload, LIMIT).await.ok()?.to_vec()).ok()?;
    let (id, path) = (Id::new(), req.path().to_owned());
    let row = (
        kept_forms::id.eq(id.clone()),
        kept_forms::path.eq(path),
        kept_forms::body.eq(body),
        kept_forms::expires_at.eq(clock::machine() + TimeDelta::hours(1)),
    );
    let kept = app
        .db
        .write(move |conn| diesel::insert_into(kept_forms::table).values(row).execute(conn).map_err(DbError::from))
        .await;
    kept.ok().map(|_| id)
}

/// What was kept under `id`, if it was this person who posted it from this browser: the address it
/// was for and what was typed.
pub async fn take(app: &App, req: &HttpRequest, person: &Id, id: Id) -> Result<Option<(String, Form)>, Error> {
    let Some(key) = req.cookie(FORM_COOKIE) else { return Ok(None) };
    let found = app
        .db
        .read(move |conn| {
            let row = kept_forms::table.find(id).filter(kept_forms::expires_at.gt(clock::machine()));
            let row = row.select((kept_forms::path, kept_forms::body));
            row.first::<(String, String)>(conn).optional().map_err(DbError::from)
        })
        .await?;
    let Some((path, body)) = found else { return Ok(None) };
    let form = Form::from_body(body.as_bytes())?;
    let theirs = form.value("csrf") == csrf_of(&app.secret, key.value(), Some(person.as_str()));
    Ok(theirs.then_some((path, form)))
}
