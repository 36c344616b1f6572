//! Is a JPEG whole, and of a kind that is decoded right? And what its header says.
//!
//! Left out: decoding.

use super::{PhotoError, damaged};

/// Start of scan: what follows is pixels.
const SCAN: u8 = 0xda;

/// Markers of a frame, whose body is precision, height, width, components: all but the tables that lie between them.
fn is_frame(marker: u8) -> bool {
    matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc)
}

/// A segment of the header.
struct Segment<'a> {
    marker: u8,
    body: &'a [u8],
    /// Where its marker is.
    at: usize,
}

/// The segments up to the first scan, that included; ends early where the walk cannot follow.
fn segments(bytes: &[u8]) -> impl Iterator<Item = Segment<'_>> {
    let (mut at, mut over) = (2, false);
    std::iter::from_fn(move || {
        while !over {
            let &[0xff, marker, high, low] = bytes.get(at..at + 4)? else {
                return None;
            };
            if marker == 0xff {
                at += 1;
                continue;
            }
            let here = at;
            at += 2 + usize::from(u16::from_be_bytes([high, low]));
            over = marker == SCAN;
            let body = bytes.get(here + 4..at.max(here + 4)).unwrap_or_default();
            return Some(Segment {
                marker,
                body,
                at: here,
            });
        }
        None
    })
}

/// Refuses what the decoder would call good although it paints it wrong, as evidence must not be stored like that:
/// a file cut off after its header (painted grey), and a sequential picture with one scan per component (`zune-jpeg`
/// 0.5 paints stripes; no camera known to us writes one). The search for the end marker starts at the first scan,
/// because EXIF thumbnails before it have an end marker of their own, and does not ask for it at the very end,
/// because phones append videos.
pub(super) fn check_scan(bytes: &[u8]) -> Result<(), PhotoError> {
    let mut sequential_components = 0;
    for segment in segments(bytes) {
        match segment.marker {
            SCAN => {
                let in_scan = bytes.get(segment.at + 4);
                if in_scan.is_some_and(|&in_scan| in_scan < sequential_components) {
                    return Err(damaged("a scan for each component, which cannot be read"));
                }
                let mut pairs = bytes[segment.at..].windows(2);
                let has_end = pairs.any(|pair| pair == [0xff, 0xd9]);
                return has_end
                    .then_some(())
                    .ok_or_else(|| damaged("no end of image: the file is cut off"));
            }
            // Start of a sequential frame: precision, height, width, components.
            0xc0 | 0xc1 => {
                sequential_components = bytes.get(segment.at + 9).copied().unwrap_or(0);
            }
            _ => {}
        }
    }
    // A header this walk cannot follow is left to the decoder.
    Ok(())
}

/// Width and height as stored, if the header says them before the first scan.
pub(super) fn dimensions(bytes: &[u8]) -> Option<(u32, u32)> {
    let frame = segments(bytes).find(|s| is_frame(s.marker))?;
    let &[_, h1, h0, w1, w0, ..] = frame.body else {
        return None;
    };
    let edge = |high, low| u32::from(u16::from_be_bytes([high, low]));
    Some((edge(w1, w0), edge(h1, h0)))
}

/// The EXIF block, if there is one.
pub(super) fn exif(bytes: &[u8]) -> Option<Vec<u8>> {
    segments(bytes)
        .filter(|s| s.marker == 0xe1)
        .find_map(|s| s.body.strip_prefix(b"Exif\0\0"))
        .map(<[u8]>::to_vec)
}

/// Whether it says more than pixels need: application blocks but JFIF, a colour profile and Adobe's colour note; comments.
pub(super) fn has_metadata(bytes: &[u8]) -> bool {
    segments(bytes)
        .any(|s| matches!(s.marker, 0xe1 | 0xe3..=0xed | 0xef | 0xfe) || is_note(s.marker, s.body))
}

/// An APP2 that is no colour profile.
fn is_note(marker: u8, body: &[u8]) -> bool {
    marker == 0xe2 && !body.starts_with(b"ICC_PROFILE\0")
}
