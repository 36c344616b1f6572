//! Own photos' files and how far each is sent.

use rusqlite::Row;
use uuid::Uuid;

use super::error::StoreError;
use super::tx::Tx;
use crate::photos::BlobHash;

type Result<T> = std::result::Result<T, StoreError>;

/// Where a file stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BlobState {
    Waiting,
    Sending,
    Held,
    Damaged,
    Refused,
}

impl BlobState {
    const ALL: [Self; 5] = [
        Self::Waiting,
        Self::Sending,
        Self::Held,
        Self::Damaged,
        Self::Refused,
    ];

    pub(super) fn number(self) -> i64 {
        Self::ALL.iter().position(|s| *s == self).unwrap_or(0) as i64
    }

    pub(super) fn of(number: i64) -> Self {
        let at = usize::try_from(number).unwrap_or(0);
        Self::ALL.get(at).copied().unwrap_or(Self::Waiting)
    }
}

/// A file to send.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BlobRow {
    pub hash: BlobHash,
    pub size_bytes: u64,
    pub offset_bytes: u64,
}

impl BlobRow {
    fn read(r: &Row) -> rusqlite::Result<Self> {
        Ok(Self {
            hash: r.get(0)?,
            size_bytes: r.get::<_, i64>(1)? as u64,
            offset_bytes: r.get::<_, i64>(2)? as u64,
        })
    }
}

impl Tx<'_> {
    /// Notes an own photo and queues its files.
    pub fn add_photo(
        &mut self,
        id: Uuid,
        stored: (BlobHash, u64),
        thumbnail: (BlobHash, u64),
    ) -> Result<()> {
        self.conn
            .prepare_cached("INSERT INTO photos (id, stored, thumbnail) VALUES (?1, ?2, ?3)")?
            .execute((id.as_bytes(), stored.0, thumbnail.0))?;
        // The same picture twice is one file; what the server holds it goes on holding.
        let mut add = self.conn.prepare_cached(
            "INSERT INTO blobs (hash, role, size_bytes) VALUES (?1, ?2, ?3)
             ON CONFLICT (hash) DO UPDATE SET state = CASE state WHEN 3 THEN 0 ELSE state END",
        )?;
        add.execute((thumbnail.0, 0, thumbnail.1 as i64))?;
        add.execute((stored.0, 1, stored.1 as i64))?;
        Ok(())
    }

    /// Files to send in the order of their turn: thumbnails first, then copies, smallest first. Refused ones too: the
    /// office may have put right why.
    pub fn waiting_blobs(&self, limit: i64) -> Result<Vec<BlobRow>> {
        let mut stmt = self.conn.prepare_cached(
            "SELECT hash, size_bytes, offset_bytes FROM blobs WHERE state IN (0, 1, 4)
             ORDER BY role, size_bytes, hash LIMIT ?1",
        )?;
        let rows = stmt.query_map([limit], BlobRow::read)?;
        Ok(rows.collect::<std::result::Result<_, _>>()?)
    }

    /// Files for a bundle, thumbnails first: those that are not sent or were refused, or every one of them. Those known to be
    /// damaged too, so that they are counted.
    pub fn blobs_to_carry(&self, all: bool) -> Result<Vec<BlobRow>> {
        let mut stmt = self.conn.prepare_cached(
            "SELECT hash, size_bytes, offset_bytes FROM blobs WHERE ?1 OR state <> 2
             ORDER BY role, size_bytes, hash",
        )?;
        let rows = stmt.query_map([all], BlobRow::read)?;
        Ok(rows.collect::<std::result::Result<_, _>>()?)
    }

    /// How many files wait.
    pub fn count_waiting_blobs(&self) -> Result<u64> {
        let n: i64 = self
            .conn
            .prepare_cached("SELECT count(*) FROM blobs WHERE state IN (0, 1)")?
            .query_row([], |r| r.get(0))?;
        Ok(n as u64)
    }

    /// Notes where a file stands.
    pub fn set_blob(
        &mut self,
        hash: &BlobHash,
        state: BlobState,
        offset_bytes: u64,
        status: Option<u16>,
    ) -> Result<()> {
        self.conn
            .prepare_cached(
                "UPDATE blobs SET state = ?2, offset_bytes = ?3, status = ?4 WHERE hash = ?1",
            )?
            .execute((hash, state.number(), offset_bytes as i64, status))?;
        Ok(())
    }

    /// A restored server may have lost files: those it holds are asked about again. True if there are any.
    pub fn doubt_blobs(&mut self) -> Result<bool> {
        let doubted = self
            .conn
            .prepare_cached("UPDATE blobs SET state = 0, offset_bytes = 0 WHERE state = 2")?
            .execute([])?;
        Ok(doubted > 0)
    }

    /// Every file of own photos, for wiping.
    pub fn all_blobs(&self) -> Result<Vec<BlobHash>> {
        let mut stmt = self.conn.prepare_cached("SELECT hash FROM blobs")?;
        let rows = stmt.query_map([], |r| r.get(0))?;
        Ok(rows.collect::<std::result::Result<_, _>>()?)
    }
}
