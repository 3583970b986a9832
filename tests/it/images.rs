//! Pictures as vendors fetch them, and as they are kept.

use crate::support::{App, both};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use reqwest::{Method, Response};
use std::io::Cursor;
use tidings_sending::images::{self, ImageKey, Picture};

/// A picture of one colour, as a file.
pub(crate) fn picture(format: ImageFormat, width: u32, height: u32, colour: [u8; 3]) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    let image = DynamicImage::from(RgbImage::from_pixel(width, height, Rgb(colour)));
    image.write_to(&mut file, format).unwrap();
    file.into_inner()
}

async fn keep(app: &App, upload: &[u8]) -> ImageKey {
    let (picture, now) = (Picture::read(upload).unwrap(), app.clock.now());
    app.write(move |conn| images::keep(conn, ImageKey::random().unwrap(), &picture, None, now)).await
}

async fn fetch(app: &App, method: Method, path: &str, etag: Option<&str>) -> Response {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = http.request(method, format!("{}{path}", app.address));
    let request = if let Some(etag) = etag { request.header("if-none-match", etag) } else { request };
    request.send().await.unwrap()
}

fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

both! {
    async fn a_picture_is_served_to_whoever_knows_its_address(app: App) {
        tidings_base::outside::tls();
        let upload = picture(ImageFormat::Png, 1_500, 300, [200, 30, 30]);
        let key = keep(&app, &upload).await;
        for (path, mime) in [(format!("/media/{key}"), "image/png"), (format!("/media/{key}/preview"), "image/jpeg")] {
            let answer = fetch(&app, Method::GET, &path, None).await;
            assert_eq!(answer.status(), 200, "{path}");
            assert_eq!(header(&answer, "content-type"), mime);
            assert_eq!(header(&answer, "x-content-type-options"), "nosniff");
            assert_eq!(header(&answer, "cache-control"), "public, max-age=31536000, immutable");
            assert!(header(&answer, "content-security-policy").contains("default-src 'none'"));
            assert!(!answer.headers().contains_key("set-cookie"), "who fetches a picture is a stranger");
            let etag = header(&answer, "etag").to_owned();
            let length = header(&answer, "content-length").to_owned();
            let content = answer.bytes().await.unwrap();
            assert_eq!(content.len().to_string(), length);
            if mime == "image/png" {
                assert_eq!(content, upload);
            } else {
                let shown = image::load_from_memory_with_format(&content, ImageFormat::Jpeg).unwrap();
                assert_eq!((shown.width(), content.len() <= 1_000_000), (1_024, true));
            }

            let head = fetch(&app, Method::HEAD, &path, None).await;
            assert_eq!((head.status().as_u16(), header(&head, "content-type")), (200, mime));
            assert_eq!(header(&head, "content-length"), length);
            assert!(head.bytes().await.unwrap().is_empty());

            let same = fetch(&app, Method::GET, &path, Some(&format!("\"other\", W/{etag}"))).await;
            assert_eq!((same.status().as_u16(), header(&same, "etag")), (304, etag.as_str()));
            assert!(same.bytes().await.unwrap().is_empty());
            assert_eq!(fetch(&app, Method::GET, &path, Some("\"other\"")).await.status(), 200);
            assert_eq!(fetch(&app, Method::POST, &path, None).await.status(), 405);
        }
    }

    async fn a_key_that_is_nobodys_shows_nothing(app: App) {
        tidings_base::outside::tls();
        let key = keep(&app, &picture(ImageFormat::Jpeg, 20, 20, [0, 90, 0])).await.to_string();
        let other = ImageKey::random().unwrap().to_string();
        for wrong in [other.as_str(), &key.to_uppercase(), &key[..31], "x", "%00", "..%2fapp.css", "%27%20or%201=1"] {
            for path in [format!("/media/{wrong}"), format!("/media/{wrong}/preview")] {
                let answer = fetch(&app, Method::GET, &path, Some(&format!("\"{wrong}\""))).await;
                assert_eq!(answer.status(), 404, "{path}");
                assert!(!answer.headers().contains_key("set-cookie"), "{path}");
            }
        }
    }

    async fn the_same_picture_is_kept_once_and_keys_tell_nothing(app: App) {
        let (red, blue) = (picture(ImageFormat::Png, 9, 9, [255, 0, 0]), picture(ImageFormat::Png, 9, 9, [0, 0, 255]));
        let (first, again, other) = (keep(&app, &red).await, keep(&app, &red).await, keep(&app, &blue).await);
        assert_eq!(first, again);
        assert_ne!(first, other);
        // 128 bits, and not in the order they were made: not even their beginnings are alike.
        assert_eq!(first.as_str().len(), 32);
        assert_ne!(first.as_str()[..8], other.as_str()[..8]);
    }
}
