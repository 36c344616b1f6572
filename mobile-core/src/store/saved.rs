//! What a salvage does with a new database beyond what a sync does.
//!
//! Invariant: as for `tx`. Leaves out: what goes in (`salvage`).

use ed25519_dalek::VerifyingKey;
use ledger::{Inspected, Next, Saved};
use merge::LogId;
use protocol::Scope;
use protocol::chain::{Hash, Header, SignedSegment};
use uuid::Uuid;

use super::Store;
use super::error::StoreError;
use super::tx::Tx;

type Result<T> = std::result::Result<T, StoreError>;

impl Tx<'_> {
    /// Remembers a scope that no server announced to this database yet.
    pub fn know_scope(&mut self, scope: Scope) -> Result<()> {
        self.ledger.scope(self.conn, scope)?;
        Ok(())
    }

    /// Looks at a segment that went another way than its log.
    pub fn inspect_branch(
        &mut self,
        segment: &SignedSegment,
        header: &Header,
        scope: Scope,
        key: &VerifyingKey,
    ) -> Result<Inspected> {
        self.ledger
            .inspect_branch(self.conn, segment, header, scope, key)
            .map_err(StoreError::of_arrival)
    }

    /// Stores a segment of a branch outside the registers.
    pub fn admit_branch(&mut self, next: &Next, arrived_ms: i64) -> Result<()> {
        self.ledger.admit(self.conn, next, arrived_ms, 0, false)?;
        Ok(())
    }

    /// Chains after each segment of a log.
    pub fn chains_of(&mut self, log: ledger::LogNo) -> Result<Vec<Hash>> {
        let rows = self.ledger.segments(self.conn, log)?;
        Ok(rows.into_iter().map(|r| r.chain).collect())
    }

    /// Appends own changes saved from a damaged database; the seq of the first.
    pub fn append_saved(&mut self, scope: Scope, own: LogId, changes: &[Saved]) -> Result<u64> {
        Ok(self.ledger.append_saved(self.conn, scope, own, changes)?)
    }

    /// Kind and scope of a record, if known.
    pub fn record_is(&mut self, id: Uuid) -> Result<Option<(String, Scope)>> {
        Ok(self.ledger.record_is(self.conn, id)?)
    }
}

impl Store {
    /// Closes the database; its write-ahead log is in it then, and gone.
    pub fn close(self) -> Result<()> {
        let Self { conn, ledger, .. } = self;
        drop(ledger);
        conn.close().map_err(|(_, e)| e.into())
    }
}
