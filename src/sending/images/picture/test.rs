use super::*;
use ::image::{Rgb, RgbImage, Rgba, RgbaImage, codecs::jpeg::JpegEncoder};
use proptest::prelude::*;

fn png(image: impl Into<DynamicImage>) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    image.into().write_to(&mut out, ImageFormat::Png).unwrap();
    out.into_inner()
}

fn jpeg(image: &RgbImage) -> Vec<u8> {
    let mut out = Vec::new();
    JpegEncoder::new_with_quality(&mut out, 90).encode_image(image).unwrap();
    out
}

/// A picture that hardly compresses.
fn noise(width: u32, height: u32) -> RgbImage {
    let mut state = 1_u32;
    RgbImage::from_fn(width, height, |_, _| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let [_, r, g, b] = state.to_be_bytes();
        Rgb([r, g, b])
    })
}

/// A chunk of a PNG.
fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut crc = !0_u32;
    for byte in kind.iter().chain(data) {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    let length = u32::try_from(data.len()).unwrap().to_be_bytes();
    [&length[..], kind, data, &(!crc).to_be_bytes()].concat()
}

/// `n` zeros as zlib writes them at best (RFC 1950 and 1951): one, and then copies of 258 at a time.
fn zeros(n: usize) -> Vec<u8> {
    let mut out = vec![0x78, 0x9c];
    let (mut bits, mut count) = (0_u64, 0);
    let mut put = |code: u64, length: u32, out: &mut Vec<u8>| {
        bits |= code << count;
        count += length;
        while count >= 8 {
            out.push(bits as u8);
            bits >>= 8;
            count -= 8;
        }
    };
    // The last block, with the codes that the standard fixes; codes stand with their first bit first.
    put(0b011, 3, &mut out);
    for _ in 0..1 + (n - 1) % 258 {
        put(0b0000_1100, 8, &mut out);
    }
    for _ in 0..(n - 1) / 258 {
        put(0b1010_0011, 8, &mut out);
        put(0, 5, &mut out);
    }
    put(0, 7, &mut out);
    put(0, 7, &mut out);
    let adler = (u32::try_from(n % 65_521).unwrap() << 16) | 1;
    out.extend(adler.to_be_bytes());
    out
}

/// A whole and valid PNG of black pixels: a few bytes that unfold into `width` × `height`.
fn black(width: u32, height: u32) -> Vec<u8> {
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes()[..], &[8, 0, 0, 0, 0]].concat();
    let data = zeros((width as usize + 1) * height as usize);
    [b"\x89PNG\r\n\x1a\n".to_vec(), chunk(b"IHDR", &header), chunk(b"IDAT", &data), chunk(b"IEND", b"")].concat()
}

#[test]
fn a_file_is_what_it_holds() {
    let (small, photo) = (png(noise(8, 6)), jpeg(&noise(64, 48)));
    let html = b"<!doctype html><script>alert(1)</script>".to_vec();
    let hidden = [&b"\xff\xd8\xff\xe0"[..], &html].concat();
    for (what, upload, expected) in [
        ("PNG", small.clone(), Ok(Format::Png)),
        ("JPEG", photo.clone(), Ok(Format::Jpeg)),
        ("nothing", Vec::new(), Err(Fault::OtherFormat)),
        ("HTML", html.clone(), Err(Fault::OtherFormat)),
        ("SVG", b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(), Err(Fault::OtherFormat)),
        ("GIF", b"GIF89a\x01\0\x01\0\0\0\0;".to_vec(), Err(Fault::OtherFormat)),
        ("WebP", b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f\0\0\0".to_vec(), Err(Fault::OtherFormat)),
        ("PDF", b"%PDF-1.7".to_vec(), Err(Fault::OtherFormat)),
        ("HTML behind the first bytes of a JPEG", hidden, Err(Fault::Broken)),
        ("the first bytes of a PNG", small[..8].to_vec(), Err(Fault::Broken)),
        ("half a PNG", small[..small.len() / 2].to_vec(), Err(Fault::Broken)),
        ("a PNG without its end", small[..small.len() - 12].to_vec(), Err(Fault::Broken)),
        ("half a JPEG", photo[..photo.len() / 2].to_vec(), Err(Fault::Broken)),
        ("a JPEG without its end", photo[..photo.len() - 2].to_vec(), Err(Fault::Broken)),
        ("a JPEG with something behind it", [photo.clone(), html].concat(), Ok(Format::Jpeg)),
    ] {
        assert_eq!(Picture::read(&upload).map(|picture| picture.format), expected, "{what}");
    }
}

#[test]
fn what_would_unfold_into_too_much_is_not_decoded() {
    let bomb = black(20_000, 20_000);
    assert!(bomb.len() < 3_000_000, "{} bytes hold 400 million pixels", bomb.len());
    let large = |width, height| Err(Fault::TooLarge { width, height });
    for (upload, expected) in [
        (bomb, large(20_000, 20_000)),
        (black(10_001, 1), large(10_001, 1)),
        (black(1, 10_001), large(1, 10_001)),
        (black(6_000, 5_001), large(6_000, 5_001)),
        (black(10_000, 1), Ok((10_000, 1))),
        (black(6_000, 5_000), Ok((6_000, 5_000))),
    ] {
        let read = Picture::read(&upload).map(|picture| (picture.width, picture.height));
        assert_eq!(read, expected);
    }
}

#[test]
fn a_jpeg_of_endless_scans_is_refused() {
    let photo = jpeg(&noise(16, 16));
    let scan = photo.windows(2).position(|two| two == [0xff, 0xda]).unwrap();
    let (head, scan) = (&photo[..scan], &photo[scan..photo.len() - 2]);
    let endless = [head, &scan.repeat(65), &[0xff, 0xd9]].concat();
    assert_eq!(Picture::read(&endless), Err(Fault::Broken));
}

fn shown(preview: &[u8]) -> RgbImage {
    ::image::load_from_memory_with_format(preview, ImageFormat::Jpeg).unwrap().into_rgb8()
}

#[test]
fn a_preview_is_small_enough_for_every_vendor() {
    for (width, height) in [(3_000, 1_500), (1_024, 4_000), (12, 10), (1, 1), (5_000, 1)] {
        let picture = Picture::read(&png(noise(width, height))).unwrap();
        assert_eq!((picture.width, picture.height), (width, height));
        assert!(picture.preview.len() <= 1_000_000, "{width} × {height}: {} bytes", picture.preview.len());
        let preview = shown(&picture.preview);
        assert!(preview.width() <= width.min(1_024), "{width} × {height}: {}", preview.width());
        let (before, after) = (width as f32 / height as f32, preview.width() as f32 / preview.height() as f32);
        assert!(preview.height() == 1 || (before / after - 1.0).abs() < 0.02, "{width} × {height}: {before} {after}");
    }
}

#[test]
fn what_shines_through_is_white() {
    let clear = RgbaImage::from_pixel(20, 20, Rgba([0, 0, 0, 0]));
    let picture = Picture::read(&png(clear)).unwrap();
    assert!(shown(&picture.preview).pixels().all(|Rgb(colours)| colours.iter().all(|c| *c > 250)));
}

/// A segment of a JPEG.
fn segment(marker: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len() + 2).unwrap();
    [&[0xff, marker][..], &length.to_be_bytes(), payload].concat()
}

