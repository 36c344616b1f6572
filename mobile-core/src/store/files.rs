//! The photo folder of a platform whose files open only asynchronously (a browser): the files as rows of a database of
//! their own, named by their hash.
//!
//! Invariant: as that of the folder: a hash that is there has the bytes it says, and `put` returns after the disk has
//! them. Photos are written once, not twice (a rollback journal, not a write-ahead log), and apart from the records, so
//! that neither slows the other. What is removed makes room for new photos; `shrink` gives it back to the system. Leaves out:
//! that for a file of the first apps, which does not know where its pages are.

use std::io::{self, ErrorKind};
use std::path::Path;

use rusqlite::blob::Blob;
use rusqlite::{Connection, MAIN_DB, OptionalExtension};

use super::error::StoreError;
use super::pragma;
use crate::photos::files::{BlobFiles, Verified};
use crate::photos::{BlobHash, hash_of};

/// Pages that are given back at once: 16 MiB, as much as the journal then holds at most.
const SHRINK_PAGES: i64 = 1_024;
/// The form of the file this app writes.
const VERSION: i64 = 1;

/// [`BlobFiles`] in a database.
pub struct FileDatabase {
    conn: Connection,
}

impl FileDatabase {
    /// Opens or creates it.
    ///
    /// # Errors
    /// `database_newer`, `database_locked`, `database_corrupt`, the disk's.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let conn = Connection::open(path)?;
        let found: i64 = conn.query_row("PRAGMA user_version", [], |r| r.get(0))?;
        if found > VERSION {
            let known = VERSION;
            return Err(StoreError::Newer { found, known });
        }
        pragma::apply_to_files(&conn)?;
        if found < VERSION {
            conn.execute_batch(
                "BEGIN IMMEDIATE;
                 CREATE TABLE files (
                     no INTEGER PRIMARY KEY,
                     hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
                     bytes BLOB NOT NULL
                 ) STRICT;
                 PRAGMA user_version = 1;
                 COMMIT;",
            )?;
        }
        Ok(Self { conn })
    }

    fn find(&self, hash: &BlobHash) -> io::Result<Option<(i64, u64)>> {
        let found = self
            .conn
            .prepare_cached("SELECT no, length(bytes) FROM files WHERE hash = ?1")
            .and_then(|mut s| {
                s.query_row([hash.as_slice()], |r| Ok((r.get(0)?, r.get::<_, i64>(1)?)))
                    .optional()
            });
        let found = found.map_err(disk)?;
        Ok(found.map(|(no, size)| (no, u64::try_from(size).unwrap_or(0))))
    }

    /// Gives at most so many free pages back; false if none could be.
    fn vacuum(&self, pages: i64) -> rusqlite::Result<bool> {
        let count = || {
            self.conn
                .query_row("PRAGMA page_count", [], |r| r.get::<_, i64>(0))
        };
        let before = count()?;
        let mut statement = self
            .conn
            .prepare(&format!("PRAGMA incremental_vacuum({pages})"))?;
        let mut rows = statement.query([])?;
        while rows.next()?.is_some() {}
        Ok(count()? < before)
    }

    fn blob(&self, no: i64) -> io::Result<Blob<'_>> {
        self.conn
            .blob_open(MAIN_DB, "files", "bytes", no, true)
            .map_err(disk)
    }
}

impl BlobFiles for FileDatabase {
    fn put(&self, bytes: &[u8]) -> io::Result<BlobHash> {
        let hash = hash_of(bytes);
        // Not "is it there": putting the bytes again heals a damaged file.
        if self.verify(&hash)? != Verified::Intact {
            self.conn
                .prepare_cached(
                    "INSERT INTO files (hash, bytes) VALUES (?1, ?2)
                     ON CONFLICT (hash) DO UPDATE SET bytes = excluded.bytes",
                )
                .and_then(|mut s| s.execute((hash.as_slice(), bytes)))
                .map_err(disk)?;
        }
        Ok(hash)
    }

    fn get(&self, hash: &BlobHash) -> io::Result<Option<Vec<u8>>> {
        self.get_range(hash, 0, u64::MAX)
    }

    fn get_range(&self, hash: &BlobHash, offset: u64, length: u64) -> io::Result<Option<Vec<u8>>> {
        let Some((no, size)) = self.find(hash)? else {
            return Ok(None);
        };
        let wanted = size.saturating_sub(offset).min(length);
        let too_large = |_| io::Error::from(ErrorKind::InvalidInput);
        let mut bytes = vec![0; usize::try_from(wanted).map_err(too_large)?];
        let at = usize::try_from(offset.min(size)).map_err(too_large)?;
        self.blob(no)?.read_at_exact(&mut bytes, at).map_err(disk)?;
        Ok(Some(bytes))
    }

    fn size_bytes(&self, hash: &BlobHash) -> io::Result<Option<u64>> {
        Ok(self.find(hash)?.map(|(_, size)| size))
    }

    fn verify(&self, hash: &BlobHash) -> io::Result<Verified> {
        match self.find(hash)? {
            Some((no, _)) => Verified::of(self.blob(no)?, hash),
            None => Ok(Verified::Missing),
        }
    }

    fn remove(&self, hash: &BlobHash) -> io::Result<()> {
        self.conn
            .prepare_cached("DELETE FROM files WHERE hash = ?1")
            .and_then(|mut s| s.execute([hash.as_slice()]))
            .map_err(disk)?;
        Ok(())
    }

