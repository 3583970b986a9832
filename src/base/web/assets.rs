//! Files of `static/`, at addresses that change with their content, so that browsers keep them.

use super::{Answer, error::Error};
use actix_web::{HttpResponse, http::header, web};
use sha2::{Digest, Sha256};
use std::sync::OnceLock;

#[derive(rust_embed::Embed)]
#[folder = "../../static"]
struct Static;

/// All stylesheets in one, in the order of their paths after the one that orders the layers.
const STYLESHEET: &str = "app.css";
const LAYERS: &str = "css/layers.css";

/// The address of `path`, which stands under `static/` or is `app.css`.
pub fn address(path: &str) -> String {
    let hash = match content(path) {
        Some(bytes) => hash(&bytes),
        None => "missing".to_owned(),
    };
    format!("/static/{hash}/{path}")
}

/// GET `/static/{hash}/{path}`: the file, whichever hash was asked for.
pub(super) async fn show(at: web::Path<(String, String)>) -> Answer {
    let (_, path) = at.into_inner();
    let bytes = content(&path).ok_or(Error::NotFound)?;
    let mime = if path == STYLESHEET {
        "text/css; charset=utf-8".to_owned()
    } else {
        let file = Static::get(&path).ok_or(Error::NotFound)?;
        let mime = file.metadata.mimetype().to_owned();
        if mime.starts_with("text/") { format!("{mime}; charset=utf-8") } else { mime }
    };
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, mime))
        .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .body(bytes))
}

fn content(path: &str) -> Option<Vec<u8>> {
    if path == STYLESHEET {
        return Some(stylesheet());
    }
    Static::get(path).map(|file| file.data.into_owned())
}

pub(super) fn stylesheet() -> Vec<u8> {
    static RELEASED: OnceLock<Vec<u8>> = OnceLock::new();
    if cfg!(debug_assertions) { minified() } else { RELEASED.get_or_init(minified).clone() }
}

/// As written, where it cannot be read: a test says so.
fn minified() -> Vec<u8> {
    let written = concatenated();
    let small = |css: &str| {
        // The minifier takes `a :is(b)` for `a:is(b)`; what has a name it leaves apart.
        let named = css.replace(" :", &format!(" {ANY}:"));
        let small = minifier::css::minify(&named).ok()?.to_string().replace(&format!("{ANY}:"), ":");
        // The last declaration of a block needs no semicolon.
        Some(small.replace(";}", "}"))
    };
    let small = std::str::from_utf8(&written).ok().and_then(small);
    small.map_or(written, String::into_bytes)
}

/// What no element is called.
const ANY: &str = "any-element";

fn concatenated() -> Vec<u8> {
    let mut files: Vec<_> = Static::iter().filter(|file| file.starts_with("css/") && file != LAYERS).collect();
    files.sort();
    let first = Static::get(LAYERS).into_iter();
    first.chain(files.iter().filter_map(|file| Static::get(file))).flat_map(|file| file.data.into_owned()).collect()
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes)[..6].iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_inside_another_still_does_when_made_small() {
        let inside = |css: Vec<u8>| {
            let css = String::from_utf8(css).unwrap();
            let css: String =
                css.split("/*").map(|part| part.split_once("*/").map_or(part, |(_, rest)| rest)).collect();
            css.match_indices(" :")
                .filter(|(at, _)| css[..*at].ends_with(|c: char| c.is_alphanumeric() || c == ')'))
                .count()
        };
        let written = inside(concatenated());
        assert!(written > 0, "the files say `a :is(b)` somewhere");
        assert_eq!(inside(stylesheet()), written);
    }
}
