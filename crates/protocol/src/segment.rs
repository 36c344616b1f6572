//! A segment's payload: a batch of changes in compressed columns.
//!
//! Layout (all counts varint, columns as in `columns`): byte 1 (layout version); names of kinds and fields; other logs
//! (device, epoch, branch; the scope is the segment's own); ids; seeds; record table; alphabet; then per change record,
//! field, time and `supersedes`; then per kind and field name the values, shredded position by position.
//! The full description with golden vectors is `docs/sync-protocol.md`.
//! Invariant: `decode(encode(b)) == b` but for `minted`; decoding never trusts a count.

mod read;
mod shred;
mod write;

use crate::limits;

pub use read::decode;
pub use write::encode;

/// Why a segment is not accepted as one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SegmentError {
    /// The bytes do not have the form of a segment.
    #[error("segment is damaged: {0}")]
    Framing(String),
    /// The signature does not fit chain and key.
    #[error("segment signature does not fit")]
    Signature,
    /// A newer layout than this version reads.
    #[error("segment layout {0} is newer than this version reads")]
    Newer(u8),
    /// More than a segment may hold.
    #[error("segment is too large: {0}")]
    TooLarge(String),
}

/// Bytes that do not have the form, and where.
pub(crate) fn framing(what: &str) -> SegmentError {
    SegmentError::Framing(what.to_owned())
}

/// Layout version of the payload.
pub(crate) const LAYOUT: u8 = 1;
/// Record id modes in the record table.
pub(crate) const ID_PLAIN: u8 = 0;
pub(crate) const ID_MINTED: u8 = 1;
pub(crate) const ID_DERIVED: u8 = 2;

/// The group of a field: kind index and the name before the `/`.
pub(crate) fn group_key(field: &str) -> &str {
    field.split_once('/').map_or(field, |(name, _)| name)
}

/// Whether a kind or field may be called so: names travel one a line.
pub(crate) fn is_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= limits::NAME_BYTES && !name.contains('\n')
}

#[cfg(test)]
mod tests;
