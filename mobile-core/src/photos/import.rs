//! Taking a camera's file in: hash, limits, facts, upright copies with a readable strip.
//!
//! Order matters. The hash is taken of the untouched bytes before anything reads them, because it is the evidence
//! and stands in the strip; limits are checked from the header before any pixel is decoded. The copies are encoded
//! anew from pixels, so nothing of the original's metadata, nor of what hides behind its end, is in them. The same
//! bytes give the same copies on the same build and processor (SIMD rounding may differ between processors), so a
//! copy is made once and from then on known by its own hash. Left out: storing the bytes ([`super::files`]), what
//! the strip says ([`super::strip`]), HEIC.

use std::io::Cursor;

use image::codecs::jpeg::JpegDecoder;
use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, Limits};

use super::facts::{
    ImportLimits, STORED_LONG_EDGE, STORED_QUALITY, THUMBNAIL_LONG_EDGE, THUMBNAIL_QUALITY,
    check_bytes, check_pixels,
};
use super::format::{Format, sniff};
use super::pixels::{encode, flat, shrink, upright};
use super::strip::{self, Strip};
use super::style::StripOutcome;
use super::{BlobHash, PhotoError, chunks, damaged, hash_of, jpeg, metadata};

/// Most bytes of decoded pixels: 60 megapixels of a JPEG, 30 of a PNG with 16 bits a channel.
const MAX_DECODED_BYTES: u64 = 192_000_000;

/// One JPEG made from the original, upright and without metadata.
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

/// The two copies of an original.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copies {
    /// The copy that is sent, with its strip below the picture.
    pub stored: PictureCopy,
    /// The thumbnail, without strip.
    pub thumbnail: PictureCopy,
    /// The strip of the stored copy, or why it has none.
    pub strip: StripOutcome,
}

/// What is known of a camera's file before its pixels are decoded.
pub struct Original<'a> {
    /// SHA-256 of the camera's bytes.
    pub hash: BlobHash,
    /// Size of the camera's file in bytes.
    pub size_bytes: u64,
    /// What it is.
    pub format: Format,
    /// Width in pixels, upright.
    pub width: u32,
    /// Height in pixels, upright.
    pub height: u32,
    /// Capture time in milliseconds UTC, if the camera wrote one.
    pub exif_at_ms: Option<i64>,
    /// Latitude and longitude, WGS-84, 1e-7 degree, if the camera wrote them.
    pub position_e7: Option<(i64, i64)>,
    orientation: Orientation,
    decoder: Box<dyn ImageDecoder + 'a>,
}

impl<'a> Original<'a> {
    /// Hashes the file, checks it against the limits and reads its facts.
    ///
    /// # Errors
    /// [`PhotoError`], see its variants.
    pub fn read(bytes: &'a [u8], limits: ImportLimits) -> Result<Self, PhotoError> {
        let size_bytes = bytes.len() as u64;
        check_bytes(size_bytes, limits.max_bytes)?;
        let hash = hash_of(bytes);
        let format = sniff(bytes)?;
        let (decoder, exif) = decoder(bytes, format)?;
        let (stored_width, stored_height) = decoder.dimensions();
        check_pixels(stored_width, stored_height, size_bytes, limits.max_pixels)?;
        if decoder.total_bytes() > MAX_DECODED_BYTES {
            return Err(PhotoError::TooManyPixels {
                width: stored_width,
                height: stored_height,
                limit_pixels: MAX_DECODED_BYTES * limits.max_pixels / decoder.total_bytes(),
            });
        }
        if format == Format::Jpeg {
            jpeg::check_scan(bytes)?;
        }
        let facts = metadata::read(exif);
        let orientation =
            Orientation::from_exif(facts.orientation).unwrap_or(Orientation::NoTransforms);
        let is_sideways = facts.orientation >= 5;
        let (width, height) = if is_sideways {
            (stored_height, stored_width)
        } else {
            (stored_width, stored_height)
        };
        Ok(Self {
            hash,
            size_bytes,
            format,
            width,
            height,
            exif_at_ms: facts.taken_at_ms,
            position_e7: facts.position_e7,
            orientation,
            decoder,
        })
    }

    /// Decodes the pixels and makes the copies.
    ///
    /// # Errors
    /// `Damaged`.
    pub fn copies(self, strip: &Strip) -> Result<Copies, PhotoError> {
        let picture = flat(DynamicImage::from_decoder(self.decoder).map_err(damaged)?);
        let upright = upright(shrink(&picture, STORED_LONG_EDGE)?, self.orientation);
        drop(picture);
        let thumbnail = shrink(&upright, THUMBNAIL_LONG_EDGE)?;
        let (stored, outcome) = strip::below(upright, strip);
        Ok(Copies {
            stored: picture_copy(&stored, STORED_QUALITY)?,
            thumbnail: picture_copy(&thumbnail, THUMBNAIL_QUALITY)?,
            strip: outcome,
        })
    }
}

type Decoder<'a> = Box<dyn ImageDecoder + 'a>;

/// A decoder that has read the header, and the EXIF block.
fn decoder(bytes: &[u8], format: Format) -> Result<(Decoder<'_>, Option<Vec<u8>>), PhotoError> {
    Ok(match format {
        Format::Jpeg => {
            let mut decoder = JpegDecoder::new(Cursor::new(bytes)).map_err(damaged)?;
            let exif = decoder.exif_metadata().ok().flatten();
            (Box::new(decoder), exif)
        }
        Format::Png => {
            let found = chunks::png(bytes)?;
            let mut limits = Limits::no_limits();
            limits.max_alloc = Some(MAX_DECODED_BYTES);
            let pixels = Cursor::new(found.pixels);
            let decoder = PngDecoder::with_limits(pixels, limits).map_err(damaged)?;
            (Box::new(decoder), found.exif)
        }
        Format::WebP => {
            let found = chunks::webp(bytes)?;
            let decoder = WebPDecoder::new(Cursor::new(found.pixels)).map_err(damaged)?;
            if decoder.has_animation() {
                let animated = super::format::Foreign::Animated;
                return Err(PhotoError::Unsupported(animated));
            }
            (Box::new(decoder), found.exif)
        }
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

#[cfg(test)]
#[path = "import_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "hostile_tests.rs"]
mod hostile;
