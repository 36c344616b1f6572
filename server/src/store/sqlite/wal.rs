//! A look at the write-ahead log before SQLite opens it.
//!
//! SQLite takes the first frame whose checksum does not fit for the end of the log. After a power cut it is; a bit that
//! turned on the disk looks the same, and everything committed after it is gone without a word. Frames of the same run
//! behind the break tell the two cases from an orderly end. Invariant: reads only. Leaves out: a break in the last
//! frame, which a killed process leaves, too.

use std::io::Read;
use std::path::{Path, PathBuf};

const HEADER: usize = 32;
const FRAME_HEADER: usize = 24;
/// SQLite's largest page, bytes.
const LARGEST_PAGE: usize = 65_536;

/// Frames that were written to the log of this database after one that does not fit; 0: the log is whole, or there is
/// none. What cannot be read counts as whole: SQLite will say so itself.
pub fn frames_after_a_break(database: &Path) -> u64 {
    let path = log_of(database);
    let mut bytes = Vec::new();
    let read = std::fs::File::open(path).and_then(|mut f| f.read_to_end(&mut bytes));
    match read {
        Ok(n) if n > HEADER => behind_break(&bytes),
        _ => 0,
    }
}

/// `server.db` to `server.db-wal`.
fn log_of(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

fn word(bytes: &[u8], at: usize) -> u32 {
    let four = bytes.get(at..at + 4).and_then(|b| b.try_into().ok());
    u32::from_be_bytes(four.unwrap_or_default())
}

/// SQLite's running checksum over a multiple of 8 bytes.
fn sum(bytes: &[u8], big_endian: bool, (mut a, mut b): (u32, u32)) -> (u32, u32) {
    let read = |four: &[u8]| {
        let four = four.try_into().unwrap_or_default();
        match big_endian {
            true => u32::from_be_bytes(four),
            false => u32::from_le_bytes(four),
        }
    };
    for pair in bytes.chunks_exact(8) {
        a = a.wrapping_add(read(&pair[..4])).wrapping_add(b);
        b = b.wrapping_add(read(&pair[4..])).wrapping_add(a);
    }
    (a, b)
}

fn behind_break(log: &[u8]) -> u64 {
    let big_endian = word(log, 0) & 1 == 1;
    let page = word(log, 8) as usize;
    let mut so_far = sum(&log[..24], big_endian, (0, 0));
    let whole = (word(log, 24), word(log, 28)) == so_far
        && page.is_power_of_two()
        && (512..=LARGEST_PAGE).contains(&page);
    if !whole {
        // Whatever follows is not read any more. A header is written once, long before the frames that follow it.
        return 1;
    }
    let salts = &log[16..24];
    let mut broken = false;
    let mut behind = 0;
    for frame in log[HEADER..].chunks_exact(FRAME_HEADER + page) {
        let own = &frame[8..16] == salts;
        if broken {
            behind += u64::from(own);
            continue;
        }
        let sum = sum(&frame[..8], big_endian, so_far);
        so_far = self::sum(&frame[FRAME_HEADER..], big_endian, sum);
        broken = !own || (word(frame, 16), word(frame, 20)) != so_far;
    }
    behind
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;

    /// A database with several commits in its log, and the log's path.
    fn logged(dir: &Path) -> (Connection, PathBuf) {
        let path = dir.join("a.db");
        let conn = Connection::open(&path).unwrap();
        conn.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE t (x)")
            .unwrap();
        for n in 0..6 {
            conn.execute("INSERT INTO t VALUES (?1)", [n]).unwrap();
        }
        (conn, path)
    }

    #[test]
    fn a_log_as_sqlite_writes_it_is_whole_and_a_turned_bit_in_it_is_seen() {
        let dir = tempfile::tempdir().unwrap();
        let (conn, path) = logged(dir.path());
        assert_eq!(frames_after_a_break(&path), 0);
        let log = log_of(&path);
        let clean = std::fs::read(&log).unwrap();
        let frame = FRAME_HEADER + 4096;
        for at in [5, HEADER + 10, HEADER + frame + 100, HEADER + 2 * frame] {
            let mut bytes = clean.clone();
            bytes[at] ^= 4;
            std::fs::write(&log, &bytes).unwrap();
            assert!(frames_after_a_break(&path) > 0, "byte {at}");
        }
        // Cut short, as a killed process leaves it.
        std::fs::write(&log, &clean[..clean.len() - 100]).unwrap();
        assert_eq!(frames_after_a_break(&path), 0);
        std::fs::write(&log, &clean).unwrap();
        drop(conn);
    }
}
