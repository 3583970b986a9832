//! What can go wrong with a page, and the page that says so.

use super::{Message, filters, page::Page};
use crate::db::{DbError, NotAnId};
use actix_web::{HttpResponse, ResponseError, http::StatusCode};
use askama::Template;

/// Why a page was not answered as asked. The frame turns it into a page with a way out.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such thing, or it is somebody else's.
    #[error("not found")]
    NotFound,
    /// A role that this person does not have is needed.
    #[error("forbidden")]
    Forbidden,
    /// Nobody is signed in. What was posted, if anything, is kept under this id.
    #[error("sign in first")]
    SignIn { kept: Option<crate::db::Id> },
    /// A POST without the token of the form it should have come from.
    #[error("the form has expired")]
    Expired,
    /// The body is larger than the address takes.
    #[error("too large")]
    TooLarge,
    /// The request cannot be read at all. Wrong input in a form is no error: the form comes back.
    #[error("bad request: {0}")]
    BadRequest(&'static str),
    /// It changed meanwhile; the sentence says what and what to do.
    #[error("conflict: {0:?}")]
    Conflict(Message),
    /// Too many at once; try again in a moment.
    #[error("busy")]
    Busy,
    /// A fault of ours.
    #[error("{0}")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// A fault of ours, from an error or from a sentence.
    pub fn internal(e: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(e.into())
    }
}

impl From<DbError> for Error {
    fn from(e: DbError) -> Self {
        match e {
            DbError::Query(diesel::result::Error::NotFound) => Self::NotFound,
            e if e.is_busy() => Self::Busy,
            e => Self::Internal(e.into()),
        }
    }
}

impl From<diesel::result::Error> for Error {
    fn from(e: diesel::result::Error) -> Self {
        DbError::from(e).into()
    }
}

impl From<NotAnId> for Error {
    fn from(_: NotAnId) -> Self {
        Self::NotFound
    }
}

impl From<askama::Error> for Error {
    fn from(e: askama::Error) -> Self {
        Self::Internal(e.into())
    }
}

impl From<serde_json::Error> for Error {
    fn from(e: serde_json::Error) -> Self {
        Self::Internal(e.into())
    }
}

// actix-session's errors are no `std::error::Error + Send + Sync`.
impl From<actix_session::SessionGetError> for Error {
    fn from(e: actix_session::SessionGetError) -> Self {
        Self::internal(e.to_string())
    }
}

impl From<actix_session::SessionInsertError> for Error {
    fn from(e: actix_session::SessionInsertError) -> Self {
        Self::internal(e.to_string())
    }
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Forbidden | Self::Expired => StatusCode::FORBIDDEN,
            Self::SignIn { .. } => StatusCode::SEE_OTHER,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Empty: the frame, which knows the language and the person, draws the page.
    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}

#[derive(Template)]
#[template(path = "errors/show.html")]
struct ErrorPage {
    title: &'static str,
    about: Message,
    /// Who can help: the names of the admins, where a permission is missing.
    admins: Vec<String>,
    /// Found in the log, where the fault is ours.
    reference: Option<String>,
}

/// The page for an answer of `status`; `error` where it was one of ours.
pub(super) fn render(
    page: &Page,
    status: StatusCode,
    error: Option<&Error>,
    admins: Vec<String>,
    reference: &str,
) -> Result<HttpResponse, Error> {
    let (title, about) = match (status, error) {
        (_, Some(Error::Expired)) => ("errors.expired", Message::new("errors.expired_about")),
        (_, Some(Error::Conflict(why))) => ("errors.conflict", why.clone()),
        (StatusCode::NOT_FOUND, _) => ("errors.not_found", Message::new("errors.not_found_about")),
        (StatusCode::FORBIDDEN, _) => ("errors.forbidden", Message::new("errors.forbidden_about")),
        (StatusCode::METHOD_NOT_ALLOWED, _) => ("errors.bad_request", Message::new("errors.method_about")),
        (StatusCode::PAYLOAD_TOO_LARGE, _) => ("errors.too_large", Message::new("errors.too_large_about")),
        (StatusCode::SERVICE_UNAVAILABLE, _) => ("errors.busy", Message::new("errors.busy_about")),
        (status, _) if status.is_client_error() => ("errors.bad_request", Message::new("errors.bad_request_about")),
        (_, _) => ("errors.internal", Message::new("errors.internal_about")),
    };
    let reference = status.is_server_error().then(|| reference.to_owned());
    page.render_as(status, &ErrorPage { title, about, admins, reference })
}
