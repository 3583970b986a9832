//! What a picture is: JPEG or PNG that can be decoded within bounds. No database and no clock.

mod jpeg;
mod png;
mod preview;

use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};
use sha2::{Digest, Sha256};
use std::io::Cursor;
use tidings_base::{text_enum, web::Message};

/// Of one side, in pixels.
const LONGEST_SIDE: u32 = 10_000;
/// Of the whole picture: the cameras of phones make 12 to 24 million.
const MOST_PIXELS: u64 = 30_000_000;
/// What decoding may take, in bytes: the most pixels, at four channels of 16 bits.
const MOST_MEMORY: u64 = MOST_PIXELS * 8;

text_enum! {
    /// What vendors take.
    pub enum Format {
        Jpeg = "jpeg",
        Png = "png",
    }
}

impl Format {
    /// Its media type.
    pub fn mime(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
        }
    }
}

/// A picture as it is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Picture {
    pub format: Format,
    /// As it was uploaded, without what the camera noted: where it was taken is nobody's business.
    pub content: Vec<u8>,
    /// As a JPEG of at most a million bytes and 1,024 pixels wide, the right way up.
    pub preview: Vec<u8>,
    /// In pixels, as one sees it.
    pub width: u32,
    pub height: u32,
    /// Of what was uploaded, in hexadecimal digits.
    pub sha256: String,
}

/// Why a file is no picture that can be sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// Neither JPEG nor PNG, whatever it is called.
    OtherFormat,
    /// It ends early, or makes no sense.
    Broken,
    /// Larger than what is decoded.
    TooLarge { width: u32, height: u32 },
}

impl Fault {
    /// The sentence beside the field.
    pub fn said(self) -> Message {
        match self {
            Self::OtherFormat => Message::new("images.other_format"),
            Self::Broken => Message::new("images.broken"),
            Self::TooLarge { width, height } => {
                Message::new("images.too_large").with("n", width).with("m", height).with("x", LONGEST_SIDE)
            }
        }
    }
}

impl Picture {
    /// Recognises, checks and decodes an upload. Takes a processor for a while.
    ///
    /// # Errors
    /// What keeps it from being sent.
    pub fn read(upload: &[u8]) -> Result<Self, Fault> {
        let (format, decoded_as) = match image::guess_format(upload) {
            Ok(ImageFormat::Jpeg) => (Format::Jpeg, ImageFormat::Jpeg),
            Ok(ImageFormat::Png) => (Format::Png, ImageFormat::Png),
            Ok(_) | Err(_) => return Err(Fault::OtherFormat),
        };
        let content = match format {
            Format::Jpeg => jpeg::bare(upload),
            Format::Png => png::bare(upload),
        };
        let content = content.ok_or(Fault::Broken)?;
        let reader = || ImageReader::with_format(Cursor::new(content.as_slice()), decoded_as);
        let (width, height) = reader().into_dimensions().map_err(|_| Fault::Broken)?;
        let too_long = width.max(height) > LONGEST_SIDE;
        if too_long || u64::from(width) * u64::from(height) > MOST_PIXELS {
            return Err(Fault::TooLarge { width, height });
        }
        let mut reader = reader();
        reader.limits(limits());
        let mut decoder = reader.into_decoder().map_err(|_| Fault::Broken)?;
        let orientation = decoder.orientation().map_err(|_| Fault::Broken)?;
        let colours = decoder.icc_profile().ok().flatten();
        let decoded = DynamicImage::from_decoder(decoder).map_err(|_| Fault::Broken)?;
        let (width, height) = preview::turned((width, height), orientation);
        let preview = preview::of(decoded, orientation, colours).ok_or(Fault::Broken)?;
        Ok(Self { format, preview, width, height, sha256: hash(upload), content })
    }
}

/// The SHA-256 of an upload, in hexadecimal digits.
pub(super) fn hash(upload: &[u8]) -> String {
    Sha256::digest(upload).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_image_width = Some(LONGEST_SIDE);
    limits.max_image_height = Some(LONGEST_SIDE);
    limits.max_alloc = Some(MOST_MEMORY);
    limits
}

#[cfg(test)]
mod test;
