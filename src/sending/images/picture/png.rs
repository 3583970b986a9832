//! The chunks of a PNG (W3C Portable Network Graphics, 5), without what says nothing of the picture.

/// Notes of cameras and programs.
const NOTES: [&[u8]; 5] = [b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME"];

/// The picture up to its end, without the notes. None when it ends early.
pub(super) fn bare(png: &[u8]) -> Option<Vec<u8>> {
    let mut out = png.get(..8)?.to_vec();
    let mut at: usize = 8;
    loop {
        let length = u32::from_be_bytes(png.get(at..at + 4)?.try_into().ok()?);
        let kind = png.get(at + 4..at + 8)?;
        // Length, kind and checksum stand around the data.
        let end = at.checked_add(12)?.checked_add(usize::try_from(length).ok()?)?;
        let chunk = png.get(at..end)?;
        if !NOTES.contains(&kind) {
            out.extend_from_slice(chunk);
        }
        if kind == b"IEND" {
            return Some(out);
        }
        at = end;
    }
}
