//! What the wall clock did between changes: told to the office, ordering nothing.
//!
//! Invariant: a clock set back by more than 5 minutes between two changes is noted in the transaction of the second one.
//! Leaves out: a clock set back and forth again between two changes, of which nothing is known.

use merge::SKEW_FLAG_MS;
use protocol::message::{SET_BACKS, SetBack};

use super::error::StoreError;
use super::meta::key;
use super::photos::BlobState;
use super::tx::Tx;

type Result<T> = std::result::Result<T, StoreError>;

/// The wall clock is kept this exactly, so that a fast series of taps writes it once.
const GRAIN_MS: i64 = 10_000;

fn number(bytes: &[u8]) -> i64 {
    bytes.try_into().map_or(0, i64::from_be_bytes)
}

impl Tx<'_> {
    /// Notes the wall clock at a change written as `at_ms`.
    pub fn note_clock(&mut self, now_ms: i64, at_ms: i64) -> Result<()> {
        let before = self.meta_int(key::WALL_MS)?;
        let by_ms = before.map_or(0, |b| b.saturating_sub(now_ms));
        if by_ms > SKEW_FLAG_MS - GRAIN_MS {
            let mut all = self.set_backs()?;
            all.push(SetBack { at_ms, by_ms });
            let from = all.len().saturating_sub(SET_BACKS);
            let pairs = all[from..].iter().map(|s| [s.at_ms, s.by_ms]);
            let bytes: Vec<u8> = pairs.flatten().flat_map(i64::to_be_bytes).collect();
            self.put_meta_bytes(key::SET_BACKS, &bytes)?;
        }
        if before.is_none_or(|b| (b - now_ms).abs() >= GRAIN_MS) {
            self.put_meta_int(key::WALL_MS, now_ms)?;
        }
        Ok(())
    }

    /// When the wall clock was set back, the latest last.
    pub fn set_backs(&self) -> Result<Vec<SetBack>> {
        let bytes = self.meta_bytes(key::SET_BACKS)?.unwrap_or_default();
        let pairs = bytes.chunks_exact(16);
        Ok(pairs
            .map(|pair| SetBack {
                at_ms: number(&pair[..8]),
                by_ms: number(&pair[8..]),
            })
            .collect())
    }

    /// Own photos whose files are not all sent, and the bytes of their copies still to send.
    pub fn photos_to_send(&self) -> Result<(u64, u64)> {
        let files = self.own_photos()?;
        let unsent = files
            .iter()
            .filter(|f| [f.copy, f.thumbnail] != [BlobState::Held; 2]);
        let left = |f: &super::PhotoRow| f.size_bytes.saturating_sub(f.sent_bytes);
        Ok(unsent.fold((0, 0), |(n, bytes), f| (n + 1, bytes + left(f))))
    }
}
