//! The frames of a write-ahead log, read without SQLite.
//!
//! SQLite stops at the first frame that does not fit and forgets what follows: right after a power cut, when the rest was
//! never acknowledged, and wrong for a damaged file. Here each frame is judged by itself, from the sums its neighbours
//! carry. Invariant: only frames of the log's own salt count; those of an earlier turn are in the database already.
//! Leaves out: what is on the pages (`pages`), the decision whether the file is damaged (`look`).

/// Bytes of the log's header and of a frame's.
const HEADER: usize = 32;
const FRAME: usize = 24;
/// What the log begins with; the last bit says in which order the sums read their words.
const MAGIC: u32 = 0x377f_0682;

/// One frame.
pub(super) struct Frame<'a> {
    /// Number of the page, from 1.
    pub page: u32,
    /// True if it ends a transaction.
    pub commits: bool,
    /// The page.
    pub bytes: &'a [u8],
    /// Its sum, or that of the next frame, fits.
    pub whole: bool,
}

/// A log.
pub(super) struct Log<'a> {
    /// The header fits.
    pub begun: bool,
    /// Bytes 16 to 24 of the header.
    pub salt: [u8; 8],
    /// Frames of this turn in order, up to where the file ends or an earlier turn begins.
    pub frames: Vec<Frame<'a>>,
    /// How many of them SQLite reads: those before the first that does not fit, up to the last commit.
    pub read: usize,
}

fn be32(bytes: &[u8], at: usize) -> u32 {
    let four = bytes.get(at..at + 4).and_then(|b| b.try_into().ok());
    four.map_or(0, u32::from_be_bytes)
}

/// A sum as SQLite's logs have it: two words.
type Sum = (u32, u32);

fn sum(big: bool, from: Sum, bytes: &[u8]) -> Sum {
    let word = |b: &[u8]| {
        let four = [b[0], b[1], b[2], b[3]];
        if big {
            u32::from_be_bytes(four)
        } else {
            u32::from_le_bytes(four)
        }
    };
    bytes.chunks_exact(8).fold(from, |(a, b), pair| {
        let a = a.wrapping_add(word(&pair[..4])).wrapping_add(b);
        let b = b.wrapping_add(word(&pair[4..])).wrapping_add(a);
        (a, b)
    })
}

/// The page size a log says, if it says a possible one.
pub(super) fn page_size(wal: &[u8]) -> Option<usize> {
    let size = be32(wal, 8) as usize;
    (size.is_power_of_two() && (512..=65_536).contains(&size)).then_some(size)
}

/// Reads a log; `page` is the database's page size, bytes.
pub(super) fn read(wal: &[u8], page: usize) -> Log<'_> {
    let magic = be32(wal, 0);
    let big = magic == MAGIC | 1;
    let stored: Sum = (be32(wal, 24), be32(wal, 28));
    let begun = magic & !1 == MAGIC
        && page_size(wal) == Some(page)
        && sum(big, (0, 0), &wal[..24]) == stored;
    // Where the header is lost, the first frame says which turn it is.
    let salt_at = if begun { 16 } else { HEADER + 8 };
    let salt: [u8; 8] = wal
        .get(salt_at..salt_at + 8)
        .and_then(|b| b.try_into().ok())
        .unwrap_or_default();
    let mut log = Log {
        begun,
        salt,
        frames: Vec::new(),
        read: 0,
    };
    if salt == [0; 8] {
        return log;
    }
    let raw: Vec<&[u8]> = wal
        .get(HEADER..)
        .unwrap_or_default()
        .chunks_exact(FRAME + page)
        .collect();
    let last = raw.iter().rposition(|f| f[8..16] == salt);
    let own = &raw[..last.map_or(0, |n| n + 1)];
    let after = |from: Sum, f: &[u8]| sum(big, sum(big, from, &f[..8]), &f[FRAME..]);
    let said = |f: &[u8]| (be32(f, 16), be32(f, 20));
    // What the sum before a frame may be: as the frame before says, or as its bytes give.
    let mut before: Vec<Sum> = if begun { vec![stored] } else { Vec::new() };
    let mut prefix = begun;
    for (n, f) in own.iter().enumerate() {
        let ours = f[8..16] == salt;
        let given: Vec<Sum> = before.iter().map(|from| after(*from, f)).collect();
        let fits = given.contains(&said(f));
        let next_fits = own
            .get(n + 1)
            .is_some_and(|next| given.iter().any(|from| after(*from, next) == said(next)));
        let unknown = before.is_empty();
        log.frames.push(Frame {
            page: be32(f, 0),
            commits: be32(f, 4) != 0,
            bytes: &f[FRAME..],
            whole: (ours && fits) || next_fits || unknown,
        });
        prefix &= ours && given.first() == Some(&said(f));
        if prefix && be32(f, 4) != 0 {
            log.read = n + 1;
        }
        before = vec![said(f)];
        before.extend(given.first().filter(|sum| **sum != said(f)));
    }
    log
}

impl Log<'_> {
    /// Why the log is certainly damaged, if it is: whole transactions after one that cannot be read. A single one may be
    /// what a power cut tore, and that was never acknowledged.
    pub fn damage(&self) -> Option<String> {
        if !self.begun && !self.frames.is_empty() {
            return Some("the header of the write-ahead log".into());
        }
        let rest = &self.frames[self.read..];
        let commits = rest.iter().filter(|f| f.whole && f.commits).count();
        let end = rest.iter().rposition(|f| f.whole && f.commits);
        let more = end.is_some_and(|n| n + 1 < rest.len());
        (commits > 1 || (commits == 1 && more))
            .then(|| format!("frame {} of the write-ahead log", self.read + 1))
    }
}
