//! Taking a camera's JPEG in: hash, limits, facts, upright copies.
//!
//! Order matters. The hash is taken of the untouched camera bytes before anything reads them, because it is the
//! evidence; limits are checked from the header before any pixel is decoded. The copies carry no EXIF. The same bytes
//! give the same copies on the same build and processor (SIMD rounding may differ between processors), so a copy is
//! made once and from then on known by its own hash. Left out: storing the bytes ([`super::files`]), the readable
//! watermark strip, HEIC.

use std::io::Cursor;

use image::codecs::jpeg::JpegDecoder;
use image::{DynamicImage, ImageDecoder};

use super::pixels::{damaged, encode, shrink, upright};
use super::{BlobHash, PhotoError, hash_of, metadata};

/// Longer edge of the stored copy, pixels.
pub const STORED_LONG_EDGE: u32 = 1_600;
/// Longer edge of the thumbnail, pixels.
pub const THUMBNAIL_LONG_EDGE: u32 = 320;
/// JPEG quality of the stored copy, 1–100.
const STORED_QUALITY: u8 = 80;
/// JPEG quality of the thumbnail, 1–100.
const THUMBNAIL_QUALITY: u8 = 75;
/// Brands of HEIF containers that hold HEVC pictures (ISO/IEC 23008-12, annex B) or any picture.
const HEIF_BRANDS: [&[u8; 4]; 10] = [
    b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1",
];

/// What is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImportLimits {
    /// Largest file in bytes.
    pub max_bytes: u64,
    /// Most pixels, width × height.
    pub max_pixels: u64,
}

impl Default for ImportLimits {
    fn default() -> Self {
        Self {
            max_bytes: 40_000_000,
            max_pixels: 60_000_000,
        }
    }
}

/// One JPEG made from the original, upright and without EXIF.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PictureCopy {
    /// SHA-256 of `bytes`.
    pub hash: BlobHash,
    /// The JPEG file.
    pub bytes: Vec<u8>,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
}

/// What an import gives; the field names follow the photo kind of `docs/data-model.md`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// SHA-256 of the camera's bytes.
    pub original_hash: BlobHash,
    /// Size of the camera's file in bytes.
    pub original_size_bytes: u64,
    /// Width of the original in pixels, upright.
    pub original_width: u32,
    /// Height of the original in pixels, upright.
    pub original_height: u32,
    /// The copy that is sent.
    pub stored: PictureCopy,
    /// The thumbnail.
    pub thumbnail: PictureCopy,
    /// Capture time in milliseconds UTC, if the camera wrote one.
    pub taken_at_ms: Option<i64>,
    /// Latitude, WGS-84, 1e-7 degree.
    pub lat_e7: Option<i64>,
    /// Longitude, WGS-84, 1e-7 degree.
    pub lon_e7: Option<i64>,
}

/// Takes in one camera JPEG.
///
/// # Errors
/// [`PhotoError`], see its variants; nothing is kept then.
pub fn import_jpeg(bytes: &[u8], limits: ImportLimits) -> Result<Imported, PhotoError> {
    let original_size_bytes = bytes.len() as u64;
    if original_size_bytes > limits.max_bytes {
        return Err(PhotoError::TooLarge {
            size_bytes: original_size_bytes,
            limit_bytes: limits.max_bytes,
        });
    }
    let original_hash = hash_of(bytes);
    check_magic(bytes)?;
    let mut decoder = JpegDecoder::new(Cursor::new(bytes)).map_err(damaged)?;
    let (width, height) = decoder.dimensions();
    check_pixels(width, height, limits.max_pixels)?;
    check_scan(bytes)?;
    let facts = metadata::read(decoder.exif_metadata().ok().flatten());
    let picture = DynamicImage::from_decoder(decoder)
        .map_err(damaged)?
        .into_rgb8();
    let stored = upright(shrink(&picture, STORED_LONG_EDGE)?, facts.orientation);
    drop(picture);
    let thumbnail = shrink(&stored, THUMBNAIL_LONG_EDGE)?;
    let turned_sideways = facts.orientation.to_exif() >= 5;
    let (original_width, original_height) = if turned_sideways {
        (height, width)
    } else {
        (width, height)
    };
    Ok(Imported {
        original_hash,
        original_size_bytes,
        original_width,
        original_height,
        stored: picture_copy(&stored, STORED_QUALITY)?,
        thumbnail: picture_copy(&thumbnail, THUMBNAIL_QUALITY)?,
        taken_at_ms: facts.taken_at_ms,
        lat_e7: facts.position_e7.map(|(lat, _)| lat),
        lon_e7: facts.position_e7.map(|(_, lon)| lon),
    })
}

fn picture_copy(picture: &image::RgbImage, quality: u8) -> Result<PictureCopy, PhotoError> {
    let bytes = encode(picture, quality)?;
    let (width, height) = picture.dimensions();
    Ok(PictureCopy {
        hash: hash_of(&bytes),
        bytes,
        width,
        height,
    })
}

fn check_magic(bytes: &[u8]) -> Result<(), PhotoError> {
    if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
        return Ok(());
    }
    let is_heif = bytes.get(4..8) == Some(b"ftyp")
        && bytes
            .get(8..12)
            .is_some_and(|brand| HEIF_BRANDS.iter().any(|heif| *heif == brand));
    Err(if is_heif {
        PhotoError::HeicUnsupported
    } else {
        PhotoError::NotAPicture
    })
}

fn check_pixels(width: u32, height: u32, limit_pixels: u64) -> Result<(), PhotoError> {
    match u64::from(width) * u64::from(height) {
        0 => Err(damaged("the picture has no pixels")),
        pixels if pixels > limit_pixels => Err(PhotoError::TooManyPixels {
            width,
            height,
            limit_pixels,
        }),
        _ => Ok(()),
    }
}

/// Refuses what the decoder would call good although it paints it wrong, as evidence must not be stored like that:
/// a file cut off after its header (painted grey), and a sequential picture with one scan per component (`zune-jpeg`
/// 0.5 paints stripes; no camera known to us writes one). The search for the end marker starts at the first scan,
/// because EXIF thumbnails before it have an end marker of their own, and does not ask for it at the very end,
/// because phones append videos.
fn check_scan(bytes: &[u8]) -> Result<(), PhotoError> {
    let mut at = 2;
    let mut sequential_components = 0;
    while let Some(&[0xff, marker, high, low]) = bytes.get(at..at + 4) {
        match marker {
            0xda => {
                if bytes
                    .get(at + 4)
                    .is_some_and(|&in_scan| in_scan < sequential_components)
                {
                    return Err(damaged("a scan for each component, which cannot be read"));
                }
                let has_end = bytes[at..].windows(2).any(|pair| pair == [0xff, 0xd9]);
                return has_end
                    .then_some(())
                    .ok_or_else(|| damaged("no end of image: the file is cut off"));
            }
            0xff => {
                at += 1;
                continue;
            }
            // Start of a sequential frame: length, precision, height, width, components.
            0xc0 | 0xc1 => sequential_components = bytes.get(at + 9).copied().unwrap_or(0),
            _ => {}
        }
        at += 2 + usize::from(u16::from_be_bytes([high, low]));
    }
    // A header this walk cannot follow is left to the decoder.
    Ok(())
}

#[cfg(test)]
#[path = "import_tests.rs"]
mod tests;
