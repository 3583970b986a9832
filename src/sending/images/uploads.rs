//! The pictures of a form with a composer: the files that were chosen are taken out of it and kept,
//! and the field of each part then holds a key.

use super::{Fault, ImageKey, Picture, picture, store};
use crate::messages::image_fields;
use std::sync::Arc;
use tidings_base::{
    db::{DbError, Id},
    web::{App, Error, Form},
};
use tokio::sync::Semaphore;

/// More parts than any message has; files beyond them are not looked at.
const MOST: usize = 10;

/// Decoding takes memory: one picture at a time.
static DECODING: Semaphore = Semaphore::const_new(1);

/// Keeps the pictures that came with `form`, and writes what they are kept under into the fields of
/// their parts. What is no picture is refused beside its field, and the picture that stood there
/// before stays. A key that names no picture is emptied, as if none had been chosen.
///
/// Every handler of a form with a composer calls it before it looks at the content.
///
/// # Errors
/// What the database says.
pub async fn take_uploads(app: &App, by: &Id, form: &mut Form) -> Result<(), Error> {
    let fields = image_fields(form);
    for field in fields.iter().take(MOST) {
        let Some(file) = form.take_file(field) else { continue };
        match kept(app, by, file.content).await? {
            Ok(key) => form.set(field, key.as_str()),
            Err(fault) => form.refuse(field, fault.said()),
        }
    }
    let keys: Vec<ImageKey> = fields.iter().filter_map(|field| form.value(field).parse().ok()).collect();
    let known = if keys.is_empty() {
        Default::default()
    } else {
        app.db.read(move |conn| store::exist(conn, &keys).map_err(DbError::from)).await?
    };
    for field in &fields {
        if !form.value(field).parse().is_ok_and(|key| known.contains(&key)) {
            form.set(field, "");
        }
    }
    Ok(())
}

async fn kept(app: &App, by: &Id, upload: Arc<Vec<u8>>) -> Result<Result<ImageKey, Fault>, Error> {
    let sha256 = picture::hash(&upload);
    let known = app.db.read(move |conn| store::known(conn, &sha256).map_err(DbError::from)).await?;
    if let Some(key) = known {
        return Ok(Ok(key));
    }
    let turn = DECODING.acquire().await.map_err(|_| DbError::Gone)?;
    let read = tokio::task::spawn_blocking(move || Picture::read(&upload)).await;
    drop(turn);
    let picture = match read {
        Ok(Ok(picture)) => picture,
        Ok(Err(fault)) => return Ok(Err(fault)),
        Err(e) => {
            tracing::warn!(error = %e, "a decoder gave up on a picture");
            return Ok(Err(Fault::Broken));
        }
    };
    let (key, by, now) = (ImageKey::random().map_err(Error::internal)?, by.clone(), app.clock.now());
    let keep = move |conn: &mut _| store::keep(conn, key, &picture, Some(&by), now).map_err(DbError::from);
    Ok(Ok(app.db.write(keep).await?))
}
