//! The frame of every page: who asks, what they may, how a page is drawn and a form is read.
//!
//! A handler takes what it needs as arguments: [`App`] (database, clock), [`May`] with the
//! permission it needs, [`Page`] to draw with, [`Query`] or [`Form`].

pub mod assets;
#[cfg(test)]
mod components;
pub mod control;
mod current_user;
pub mod dates;
mod error;
pub mod filters;
mod flash;
mod form;
mod frame;
pub mod kept;
pub mod live;
#[cfg(test)]
mod look;
mod once;
mod page;
pub mod paging;
mod permissions;
mod query;
mod routes;
mod session;
mod state;
pub mod texts;
pub mod upload;

pub use current_user::{CurrentUser, May, end_sessions, initials};
pub use error::Error;
pub use flash::{Flash, redirect, redirect_saying, redirect_warning};
pub use form::{Form, body};
pub use frame::{Routes, frame};
pub use once::Once;
pub use page::{MenuGroup, MenuItem, Page};
pub use permissions::{Permission, Permit, Role, permit};
pub use query::Query;
pub use routes::{Access, Route, Verb, register};
pub(crate) use session::PERSON;
pub use session::SessionRows;
pub use state::{App, MenuPlace, State};
pub use texts::{Lang, Message};

/// What a handler answers.
pub type Answer = Result<actix_web::HttpResponse, Error>;

crate::routes! {
    get "/static/{hash}/{path:.*}" anyone => assets::show;
}