/// An Exif segment: which way is up, and the name of a camera.
fn exif(orientation: u8) -> Vec<u8> {
    let mut tiff = b"Exif\0\0II*\0\x08\0\0\0\x02\0".to_vec();
    tiff.extend(b"\x0f\x01\x02\0\x0a\0\0\0\x26\0\0\0");
    tiff.extend([0x12, 0x01, 0x03, 0, 0x01, 0, 0, 0, orientation, 0, 0, 0]);
    tiff.extend(b"\0\0\0\0TattleCam\0");
    segment(0xe1, &tiff)
}

#[test]
fn a_photo_is_shown_the_right_way_up_and_keeps_no_secrets() {
    // Red on the left, blue on the right.
    let photo = jpeg(&RgbImage::from_fn(64, 32, |x, _| if x < 32 { Rgb([255, 0, 0]) } else { Rgb([0, 0, 255]) }));
    let is_red = |preview: &RgbImage, x, y| preview.get_pixel(x, y).0[0] > 200;
    for (orientation, size, red_at, blue_at) in
        [(1, (64, 32), (5, 16), (60, 16)), (3, (64, 32), (60, 16), (5, 16)), (6, (32, 64), (16, 5), (16, 60))]
    {
        let xmp = segment(0xe1, b"http://ns.adobe.com/xap/1.0/\0Tattle");
        let comment = segment(0xfe, b"Tattle");
        let upload = [&photo[..2], &exif(orientation), &xmp, &comment, &photo[2..], b"Tattle"].concat();
        let picture = Picture::read(&upload).unwrap();
        assert_eq!((picture.width, picture.height), size, "{orientation}");
        let preview = shown(&picture.preview);
        assert!(is_red(&preview, red_at.0, red_at.1) && !is_red(&preview, blue_at.0, blue_at.1), "{orientation}");
        let text = String::from_utf8_lossy(&picture.content);
        assert!(!text.contains("Tattle"), "{orientation}");
        // What is kept stands the same way up, and can be read again.
        let again = Picture::read(&picture.content).unwrap();
        assert_eq!((again.content, again.preview), (picture.content, picture.preview), "{orientation}");
    }
    let small = png(noise(4, 4));
    let noted = [&small[..33], &chunk(b"tEXt", b"Comment\0Tattle"), &small[33..]].concat();
    assert_eq!(Picture::read(&noted).unwrap().content, small);
}

proptest! {
    #[test]
    fn whatever_is_uploaded_is_read_or_refused(
        jpeg_or_png in any::<bool>(), cut in 0..2_000_usize, changes in proptest::collection::vec((0..2_000_usize, any::<u8>()), 0..8),
    ) {
        let mut upload = if jpeg_or_png { jpeg(&noise(24, 16)) } else { png(noise(12, 8)) };
        for (at, byte) in changes {
            let length = upload.len();
            upload[at % length] = byte;
        }
        upload.truncate(upload.len().saturating_sub(cut % 400));
        if let Ok(picture) = Picture::read(&upload) {
            prop_assert!(picture.preview.len() <= 1_000_000);
            prop_assert!(u64::from(picture.width) * u64::from(picture.height) <= MOST_PIXELS);
        }
    }
}
