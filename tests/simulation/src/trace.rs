//! What happened, as one hash: two runs of a seed are the same run exactly if their hashes are.

use sha2::{Digest, Sha256};

/// The hash so far; with `loud`, each line is printed too.
pub struct Trace {
    hash: Sha256,
    loud: bool,
}

impl Trace {
    /// An empty trace.
    #[must_use]
    pub fn new(loud: bool) -> Self {
        Self {
            hash: Sha256::new(),
            loud,
        }
    }

    /// Notes an event at a virtual time, ms.
    pub fn note(&mut self, at_ms: i64, what: &str) {
        if self.loud {
            eprintln!("{:>12.3} {what}", at_ms as f64 / 1_000.0);
        }
        self.hash.update(at_ms.to_be_bytes());
        self.hash.update(what.as_bytes());
        self.hash.update(b"\n");
    }

    /// The hash, hex.
    #[must_use]
    pub fn hex(&self) -> String {
        hex::encode(self.hash.clone().finalize())
    }
}

/// The first bytes of the hash of a message, for a line of the trace.
#[must_use]
pub fn short(bytes: &[u8]) -> String {
    hex::encode(&Sha256::digest(bytes)[..6])
}
