//! Small integers for names, scopes, logs and records, with caches.
//!
//! Invariant: a cache only holds what the transaction in progress can see; [`Ledger::rolled_back`] forgets it all.

use std::collections::HashMap;
use std::sync::Arc;

use merge::LogId;
use protocol::{Scope, digest};
use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

use crate::error::{LedgerError, Result};
use crate::tail;

/// Row number of a scope.
pub type ScopeNo = i64;
/// Row number of a log.
pub type LogNo = i64;
/// Row number of a record.
pub type RecordNo = i64;
/// Row number of a kind or field name.
pub type FieldNo = i64;

/// How many record numbers are remembered before the cache is emptied.
const RECORDS_CACHED: usize = 100_000;

#[derive(Clone, Debug)]
pub(crate) struct ScopeRow {
    pub no: ScopeNo,
    pub scope: Scope,
    /// Of all live values.
    pub digest: digest::Buckets,
    /// What the tail adds to it; not in the stored digest.
    pub tail: digest::Buckets,
    pub dirty: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct CachedLog {
    pub no: LogNo,
    pub id: LogId,
    pub scope: ScopeNo,
    pub number: u64,
    pub head: u64,
    /// Highest seq in `cells`' reach: the head, or the end of the tail.
    pub last: u64,
    pub chain: [u8; 32],
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct RecordRow {
    pub no: RecordNo,
    pub scope: ScopeNo,
    pub kind: FieldNo,
}

/// Caches over one database; see the crate's documentation.
#[derive(Default)]
pub struct Ledger {
    pub(crate) names: HashMap<String, (FieldNo, u64)>,
    /// By number: they are given one after the other, and looked up for every value that is read.
    name_of: Vec<Option<(Arc<str>, u64)>>,
    pub(crate) scopes: HashMap<Uuid, ScopeRow>,
    pub(crate) scope_id: HashMap<ScopeNo, Uuid>,
    pub(crate) logs: HashMap<LogId, CachedLog>,
    pub(crate) log_id: HashMap<LogNo, LogId>,
    pub(crate) records: HashMap<Uuid, RecordRow>,
    /// Verdicts by log, loaded once: (verdict record, first, last, target record, in force).
    pub(crate) verdicts: Option<HashMap<LogNo, Vec<crate::verdicts::Range>>>,
    /// Whose phone this is, if it is one: lets open sheets derive their ids.
    pub(crate) author: Option<Uuid>,
    /// Decoded segments of the last look-ups.
    pub(crate) decoded: Vec<(i64, Arc<protocol::Batch>)>,
}

impl Ledger {
    /// A ledger with empty caches.
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets every cache: to be called after a rollback.
    pub fn rolled_back(&mut self) {
        *self = Self {
            author: self.author,
            ..Self::default()
        };
    }

    /// Tells whose phone this is, so that the ids of his sheets need not travel.
    pub fn set_author(&mut self, author: Uuid) {
        self.author = Some(author);
    }

    /// Number of a kind or field name, made if new.
    pub fn name(&mut self, conn: &Connection, name: &str) -> Result<FieldNo> {
        if let Some((no, _)) = self.names.get(name) {
            return Ok(*no);
        }
        let no = match self.find_name(conn, name)? {
            Some(no) => no,
            None => {
                conn.prepare_cached("INSERT INTO names (name) VALUES (?1)")?
                    .execute([name])?;
                conn.last_insert_rowid()
            }
        };
        let number = digest::field_number(name);
        self.names.insert(name.to_owned(), (no, number));
        self.remember(no, (name.into(), number));
        Ok(no)
    }

    fn remember(&mut self, no: FieldNo, name: (Arc<str>, u64)) {
        let Ok(at) = usize::try_from(no) else {
            return;
        };
        if at >= self.name_of.len() {
            self.name_of.resize(at + 1, None);
        }
        self.name_of[at] = Some(name);
    }

    pub(crate) fn find_name(&self, conn: &Connection, name: &str) -> Result<Option<FieldNo>> {
        if let Some((no, _)) = self.names.get(name) {
            return Ok(Some(*no));
        }
        Ok(conn
            .prepare_cached("SELECT no FROM names WHERE name = ?1")?
            .query_row([name], |r| r.get(0))
            .optional()?)
    }

    /// The name of a number.
    pub fn name_of(&mut self, conn: &Connection, no: FieldNo) -> Result<Arc<str>> {
        Ok(self.named(conn, no)?.0)
    }

    pub(crate) fn named(&mut self, conn: &Connection, no: FieldNo) -> Result<(Arc<str>, u64)> {
        let known = usize::try_from(no).ok().and_then(|at| self.name_of.get(at));
        if let Some(Some(n)) = known {
            return Ok(n.clone());
        }
        let name: String = conn
            .prepare_cached("SELECT name FROM names WHERE no = ?1")?
            .query_row([no], |r| r.get(0))
            .optional()?
            .ok_or_else(|| LedgerError::Damaged(format!("no name {no}")))?;
        let number = digest::field_number(&name);
        let shared: Arc<str> = name.as_str().into();
        self.names.insert(name, (no, number));
        self.remember(no, (Arc::clone(&shared), number));
        Ok((shared, number))
    }

    /// Number of a scope, made if new.
    pub fn scope(&mut self, conn: &Connection, scope: Scope) -> Result<ScopeNo> {
        let id = scope.id();
        if let Some(no) = self.find_scope(conn, id)? {
            return Ok(no);
        }
        conn.prepare_cached(
            "INSERT INTO scopes (id, letter, campaign, owner) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute((
            id.as_bytes(),
            scope.letter(),
            scope.campaign().as_bytes(),
            scope.owner().as_bytes(),
        ))?;
        let no = conn.last_insert_rowid();
        self.remember_scope(ScopeRow {
            no,
            scope,
            digest: [0; digest::BUCKETS],
            tail: [0; digest::BUCKETS],
            dirty: false,
        });
        Ok(no)
    }

    fn remember_scope(&mut self, row: ScopeRow) {
        self.scope_id.insert(row.no, row.scope.id());
        self.scopes.insert(row.scope.id(), row);
    }

    /// Number of the scope with this id, if known.
    pub fn find_scope(&mut self, conn: &Connection, id: Uuid) -> Result<Option<ScopeNo>> {
        if let Some(row) = self.scopes.get(&id) {
            return Ok(Some(row.no));
        }
        self.load_scope(
            conn,
            "SELECT no, letter, campaign, owner, digest FROM scopes WHERE id = ?1",
            id.as_bytes(),
        )
    }

    fn load_scope(
        &mut self,
        conn: &Connection,
        sql: &str,
        key: impl rusqlite::ToSql,
    ) -> Result<Option<ScopeNo>> {
        type Raw = (i64, u8, [u8; 16], [u8; 16], [u8; 128]);
        let row: Option<Raw> = conn
            .prepare_cached(sql)?
            .query_row([key], |r| {
                Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?, r.get(4)?))
            })
            .optional()?;
        let Some((no, letter, campaign, owner, bytes)) = row else {
            return Ok(None);
        };
        let scope = Scope::from_parts(letter, Uuid::from_bytes(campaign), Uuid::from_bytes(owner))
            .ok_or_else(|| LedgerError::Damaged(format!("scope letter {letter}")))?;
        let mut digest = [0; digest::BUCKETS];
        for (d, c) in digest.iter_mut().zip(bytes.chunks_exact(8)) {
            *d = c.iter().fold(0, |a, b| a << 8 | u64::from(*b));
        }
        let tail = tail::digest_of(conn, no)?;
        for (d, t) in digest.iter_mut().zip(tail) {
            *d = d.wrapping_add(t);
        }
        self.remember_scope(ScopeRow {
            no,
            scope,
            digest,
            tail,
            dirty: false,
        });
        Ok(Some(no))
    }

    /// After rows of a tail were taken out or rewritten: what is left of it in the digest.
    pub(crate) fn retally(&mut self, conn: &Connection, no: ScopeNo) -> Result<()> {
        let tail = tail::digest_of(conn, no)?;
        let row = self.scope_row(conn, no)?;
        (row.tail, row.dirty) = (tail, true);
        self.flush(conn)
    }

    /// What a scope number means.
    pub fn scope_of(&mut self, conn: &Connection, no: ScopeNo) -> Result<Scope> {
        if !self.scope_id.contains_key(&no) {
            self.load_scope(
                conn,
                "SELECT no, letter, campaign, owner, digest FROM scopes WHERE no = ?1",
                no,
            )?;
        }
        self.scope_id
            .get(&no)
            .and_then(|id| self.scopes.get(id))
            .map(|row| row.scope)
            .ok_or_else(|| LedgerError::Damaged(format!("no scope {no}")))
    }

    /// The digest of a scope.
    pub fn digest(&mut self, conn: &Connection, no: ScopeNo) -> Result<digest::Buckets> {
        self.scope_of(conn, no)?;
        Ok(self
            .scope_id
            .get(&no)
            .and_then(|id| self.scopes.get(id))
            .map_or([0; digest::BUCKETS], |r| r.digest))
    }

    pub(crate) fn scope_row(&mut self, conn: &Connection, no: ScopeNo) -> Result<&mut ScopeRow> {
        self.scope_of(conn, no)?;
        let id = self.scope_id[&no];
        self.scopes
            .get_mut(&id)
            .ok_or_else(|| LedgerError::Damaged(format!("no scope {no}")))
    }

    /// Writes changed digests: the end of every operation that touched cells.
    pub(crate) fn flush(&mut self, conn: &Connection) -> Result<()> {
        for row in self.scopes.values_mut().filter(|r| r.dirty) {
            let stored = row.digest.iter().zip(row.tail);
            let bytes: Vec<u8> = stored
                .flat_map(|(d, t)| d.wrapping_sub(t).to_be_bytes())
                .collect();
            conn.prepare_cached("UPDATE scopes SET digest = ?2 WHERE no = ?1")?
                .execute((row.no, bytes))?;
            row.dirty = false;
        }
        Ok(())
    }

    /// The record of an id, if known.
    pub(crate) fn find_record(&mut self, conn: &Connection, id: Uuid) -> Result<Option<RecordRow>> {
        if let Some(r) = self.records.get(&id) {
            return Ok(Some(*r));
        }
        let row = conn
            .prepare_cached("SELECT no, scope, kind FROM records WHERE id = ?1")?
            .query_row([id.as_bytes()], |r| {
                Ok(RecordRow {
                    no: r.get(0)?,
                    scope: r.get(1)?,
                    kind: r.get(2)?,
                })
            })
            .optional()?;
        if let Some(r) = row {
            self.remember_record(id, r);
        }
        Ok(row)
    }

    pub(crate) fn remember_record(&mut self, id: Uuid, row: RecordRow) {
        if self.records.len() >= RECORDS_CACHED {
            self.records.clear();
        }
        self.records.insert(id, row);
    }

    /// The record of an id, made if new; true if it was new. A record belongs to one scope and kind for life: what
    /// says otherwise is refused.
    pub(crate) fn record(
        &mut self,
        conn: &Connection,
        id: Uuid,
        kind: FieldNo,
        scope: ScopeNo,
    ) -> Result<(RecordRow, bool)> {
        let belongs = |r: RecordRow| {
            if r.scope == scope && r.kind == kind {
                return Ok((r, false));
            }
            Err(LedgerError::Refused(format!(
                "record {id} belongs to another scope or kind"
            )))
        };
        if let Some(r) = self.records.get(&id) {
            return belongs(*r);
        }
        let n = conn
            .prepare_cached("INSERT OR IGNORE INTO records (id, kind, scope) VALUES (?1, ?2, ?3)")?
            .execute((id.as_bytes(), kind, scope))?;
        if n == 0 {
            let held = self.find_record(conn, id)?;
            return belongs(held.ok_or_else(|| LedgerError::Damaged(format!("record {id}")))?);
        }
        let row = RecordRow {
            no: conn.last_insert_rowid(),
            scope,
            kind,
        };
        self.remember_record(id, row);
        Ok((row, true))
    }
}
