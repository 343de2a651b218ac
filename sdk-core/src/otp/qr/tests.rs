#![allow(clippy::unwrap_used)]

use image::{Luma, LumaA, Rgb, RgbImage, RgbaImage};
use proptest::prelude::*;
use qrcode::{Color, QrCode};

use super::*;

const URI: &str = "otpauth://totp/Acme:mia%40example.com?secret=JBSWY3DPEHPK3PXP&issuer=Acme";

/// The code as the server draws it, `module` pixels a module, with the quiet zone of four.
fn drawn(text: &str, module: u32) -> GrayImage {
    let code = QrCode::new(text).unwrap();
    let (width, colors) = (u32::try_from(code.width()).unwrap(), code.to_colors());
    let side = (width + 8) * module;
    GrayImage::from_fn(side, side, |x, y| {
        let at = |pixel: u32| (pixel / module).checked_sub(4).filter(|at| *at < width);
        let dark = match (at(x), at(y)) {
            (Some(x), Some(y)) => colors[usize::try_from(y * width + x).unwrap()] == Color::Dark,
            _ => false,
        };
        Luma([if dark { 0 } else { 255 }])
    })
}

fn file(picture: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn png(picture: impl Into<DynamicImage>) -> Vec<u8> {
    file(picture, ImageFormat::Png)
}

fn texts(picture: &[u8]) -> Vec<String> {
    // EXPOSE: made-up codes.
    read(picture).unwrap().into_iter().map(|text| text.expose().clone()).collect()
}

#[test]
fn every_format_is_read() {
    let picture = DynamicImage::from(drawn(URI, 6)).into_rgb8();
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP] {
        assert_eq!(texts(&file(picture.clone(), format)), [URI], "{format:?}");
    }
}

#[test]
fn a_code_may_lie_anyhow() {
    let code = drawn(URI, 5);
    let turned = [imageops::rotate90(&code), imageops::rotate180(&code), imageops::rotate270(&code)];
    for picture in turned {
        assert_eq!(texts(&png(picture)), [URI]);
    }
    let mut inverted = code.clone();
    imageops::invert(&mut inverted);
    assert_eq!(texts(&png(inverted)), [URI], "light on dark");
    assert_eq!(texts(&png(imageops::blur(&code, 1.2))), [URI], "blurred");
    let grey =
        GrayImage::from_fn(code.width(), code.height(), |x, y| Luma([90 + code.get_pixel(x, y).0[0] / 4]));
    assert_eq!(texts(&png(grey)), [URI], "faint");
}

#[test]
fn a_code_may_be_of_any_size() {
    for module in [1, 2, 3, 12, 60] {
        assert_eq!(texts(&png(drawn(URI, module))), [URI], "{module} pixels a module");
    }
}

#[test]
fn a_transparent_ground_is_white() {
    let code = drawn(URI, 4);
    let picture = RgbaImage::from_fn(code.width(), code.height(), |x, y| {
        let dark = code.get_pixel(x, y).0[0] == 0;
        image::Rgba([0, 0, 0, if dark { 255 } else { 0 }])
    });
    assert_eq!(texts(&png(picture)), [URI]);
    let half = shades(image::GrayAlphaImage::from_pixel(1, 1, LumaA([100, 51])).into());
    assert_eq!(half.get_pixel(0, 0).0, [224]);
}

#[test]
fn several_codes_are_read_from_top_to_bottom() {
    let (first, second) = (drawn("first", 6), drawn("second", 6));
    let mut page = RgbImage::from_pixel(600, 900, Rgb([255; 3]));
    imageops::overlay(&mut page, &DynamicImage::from(second).into_rgb8(), 40, 560);
    imageops::overlay(&mut page, &DynamicImage::from(first).into_rgb8(), 300, 30);
    assert_eq!(texts(&png(page)), ["first", "second"]);
}

