//! Is a JPEG whole, and of a kind that is decoded right?
//!
//! Left out: decoding.

use super::PhotoError;
use super::pixels::damaged;

/// Refuses what the decoder would call good although it paints it wrong, as evidence must not be stored like that:
/// a file cut off after its header (painted grey), and a sequential picture with one scan per component (`zune-jpeg`
/// 0.5 paints stripes; no camera known to us writes one). The search for the end marker starts at the first scan,
/// because EXIF thumbnails before it have an end marker of their own, and does not ask for it at the very end,
/// because phones append videos.
pub(super) fn check_scan(bytes: &[u8]) -> Result<(), PhotoError> {
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
