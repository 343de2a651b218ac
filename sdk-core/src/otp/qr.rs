//! Reading QR codes from pictures: screenshots, photos, files that were dropped (feature `qr`).
//!
//! A picture comes from anywhere, so it is bounded before it is unpacked: by its own size, by the pixels that it
//! announces and by the memory that unpacking may take. Formats are PNG, JPEG and WebP.

use std::io::Cursor;

use countersign_protocol::{InvalidField, Secret};
use image::{
    DynamicImage, GrayImage, ImageError, ImageFormat, ImageReader, Limits, imageops, imageops::FilterType,
};

use crate::Error;

/// The largest picture that is read, in bytes.
const MOST_BYTES: usize = 20 * 1024 * 1024;
/// The longest side, in pixels.
const LONGEST_SIDE: u32 = 10_000;
/// What unpacking may take: a photo of 32 million pixels with room to spare.
const MOST_MEMORY: u64 = 160 * 1024 * 1024;
/// Larger pictures are looked at in this size first, in which grain and blur hurt least.
const GOOD_SIDE: u32 = 1600;
/// Smaller pictures are looked at enlarged, as a code of one pixel a module is not found.
const SMALL_SIDE: u32 = 400;

/// Why nothing was read from a picture. Nothing of its content is in it, as a code may be a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.explain())]
pub enum QrError {
    /// More bytes or more pixels than are read.
    TooLarge,
    /// Neither PNG nor JPEG nor WebP.
    UnknownFormat,
    /// The file is cut off or broken.
    Damaged,
    /// There is no QR code in it.
    NoCode,
    /// There is one, but it is too blurred, too small or partly hidden.
    Unreadable,
}

impl QrError {
    /// What is wrong, and what to do.
    pub fn explain(self) -> InvalidField {
        let (problem, fix) = match self {
            Self::TooLarge => ("is too large", "cut out the code, or take a smaller picture"),
            Self::UnknownFormat => ("is no picture that can be read", "choose a PNG, JPEG or WebP file"),
            Self::Damaged => ("is damaged", "save or send the picture again"),
            Self::NoCode => ("has no QR code in it", "choose a picture that shows the whole code"),
            Self::Unreadable => {
                ("has a QR code that cannot be read", "take a sharper or larger picture of it")
            }
        };
        InvalidField::new("image", problem, fix)
    }
}

impl From<QrError> for Error {
    fn from(error: QrError) -> Self {
        error.explain().into()
    }
}

/// The texts of all QR codes in a picture, from top to bottom. It takes a while: call it where that is fine.
///
/// # Errors
/// [`QrError`]; with several codes in the picture, one that can be read is enough.
pub fn read(picture: &[u8]) -> Result<Vec<Secret<String>>, QrError> {
    let picture = shades(unpack(picture)?);
    let mut unreadable = false;
    for size in sizes(&picture) {
        let mut looked_at = size;
        // Codes are also printed light on dark.
        for _ in 0..2 {
            match look(&looked_at) {
                Ok(texts) => return Ok(texts),
                Err(error) => unreadable |= error == QrError::Unreadable,
            }
            imageops::invert(&mut looked_at);
        }
    }
    Err(if unreadable { QrError::Unreadable } else { QrError::NoCode })
}

fn unpack(picture: &[u8]) -> Result<DynamicImage, QrError> {
    if picture.len() > MOST_BYTES {
        return Err(QrError::TooLarge);
    }
    let format = image::guess_format(picture).map_err(|_| QrError::UnknownFormat)?;
    if !matches!(format, ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::WebP) {
        return Err(QrError::UnknownFormat);
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(LONGEST_SIDE);
    limits.max_image_height = Some(LONGEST_SIDE);
    limits.max_alloc = Some(MOST_MEMORY);
    let mut reader = ImageReader::with_format(Cursor::new(picture), format);
    reader.limits(limits);
    reader.decode().map_err(|error| match error {
        ImageError::Limits(_) => QrError::TooLarge,
        ImageError::Unsupported(_) => QrError::UnknownFormat,
        _ => QrError::Damaged,
    })
}

/// In shades of grey, on white where it is transparent.
fn shades(picture: DynamicImage) -> GrayImage {
    if !picture.color().has_alpha() {
        return picture.into_luma8();
    }
    let picture = picture.into_luma_alpha8();
    GrayImage::from_fn(picture.width(), picture.height(), |x, y| {
        let [shade, opacity] = picture.get_pixel(x, y).0.map(u16::from);
        let on_white = (shade * opacity + 255 * (255 - opacity)) / 255;
        [u8::try_from(on_white).unwrap_or(u8::MAX)].into()
    })
}

/// The sizes in which a picture is looked at, one after the other.
fn sizes(picture: &GrayImage) -> impl Iterator<Item = GrayImage> + '_ {
    let (width, height) = picture.dimensions();
    let longest = width.max(height).max(1);
    let scaled = if longest > GOOD_SIDE {
        let side = |length: u32| (length * GOOD_SIDE / longest).max(1);
        Some((side(width), side(height), FilterType::Triangle))
    } else if longest < SMALL_SIDE {
        Some((width * 4, height * 4, FilterType::Nearest))
    } else {
        None
    };
    let scaled =
        scaled.into_iter().map(|(width, height, filter)| imageops::resize(picture, width, height, filter));
    scaled.chain(std::iter::once_with(|| picture.clone()))
}

/// The codes in a picture, dark on light.
fn look(picture: &GrayImage) -> Result<Vec<Secret<String>>, QrError> {
    let side = |length: u32| usize::try_from(length).unwrap_or(0);
    let row = side(picture.width());
    let pixels = picture.as_raw();
    let shade = |x: usize, y: usize| pixels.get(y * row + x).copied().unwrap_or(u8::MAX);
    let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(row, side(picture.height()), shade);
    let mut grids = prepared.detect_grids();
    grids.sort_by_key(|grid| (grid.bounds[0].y, grid.bounds[0].x));
    let texts: Vec<_> = grids.iter().filter_map(|grid| grid.decode().ok()).collect();
    match (grids.is_empty(), texts.is_empty()) {
        (true, _) => Err(QrError::NoCode),
        (false, true) => Err(QrError::Unreadable),
        (false, false) => Ok(texts.into_iter().map(|(_, text)| Secret::new(text)).collect()),
    }
}

#[cfg(test)]
mod tests;
