//! The pages of a database, and the rows on them, read without SQLite.
//!
//! SQLite reaches a row through the pages above it and stops at the first that does not fit; its own recovery extension is
//! not part of what we link (`sqlite3_recover` is neither in the amalgamation nor in `rusqlite`). What a row is, its own
//! page says, so every page is read by itself, in the file and in each readable frame of the log, whatever points to it
//! (<https://sqlite.org/fileformat2.html>).
//! Invariant: nothing read is trusted; every length and place is checked, and a cell that does not fit is left out.
//! Leaves out: which table a row is of (`rows`).

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use super::log;

/// What a database begins with.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";
/// Pages of every phone's database; used where no header says it.
const PAGE: usize = 4_096;
/// The largest row believed, bytes: a segment with its frame.
const ROW: u64 = 4 << 20;

/// A value of a row.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Field {
    Null,
    Int(i64),
    Text(String),
    Blob(Vec<u8>),
}

/// A row with its number, if its table counts them.
pub(super) struct Row {
    /// It is of a frame of the log whose sum does not fit: the frame's header or its page is damaged, or both.
    pub doubtful: bool,
    pub no: Option<i64>,
    pub fields: Vec<Field>,
}

/// True if a file begins as a database does.
pub(super) fn is_database(head: &[u8]) -> bool {
    head.starts_with(MAGIC)
}

/// The page size: as the file's header says, else the log's, else the usual one. Bytes.
pub(super) fn page_size(head: &[u8], wal: &[u8]) -> usize {
    let said = match head.get(16..18) {
        Some([0, 1]) => 65_536,
        Some([a, b]) => usize::from(*a) << 8 | usize::from(*b),
        _ => 0,
    };
    if is_database(head) && said.is_power_of_two() && said >= 512 {
        return said;
    }
    log::page_size(wal).unwrap_or(PAGE)
}

/// All pages, every version.
pub(super) struct Pages<'a> {
    /// Bytes of a page that are used.
    usable: usize,
    /// Frames whose sum does not fit.
    doubtful: Vec<&'a [u8]>,
    /// Oldest first: those of the file, then those of the log in order.
    versions: Vec<(u32, &'a [u8])>,
    latest: HashMap<u32, &'a [u8]>,
    free: HashSet<u32>,
    /// Pages that rows ran over to.
    over: RefCell<HashSet<u32>>,
    /// How many pages there should be.
    count: u32,
}

impl<'a> Pages<'a> {
    pub fn read(database: &'a [u8], wal: &'a [u8]) -> Self {
        let size = page_size(database, wal);
        let reserved = match database.get(20) {
            Some(n) if is_database(database) => usize::from(*n),
            _ => 0,
        };
        let file = database
            .chunks(size)
            .zip(1..)
            .map(|(bytes, no)| (no, bytes));
        let log = log::read(wal, size);
        let frames = log.frames.iter().filter(|f| f.whole);
        let versions: Vec<(u32, &[u8])> = file.chain(frames.map(|f| (f.page, f.bytes))).collect();
        let mut latest: HashMap<u32, &[u8]> = versions.iter().copied().collect();
        let doubtful = log.frames.iter().filter(|f| !f.whole);
        for frame in doubtful.clone() {
            latest.entry(frame.page).or_insert(frame.bytes);
        }
        let mut pages = Self {
            usable: size - reserved,
            doubtful: doubtful.map(|f| f.bytes).collect(),
            versions,
            latest,
            free: HashSet::new(),
            over: RefCell::default(),
            count: 0,
        };
        let said = pages.word(1, 28).filter(|_| is_database(database));
        let held = pages.latest.keys().copied().max();
        pages.count = said.max(held).unwrap_or(0).min(1 << 22);
        pages.free = pages.free_pages().unwrap_or_default();
        pages
    }

    fn word(&self, page: u32, at: usize) -> Option<u32> {
        let bytes = self.latest.get(&page)?.get(at..at + 4)?;
        Some(u32::from_be_bytes(bytes.try_into().ok()?))
    }

    /// Pages that hold nothing any more, if the list of them is whole.
    fn free_pages(&self) -> Option<HashSet<u32>> {
        let (mut next, count) = (self.word(1, 32)?, self.word(1, 36)?);
        let mut free = HashSet::new();
        while next != 0 {
            if !free.insert(next) {
                return None;
            }
            for n in 0..self.word(next, 4)? as usize {
                free.insert(self.word(next, 8 + 4 * n)?);
            }
            next = self.word(next, 0)?;
        }
        (free.len() == count as usize).then_some(free)
    }

