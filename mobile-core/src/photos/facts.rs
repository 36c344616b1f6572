//! What is known of a camera's file without decoding its pixels: hash, format, time, place; and the check of copies that
//! somebody else made of it.
//!
//! For a platform that decodes pictures itself: a browser has a decoder, in a process of its own, and letters for the
//! strip, which would be most of the module's size. Invariant: a copy is taken only if it is a JPEG of the size asked
//! for without any metadata. Left out: pixels (a copy that shows something else cannot be told; the original's hash is
//! the evidence), copies made here (`import`).

use super::format::{Format, sniff};
use super::{BlobHash, PhotoError, chunks, damaged, hash_of, jpeg, metadata};

/// Longer edge of the picture in the stored copy, pixels; its strip comes on top of that.
pub const STORED_LONG_EDGE: u32 = 1_600;
/// Longer edge of the thumbnail, pixels.
pub const THUMBNAIL_LONG_EDGE: u32 = 320;
/// JPEG quality of the stored copy, 1–100.
pub const STORED_QUALITY: u8 = 80;
/// JPEG quality of the thumbnail, 1–100.
pub const THUMBNAIL_QUALITY: u8 = 75;
/// Most pixels a byte can stand for. A JPEG needs a bit for each 8 × 8 block at the very least; a file below that
/// only claims to have so many.
const MAX_PIXELS_PER_BYTE: u64 = 8 * 64;

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

/// What is known of a camera's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// SHA-256 of the camera's bytes.
    pub hash: BlobHash,
    /// Size of the camera's file in bytes.
    pub size_bytes: u64,
    /// What it is.
    pub format: Format,
    /// Capture time in milliseconds UTC, if the camera wrote one.
    pub exif_at_ms: Option<i64>,
    /// Latitude and longitude, WGS-84, 1e-7 degree, if the camera wrote them.
    pub position_e7: Option<(i64, i64)>,
}

impl Facts {
    /// Hashes the file, checks it against the limits as far as its header tells, and reads its facts.
    ///
    /// # Errors
    /// [`PhotoError`], see its variants. Whether a WebP has too many pixels, its decoder finds out.
    pub fn read(bytes: &[u8], limits: ImportLimits) -> Result<Self, PhotoError> {
        let size_bytes = bytes.len() as u64;
        check_bytes(size_bytes, limits.max_bytes)?;
        let hash = hash_of(bytes);
        let format = sniff(bytes)?;
        let exif = match format {
            Format::Jpeg => {
                if let Some((width, height)) = jpeg::dimensions(bytes) {
                    check_pixels(width, height, size_bytes, limits.max_pixels)?;
                }
                jpeg::check_scan(bytes)?;
                jpeg::exif(bytes)
            }
            Format::Png => {
                if let Some((width, height)) = chunks::png_dimensions(bytes) {
                    check_pixels(width, height, size_bytes, limits.max_pixels)?;
                }
                chunks::png(bytes)?.exif
            }
            Format::WebP => chunks::webp(bytes)?.exif,
        };
        let facts = metadata::read(exif);
        Ok(Self {
            hash,
            size_bytes,
            format,
            exif_at_ms: facts.taken_at_ms,
            position_e7: facts.position_e7,
        })
    }
}

/// Copies of an original that somebody else made.
#[derive(Debug, Clone, Copy)]
pub struct MadeCopies<'a> {
    /// The copy that is sent, a JPEG.
    pub stored: &'a [u8],
    /// The thumbnail, a JPEG.
    pub thumbnail: &'a [u8],
    /// Height of the strip at the foot of the stored copy, pixels; none if it has none.
    pub strip_px: Option<u32>,
}

impl MadeCopies<'_> {
    /// Width and height of the stored copy, if both copies are what was asked for.
    ///
    /// # Errors
    /// `Damaged`.
    pub fn check(&self) -> Result<(u32, u32), PhotoError> {
        let (width, height) = copy(self.stored)?;
        let picture = height.checked_sub(self.strip_px.unwrap_or(0));
        let picture = picture.filter(|rest| *rest > 0);
        let picture = picture.ok_or_else(|| damaged("a strip higher than the copy"))?;
        if width.max(picture) > STORED_LONG_EDGE {
            return Err(damaged("the copy is larger than asked for"));
        }
        let small = copy(self.thumbnail)?;
        if small.0.max(small.1) > THUMBNAIL_LONG_EDGE {
            return Err(damaged("the thumbnail is larger than asked for"));
        }
        Ok((width, height))
    }
}

fn copy(bytes: &[u8]) -> Result<(u32, u32), PhotoError> {
    if sniff(bytes) != Ok(Format::Jpeg) {
        return Err(damaged("a copy that is no JPEG"));
    }
    jpeg::check_scan(bytes)?;
    if jpeg::has_metadata(bytes) {
        return Err(damaged("a copy with metadata"));
    }
    let edges = jpeg::dimensions(bytes).filter(|(width, height)| *width > 0 && *height > 0);
    edges.ok_or_else(|| damaged("a copy without pixels"))
}

