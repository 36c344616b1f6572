//! Changed inputs that follow from a seed.
//!
//! Leaves out: learning from what a decoder did; cargo-fuzz does that.

/// A small generator (splitmix64).
pub struct Dice(u64);

/// Numbers at which decoders trip.
const EDGES: [u64; 12] = [
    0,
    1,
    0x7f,
    0x80,
    0xff,
    0x7fff,
    0xffff,
    0x7fff_ffff,
    0xffff_ffff,
    1 << 48,
    i64::MAX as u64,
    u64::MAX,
];

impl Dice {
    /// The same for the same name.
    pub fn of(name: &str) -> Self {
        Self(
            name.bytes()
                .fold(0x21, |a, b| a.wrapping_mul(31).wrapping_add(u64::from(b))),
        )
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }

    /// A number below `sides`.
    pub fn roll(&mut self, sides: usize) -> usize {
        (self.next() % sides.max(1) as u64) as usize
    }

    /// Changes, removes, doubles, swaps a few pieces, or puts in pieces of another input.
    pub fn mangle(&mut self, bytes: &mut Vec<u8>, other: &[u8]) {
        for _ in 0..=self.roll(4) {
            let at = self.roll(bytes.len());
            let end = (at + 1 + self.roll(40)).min(bytes.len());
            if bytes.is_empty() {
                bytes.push(self.roll(256) as u8);
                continue;
            }
            match self.roll(8) {
                0 => bytes[at] ^= 1 << self.roll(8),
                1 => bytes[at] = self.roll(256) as u8,
                2 if self.roll(4) == 0 => bytes.truncate(at),
                3 => drop(bytes.drain(at..end)),
                4 => {
                    let piece = bytes[at..end].to_vec();
                    bytes.splice(at..at, piece);
                }
                5 => self.edge(&mut bytes[at..]),
                6 => {
                    let from = self.roll(other.len());
                    let to = (from + 1 + self.roll(40)).min(other.len());
                    bytes.splice(at..end, other[from..to].iter().copied());
                }
                _ => {
                    let other = self.roll(bytes.len());
                    bytes.swap(at, other);
                }
            }
        }
    }

    /// Overwrites the beginning with a number at which decoders trip.
    fn edge(&mut self, bytes: &mut [u8]) {
        let number = EDGES[self.roll(EDGES.len())];
        let width = 1 << self.roll(4);
        let whole = if self.roll(2) == 0 {
            number.to_be_bytes()[8 - width..].to_vec()
        } else {
            number.to_le_bytes()[..width].to_vec()
        };
        for (byte, new) in bytes.iter_mut().zip(whole) {
            *byte = new;
        }
    }
}
