//! A small JPEG of a picture.

use image::{DynamicImage, ImageEncoder, RgbImage, Rgba, codecs::jpeg::JpegEncoder, metadata::Orientation};

/// In pixels; LINE draws no picture wider.
const WIDEST: u32 = 1_024;
/// LINE takes 1 MB (Messaging API reference, `previewImageUrl`); which of the two megabytes it does not say.
const LARGEST: usize = 1_000_000;
/// Tried one after the other, in percent.
const QUALITIES: [u8; 4] = [85, 70, 55, 40];
/// Profiles of screens and cameras are a few KB; what is larger would weigh more than the picture.
const LARGEST_PROFILE: usize = 16 << 10;

/// Width and height as one sees them.
pub(super) fn turned((width, height): (u32, u32), orientation: Orientation) -> (u32, u32) {
    match orientation {
        Orientation::NoTransforms
        | Orientation::Rotate180
        | Orientation::FlipHorizontal
        | Orientation::FlipVertical => (width, height),
        Orientation::Rotate90 | Orientation::Rotate270 | Orientation::Rotate90FlipH | Orientation::Rotate270FlipH => {
            (height, width)
        }
    }
}

/// The preview, the right way up; none where it cannot be written, which no picture within bounds is.
pub(super) fn of(decoded: DynamicImage, orientation: Orientation, colours: Option<Vec<u8>>) -> Option<Vec<u8>> {
    let colours = colours.filter(|profile| profile.get(16..20) == Some(b"RGB ") && profile.len() <= LARGEST_PROFILE);
    let mut image = on_white(decoded);
    let (width, _) = turned((image.width(), image.height()), orientation);
    if width > WIDEST {
        image = shrunk(&image, f64::from(WIDEST) / f64::from(width));
    }
    image.apply_orientation(orientation);
    loop {
        for quality in QUALITIES {
            let written = jpeg(&image, quality, colours.clone())?;
            if written.len() <= LARGEST {
                return Some(written);
            }
        }
        image = shrunk(&image, 0.5);
    }
}

fn shrunk(image: &DynamicImage, by: f64) -> DynamicImage {
    // Rounded down, so that the bound holds.
    let side = |length: u32| ((f64::from(length) * by) as u32).max(1);
    image.thumbnail_exact(side(image.width()), side(image.height()))
}

/// JPEG has no transparency: what shines through is white, as on the page.
fn on_white(image: DynamicImage) -> DynamicImage {
    if !image.color().has_alpha() {
        return image.into_rgb8().into();
    }
    let image = image.into_rgba8();
    let over = |colour: u8, alpha: u8| {
        let (colour, alpha) = (u16::from(colour), u16::from(alpha));
        ((colour * alpha + 255 * (255 - alpha)) / 255) as u8
    };
    let pixels = image.pixels().flat_map(|Rgba([r, g, b, a])| [over(*r, *a), over(*g, *a), over(*b, *a)]).collect();
    let (width, height) = image.dimensions();
    RgbImage::from_raw(width, height, pixels).expect("three bytes a pixel").into()
}

fn jpeg(image: &DynamicImage, quality: u8, colours: Option<Vec<u8>>) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut out, quality);
    if let Some(colours) = colours {
        encoder.set_icc_profile(colours).ok()?;
    }
    encoder.encode_image(image).ok()?;
    Some(out)
}
