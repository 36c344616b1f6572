//! The phone's one SQLite database: the only place in this crate that speaks SQL.
//!
//! [`Store::write`] is one `BEGIN IMMEDIATE` transaction per user action; what its closure did is durable when it
//! returns, or not done at all. Invariant: no transaction is open when a method returns, so none is open across a
//! network await. Leaves out: what the records mean (`actions`), the wire (`sync`).

mod applied;
mod carried;
mod check;
mod error;
mod files;
mod meta;
mod migrations;
mod outbox;
mod photos;
mod pragma;
#[cfg(not(target_family = "wasm"))]
mod saved;
mod status;
mod tx;
mod wall;

use std::path::{Path, PathBuf};

use ledger::Ledger;
use rusqlite::Connection;
use uuid::Uuid;

pub(crate) use carried::{CarriedRow, CarriedState};
pub use error::StoreError;
pub(crate) use error::{FULL, READ_ONLY};
pub use files::FileDatabase;
pub(crate) use meta::key;
pub(crate) use outbox::OwnHead;
pub(crate) use photos::{BlobRow, BlobState};
pub(crate) use status::{OwnRecord, PhotoRow};
pub(crate) use tx::Tx;

/// Room made in the write-ahead log for filling, bytes.
#[cfg(not(target_family = "wasm"))]
const ROOM_BYTES: u64 = 2 << 20;
/// Autosaves that fit into it: two pages each.
const ROOM_COMMITS: u32 = 240;

/// The database and the ledger's caches over it.
pub(crate) struct Store {
    conn: Connection,
    ledger: Ledger,
    wal: PathBuf,
    /// Commits since the write-ahead log was begun.
    commits: u32,
    /// True once the log has room for them.
    roomy: bool,
    /// True while several writes are one transaction.
    joined: bool,
}