    /// Every row of every version of every page that is not free: the doubtful first, then the oldest versions.
    pub fn rows(&self) -> impl Iterator<Item = Row> + '_ {
        let doubtful = self
            .doubtful
            .iter()
            .flat_map(|bytes| self.rows_of(bytes, 0));
        let doubtful = doubtful.map(|row| Row {
            doubtful: true,
            ..row
        });
        let sound = self
            .versions
            .iter()
            .filter(|(no, _)| !self.free.contains(no))
            .flat_map(|(no, bytes)| self.rows_of(bytes, if *no == 1 { 100 } else { 0 }));
        doubtful.chain(sound)
    }

    /// How many pages are missing or are of no kind there is, once all rows were read.
    pub fn lost(&self) -> u64 {
        let over = self.over.borrow();
        let lost = (1..=self.count).filter(|no| {
            let at = if *no == 1 { 100 } else { 0 };
            let kind = self.latest.get(no).and_then(|page| page.get(at));
            let tree = matches!(kind, Some(0x02 | 0x05 | 0x0a | 0x0d));
            !tree && !self.free.contains(no) && !over.contains(no)
        });
        lost.count() as u64
    }

    fn rows_of(&self, page: &[u8], head: usize) -> Vec<Row> {
        let Some(kind) = page.get(head) else {
            return Vec::new();
        };
        // Leaves of tables and indexes; inner pages of an index hold rows, too.
        let (table, pointers) = match kind {
            0x0d => (true, head + 8),
            0x0a => (false, head + 8),
            0x02 => (false, head + 12),
            _ => return Vec::new(),
        };
        let short = |at: usize| {
            let two = page.get(at..at + 2).and_then(|b| b.try_into().ok());
            two.map_or(0, u16::from_be_bytes) as usize
        };
        (0..short(head + 3))
            .filter_map(|n| {
                let cell = short(pointers + 2 * n) + if *kind == 0x02 { 4 } else { 0 };
                self.row(page, cell, table)
            })
            .collect()
    }

    fn row(&self, page: &[u8], cell: usize, table: bool) -> Option<Row> {
        let mut at = cell;
        let size = varint(page, &mut at)?;
        let no = match table {
            true => Some(varint(page, &mut at)? as i64),
            false => None,
        };
        if size > ROW {
            return None;
        }
        let fields = fields(&self.payload(page, at, size as usize, table)?)?;
        Some(Row {
            doubtful: false,
            no,
            fields,
        })
    }

    /// A row's bytes, those on its own page and those on the pages it runs over to.
    fn payload(&self, page: &[u8], at: usize, size: usize, table: bool) -> Option<Vec<u8>> {
        let least = (self.usable - 12) * 32 / 255 - 23;
        let most = match table {
            true => self.usable - 35,
            false => (self.usable - 12) * 64 / 255 - 23,
        };
        if size <= most {
            return Some(page.get(at..at + size)?.to_vec());
        }
        let fits = least + (size - least) % (self.usable - 4);
        let here = if fits <= most { fits } else { least };
        let mut out = page.get(at..at + here)?.to_vec();
        let mut next = page.get(at + here..at + here + 4)?;
        while out.len() < size {
            let no = u32::from_be_bytes(next.try_into().ok()?);
            let over = self.latest.get(&no)?;
            self.over.borrow_mut().insert(no);
            next = over.get(..4)?;
            let left = (size - out.len()).min(self.usable - 4);
            out.extend_from_slice(over.get(4..4 + left)?);
        }
        Some(out)
    }
}

fn varint(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let mut out = 0;
    for n in 0..9 {
        let byte = *bytes.get(*at)?;
        *at += 1;
        if n == 8 {
            return Some(out << 8 | u64::from(byte));
        }
        out = out << 7 | u64::from(byte & 0x7f);
        if byte < 0x80 {
            break;
        }
    }
    Some(out)
}

/// The values of a record: their types first, then their bytes, and nothing after them.
fn fields(record: &[u8]) -> Option<Vec<Field>> {
    let mut at = 0;
    let head = usize::try_from(varint(record, &mut at)?).ok()?;
    if head > record.len() {
        return None;
    }
    let mut body = head;
    let mut out = Vec::new();
    while at < head {
        let kind = varint(record, &mut at)?;
        let size = match kind {
            0 | 8 | 9 => 0,
            1..=4 => kind as usize,
            5 => 6,
            6 => 8,
            n if n >= 12 => usize::try_from((n - 12) / 2).ok()?,
            _ => return None,
        };
        let bytes = record.get(body..body.checked_add(size)?)?;
        body += size;
        out.push(match kind {
            0 => Field::Null,
            8 | 9 => Field::Int(kind as i64 - 8),
            1..=6 => {
                let sign = if bytes[0] & 0x80 == 0 { 0 } else { -1 };
                Field::Int(bytes.iter().fold(sign, |n, b| n << 8 | i64::from(*b)))
            }
            n if n % 2 == 0 => Field::Blob(bytes.to_vec()),
            _ => Field::Text(std::str::from_utf8(bytes).ok()?.to_owned()),
        });
    }
    (at == head && body == record.len()).then_some(out)
}
