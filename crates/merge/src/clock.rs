//! Hybrid time: wall clock that never goes back.
//!
//! Invariant: every tick is greater than the one before. Nothing is ever counted, scored or rejected by it; it only
//! orders what is shown. Leaves out: reading a clock (`now_ms` is an argument).

/// A difference to the server's clock beyond this is flagged and shown, in milliseconds.
pub const SKEW_FLAG_MS: i64 = 5 * 60 * 1000;
/// How far ahead of the server's clock a time learnt from others may lead, in milliseconds.
pub const MAX_ADOPTED_LEAD_MS: i64 = 5 * 60 * 1000;

/// The hybrid clock of one device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HybridClock {
    last_ms: i64,
}

impl HybridClock {
    /// A clock that goes on after `last_ms`.
    pub fn resume(last_ms: i64) -> Self {
        Self { last_ms }
    }

    /// The last time given out, ms UTC.
    pub fn last_ms(&self) -> i64 {
        self.last_ms
    }

    /// The time of the next change: `max(last + 1, now)`.
    pub fn tick(&mut self, now_ms: i64) -> i64 {
        self.last_ms = now_ms.max(self.last_ms.saturating_add(1));
        self.last_ms
    }

    /// Learns a time seen in somebody else's change, capped at server time + 5 minutes.
    pub fn adopt(&mut self, seen_ms: i64, server_now_ms: i64) {
        let cap = server_now_ms.saturating_add(MAX_ADOPTED_LEAD_MS);
        self.last_ms = self.last_ms.max(seen_ms.min(cap));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_never_goes_back() {
        let mut c = HybridClock::resume(0);
        assert_eq!(c.tick(1000), 1000);
        assert_eq!(c.tick(400), 1001);
        assert_eq!(c.tick(1001), 1002);
    }

    #[test]
    fn a_wild_clock_of_another_phone_is_adopted_only_up_to_the_cap() {
        let mut c = HybridClock::resume(10);
        c.adopt(i64::MAX, 1_000_000);
        assert_eq!(c.last_ms(), 1_000_000 + MAX_ADOPTED_LEAD_MS);
    }

    #[test]
    fn the_bounds_are_the_five_minutes_the_documents_name() {
        assert_eq!((SKEW_FLAG_MS, MAX_ADOPTED_LEAD_MS), (300_000, 300_000));
    }
}
