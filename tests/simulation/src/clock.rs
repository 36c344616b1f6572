//! A phone's clock: the world's time, set wrong.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use mobile_core::Clock;

/// What a phone takes for the time.
pub struct PhoneClock {
    world: Arc<AtomicI64>,
    skew_ms: AtomicI64,
}

impl PhoneClock {
    /// A clock that is off by `skew_ms`.
    #[must_use]
    pub fn new(world: &Arc<AtomicI64>, skew_ms: i64) -> Self {
        Self {
            world: Arc::clone(world),
            skew_ms: AtomicI64::new(skew_ms),
        }
    }

    /// How far it is off, ms.
    #[must_use]
    pub fn skew_ms(&self) -> i64 {
        self.skew_ms.load(Ordering::SeqCst)
    }

    /// Somebody sets it, or it jumps.
    pub fn set_off_by(&self, skew_ms: i64) {
        self.skew_ms.store(skew_ms, Ordering::SeqCst);
    }
}

impl Clock for PhoneClock {
    fn now_ms(&self) -> i64 {
        let skew = self.skew_ms.load(Ordering::SeqCst);
        self.world.load(Ordering::SeqCst).saturating_add(skew)
    }
}
