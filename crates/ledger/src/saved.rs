//! Own changes saved from a damaged database, written again before they were ever sealed.
//!
//! Invariant: a saved change keeps its time, value and what it replaced; it is appended, so no seq is used twice. What the
//! registers show afterwards is `merge::resolve` of everything. Leaves out: where they come from, which are kept in their log
//! and which go into a new epoch (`mobile_core::salvage`).

use merge::LogId;
use protocol::Scope;
use rusqlite::Connection;
use uuid::Uuid;

use crate::caches::Ledger;
use crate::error::{LedgerError, Result};

/// An own change that was read from a damaged database.
#[derive(Clone, Debug)]
pub struct Saved {
    /// Hybrid time, ms UTC.
    pub at_ms: i64,
    /// Kind of its record.
    pub kind: String,
    /// Its record.
    pub record: Uuid,
    /// Its field.
    pub field: String,
    /// Its value, encoded.
    pub value: Vec<u8>,
    /// What it replaced.
    pub supersedes: Vec<(LogId, u64)>,
    /// Seed and place in the run (24 bytes), or empty.
    pub minted: Vec<u8>,
}

impl Ledger {
    /// Appends saved changes to an own log of their scope; returns the seq of the first. A change whose record is known
    /// under another kind or in another scope is refused, and nothing is appended. The registers do not know them before
    /// [`Ledger::rebuild_scope`].
    pub fn append_saved(
        &mut self,
        conn: &Connection,
        scope: Scope,
        own: LogId,
        changes: &[Saved],
    ) -> Result<u64> {
        let scope_no = self.scope(conn, scope)?;
        if own.scope != scope.id() {
            return Err(LedgerError::Refused("log and scope differ".into()));
        }
        let log = self.log(conn, own, scope.campaign())?;
        let mut seq = log.last;
        for change in changes {
            seq += 1;
            let kind = self.name(conn, &change.kind)?;
            let field = self.name(conn, &change.field)?;
            let (record, _) = self.record(conn, change.record, kind, scope_no)?;
            let mut dots = Vec::with_capacity(change.supersedes.len() * 16);
            for (id, dead) in &change.supersedes {
                let no = self.log(conn, *id, scope.campaign())?.no;
                dots.extend_from_slice(&no.to_be_bytes());
                dots.extend_from_slice(&dead.to_be_bytes());
            }
            conn.prepare_cached(
                "INSERT INTO tail (log, seq, at_ms, record, field, value, supersedes, minted)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute((
                log.no,
                seq as i64,
                change.at_ms,
                record.no,
                field,
                &change.value,
                &dots,
                &change.minted,
            ))?;
        }
        if let Some(l) = self.logs.get_mut(&own) {
            l.last = seq;
        }
        Ok(log.last + 1)
    }

    /// Kind and scope of a record, if known.
    pub fn record_is(
        &mut self,
        conn: &Connection,
        record: Uuid,
    ) -> Result<Option<(String, Scope)>> {
        let Some(known) = self.find_record(conn, record)? else {
            return Ok(None);
        };
        let kind = self.name_of(conn, known.kind)?.to_string();
        Ok(Some((kind, self.scope_of(conn, known.scope)?)))
    }
}
