//! How the strip below a picture looks, the same whoever draws it, and what became of it.
//!
//! Invariant: white on near-black (contrast 17 : 1), letters in proportion to the picture's width. Left out: drawing.

/// Colour of the strip.
pub const PAPER: [u8; 3] = [24, 24, 24];
/// Colour of its letters.
pub const INK: [u8; 3] = [255, 255, 255];
/// Letters of a line, as a share of the picture's width.
pub const EMS_PER_WIDTH: u32 = 50;
/// Smallest letters, pixels.
pub const MIN_EM: u32 = 14;
/// Narrowest picture that gets a strip, pixels: twelve of the smallest letters.
pub const MIN_WIDTH: u32 = 12 * MIN_EM;
/// Between two fields of a line.
pub const SEPARATOR: &str = "｜";
/// Ends a field that does not fit in a line.
pub const CUT: char = '…';

/// What became of the strip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StripOutcome {
    /// It is so many pixels high.
    Drawn(u32),
    /// No font with Chinese characters was found.
    NoFont,
    /// The picture is too narrow for words.
    TooNarrow,
}
