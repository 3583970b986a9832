//! The segments of a JPEG (ITU-T T.81, annex B), without what says nothing of the picture.

use image::metadata::Orientation;

const START_OF_SCAN: u8 = 0xda;
const END_OF_IMAGE: u8 = 0xd9;
const APP1: u8 = 0xe1;
const APP2: u8 = 0xe2;
const APP13: u8 = 0xed;
const APP15: u8 = 0xef;
const COMMENT: u8 = 0xfe;
/// Progressive pictures have about ten; each makes the decoder walk over the whole picture once more.
const MOST_SCANS: usize = 64;

/// The picture up to its end, with its colours and which way is up, without what else a camera or a
/// program wrote into it. None when it ends early.
pub(super) fn bare(jpeg: &[u8]) -> Option<Vec<u8>> {
    let mut out = jpeg.get(..2)?.to_vec();
    let mut at = 2;
    let mut scans = 0;
    loop {
        at += jpeg.get(at..)?.iter().position(|byte| *byte == 0xff)?;
        // Any number of 0xff may stand before a marker.
        at += jpeg.get(at..)?.iter().position(|byte| *byte != 0xff)?;
        let marker = jpeg[at];
        at += 1;
        match marker {
            END_OF_IMAGE => {
                out.extend([0xff, END_OF_IMAGE]);
                return (scans > 0).then_some(out);
            }
            // These stand alone; a stuffed zero is no marker.
            0x00 | 0x01 | 0xd0..=0xd8 => continue,
            _ => {}
        }
        let length = usize::from(u16::from_be_bytes([*jpeg.get(at)?, *jpeg.get(at + 1)?]));
        let payload = jpeg.get(at + 2..at + length)?;
        match marker {
            APP1 => out.extend(upright(payload).into_iter().flatten()),
            APP2 if payload.starts_with(b"ICC_PROFILE\0") => out.extend(segment(marker, payload)),
            APP2..=APP13 | APP15 | COMMENT => {}
            _ => out.extend(segment(marker, payload)),
        }
        at += length;
        if marker == START_OF_SCAN {
            scans += 1;
            if scans > MOST_SCANS {
                return None;
            }
            let end = at + scan(jpeg.get(at..)?)?;
            out.extend_from_slice(&jpeg[at..end]);
            at = end;
        }
    }
}

fn segment(marker: u8, payload: &[u8]) -> Vec<u8> {
    // It came from a segment, so its length fits.
    let length = (payload.len() + 2) as u16;
    [&[0xff, marker][..], &length.to_be_bytes()[..], payload].concat()
}

/// How long the coded data is that begins here: up to the next marker that is none of its own.
fn scan(data: &[u8]) -> Option<usize> {
    data.windows(2).position(|two| two[0] == 0xff && !matches!(two[1], 0x00 | 0xff | 0xd0..=0xd7))
}

/// An Exif segment that holds which way is up and nothing else, if this one says so (Exif 2.3, 4.5.4
/// and 4.6.4: tag 0x0112).
fn upright(payload: &[u8]) -> Option<Vec<u8>> {
    let orientation = Orientation::from_exif_chunk(payload.strip_prefix(b"Exif\0\0")?)?;
    if orientation == Orientation::NoTransforms {
        return None;
    }
    let mut exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    exif.extend([orientation.to_exif(), 0, 0, 0, 0, 0, 0]);
    Some(segment(APP1, &exif))
}
