//! The files of a form.

use super::{
    Form,
    error::Error,
    form::{LIMIT, MOST_FIELDS, clean},
};
use actix_multipart::Multipart;
use actix_web::{
    HttpRequest,
    dev::Payload,
    http::header::{self, ContentDisposition},
};
use futures_util::StreamExt;
use std::sync::Arc;

/// The largest file, in bytes.
pub const LARGEST: usize = 10 << 20;
/// How much of a form is read, in bytes: more than this nobody sends by mistake. A file over
/// [`LARGEST`] is read to its end and forgotten, so that what was typed beside it is not lost.
const MOST: usize = 64 << 20;

/// A file as it was sent; its name says nothing about its content.
#[derive(Clone, Debug)]
pub struct File {
    pub name: String,
    pub content: Arc<Vec<u8>>,
}

/// What a form says of a file that was chosen.
#[derive(Clone, Debug)]
pub(super) struct Attached {
    pub(super) name: String,
    /// None when it was not kept, being too large.
    pub(super) content: Option<Arc<Vec<u8>>>,
}

/// Whether the body is one that can hold files.
pub(super) fn has_files(req: &HttpRequest) -> bool {
    let kind = req.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("multipart/form-data"))
}

/// Reads such a body (RFC 7578); without `keep` only the names of its files.
pub(super) async fn read(req: &HttpRequest, payload: Payload, keep: bool) -> Result<Form, Error> {
    let mut parts = Multipart::new(req.headers(), payload);
    let (mut fields, mut files) = (Vec::new(), Vec::new());
    let (mut typed, mut all) = (0, 0);
    while let Some(part) = parts.next().await {
        let mut part = part.map_err(|_| Error::BadRequest("expected a form with files"))?;
        if fields.len() + files.len() == MOST_FIELDS {
            return Err(Error::TooLarge);
        }
        let name = clean(part.name().unwrap_or_default());
        let file = part.content_disposition().and_then(file_name);
        let mut content = Some(Vec::new());
        while let Some(chunk) = part.next().await {
            let chunk = chunk.map_err(|_| Error::BadRequest("the body ended early"))?;
            all += chunk.len();
            typed += if file.is_none() { chunk.len() } else { 0 };
            if all > MOST || typed > LIMIT {
                return Err(Error::TooLarge);
            }
            let room = file.is_none() || keep;
            content = content.filter(|content| room && content.len() + chunk.len() <= LARGEST);
            if let Some(content) = &mut content {
                content.extend_from_slice(&chunk);
            }
        }
        match file {
            // Nothing was chosen.
            Some(file) if file.is_empty() => {}
            Some(file) => files.push((name, Attached { name: file, content: content.map(Arc::new) })),
            None => fields.push((name, clean(&String::from_utf8_lossy(&content.unwrap_or_default())))),
        }
    }
    Ok(Form::of_parts(fields, files))
}

/// What a file is called; some programs write it in the other way of RFC 6266.
fn file_name(about: &ContentDisposition) -> Option<String> {
    let extended = || about.get_filename_ext().map(|name| clean(&String::from_utf8_lossy(&name.value)));
    about.get_filename().map(clean).or_else(extended)
}
