//! One sentence for the next page: what was just done.

use super::texts::Message;
use actix_web::{
    HttpRequest, HttpResponse,
    cookie::{Cookie, SameSite, time::Duration},
    http::header,
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

const COOKIE: &str = "tidings_flash";

/// A sentence and how it is meant.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Flash {
    /// `good`, `warn` or `bad`.
    pub kind: String,
    pub message: Message,
}

/// 303 to `location`.
pub fn redirect(location: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, location)).finish()
}

/// 303 to `location`, where `message` says what was done.
pub fn redirect_saying(location: &str, message: Message) -> HttpResponse {
    redirect_with(location, "good", message)
}

/// 303 to `location`, where `message` says what to look at.
pub fn redirect_warning(location: &str, message: Message) -> HttpResponse {
    redirect_with(location, "warn", message)
}

fn redirect_with(location: &str, kind: &str, message: Message) -> HttpResponse {
    let mut answer = redirect(location);
    let flash = Flash { kind: kind.to_owned(), message };
    if let Ok(json) = serde_json::to_vec(&flash) {
        let cookie = cookie(BASE64_URL_SAFE_NO_PAD.encode(json)).max_age(Duration::minutes(5)).finish();
        // A sentence too long for a cookie is not worth an error.
        let _ = answer.add_cookie(&cookie);
    }
    answer
}

pub(super) fn read(req: &HttpRequest) -> Option<Flash> {
    let cookie = req.cookie(COOKIE)?;
    let json = BASE64_URL_SAFE_NO_PAD.decode(cookie.value()).ok()?;
    serde_json::from_slice(&json).ok()
}

pub(super) fn gone() -> Cookie<'static> {
    let mut cookie = cookie(String::new()).finish();
    cookie.make_removal();
    cookie
}

fn cookie(value: String) -> actix_web::cookie::CookieBuilder<'static> {
    Cookie::build(COOKIE, value).path("/").http_only(true).same_site(SameSite::Lax)
}
