//! What the core needs from the world: time and randomness. The network is [`crate::Transport`], the photo folder
//! [`crate::photos::files::BlobFiles`].
//!
//! Invariant: nothing else in this crate reads a clock or draws randomness. Leaves out: protected storage of keys.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use sha2::{Digest, Sha256};

/// The wall clock.
pub trait Clock: Send + Sync {
    /// Now, milliseconds UTC.
    fn now_ms(&self) -> i64;
}

/// Randomness good enough for keys.
pub trait Entropy: Send + Sync {
    /// Fills `out`.
    fn fill(&self, out: &mut [u8]);
}

/// Clock and entropy of one phone.
#[derive(Clone)]
pub struct Ports {
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The source of keys, seeds and epochs.
    pub entropy: Arc<dyn Entropy>,
}

#[cfg(not(target_family = "wasm"))]
impl Ports {
    /// The machine's own clock and entropy.
    #[must_use]
    pub fn system() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            entropy: Arc::new(OsEntropy),
        }
    }
}

/// The machine's clock.
#[cfg(not(target_family = "wasm"))]
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

#[cfg(not(target_family = "wasm"))]
impl Clock for SystemClock {
    fn now_ms(&self) -> i64 {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        since.map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX))
    }
}

/// The machine's entropy.
#[cfg(not(target_family = "wasm"))]
#[derive(Clone, Copy, Debug, Default)]
pub struct OsEntropy;

#[cfg(not(target_family = "wasm"))]
impl Entropy for OsEntropy {
    fn fill(&self, out: &mut [u8]) {
        // invariant: no key may ever be made of anything but entropy, so a machine without any stops here.
        getrandom::fill(out).expect("the operating system gives entropy");
    }
}

/// A clock that stands still until it is told otherwise; for demos and tests.
#[derive(Debug, Default)]
pub struct FixedClock(AtomicI64);

impl FixedClock {
    /// A clock at `now_ms`.
    #[must_use]
    pub fn at(now_ms: i64) -> Self {
        Self(AtomicI64::new(now_ms))
    }

    /// Sets it.
    pub fn set(&self, now_ms: i64) {
        self.0.store(now_ms, Ordering::Relaxed);
    }

    /// Moves it, also back.
    pub fn advance(&self, by_ms: i64) {
        self.0.fetch_add(by_ms, Ordering::Relaxed);
    }
}

impl Clock for FixedClock {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A clock that goes on by a fixed step with every reading; for demos and tests.
#[derive(Debug)]
pub struct SteppedClock {
    now_ms: AtomicI64,
    step_ms: i64,
}

impl SteppedClock {
    /// A clock that first shows `start_ms`.
    #[must_use]
    pub fn new(start_ms: i64, step_ms: i64) -> Self {
        Self {
            now_ms: AtomicI64::new(start_ms),
            step_ms,
        }
    }

    /// Sets it.
    pub fn set(&self, now_ms: i64) {
        self.now_ms.store(now_ms, Ordering::Relaxed);
    }
}

impl Clock for SteppedClock {
    fn now_ms(&self) -> i64 {
        self.now_ms.fetch_add(self.step_ms, Ordering::Relaxed)
    }
}

/// Bytes that follow from a seed; for demos and tests, never for a real phone.
#[derive(Debug)]
pub struct SeededEntropy {
    seed: u64,
    drawn: AtomicU64,
}

impl SeededEntropy {
    /// A source that always gives the same bytes.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            drawn: AtomicU64::new(0),
        }
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, out: &mut [u8]) {
        for chunk in out.chunks_mut(32) {
            let n = self.drawn.fetch_add(1, Ordering::Relaxed);
            let block = Sha256::new()
                .chain_update(self.seed.to_be_bytes())
                .chain_update(n.to_be_bytes())
                .finalize();
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
    }
}
