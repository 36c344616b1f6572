//! Where chance comes from: everything of a run follows from its seed.
//!
//! Invariant: each stream depends on the seed and its name alone, so that a workload stays the same when the faults are
//! others.

/// A stream of numbers.
pub struct Rng(fastrand::Rng);

impl Rng {
    /// The stream `name` of a seed.
    #[must_use]
    pub fn stream(seed: u64, name: &str) -> Self {
        let mut mixed = seed ^ 0x6775_616e_6d6f_0001;
        for byte in name.bytes() {
            mixed = (mixed ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        Self(fastrand::Rng::with_seed(mixed))
    }

    /// True in `per_mille` of 1,000 cases.
    pub fn chance(&mut self, per_mille: u32) -> bool {
        self.0.u32(0..1_000) < per_mille
    }

    /// A number below `end`, which is at least 1.
    pub fn below(&mut self, end: usize) -> usize {
        self.0.usize(0..end.max(1))
    }

    /// A number from `low` up to and without `high`.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        self.0.i64(low..high.max(low + 1))
    }

    /// One of these, if there are any.
    pub fn pick<'a, T>(&mut self, list: &'a [T]) -> Option<&'a T> {
        match list.len() {
            0 => None,
            n => list.get(self.0.usize(0..n)),
        }
    }

    /// Any number.
    pub fn number(&mut self) -> u64 {
        self.0.u64(..)
    }
}
