//! Everything that grows has a limit.
//!
//! Invariant: a decoder checks its limit before it allocates. Leaves out: per-field limits (`domain::schema`).

/// Changes in one segment.
pub const SEGMENT_CHANGES: usize = 20_000;
/// Bytes of one sealed segment as stored.
pub const SEGMENT_BYTES: usize = 1 << 20;
/// Bytes of all columns of one segment after decompression.
pub const SEGMENT_RAW_BYTES: usize = 16 << 20;
/// Ids in one segment: those of its records and in its values.
pub const SEGMENT_IDS: usize = 80_000;
/// Name spaces of one segment.
pub const SEGMENT_SPACES: usize = 1_000;
/// Nesting of lists in a value.
pub const VALUE_DEPTH: usize = 4;
/// Nesting of lists in a message, values left out.
pub const CBOR_DEPTH: usize = 16;
/// Positions of a list.
pub const LIST_ITEMS: usize = 200;
/// Dots one change may supersede.
pub const SUPERSEDES: usize = 1_000;
/// Dots all changes of a segment supersede.
pub const SEGMENT_SUPERSEDES: usize = 320_000;
/// Bytes of a kind or field name.
pub const NAME_BYTES: usize = 120;
/// Bytes of one sync request: a dropped link loses seconds, not minutes.
pub const REQUEST_BYTES: usize = 2 << 20;
/// Bytes of segments a phone puts into one request.
pub const PUSH_BYTES: usize = 192 << 10;
/// Bytes of one sync reply a phone accepts.
pub const RESPONSE_BYTES: usize = 8 << 20;
/// Bytes of segments a server puts into one reply unless asked for less.
pub const PULL_BYTES: usize = 256 << 10;
/// Segments in one request.
pub const REQUEST_SEGMENTS: usize = 500;
/// Bytes of the largest photo.
pub const PHOTO_BYTES: u64 = 40 << 20;
/// Bytes of the clear header of a bundle.
pub const BUNDLE_HEADER_BYTES: usize = 512;
/// Bytes of the list of what is in a bundle.
pub const BUNDLE_LIST_BYTES: usize = 1 << 20;
/// Segments in a bundle; a phone's whole tour is some hundreds.
pub const BUNDLE_SEGMENTS: usize = 10_000;
/// Bytes of all segments of a bundle.
pub const BUNDLE_SEGMENTS_BYTES: u64 = 64 << 20;
/// Photo files in a bundle: two a photo.
pub const BUNDLE_PHOTOS: usize = 10_000;
/// Bytes of what is sealed in a bundle: what a stick's file system and an evening's upload take.
pub const BUNDLE_BYTES: u64 = 2 << 30;
/// Bytes of a bundle that another phone carries: it holds it in memory while it sends it.
pub const CARRY_BYTES: u64 = 64 << 20;
/// Bundles a phone carries at once.
pub const CARRIED: usize = 50;