    fn shrink(&self) -> io::Result<()> {
        // Piece by piece: what is moved goes through the journal first.
        loop {
            let free: i64 = self
                .conn
                .query_row("PRAGMA freelist_count", [], |r| r.get(0))
                .map_err(disk)?;
            let moved = self.vacuum(SHRINK_PAGES).map_err(disk)?;
            if free == 0 || !moved {
                return Ok(());
            }
        }
    }
}

/// The kinds that the facade tells people apart by.
fn disk(error: rusqlite::Error) -> io::Error {
    let error = StoreError::from(error);
    let kind = match error {
        StoreError::Full(_) => ErrorKind::StorageFull,
        StoreError::ReadOnly(_) => ErrorKind::ReadOnlyFilesystem,
        StoreError::Corrupt(_) => ErrorKind::InvalidData,
        _ => ErrorKind::Other,
    };
    io::Error::new(kind, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> (tempfile::TempDir, FileDatabase) {
        let dir = tempfile::tempdir().unwrap();
        let files = FileDatabase::open(&dir.path().join("photos.db")).unwrap();
        (dir, files)
    }

    #[test]
    fn a_photo_put_twice_is_kept_once_and_is_there_after_reopening() {
        let (dir, files) = folder();
        let picture = vec![7; 200_000];
        let hash = files.put(&picture).unwrap();
        assert_eq!(files.put(&picture).unwrap(), hash);
        drop(files);
        let files = FileDatabase::open(&dir.path().join("photos.db")).unwrap();
        assert_eq!(files.get(&hash).unwrap().as_deref(), Some(&picture[..]));
        assert_eq!(files.size_bytes(&hash).unwrap(), Some(200_000));
        let rows: i64 = files
            .conn
            .query_row("SELECT count(*) FROM files", [], |r| r.get(0))
            .unwrap();
        assert_eq!(rows, 1);
    }

    #[test]
    fn a_range_ends_where_the_file_ends() {
        let (_dir, files) = folder();
        let hash = files.put(b"picture").unwrap();
        let range = |at, n| files.get_range(&hash, at, n).unwrap().unwrap();
        assert_eq!(range(3, 2), b"tu");
        assert_eq!(range(5, 99), b"re");
        assert_eq!(range(99, 2), b"");
    }

    #[test]
    fn a_missing_photo_is_none_and_removing_it_is_no_error() {
        let (_dir, files) = folder();
        let hash = hash_of(b"never kept");
        assert_eq!(files.get(&hash).unwrap(), None);
        assert_eq!(files.size_bytes(&hash).unwrap(), None);
        assert_eq!(files.verify(&hash).unwrap(), Verified::Missing);
        files.remove(&hash).unwrap();
    }

    #[test]
    fn one_changed_byte_is_found_and_putting_the_bytes_again_heals_it() {
        let (_dir, files) = folder();
        let hash = files.put(b"picture").unwrap();
        files
            .conn
            .execute("UPDATE files SET bytes = ?1", [b"picturE"])
            .unwrap();
        assert_eq!(files.verify(&hash).unwrap(), Verified::Damaged);
        files.put(b"picture").unwrap();
        assert_eq!(files.verify(&hash).unwrap(), Verified::Intact);
        files.remove(&hash).unwrap();
        assert_eq!(files.verify(&hash).unwrap(), Verified::Missing);
    }

    #[test]
    fn the_space_of_removed_photos_is_used_again() {
        let (_dir, files) = folder();
        let pages = || {
            let count = |r: &rusqlite::Row<'_>| r.get::<_, i64>(0);
            files
                .conn
                .query_row("PRAGMA page_count", [], count)
                .unwrap()
        };
        let first = files.put(&[1; 500_000]).unwrap();
        let before = pages();
        files.remove(&first).unwrap();
        files.put(&[2; 500_000]).unwrap();
        assert_eq!(pages(), before);
    }

    #[test]
    fn what_is_removed_is_given_back_when_asked_for_and_the_rest_stays_whole() {
        let (dir, files) = folder();
        let size = || {
            std::fs::metadata(dir.path().join("photos.db"))
                .unwrap()
                .len()
        };
        let kept: Vec<_> = (0..40_u8)
            .map(|n| files.put(&vec![n; 500_000]).unwrap())
            .collect();
        let before = size();
        for hash in kept.iter().step_by(2) {
            files.remove(hash).unwrap();
        }
        assert_eq!(size(), before, "control: removing alone gives nothing back");
        files.shrink().unwrap();
        assert!(size() < before * 6 / 10, "{} of {before} bytes", size());
        for hash in kept.iter().skip(1).step_by(2) {
            assert_eq!(files.verify(hash).unwrap(), Verified::Intact);
        }
    }

    #[test]
    fn a_file_of_the_first_apps_is_not_given_back_and_stays_whole() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("photos.db");
        let old = Connection::open(&path).unwrap();
        let made = "CREATE TABLE files (no INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, bytes BLOB NOT NULL) STRICT;
                    PRAGMA user_version = 1;";
        old.execute_batch(made).unwrap();
        drop(old);
        let files = FileDatabase::open(&path).unwrap();
        let (gone, stays) = (
            files.put(&[1; 50_000]).unwrap(),
            files.put(&[2; 50_000]).unwrap(),
        );
        files.remove(&gone).unwrap();
        files.shrink().unwrap();
        assert_eq!(files.verify(&stays).unwrap(), Verified::Intact);
    }

    #[test]
    fn a_file_of_a_newer_app_is_left_as_it_is() {
        let (dir, files) = folder();
        files.conn.pragma_update(None, "user_version", 9).unwrap();
        drop(files);
        let opened = FileDatabase::open(&dir.path().join("photos.db"));
        assert_eq!(opened.err().map(|e| e.code()), Some("database_newer"));
    }
}
