//! Walks the chunks of PNG and WebP before a decoder sees them.
//!
//! Invariant: of a PNG only the chunks that carry pixels reach the decoder, so compressed texts and colour profiles
//! (where bombs hide) are never unpacked; a file that is cut off, animated or made of absurdly many chunks is
//! refused. Left out: pixels, and what the decoder checks itself (checksums, order).

use super::format::Foreign;
use super::{PhotoError, damaged};

/// Most chunks of one file. A 40 MB PNG in the usual 8 kB pieces has 5,000.
const MAX_CHUNKS: usize = 20_000;
/// PNG chunks that carry pixels; everything else is left out.
const PIXEL_CHUNKS: [&[u8; 4]; 5] = [b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"];
const SIGNATURE: usize = 8;

/// What a walk found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The file as the decoder gets it.
    pub pixels: Vec<u8>,
    /// The EXIF block, if there is one.
    pub exif: Option<Vec<u8>>,
}

fn number(bytes: &[u8], at: usize, from: fn([u8; 4]) -> u32) -> Option<usize> {
    let four = bytes.get(at..at + 4)?.try_into().ok()?;
    usize::try_from(from(four)).ok()
}

/// Width and height of a PNG by its first chunk, IHDR.
pub(super) fn png_dimensions(bytes: &[u8]) -> Option<(u32, u32)> {
    let edge = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    (bytes.get(12..16)? == b"IHDR").then_some(())?;
    Some((edge(16)?, edge(20)?))
}

/// Takes a PNG apart. What follows its end (a zip, a page) is cut off.
///
/// # Errors
/// `Damaged`, `Unsupported` if it is animated.
pub(super) fn png(bytes: &[u8]) -> Result<Found, PhotoError> {
    let mut found = Found {
        pixels: bytes.get(..SIGNATURE).unwrap_or_default().to_vec(),
        exif: None,
    };
    let mut at = SIGNATURE;
    for _ in 0..MAX_CHUNKS {
        let cut = || damaged("a chunk is cut off");
        let length = number(bytes, at, u32::from_be_bytes).ok_or_else(cut)?;
        // Length, name, data, checksum.
        let end = at
            .checked_add(12)
            .and_then(|n| n.checked_add(length))
            .ok_or_else(cut)?;
        let chunk = bytes.get(at..end).ok_or_else(cut)?;
        let name = &chunk[4..8];
        if name == b"acTL" {
            return Err(PhotoError::Unsupported(Foreign::Animated));
        }
        if name == b"eXIf" {
            found.exif = Some(chunk[8..8 + length].to_vec());
        }
        if PIXEL_CHUNKS.iter().any(|known| *known == name) {
            found.pixels.extend_from_slice(chunk);
        }
        if name == b"IEND" {
            return Ok(found);
        }
        at = end;
    }
    Err(damaged("too many chunks"))
}

/// Checks a WebP and finds its EXIF block. What follows its end is cut off.
///
/// # Errors
/// `Damaged`, `Unsupported` if it is animated.
pub(super) fn webp(bytes: &[u8]) -> Result<Found, PhotoError> {
    let cut = || damaged("a chunk is cut off");
    let end = number(bytes, 4, u32::from_le_bytes)
        .and_then(|n| n.checked_add(8))
        .ok_or_else(cut)?;
    let whole = bytes.get(..end).ok_or_else(cut)?;
    let mut found = Found {
        pixels: whole.to_vec(),
        exif: None,
    };
    let mut at = 12;
    for _ in 0..MAX_CHUNKS {
        if at >= end {
            return Ok(found);
        }
        let name = whole.get(at..at + 4).ok_or_else(cut)?;
        let length = number(whole, at + 4, u32::from_le_bytes).ok_or_else(cut)?;
        let data = at + 8;
        let after = data.checked_add(length).ok_or_else(cut)?;
        let body = whole.get(data..after).ok_or_else(cut)?;
        match name {
            b"ANIM" | b"ANMF" => return Err(PhotoError::Unsupported(Foreign::Animated)),
            b"EXIF" => found.exif = Some(body.strip_prefix(b"Exif\0\0").unwrap_or(body).to_vec()),
            _ => {}
        }
        at = after + length % 2;
    }
    Err(damaged("too many chunks"))
}
