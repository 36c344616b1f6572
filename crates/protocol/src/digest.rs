//! Digests by which phone and server compare their registers at the end of a sync.
//!
//! The digest of a scope has 16 buckets; a live value adds its hash (wrapping) to the bucket of its record, and takes
//! it away when it dies. Digests find errors, not attackers: they are not cryptographic.

use merge::LogId;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Buckets of a scope's digest.
pub const BUCKETS: usize = 16;

/// The digest of one scope.
pub type Buckets = [u64; BUCKETS];

/// The bucket of a record: the low four bits of its last byte.
pub fn bucket(record: &Uuid) -> usize {
    usize::from(record.as_bytes()[15] & 15)
}

/// First 8 bytes, big endian, of a SHA-256.
fn head(parts: &[&[u8]]) -> u64 {
    let mut h = Sha256::new();
    for p in parts {
        h.update(p);
    }
    let mut out = [0; 8];
    out.copy_from_slice(&h.finalize()[..8]);
    u64::from_be_bytes(out)
}

/// The number that stands for a field name.
pub fn field_number(field: &str) -> u64 {
    head(&[field.as_bytes()])
}

/// The number that stands for a log.
pub fn log_number(log: &LogId) -> u64 {
    head(&[
        log.device.as_bytes(),
        log.scope.as_bytes(),
        &log.epoch.to_be_bytes(),
        &log.branch.to_be_bytes(),
    ])
}

/// The number that stands for a record: both halves of its id, mixed.
pub fn record_number(record: &Uuid) -> u64 {
    let (hi, lo) = record.as_u64_pair();
    mix(hi, lo)
}

/// The hash of a live value: record, field and log numbers, and seq.
pub fn cell(record: u64, field: u64, log: u64, seq: u64) -> u64 {
    mix(mix(mix(record, field), log), seq)
}

/// The finaliser of SplitMix64 over `a * odd + b`.
fn mix(a: u64, b: u64) -> u64 {
    let mut z = a.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(b);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
