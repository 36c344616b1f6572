//! Rebuilding a whole scope, and thinning a re-issued tail.
//!
//! Invariant: registers end as `merge::resolve` says; a tail loses only what another branch holds alike, and stays
//! gapless. Leaves out: noticing that it is needed (`mobile-core::sync`).

use std::collections::{HashMap, HashSet};

use merge::{Change, Dot, LogId};
use rusqlite::Connection;
use uuid::Uuid;

use crate::caches::{Ledger, RecordNo, ScopeNo};
use crate::error::{LedgerError, Result};
use crate::seal::be;
use crate::tail::{self, TailRow};

impl Ledger {
    /// Rebuilds cells, conflicts and digest of a scope from its segments and the tail. Returns how many records it has.
    pub fn rebuild_scope(&mut self, conn: &Connection, scope: ScopeNo) -> Result<u64> {
        conn.prepare_cached(
            "DELETE FROM cells WHERE record IN (SELECT no FROM records WHERE scope = ?1)",
        )?
        .execute([scope])?;
        let row = self.scope_row(conn, scope)?;
        row.digest = Default::default();
        row.dirty = true;
        self.flush(conn)?;
        let mut stmt = conn.prepare_cached("SELECT no FROM records WHERE scope = ?1")?;
        let records: Vec<RecordNo> = stmt
            .query_map([scope], |r| r.get(0))?
            .collect::<std::result::Result<_, _>>()?;
        // Every record looks through every segment: all are decoded once and kept meanwhile.
        let mut decoded = Vec::new();
        for (no, _, _) in self.applied_segments(conn, scope)? {
            decoded.push((no, self.decoded(conn, no)?));
        }
        self.decoded = decoded;
        for record in &records {
            self.rebuild(conn, *record, None)?;
        }
        self.decoded.clear();
        Ok(records.len() as u64)
    }

    /// Takes out of the unsent tail of `own` what another log holds alike: fields whose only live value of this tail
    /// equals a live value of another log, and whose other live values do not depend on it. For a tail re-issued after
    /// a fork, once the other branch was pulled. Returns how many changes it took out.
    pub fn thin_tail(&mut self, conn: &Connection, own: LogId) -> Result<u64> {
        let Some(log) = self.find_cached_log(conn, own)? else {
            return Ok(0);
        };
        let rows = tail::of_log(conn, log.no, i64::MAX)?;
        let mut alike = HashSet::new();
        let fields: HashSet<(RecordNo, i64)> = rows.iter().map(|r| (r.record, r.field)).collect();
        for (record, field) in fields {
            let (id, _) = self.record_of(conn, record)?;
            let name = self.name_of(conn, field)?;
            let mut changes = self.changes_of(conn, log.scope, id)?;
            let changes = changes.remove(&name).unwrap_or_default();
            if self.is_alike(conn, own, log.head, id, &changes)? {
                alike.insert((record, field));
            }
        }
        if alike.is_empty() {
            return Ok(0);
        }
        let touched: HashSet<RecordNo> = rows.iter().map(|r| r.record).collect();
        let (gone, kept): (Vec<TailRow>, Vec<TailRow>) = rows
            .into_iter()
            .partition(|r| alike.contains(&(r.record, r.field)));
        self.drop_cells_of(conn, &log, log.head)?;
        let last = renumber(conn, log.no, log.head as i64, kept)?;
        if let Some(l) = self.logs.get_mut(&own) {
            l.last = last as u64;
        }
        for record in touched {
            self.rebuild(conn, record, None)?;
        }
        Ok(gone.len() as u64)
    }

    /// Would the field show the same without the tail of `own`, but for one value that is live elsewhere too?
    fn is_alike(
        &mut self,
        conn: &Connection,
        own: LogId,
        head: u64,
        record: Uuid,
        changes: &[Change],
    ) -> Result<bool> {
        let in_tail = |dot: &Dot| dot.log == own && dot.seq > head;
        let refused = self.refused(conn, record, changes.iter())?;
        let live = merge::resolve(changes, &refused);
        let (mine, others): (Vec<_>, Vec<_>) = live.iter().partition(|l| in_tail(&l.dot));
        let [mine] = mine.as_slice() else {
            return Ok(false);
        };
        if !others.iter().any(|o| o.value == mine.value) {
            return Ok(false);
        }
        let rest: Vec<Change> = changes
            .iter()
            .filter(|c| !in_tail(&c.dot))
            .cloned()
            .collect();
        let without: HashSet<Dot> = merge::resolve(&rest, &refused)
            .into_iter()
            .map(|l| l.dot)
            .collect();
        Ok(without == others.iter().map(|o| o.dot).collect())
    }
}

/// Writes the tail anew, gapless from `head` + 1, and returns its last seq. Dots of the same tail follow.
fn renumber(conn: &Connection, log: i64, head: i64, rows: Vec<TailRow>) -> Result<i64> {
    conn.prepare_cached("DELETE FROM tail WHERE log = ?1")?
        .execute([log])?;
    let mut seqs: HashMap<u64, u64> = HashMap::new();
    let mut last = head;
    for row in rows {
        last += 1;
        seqs.insert(row.seq as u64, last as u64);
        let mut dots = Vec::with_capacity(row.supersedes.len());
        for dot in row.supersedes.chunks_exact(16) {
            let (of, seq) = (be(&dot[..8]) as i64, be(&dot[8..]));
            let in_tail = of == log && seq > head as u64;
            let seq = if in_tail {
                *seqs
                    .get(&seq)
                    .ok_or_else(|| LedgerError::Damaged("a tail names a later change".into()))?
            } else {
                seq
            };
            dots.extend_from_slice(&of.to_be_bytes());
            dots.extend_from_slice(&seq.to_be_bytes());
        }
        conn.prepare_cached(
            "INSERT INTO tail (log, seq, at_ms, record, field, value, supersedes, minted)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute((
            log, last, row.at_ms, row.record, row.field, row.value, dots, row.minted,
        ))?;
    }
    Ok(last)
}
