//! Before SQLite touches a phone's files: is there something it would silently pass over?
//!
//! SQLite takes an empty file for a new database, deletes the log beside it, and reads a log only up to the first frame
//! that does not fit. Each of them would show an older state as if it were the last one. The index SQLite keeps beside
//! the log (`-shm`) outlives a killed process and says how far the log reached.
//! Invariant: reads only; costs a read of the write-ahead log, which is kept small, never of the database.
//! Leaves out: a log whose end is missing after a power cut took the index too: it looks like one that ended there.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::log;
use super::pages;

/// A path with something after its name.
pub(super) fn beside(database: &Path, ending: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// The whole file; empty if there is none.
pub(super) fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    match std::fs::read(path) {
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        other => other,
    }
}

/// Why the database is damaged, if that can be seen without opening it. `enrolled`: the folder says that there is
/// one.
pub(crate) fn damage(database: &Path, enrolled: bool) -> io::Result<Option<String>> {
    let wal = bytes(&beside(database, "-wal"))?;
    let mut head = [0; 100];
    let (length, filled) = match File::open(database) {
        Ok(mut file) => (file.metadata()?.len(), fill(&mut file, &mut head)?),
        Err(e) if e.kind() == ErrorKind::NotFound => (0, 0),
        Err(e) => return Err(e),
    };
    if length == 0 && wal.is_empty() && !enrolled {
        return Ok(None);
    }
    if filled < head.len() {
        return Ok(Some(format!("the database has {length} bytes")));
    }
    let page = pages::page_size(&head, &wal);
    let log = log::read(&wal, page);
    if let Some(what) = log.damage() {
        return Ok(Some(what));
    }
    let index = bytes(&beside(database, "-shm"))?;
    if let Some(index) = Index::read(&index) {
        let same = log.begun && index.salt == log.salt;
        let lost = index.frames > index.moved && !log.begun;
        if (same && index.frames > log.read as u64) || lost {
            let (said, read) = (index.frames, log.read);
            return Ok(Some(format!(
                "the write-ahead log had {said} frames, {read} can be read"
            )));
        }
    }
    Ok(missing_pages(&head, length, page as u64, &log))
}

fn fill(file: &mut File, head: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < head.len() {
        match file.read(&mut head[filled..])? {
            0 => break,
            n => filled += n,
        }
    }
    Ok(filled)
}

/// A file that ends before its own header says, but for pages that are in the log.
fn missing_pages(head: &[u8; 100], length: u64, page: u64, log: &log::Log) -> Option<String> {
    let word = |at: usize| u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
    // The count is only valid if it was written with the last change.
    if !pages::is_database(head) || word(24) != word(92) {
        return None;
    }
    let (said, there) = (u64::from(word(28)), length / page);
    let in_log: std::collections::HashSet<u64> = log.frames[..log.read]
        .iter()
        .map(|f| u64::from(f.page))
        .collect();
    let lost = (there + 1..=said)
        .filter(|p| !in_log.contains(p))
        .take(1_000);
    match lost.count() {
        0 => None,
        n => Some(format!(
            "the database ends early: {n} of {said} pages are missing"
        )),
    }
}

/// What the index beside the log says of it.
struct Index {
    salt: [u8; 8],
    /// Frames of the log, and those of them that are in the database already.
    frames: u64,
    moved: u64,
}

impl Index {
    /// Two equal copies of the header that say they are valid; anything else was torn and says nothing.
    fn read(bytes: &[u8]) -> Option<Self> {
        let (one, two) = (bytes.get(..48)?, bytes.get(48..96)?);
        if one != two || one[12] != 1 {
            return None;
        }
        let word = |at: usize| {
            let four = bytes.get(at..at + 4).and_then(|b| b.try_into().ok());
            four.map_or(0, u32::from_ne_bytes)
        };
        Some(Self {
            salt: one[32..40].try_into().ok()?,
            frames: u64::from(word(16)),
            moved: u64::from(word(96)),
        })
    }
}
