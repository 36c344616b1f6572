//! Bundles of other phones that wait to be handed to the server.

use rusqlite::Row;
use uuid::Uuid;

use super::error::StoreError;
use super::tx::Tx;
use crate::photos::BlobHash;

type Result<T> = std::result::Result<T, StoreError>;

/// Where a carried bundle stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CarriedState {
    Waiting,
    Delivered,
    Refused,
}

/// A carried bundle.
#[derive(Clone, Debug)]
pub(crate) struct CarriedRow {
    pub hash: BlobHash,
    pub device: Uuid,
    pub made_ms: i64,
    pub size_bytes: u64,
    pub taken_ms: i64,
    pub state: CarriedState,
    pub code: Option<String>,
}

fn read(r: &Row) -> rusqlite::Result<CarriedRow> {
    Ok(CarriedRow {
        hash: r.get(0)?,
        device: Uuid::from_bytes(r.get(1)?),
        made_ms: r.get(2)?,
        size_bytes: r.get::<_, i64>(3)? as u64,
        taken_ms: r.get(4)?,
        state: match r.get(5)? {
            1 => CarriedState::Delivered,
            2 => CarriedState::Refused,
            _ => CarriedState::Waiting,
        },
        code: r.get(6)?,
    })
}

impl Tx<'_> {
    /// Carried bundles, those that wait first, then by when they were taken along.
    pub fn carried(&self) -> Result<Vec<CarriedRow>> {
        let mut stmt = self.conn.prepare_cached(
            "SELECT hash, device, made_ms, size_bytes, taken_ms, state, code FROM carried
             ORDER BY state, taken_ms, hash",
        )?;
        let rows = stmt.query_map([], read)?;
        Ok(rows.collect::<std::result::Result<_, _>>()?)
    }

    /// How many wait.
    pub fn waiting_bundles(&self) -> Result<u64> {
        let n: i64 = self
            .conn
            .prepare_cached("SELECT count(*) FROM carried WHERE state = 0")?
            .query_row([], |r| r.get(0))?;
        Ok(n as u64)
    }

    /// Takes one along; one that is here waits again.
    pub fn add_carried(&mut self, row: &CarriedRow) -> Result<()> {
        self.conn
            .prepare_cached(
                "INSERT INTO carried (hash, device, made_ms, size_bytes, taken_ms) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (hash) DO UPDATE SET state = 0, code = NULL, taken_ms = excluded.taken_ms",
            )?
            .execute((
                row.hash,
                row.device.as_bytes(),
                row.made_ms,
                row.size_bytes as i64,
                row.taken_ms,
            ))?;
        Ok(())
    }

    /// Notes what the server said.
    pub fn set_carried(
        &mut self,
        hash: &BlobHash,
        state: CarriedState,
        code: Option<&str>,
    ) -> Result<()> {
        let state = match state {
            CarriedState::Waiting => 0,
            CarriedState::Delivered => 1,
            CarriedState::Refused => 2,
        };
        self.conn
            .prepare_cached("UPDATE carried SET state = ?2, code = ?3 WHERE hash = ?1")?
            .execute((hash, state, code))?;
        Ok(())
    }

    /// Forgets one.
    pub fn forget_carried(&mut self, hash: &BlobHash) -> Result<()> {
        self.conn
            .prepare_cached("DELETE FROM carried WHERE hash = ?1")?
            .execute([hash])?;
        Ok(())
    }
}
