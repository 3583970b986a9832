//! What somebody posted when their session had ended: kept for an hour, for the same person only.
//!
//! The form carries a token that only its browser and its person could have been given, so that
//! whoever signs in next can be told from the one who filled it in. Files are not kept, only what
//! they were called. It lies sealed, because it may hold a password or an account's secrets.

use super::{
    App, Form,
    error::Error,
    form,
    page::{FORM_COOKIE, csrf_of},
    upload,
};
use crate::{
    clock,
    db::{DbError, Id, schema::kept_forms},
};
use actix_web::{HttpRequest, dev::Payload, http::header};
use base64::{Engine, prelude::BASE64_STANDARD};
use chrono::TimeDelta;
use diesel::prelude::*;

/// The largest body that is kept, in bytes.
const LIMIT: usize = 1 << 18;
/// What it is sealed for.
const PURPOSE: &str = "kept-form";
/// Under which name the body says what a file was called.
const FILE: &str = "kept-file";

/// What was posted.
#[derive(Debug)]
pub struct Kept {
    /// Where it was to go.
    pub path: String,
    pub form: Form,
    /// The names of the files that came with it.
    pub files: Vec<String>,
}

/// Keeps the body, if it is a form of ours.
pub(super) async fn keep(req: &HttpRequest, payload: Payload) -> Option<Id> {
    req.cookie(FORM_COOKIE)?;
    let app = req.app_data::<App>()?.clone();
    let body = body(req, payload).await?;
    let (id, path) = (Id::new(), req.path().to_owned());
    let sealed = app.secret.seal(PURPOSE, id.as_str(), body.as_bytes()).ok()?;
    let row = (
        kept_forms::id.eq(id.clone()),
        kept_forms::path.eq(path),
        kept_forms::body.eq(BASE64_STANDARD.encode(sealed)),
        kept_forms::expires_at.eq(clock::machine() + TimeDelta::hours(1)),
    );
    let kept = app
        .db
        .write(move |conn| diesel::insert_into(kept_forms::table).values(row).execute(conn).map_err(DbError::from))
        .await;
    kept.ok().map(|_| id)
}

async fn body(req: &HttpRequest, payload: Payload) -> Option<String> {
    if upload::has_files(req) {
        let form = upload::read(req, payload, false).await.ok()?;
        let files = form.files().map(|(_, file)| (FILE, file.name.as_str()));
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form.fields().chain(files)).finish();
        return (body.len() <= LIMIT).then_some(body);
    }
    let kind = req.headers().get(header::CONTENT_TYPE)?.to_str().ok()?;
    if !kind.starts_with("application/x-www-form-urlencoded") {
        return None;
    }
    String::from_utf8(form::body(payload, LIMIT).await.ok()?.to_vec()).ok()
}

/// What was kept under `id`, if it was this person who posted it from this browser.
pub async fn take(app: &App, req: &HttpRequest, person: &Id, id: Id) -> Result<Option<Kept>, Error> {
    let Some(key) = req.cookie(FORM_COOKIE) else { return Ok(None) };
    let wanted = id.clone();
    let found = app
        .db
        .read(move |conn| {
            let row = kept_forms::table.find(wanted).filter(kept_forms::expires_at.gt(clock::machine()));
            let row = row.select((kept_forms::path, kept_forms::body));
            row.first::<(String, String)>(conn).optional().map_err(DbError::from)
        })
        .await?;
    let Some((path, sealed)) = found else { return Ok(None) };
    let sealed = BASE64_STANDARD.decode(sealed).unwrap_or_default();
    let Ok(body) = app.secret.open(PURPOSE, id.as_str(), &sealed) else { return Ok(None) };
    let mut form = Form::from_body(&body)?;
    let theirs = form.value("csrf") == csrf_of(&app.secret, key.value(), Some(person.as_str()));
    let files = form.all(FILE).map(str::to_owned).collect();
    form.remove(|name| name == FILE);
    Ok(theirs.then_some(Kept { path, form, files }))
}
