//! Rebuilding a whole scope, reading what was kept unread, and thinning a re-issued tail.
//!
//! Invariant: registers end as `merge::resolve` says; a tail loses only what another branch holds alike, and stays
//! gapless. Leaves out: noticing that it is needed (`mobile-core::sync`).

use std::collections::{HashMap, HashSet};

use merge::{Change, Dot, LogId};
use rusqlite::Connection;
use uuid::Uuid;

use crate::caches::{FieldNo, Ledger, LogNo, RecordNo, ScopeNo};
use crate::error::{LedgerError, Result};
use crate::tail::{self, TailRow};

/// Seqs of a tail that are taken out, with the dot (log, seq) the change has elsewhere if it is the same one.
type Gone = HashMap<u64, Option<(LogNo, u64)>>;

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

    /// Applies segments that were kept unread because a newer app had written them, as far as this version reads them:
    /// to be called after an update. Returns how many it read.
    pub fn read_kept(&mut self, conn: &Connection) -> Result<u64> {
        let mut stmt = conn.prepare_cached(
            "SELECT s.no, s.log, s.first FROM segments s JOIN logs l ON l.no = s.log
             WHERE s.applied = 0 AND l.branch = 0 ORDER BY s.no",
        )?;
        let kept: Vec<(i64, i64, i64)> = stmt
            .query_map([], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))?
            .collect::<std::result::Result<_, _>>()?;
        let mut scopes = HashSet::new();
        let mut read = 0;
        for (no, log, first) in kept {
            let batch = match self.decoded(conn, no) {
                Ok(batch) => batch,
                // Newer still, or damaged: it stays kept, and must not keep the phone from opening.
                Err(LedgerError::Segment(_)) => continue,
                Err(e) => return Err(e),
            };
            let id = self.log_of(conn, log)?;
            let cached = self.find_cached_log(conn, id)?;
            let cached = cached.ok_or_else(|| LedgerError::Damaged(format!("no log {log}")))?;
            conn.prepare_cached("UPDATE segments SET applied = 1 WHERE no = ?1")?
                .execute([no])?;
            self.apply(conn, &cached, first as u64, &batch)?;
            scopes.insert(cached.scope);
            read += 1;
        }
        // What came after them did not find what it replaced: only a rebuild sees all of it.
        for scope in scopes {
            self.rebuild_scope(conn, scope)?;
        }
        Ok(read)
    }

    /// Takes out of the unsent tail of `own`, re-issued after a fork, what the other branch holds, once that was pulled:
    /// changes that are the same ones (written before the copy was made), and fields that were written alike. Returns
    /// how many changes it took out.
    pub fn thin_tail(&mut self, conn: &Connection, own: LogId) -> Result<u64> {
        let same = self.same_changes(conn, own)?;
        let first = self.take_out(conn, own, same)?;
        let alike = self.alike_changes(conn, own)?;
        Ok(first + self.take_out(conn, own, alike)?)
    }

    /// Changes of the tail that another log of the same device holds: same field, time and value. With their dots there.
    fn same_changes(&mut self, conn: &Connection, own: LogId) -> Result<Gone> {
        let mut gone = Gone::new();
        let Some(log) = self.find_cached_log(conn, own)? else {
            return Ok(gone);
        };
        for row in tail::of_log(conn, log.no, i64::MAX)? {
            let (id, _) = self.record_of(conn, row.record)?;
            let name = self.name_of(conn, row.field)?;
            let mine = self.tail_change(conn, &row)?;
            let mut changes = self.changes_of(conn, log.scope, id)?;
            let there = changes.remove(&*name).unwrap_or_default();
            let twin = there.iter().find(|c| {
                let other = c.dot.log.device == own.device && c.dot.log != own;
                other && (c.at_ms, &c.value) == (mine.at_ms, &mine.value)
            });
            if let Some(twin) = twin
                && let Some(other) = self.find_cached_log(conn, twin.dot.log)?
            {
                gone.insert(mine.dot.seq, Some((other.no, twin.dot.seq)));
            }
        }
        Ok(gone)
    }

    /// Changes of fields of which every value of this tail is in the history of other logs, the only live one equals a
    /// live value there, and the other live values do not depend on it.
    fn alike_changes(&mut self, conn: &Connection, own: LogId) -> Result<Gone> {
        let mut gone = Gone::new();
        let Some(log) = self.find_cached_log(conn, own)? else {
            return Ok(gone);
        };
        let mut fields: HashMap<(RecordNo, FieldNo), Vec<u64>> = HashMap::new();
        for row in tail::of_log(conn, log.no, i64::MAX)? {
            let seqs = fields.entry((row.record, row.field)).or_default();
            seqs.push(row.seq as u64);
        }
        for ((record, field), seqs) in fields {
            let (id, _) = self.record_of(conn, record)?;
            let name = self.name_of(conn, field)?;
            let mut changes = self.changes_of(conn, log.scope, id)?;
            let changes = changes.remove(&*name).unwrap_or_default();
            if self.is_alike(conn, own, log.head, id, &changes)? {
                gone.extend(seqs.into_iter().map(|seq| (seq, None)));
            }
        }
        Ok(gone)
    }

    /// Takes changes out of a tail; what replaced them replaces what they are elsewhere.
    fn take_out(&mut self, conn: &Connection, own: LogId, gone: Gone) -> Result<u64> {
        let Some(log) = self
            .find_cached_log(conn, own)?
            .filter(|_| !gone.is_empty())
        else {
            return Ok(0);
        };
        let rows = tail::of_log(conn, log.no, i64::MAX)?;
        let touched: HashSet<RecordNo> = rows.iter().map(|r| r.record).collect();
        self.drop_cells_of(conn, &log, log.head)?;
        let last = renumber(conn, log.no, log.head as i64, rows, &gone)?;
        if let Some(l) = self.logs.get_mut(&own) {
            l.last = last as u64;
        }
        for record in touched {
            self.rebuild(conn, record, None)?;
        }
        self.retally(conn, log.scope)?;
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
        let (tail, rest): (Vec<Change>, Vec<Change>) =
            changes.iter().cloned().partition(|c| in_tail(&c.dot));
        let is_told = |c: &Change| rest.iter().any(|r| r.value == c.value);
        if !tail.iter().all(is_told) {
            return Ok(false);
        }
        let without: HashSet<Dot> = merge::resolve(&rest, &refused)
            .into_iter()
            .map(|l| l.dot)
            .collect();
        Ok(without == others.iter().map(|o| o.dot).collect())
    }
}

/// Writes a tail anew without what is gone, gapless from `head` + 1, and returns its last seq. Dots follow, in this tail
/// and in others.
fn renumber(
    conn: &Connection,
    log: LogNo,
    head: i64,
    rows: Vec<TailRow>,
    gone: &Gone,
) -> Result<i64> {
    conn.prepare_cached("DELETE FROM tail WHERE log = ?1")?
        .execute([log])?;
    let mut now: HashMap<u64, (LogNo, u64)> = HashMap::new();
    let mut last = head;
    for row in rows {
        let seq = row.seq as u64;
        if let Some(elsewhere) = gone.get(&seq) {
            now.extend(elsewhere.map(|dot| (seq, dot)));
            continue;
        }
        last += 1;
        now.insert(seq, (log, last as u64));
        let supersedes = tail::moved(&row.supersedes, log, &now);
        conn.prepare_cached(
            "INSERT INTO tail (log, seq, at_ms, record, field, value, supersedes, minted)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute((
            log, last, row.at_ms, row.record, row.field, row.value, supersedes, row.minted,
        ))?;
    }
    tail::follow(conn, log, log, &now)?;
    Ok(last)
}
