//! Threat T6: whoever edits, deletes, swaps, repeats or cuts a log is found, by the signature, the chain or the head.
//!
//! 10,000 random mutations of one log; each check switched off lets some of them through, so each is needed.

use ed25519_dalek::SigningKey;
use merge::LogId;
use protocol::chain::{Hash, Header, SignedSegment, origin};
use uuid::Uuid;

const MUTATIONS: usize = 10_000;
const SEGMENTS: u64 = 12;
const CAMPAIGN: Uuid = Uuid::from_u128(7);

/// A small generator (splitmix64), so that a failing mutation has a number.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((x ^ (x >> 31)) % below as u64) as usize
    }
}

fn log() -> LogId {
    LogId::new(Uuid::from_u128(1), Uuid::from_u128(2), 1)
}

fn header(first_seq: u64) -> Header {
    Header::of(&log(), first_seq, 3)
}

fn written(key: &SigningKey) -> Vec<SignedSegment> {
    let mut prev = origin(CAMPAIGN, &log());
    let segment = |n: u64| {
        let payload = format!("changes {n} to {}", n + 2).into_bytes();
        let s = SignedSegment::sign(key, prev, &header(n * 3 + 1), payload);
        prev = s.chain();
        s
    };
    (0..SEGMENTS).map(segment).collect()
}

/// Which checks a reader makes.
#[derive(Clone, Copy)]
struct Checks {
    signature: bool,
    chain: bool,
    head: bool,
}

const ALL: Checks = Checks {
    signature: true,
    chain: true,
    head: true,
};

/// Whether a reader takes these segments for the log with this head: what the server answered as held.
fn accepts(
    segments: &[SignedSegment],
    key: &SigningKey,
    head: (u64, Hash),
    checks: Checks,
) -> bool {
    let key = key.verifying_key();
    let (mut seq, mut chain) = (0, origin(CAMPAIGN, &log()));
    for s in segments {
        let Ok(h) = s.header() else { return false };
        if checks.signature && s.verify(&key).is_err() {
            return false;
        }
        if checks.chain && (s.prev_chain != chain || h.first_seq != seq + 1 || h.log() != log()) {
            return false;
        }
        (seq, chain) = (h.last_seq(), s.chain());
    }
    !checks.head || (seq, chain) == head
}

fn mutate(segments: &mut Vec<SignedSegment>, dice: &mut Dice, foreign: &SigningKey) {
    let at = dice.roll(segments.len());
    match dice.roll(7) {
        0 => {
            let s = &mut segments[at];
            let part = [&mut s.header, &mut s.payload];
            let [header, payload] = part;
            let bytes = if dice.roll(2) == 0 { header } else { payload };
            let byte = dice.roll(bytes.len());
            bytes[byte] ^= 1 << dice.roll(8);
        }
        1 => segments[at].signature[dice.roll(64)] ^= 1 << dice.roll(8),
        2 => segments[at].prev_chain[dice.roll(32)] ^= 1 << dice.roll(8),
        3 => drop(segments.remove(at)),
        4 => {
            let other = (at + 1 + dice.roll(segments.len() - 1)) % segments.len();
            segments.swap(at, other);
        }
        5 => segments.truncate(at),
        // Written anew from here on by somebody with another key, consistently.
        _ => {
            let mut prev = segments[at].prev_chain;
            for s in &mut segments[at..] {
                let h = s.header().unwrap();
                let mut payload = s.payload.clone();
                payload.push(b'!');
                *s = SignedSegment::sign(foreign, prev, &h, payload);
                prev = s.chain();
            }
        }
    }
}

/// How many of `mutations` a reader with these checks takes for the log.
fn missed(checks: Checks, mutations: usize) -> usize {
    let (key, foreign) = (
        SigningKey::from_bytes(&[1; 32]),
        SigningKey::from_bytes(&[2; 32]),
    );
    let honest = written(&key);
    let last = &honest[honest.len() - 1];
    let head = (SEGMENTS * 3, last.chain());
    assert!(
        accepts(&honest, &key, head, checks),
        "the honest log is refused"
    );
    let mut dice = Dice(2026);
    let mut through = 0;
    for _ in 0..mutations {
        let mut copy = honest.clone();
        mutate(&mut copy, &mut dice, &foreign);
        assert_ne!(copy, honest);
        through += usize::from(accepts(&copy, &key, head, checks));
    }
    through
}

#[test]
fn every_one_of_ten_thousand_mutations_of_a_log_is_found() {
    assert_eq!(missed(ALL, MUTATIONS), 0);
}

#[test]
fn each_check_is_needed() {
    let without = [
        Checks {
            signature: false,
            ..ALL
        },
        Checks { head: false, ..ALL },
        Checks {
            signature: false,
            chain: false,
            head: false,
        },
    ];
    for checks in without {
        assert!(
            missed(checks, 1_000) > 50,
            "a check that finds nothing of its own"
        );
    }
    // The signature covers the chain and the head names its end: the link is found without looking at `prev_chain`
    // only where the end is known. A reader in the middle of a log needs it.
    let middle = Checks {
        chain: false,
        head: false,
        ..ALL
    };
    assert!(missed(middle, 1_000) > 50);
}