impl Store {
    /// Opens or creates the database at `path`.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let mut conn = Connection::open(path)?;
        pragma::alone(&conn)?;
        let found: i64 = conn.query_row("PRAGMA user_version", [], |r| r.get(0))?;
        if found > migrations::version() {
            // Before any setting is applied: a newer database is not touched at all.
            return Err(StoreError::Newer {
                found,
                known: migrations::version(),
            });
        }
        pragma::apply(&conn)?;
        migrations::migrate(&mut conn)?;
        let mut wal = path.as_os_str().to_owned();
        wal.push("-wal");
        let mut store = Self {
            conn,
            ledger: Ledger::new(),
            wal: wal.into(),
            commits: 0,
            roomy: false,
            joined: false,
        };
        store.begin_wal()?;
        store.read_kept()?;
        Ok(store)
    }

    /// After an update of the app: what a newer one wrote may be readable now.
    fn read_kept(&mut self) -> Result<(), StoreError> {
        if self.read(|tx| tx.unread_segments(None))? == 0 {
            return Ok(());
        }
        self.write(|tx| tx.read_kept())
    }

    /// Whose phone this is: lets sheets in an open campaign derive their ids.
    pub fn set_author(&mut self, author: Uuid) {
        self.ledger.set_author(author);
    }

    /// One transaction: all of it is on disk when this returns, or nothing is changed. Between [`Self::begin`] and
    /// [`Self::commit`] it is a part of theirs: on disk with them, and undone alone if it fails.
    pub fn write<T, E: From<StoreError>>(
        &mut self,
        work: impl FnOnce(&mut Tx) -> Result<T, E>,
    ) -> Result<T, E> {
        if self.joined {
            return self.write_part(work);
        }
        self.run("BEGIN IMMEDIATE")?;
        let done = work(&mut Tx::new(&self.conn, &mut self.ledger));
        let done = done.and_then(|value| self.run("COMMIT").map(|()| value).map_err(E::from));
        self.commits = self.commits.saturating_add(1);
        if done.is_err() {
            // After a failed COMMIT SQLite may have rolled back already: then there is nothing to do.
            let _ = self.run("ROLLBACK");
            self.ledger.rolled_back();
        }
        done
    }

    fn write_part<T, E: From<StoreError>>(
        &mut self,
        work: impl FnOnce(&mut Tx) -> Result<T, E>,
    ) -> Result<T, E> {
        self.run("SAVEPOINT part")?;
        let done = work(&mut Tx::new(&self.conn, &mut self.ledger));
        if done.is_err() {
            // A full disk may have ended the whole transaction: then the commit of the whole says so.
            let _ = self.run("ROLLBACK TO part");
            self.ledger.rolled_back();
        }
        match (done, self.run("RELEASE part")) {
            (Ok(value), released) => released.map(|()| value).map_err(E::from),
            (Err(error), _) => Err(error),
        }
    }

    /// From here on all writes are one transaction.
    pub fn begin(&mut self) -> Result<(), StoreError> {
        self.run("BEGIN IMMEDIATE")?;
        self.joined = true;
        Ok(())
    }

    /// Ends what [`Self::begin`] began: all of it is on disk, or, with an error, nothing is changed.
    pub fn commit(&mut self) -> Result<(), StoreError> {
        self.joined = false;
        self.commits = self.commits.saturating_add(1);
        let done = self.run("COMMIT");
        if done.is_err() {
            self.undo();
        }
        done
    }

    /// Ends what [`Self::begin`] began: nothing is changed.
    pub fn undo(&mut self) {
        self.joined = false;
        // SQLite may have rolled back already: then there is nothing to do.
        let _ = self.run("ROLLBACK");
        self.ledger.rolled_back();
    }

    /// Looks without writing.
    pub fn read<T, E>(&mut self, work: impl FnOnce(&mut Tx) -> Result<T, E>) -> Result<T, E> {
        work(&mut Tx::new(&self.conn, &mut self.ledger))
    }

    fn run(&self, sql: &str) -> Result<(), StoreError> {
        self.conn.prepare_cached(sql)?.execute([])?;
        Ok(())
    }

    /// Moves the write-ahead log into the database and gives its space back. Between actions only: it costs several disk
    /// syncs.
    pub fn checkpoint(&mut self) -> Result<(), StoreError> {
        self.move_wal("PRAGMA wal_checkpoint(TRUNCATE)")?;
        self.roomy = false;
        Ok(())
    }

    fn move_wal(&mut self, how: &str) -> Result<(), StoreError> {
        // A reader from outside may keep part of it: that part waits for the next time.
        self.conn.query_row(how, [], |_| Ok(()))?;
        self.begin_wal()?;
        self.commits = 0;
        Ok(())
    }

    /// Before filling goes on: starts the write-ahead log anew once its room is used up, and makes that room.
    pub fn make_room(&mut self) -> Result<(), StoreError> {
        if self.joined {
            // Was made before the transaction began.
            return Ok(());
        }
        if self.commits >= ROOM_COMMITS {
            self.move_wal("PRAGMA wal_checkpoint(RESTART)")?;
        }
        if !self.roomy {
            self.extend_wal();
            self.roomy = true;
        }
        Ok(())
    }

    /// Writes zeros behind the write-ahead log, so that autosaves overwrite blocks the file has instead of growing it:
    /// a sync then need not write the file system's journal. SQLite reads no frame whose salt and checksum do not fit.
    /// Where there is no space for it, or no file (a browser), autosaves are merely slower.
    #[cfg(not(target_family = "wasm"))]
    fn extend_wal(&self) {
        use std::io::{Seek, SeekFrom, Write};
        let extend = || {
            let mut file = std::fs::OpenOptions::new().write(true).open(&self.wal)?;
            let end = file.seek(SeekFrom::End(0))?;
            let room = usize::try_from(ROOM_BYTES.saturating_sub(end)).unwrap_or(0);
            file.write_all(&vec![0; room])?;
            file.sync_all()
        };
        // Only speed is lost.
        let _: std::io::Result<()> = extend();
    }

    #[cfg(target_family = "wasm")]
    fn extend_wal(&self) {}

    /// Gives space back once an eighth of the file is free: what a seal frees, sooner or later. Costs a rewrite of the
    /// file, so it comes only as often as that much was written.
    pub fn compact(&mut self) -> Result<(), StoreError> {
        let count = |pragma: &str| self.conn.query_row(pragma, [], |r| r.get::<_, i64>(0));
        let (free, pages) = (count("PRAGMA freelist_count")?, count("PRAGMA page_count")?);
        if free > pages / 8 {
            self.conn.execute_batch("VACUUM")?;
        }
        Ok(())
    }

    /// Checkpoints if the write-ahead log is larger than `bytes`.
    pub fn checkpoint_beyond(&mut self, bytes: u64) -> Result<(), StoreError> {
        if self.wal_bytes() > bytes {
            self.checkpoint()?;
        }
        Ok(())
    }

    #[cfg(not(target_family = "wasm"))]
    fn wal_bytes(&self) -> u64 {
        std::fs::metadata(&self.wal).map_or(0, |m| m.len())
    }

    /// There is no file to ask in a browser; `idle` and `sync` keep the log small there.
    #[cfg(target_family = "wasm")]
    fn wal_bytes(&self) -> u64 {
        let _ = &self.wal;
        0
    }

    /// The first commit of a fresh write-ahead log syncs its header too: spent here, not in an autosave.
    fn begin_wal(&mut self) -> Result<(), StoreError> {
        self.write(|tx| {
            let n = tx.meta_int(key::WALS)?.unwrap_or(0);
            tx.put_meta_int(key::WALS, n.wrapping_add(1))
        })
    }
}
