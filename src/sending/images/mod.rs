//! Pictures in messages: recognised by what they hold, kept in the database, where every node reaches
//! them, and served without sign-in under an address that nobody can guess, as vendors fetch them.
//!
//! A picture never changes and is never taken away while a message may name it; the same one uploaded
//! twice is kept once.

mod pages;
mod picture;
mod store;
mod uploads;

pub use picture::{Fault, Format, Picture};
pub use store::{Image, ImageKey, exist, find, keep};
pub use uploads::take_uploads;

use tidings_base::{outside::Outside, web::Message};
use tidings_customers::channels::{ChannelKind, Connector};

tidings_base::routes! {
    get "/media/{image}" anyone => pages::show::content;
    get "/media/{image}/preview" anyone => pages::show::preview;
}

/// Where vendors and mail programs fetch the picture of this key, as large as it was uploaded: JPEG or
/// PNG of at most 10 MB.
pub fn address(outside: &Outside, key: &str) -> String {
    format!("{}/media/{key}", outside.public_url())
}

/// Where they fetch its preview: JPEG of at most 1 MB and 1,024 pixels wide.
pub fn preview_address(outside: &Outside, key: &str) -> String {
    format!("{}/media/{key}/preview", outside.public_url())
}

/// What keeps pictures from reaching people over such an account, if anything does: LINE fetches them
/// over https only (Messaging API reference, "Image message").
pub fn warning(outside: &Outside, kind: ChannelKind, connector: Connector) -> Option<Message> {
    let fetched = kind == ChannelKind::Line && connector == Connector::Live;
    (fetched && !outside.is_public()).then(|| Message::new("images.needs_https"))
}
