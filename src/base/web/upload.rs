//! A form with a file.

use super::{Form, error::Error, form::clean};
use actix_multipart::Multipart;
use actix_web::{FromRequest, HttpRequest, dev::Payload};
use futures_util::StreamExt;
use std::{future::Future, pin::Pin};

/// The largest file, in bytes.
pub const LARGEST: usize = 10 << 20;

/// The texts of a form and the file that came with it, if one was chosen.
#[derive(Debug)]
pub struct Upload {
    pub form: Form,
    pub file: Option<File>,
}

/// A file as it was sent; its name says nothing about its content.
#[derive(Debug)]
pub struct File {
    pub name: String,
    pub content: Vec<u8>,
}

impl FromRequest for Upload {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let req = req.clone();
        let multipart = Multipart::new(req.headers(), payload.take());
        Box::pin(async move {
            let mut fields = Vec::new();
            let mut file = None;
            let mut size = 0;
            let mut parts = multipart;
            while let Some(part) = parts.next().await {
                let mut part = part.map_err(|_| Error::BadRequest("expected a form with a file"))?;
                let name = part.name().unwrap_or_default().to_owned();
                let file_name = part.content_disposition().and_then(|d| d.get_filename()).map(clean);
                let mut content = Vec::new();
                while let Some(chunk) = part.next().await {
                    let chunk = chunk.map_err(|_| Error::BadRequest("the body ended early"))?;
                    size += chunk.len();
                    if size > LARGEST + (1 << 16) {
                        return Err(Error::TooLarge);
                    }
                    content.extend_from_slice(&chunk);
                }
                match file_name {
                    Some(name) if !name.is_empty() => file = Some(File { name, content }),
                    Some(_) => {}
                    None => fields.push((clean(&name), clean(&String::from_utf8_lossy(&content)))),
                }
            }
            let form = Form::filled(fields).checked(&req).await?;
            Ok(Self { form, file })
        })
    }
}
