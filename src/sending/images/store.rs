use super::{Format, Picture};
use chrono::NaiveDateTime;
use diesel::prelude::*;
use rand::{TryRngCore, rand_core::OsError, rngs::OsRng};
use std::{collections::BTreeSet, fmt, str::FromStr};
use tidings_base::{
    db::{Conn, Id, schema::images},
    each_backend,
    secret::hex,
};

/// What a picture is kept under: 128 random bits, so that knowing it is the right to see it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ImageKey(String);

impl ImageKey {
    /// A key that nobody has guessed.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub fn random() -> Result<Self, OsError> {
        let mut bytes = [0; 16];
        OsRng.try_fill_bytes(&mut bytes)?;
        Ok(Self(hex(&bytes)))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ImageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ImageKey {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let is_key = text.len() == 32 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        is_key.then(|| Self(text.to_owned())).ok_or(())
    }
}

/// A picture as it is served.
#[derive(Clone, Debug)]
pub struct Image {
    pub mime: &'static str,
    pub content: Vec<u8>,
}

/// Keeps a picture under `key`, unless it is kept already; answers what it is kept under.
pub fn keep(
    conn: &mut Conn,
    key: ImageKey,
    picture: &Picture,
    by: Option<&Id>,
    now: NaiveDateTime,
) -> QueryResult<ImageKey> {
    let row = (
        images::id.eq(&key.0),
        images::format.eq(picture.format),
        (images::width.eq(i64::from(picture.width)), images::height.eq(i64::from(picture.height))),
        images::sha256.eq(&picture.sha256),
        (images::created_at.eq(now), images::created_by.eq(by)),
        (images::preview.eq(&picture.preview), images::content.eq(&picture.content)),
    );
    let new = each_backend!(conn, c => diesel::insert_into(images::table)
        .values(&row).on_conflict(images::sha256).do_nothing().execute(c))?;
    if new == 1 {
        return Ok(key);
    }
    images::table.filter(images::sha256.eq(&picture.sha256)).select(images::id).first(conn).map(ImageKey)
}

/// What an upload of this hash is kept under, if it was made before.
pub(super) fn known(conn: &mut Conn, sha256: &str) -> QueryResult<Option<ImageKey>> {
    let known = images::table.filter(images::sha256.eq(sha256)).select(images::id).first(conn);
    Ok(known.optional()?.map(ImageKey))
}

/// The picture of this key, or its preview.
pub fn find(conn: &mut Conn, key: &ImageKey, preview: bool) -> QueryResult<Option<Image>> {
    let image = images::table.find(&key.0);
    if preview {
        let content = image.select(images::preview).first(conn).optional()?;
        return Ok(content.map(|content| Image { mime: Format::Jpeg.mime(), content }));
    }
    let found: Option<(Format, Vec<u8>)> = image.select((images::format, images::content)).first(conn).optional()?;
    Ok(found.map(|(format, content)| Image { mime: format.mime(), content }))
}

/// Which of these keys have a picture.
pub fn exist(conn: &mut Conn, keys: &[ImageKey]) -> QueryResult<BTreeSet<ImageKey>> {
    let keys = keys.iter().map(ImageKey::as_str);
    let found: Vec<String> = images::table.filter(images::id.eq_any(keys)).select(images::id).load(conn)?;
    Ok(found.into_iter().map(ImageKey).collect())
}