#[test]
fn what_is_no_picture_of_a_code_is_told_apart() {
    let whole = png(drawn(URI, 4));
    let cases: [(&str, Vec<u8>, QrError); 7] = [
        ("nothing", Vec::new(), QrError::UnknownFormat),
        ("text", b"otpauth://totp/Acme".to_vec(), QrError::UnknownFormat),
        ("a GIF", b"GIF89a\x01\x00\x01\x00\x80\x00\x00".to_vec(), QrError::UnknownFormat),
        ("cut off", whole[..whole.len() / 2].to_vec(), QrError::Damaged),
        ("only a beginning", whole[..20].to_vec(), QrError::Damaged),
        ("a white page", png(GrayImage::from_pixel(500, 500, Luma([255]))), QrError::NoCode),
        ("too many bytes", vec![0; MOST_BYTES + 1], QrError::TooLarge),
    ];
    for (name, picture, wanted) in cases {
        assert_eq!(read(&picture).err(), Some(wanted), "{name}");
    }
}

#[test]
fn a_code_that_is_there_but_hidden_is_told_as_such() {
    let mut code = drawn(URI, 8);
    let side = code.width();
    // The corners that make it a code stay; the middle goes.
    for (x, y) in (side / 4..side * 2 / 3).flat_map(|x| (side / 3..side * 3 / 4).map(move |y| (x, y))) {
        code.put_pixel(x, y, Luma([255]));
    }
    assert_eq!(read(&png(code)).err(), Some(QrError::Unreadable));
}

/// A small file that announces a picture of this size.
fn bomb(width: u32, height: u32) -> Vec<u8> {
    let mut png = png(drawn(URI, 1));
    png[16..20].copy_from_slice(&width.to_be_bytes());
    png[20..24].copy_from_slice(&height.to_be_bytes());
    let checksum = crc32(&png[12..29]);
    png[29..33].copy_from_slice(&checksum.to_be_bytes());
    png
}

/// As PNG has it, ISO 3309.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |sum: u32, _| if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 };
    !bytes.iter().fold(u32::MAX, |sum, byte| (0..8).fold(sum ^ u32::from(*byte), step))
}

#[test]
fn a_picture_that_would_fill_the_memory_is_refused_unread() {
    assert_eq!(crc32(b"IEND"), 0xae42_6082);
    for (width, height) in [(10_001, 1), (1, 10_001), (60_000, 60_000), (u32::MAX >> 1, u32::MAX >> 1)] {
        assert!(
            matches!(read(&bomb(width, height)), Err(QrError::TooLarge | QrError::Damaged)),
            "{width} × {height}"
        );
    }
    assert_eq!(read(&bomb(10_001, 1)).err(), Some(QrError::TooLarge));
    // Within the sides, but beyond the memory: 100 million pixels of four bytes.
    let rgba = png(RgbaImage::new(2, 2));
    let mut large = rgba.clone();
    large[16..24].copy_from_slice(&[0, 0, 0x27, 0x10, 0, 0, 0x27, 0x10]);
    let checksum = crc32(&large[12..29]);
    large[29..33].copy_from_slice(&checksum.to_be_bytes());
    assert_eq!(read(&large).err(), Some(QrError::TooLarge));
    assert_eq!(read(&rgba).err(), Some(QrError::NoCode));
}

#[test]
fn errors_say_what_to_do_and_nothing_of_the_code() {
    for error in
        [QrError::TooLarge, QrError::UnknownFormat, QrError::Damaged, QrError::NoCode, QrError::Unreadable]
    {
        let Error::InvalidInput { field, fix, .. } = error.into() else { panic!("{error}") };
        assert_eq!(field, "image");
        assert!(!fix.is_empty());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn noise_and_spoiled_files_end_in_an_answer(noise in any::<[u8; 64]>(), at in 0_usize..400, to in any::<u8>()) {
        let picture = GrayImage::from_fn(64, 64, |x, y| {
            let bit = noise[usize::try_from(y).unwrap()] >> (x % 8) & 1;
            Luma([if bit == 1 { 255 } else { 0 }])
        });
        prop_assert!(read(&png(picture)).is_err());
        let mut spoiled = png(drawn("x", 3));
        let at = at % spoiled.len();
        spoiled[at] = to;
        if let Ok(texts) = read(&spoiled) {
            prop_assert_eq!(texts.len(), 1);
        }
    }
}
