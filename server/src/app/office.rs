//! What the office reads and decides.

/// What a lock fixed, in brief.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockedGroup {
    /// Version, from 1.
    pub version: i64,
    /// Result hash, hex.
    pub result_hash: String,
}
