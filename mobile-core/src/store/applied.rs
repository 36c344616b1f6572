//! Actions done under an id, and what they answered.
//!
//! Invariant: the row is written in the action's own transaction. Leaves out: what is asked again after [`KEPT`] others.

use rusqlite::OptionalExtension;
use uuid::Uuid;

use super::error::StoreError;
use super::tx::Tx;

/// Answers kept. Whoever asks again does so within seconds.
pub(crate) const KEPT: i64 = 1_000;

impl Tx<'_> {
    /// What the action of this id answered, if it was done.
    pub fn applied(&self, id: Uuid) -> Result<Option<Vec<u8>>, StoreError> {
        let found = self
            .conn
            .prepare_cached("SELECT answer FROM applied WHERE id = ?1")?
            .query_row([id], |r| r.get(0));
        Ok(found.optional()?)
    }

    /// Keeps what the action of this id answered, and lets go of the oldest.
    pub fn keep_applied(&mut self, id: Uuid, answer: &[u8]) -> Result<(), StoreError> {
        self.conn
            .prepare_cached("INSERT INTO applied (id, answer) VALUES (?1, ?2)")?
            .execute((id, answer))?;
        let last = self.conn.last_insert_rowid();
        self.conn
            .prepare_cached("DELETE FROM applied WHERE no <= ?1")?
            .execute([last - KEPT])?;
        Ok(())
    }
}
