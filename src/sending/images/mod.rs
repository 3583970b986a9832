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

#[cfg(test)]
mod tests {
    use super::*;
    use tidings_base::{outside::Reach, secret::Secret};

    fn at(public_url: &str) -> Outside {
        let public_url = public_url.to_owned();
        let reach = Reach { public_url, line_api: String::new(), allow_private_addresses: false };
        Outside::new(reach, Secret::random().unwrap())
    }

    #[test]
    fn who_writes_for_line_hears_when_pictures_cannot_be_fetched() {
        let (open, here) = (at("https://shop.example"), at("http://127.0.0.1:8080"));
        for (outside, kind, connector, warns) in [
            (&here, ChannelKind::Line, Connector::Live, true),
            (&here, ChannelKind::Line, Connector::Sandbox, false),
            (&here, ChannelKind::Email, Connector::Live, false),
            (&open, ChannelKind::Line, Connector::Live, false),
        ] {
            assert_eq!(warning(outside, kind, connector).is_some(), warns, "{kind} {connector}");
        }
        assert_eq!(address(&open, "k"), "https://shop.example/media/k");
        assert_eq!(preview_address(&open, "k"), "https://shop.example/media/k/preview");
    }
}
