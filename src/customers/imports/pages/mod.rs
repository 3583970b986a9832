//! The pages of all kinds of import; the address says of which.

pub(super) mod bad_rows;
pub(super) mod live;
pub(super) mod new;
pub(super) mod show;
pub(super) mod update;

use super::kind::ImportKind;
use actix_web::{FromRequest, HttpRequest, dev::Payload};
use std::future::{Ready, ready};
use tidings_base::web::Error;

impl FromRequest for ImportKind {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let kind = Self::ALL.iter().find(|kind| req.path().starts_with(kind.address()));
        ready(kind.copied().ok_or(Error::NotFound))
    }
}
