//! Repeatable chance for made-up material: the same seed gives the same tour on every machine.
//!
//! SplitMix64, which needs no crate. Leaves out: anything secret (keys come from `mobile_core::Entropy`).

/// A stream of numbers.
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    /// The stream of a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// An independent stream named by `seed` and `part`.
    pub fn part(seed: u64, part: u64) -> Self {
        let mut mixed = Self(seed ^ part.wrapping_mul(0xd134_2543_de82_ef95));
        mixed.next();
        Self(mixed.next())
    }

    /// 64 bits.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from 0 to `limit` - 1; 0 if `limit` is 0.
    pub fn below(&mut self, limit: usize) -> usize {
        ((u128::from(self.next()) * limit as u128) >> 64) as usize
    }

    /// A number from `low` to `high` - 1; `low` if there is none.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below(usize::try_from(high - low).unwrap_or(0)) as i64
    }

    /// True in `percent` of 100.
    pub fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of a list that is not empty.
    pub fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }

    /// Shuffles.
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for end in (1..list.len()).rev() {
            list.swap(end, self.below(end + 1));
        }
    }

    /// Roughly normal around 0: the sum of four even throws, standard deviation `sd`.
    pub fn noise(&mut self, sd: i64) -> i64 {
        // One even throw over (-h, h) has the deviation h/√3; four of them 2h/√3.
        let half = sd * 866 / 1000;
        (0..4).map(|_| self.between(-half, half + 1)).sum()
    }

    /// Fills a buffer.
    pub fn fill(&mut self, out: &mut [u8]) {
        for chunk in out.chunks_mut(8) {
            chunk.copy_from_slice(&self.next().to_le_bytes()[..chunk.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_stream_and_another_seed_another() {
        let stream = |seed| -> Vec<u64> {
            let mut chance = Chance::new(seed);
            (0..4).map(|_| chance.next()).collect()
        };
        assert_eq!(stream(1), stream(1));
        assert_ne!(stream(1), stream(2));
        assert_ne!(Chance::part(1, 1).next(), Chance::part(1, 2).next());
    }

    #[test]
    fn noise_has_the_deviation_asked_for() {
        let mut chance = Chance::new(7);
        let throws: Vec<i64> = (0..20_000).map(|_| chance.noise(20_000)).collect();
        let mean = throws.iter().sum::<i64>() / 20_000;
        let square = throws.iter().map(|t| t * t).sum::<i64>() / 20_000;
        assert!(mean.abs() < 600, "{mean}");
        let sd = (square as f64).sqrt();
        assert!((19_000.0..21_000.0).contains(&sd), "{sd}");
    }
}