pub(super) fn check_bytes(size_bytes: u64, limit_bytes: u64) -> Result<(), PhotoError> {
    if size_bytes > limit_bytes {
        return Err(PhotoError::TooLarge {
            size_bytes,
            limit_bytes,
        });
    }
    Ok(())
}

pub(super) fn check_pixels(
    width: u32,
    height: u32,
    size_bytes: u64,
    limit_pixels: u64,
) -> Result<(), PhotoError> {
    let pixels = u64::from(width) * u64::from(height);
    if pixels == 0 {
        return Err(damaged("the picture has no pixels"));
    }
    if pixels > limit_pixels {
        return Err(PhotoError::TooManyPixels {
            width,
            height,
            limit_pixels,
        });
    }
    if pixels > size_bytes.saturating_mul(MAX_PIXELS_PER_BYTE) {
        return Err(damaged(format!(
            "{size_bytes} bytes cannot hold {width} x {height} pixels"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::generate::TestPhoto;
    use super::super::import::Original;
    use super::super::strip::Strip;
    use super::*;

    fn picture() -> TestPhoto {
        TestPhoto {
            width: 800,
            height: 600,
            taken_at_ms: Some(1_600_000_000_000),
            position_e7: Some((359_640_012, 1_057_290_345)),
            ..TestPhoto::new(3)
        }
    }

    #[test]
    fn the_facts_are_those_the_decoder_sees() {
        let limits = ImportLimits::default();
        for bytes in [picture().jpeg(), picture().png(), picture().webp()] {
            let facts = Facts::read(&bytes, limits).unwrap();
            let original = Original::read(&bytes, limits).unwrap();
            assert_eq!(facts.hash, original.hash);
            assert_eq!(facts.format, original.format);
            assert_eq!(facts.size_bytes, original.size_bytes);
            assert_eq!(facts.exif_at_ms, original.exif_at_ms);
            assert_eq!(facts.position_e7, original.position_e7);
            assert!(facts.exif_at_ms.is_some() && facts.position_e7.is_some());
        }
    }

    #[test]
    fn limits_and_damage_are_seen_before_anything_is_decoded() {
        let bytes = picture().jpeg();
        let code = |bytes: &[u8], limits| Facts::read(bytes, limits).unwrap_err().code();
        let few = |max_bytes, max_pixels| ImportLimits {
            max_bytes,
            max_pixels,
        };
        assert_eq!(code(&bytes, few(100, 60_000_000)), "too_large");
        assert_eq!(code(&bytes, few(40_000_000, 1_000)), "too_many_pixels");
        let usual = ImportLimits::default();
        assert_eq!(code(&bytes[..bytes.len() / 2], usual), "damaged");
        assert_eq!(code(b"<html>", usual), "not_a_picture");
        let png = picture().png();
        assert_eq!(code(&png, few(40_000_000, 1_000)), "too_many_pixels");
    }

    #[test]
    fn copies_are_taken_if_they_are_plain_jpegs_of_the_size_asked_for() {
        let original = Original::read(&picture().jpeg(), ImportLimits::default()).map(|o| {
            o.copies(&Strip::default())
                .expect("the test picture is whole")
        });
        let copies = original.unwrap();
        let (stored, thumbnail) = (&copies.stored.bytes[..], &copies.thumbnail.bytes[..]);
        let check = |stored, thumbnail, strip_px| {
            let made = MadeCopies {
                stored,
                thumbnail,
                strip_px,
            };
            made.check()
        };
        assert_eq!(check(stored, thumbnail, None), Ok((800, 600)));
        assert_eq!(check(stored, thumbnail, Some(20)), Ok((800, 600)));
        let large = TestPhoto {
            width: 1_700,
            height: 300,
            ..TestPhoto::new(4)
        };
        let with_exif = picture().jpeg();
        let cut = &stored[..stored.len() - 40];
        for (stored, thumbnail, strip_px, why) in [
            (&with_exif[..], thumbnail, None, "metadata"),
            (stored, stored, None, "thumbnail is larger"),
            (&large.jpeg()[..], thumbnail, None, ""),
            (stored, thumbnail, Some(600), "strip"),
            (cut, thumbnail, None, "cut off"),
            (&picture().png()[..], thumbnail, None, "no JPEG"),
            (&[], &[], None, "no JPEG"),
        ] {
            let refused = check(stored, thumbnail, strip_px).unwrap_err();
            assert_eq!(refused.code(), "damaged");
            assert!(refused.to_string().contains(why), "{refused}");
        }
    }
}
