//! The slow path: registers from the stored segments, by the specification itself (`merge::resolve`).
//!
//! Used when a verdict changes what already arrived, and by `verify --rebuild`. Costs a decoding of the scope's
//! segments. Invariant: ends in exactly the cells the fast path would have left.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use merge::{Change, Dot};
use protocol::{Batch, segment, value};
use rusqlite::Connection;
use uuid::Uuid;

use crate::caches::{CachedLog, FieldNo, Ledger, RecordNo, ScopeNo};
use crate::cells::Place;
use crate::error::{LedgerError, Result};
use crate::tail::{self, batch_change};

/// Changes of a scope by record and field name.
pub(crate) type ByRecord = HashMap<Uuid, HashMap<String, Vec<Change>>>;

/// How many decoded segments are kept for look-ups.
const DECODED_KEPT: usize = 32;

impl Ledger {
    /// A stored segment, decoded; remembered for the next look-up.
    pub(crate) fn decoded(&mut self, conn: &Connection, no: i64) -> Result<Arc<Batch>> {
        if let Some((_, b)) = self.decoded.iter().find(|(n, _)| *n == no) {
            return Ok(b.clone());
        }
        let (log, payload, count): (i64, Vec<u8>, u32) = conn
            .prepare_cached("SELECT log, payload, count FROM segments WHERE no = ?1")?
            .query_row([no], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))?;
        let id = self.log_of(conn, log)?;
        let batch = Arc::new(segment::decode(&payload, &id, count)?);
        if self.decoded.len() >= DECODED_KEPT {
            self.decoded.remove(0);
        }
        self.decoded.push((no, batch.clone()));
        Ok(batch)
    }

    /// Applied segments of a scope: (segment no, log, first seq).
    pub(crate) fn applied_segments(
        &mut self,
        conn: &Connection,
        scope: ScopeNo,
    ) -> Result<Vec<(i64, CachedLog, u64)>> {
        let mut stmt = conn
            .prepare_cached("SELECT no, log, first FROM segments WHERE scope = ?1 AND applied = 1 ORDER BY log, first")?;
        let rows: Vec<(i64, i64, i64)> = stmt
            .query_map([scope], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))?
            .collect::<std::result::Result<_, _>>()?;
        rows.into_iter()
            .map(|(no, log, first)| {
                let id = self.log_of(conn, log)?;
                let log = self
                    .find_cached_log(conn, id)?
                    .ok_or_else(|| LedgerError::Damaged("log".into()))?;
                Ok((no, log, first as u64))
            })
            .collect()
    }

    /// All changes held of one record, by field name, from segments and tail.
    pub(crate) fn changes_of(
        &mut self,
        conn: &Connection,
        scope: ScopeNo,
        record: Uuid,
    ) -> Result<HashMap<String, Vec<Change>>> {
        let mut out: HashMap<String, Vec<Change>> = HashMap::new();
        for (no, log, first) in self.applied_segments(conn, scope)? {
            let batch = self.decoded(conn, no)?;
            let Some(index) = batch.records.iter().position(|(_, id)| *id == record) else {
                continue;
            };
            for (i, row) in batch
                .rows
                .iter()
                .enumerate()
                .filter(|(_, r)| r.record as usize == index)
            {
                let change = batch_change(&batch, log.id, first + i as u64, row)?;
                let field = &batch.fields[row.field as usize];
                out.entry(field.clone()).or_default().push(change);
            }
        }
        let Some(r) = self.find_record(conn, record)? else {
            return Ok(out);
        };
        for row in tail::of_record(conn, r.no)? {
            let change = self.tail_change(conn, &row)?;
            out.entry(self.name_of(conn, row.field)?.to_string())
                .or_default()
                .push(change);
        }
        Ok(out)
    }

    /// Which of these changes a verdict in force refuses.
    pub(crate) fn refused<'c>(
        &mut self,
        conn: &Connection,
        record: Uuid,
        changes: impl Iterator<Item = &'c Change>,
    ) -> Result<HashSet<Dot>> {
        let mut out = HashSet::new();
        for c in changes {
            if let Some(log) = self.find_cached_log(conn, c.dot.log)?
                && self.is_refused(conn, log.no, c.dot.seq, record)?
            {
                out.insert(c.dot);
            }
        }
        Ok(out)
    }

    /// Rebuilds the registers of one record (all fields, or these) from what is stored.
    pub(crate) fn rebuild(
        &mut self,
        conn: &Connection,
        record: RecordNo,
        only: Option<&HashSet<FieldNo>>,
    ) -> Result<()> {
        let (id, _) = self.record_of(conn, record)?;
        let row = self
            .find_record(conn, id)?
            .ok_or_else(|| LedgerError::Damaged("record".into()))?;
        let changes = self.changes_of(conn, row.scope, id)?;
        let refused = self.refused(conn, id, changes.values().flatten())?;
        let mut fields: HashSet<FieldNo> = changes
            .keys()
            .map(|f| self.name(conn, f))
            .collect::<Result<_>>()?;
        let mut stmt = conn.prepare_cached("SELECT DISTINCT field FROM cells WHERE record = ?1")?;
        for f in stmt.query_map([record], |r| r.get(0))? {
            fields.insert(f?);
        }
        for field in fields
            .into_iter()
            .filter(|f| only.is_none_or(|o| o.contains(f)))
        {
            let (name, field_number) = self.named(conn, field)?;
            let p = Place {
                scope: row.scope,
                record,
                record_id: id,
                field,
                field_number,
            };
            for cell in self.cells(conn, record, field)? {
                let log = self.log_of(conn, cell.log)?;
                let log = self
                    .find_cached_log(conn, log)?
                    .ok_or_else(|| LedgerError::Damaged("log".into()))?;
                self.kill_cell(conn, &p, &log, cell.seq)?;
            }
            let list = changes.get(&*name).map_or(&[][..], Vec::as_slice);
            for live in merge::resolve(list, &refused) {
                let log = self
                    .find_cached_log(conn, live.dot.log)?
                    .ok_or_else(|| LedgerError::Damaged("log".into()))?;
                self.put_cell(
                    conn,
                    &p,
                    &log,
                    live.dot.seq,
                    live.at_ms,
                    &value::encode(&live.value),
                )?;
            }
            self.remember_dead(conn, &p, list, &refused)?;
            self.note_conflict(conn, record, field)?;
        }
        self.flush(conn)
    }

    /// Dots of this field that are superseded but not applied, as the changes now held say.
    fn remember_dead(
        &mut self,
        conn: &Connection,
        p: &Place,
        list: &[Change],
        refused: &HashSet<Dot>,
    ) -> Result<()> {
        conn.prepare_cached("DELETE FROM dead WHERE record = ?1 AND field = ?2")?
            .execute((p.record, p.field))?;
        let campaign = self.scope_of(conn, p.scope)?.campaign();
        for dot in merge::superseded(list, refused) {
            let log = self.log(conn, dot.log, campaign)?;
            if !self.is_applied(conn, &log, dot.seq)? {
                conn.prepare_cached(
                    "INSERT OR IGNORE INTO dead (log, seq, record, field) VALUES (?1, ?2, ?3, ?4)",
                )?
                .execute((log.no, dot.seq as i64, p.record, p.field))?;
            }
        }
        Ok(())
    }

    /// Rebuilds every record a run of changes of a log touches; which ones, with their kinds.
    pub(crate) fn rebuild_range(
        &mut self,
        conn: &Connection,
        log: &CachedLog,
        first: u64,
        last: u64,
        target: Option<Uuid>,
    ) -> Result<Vec<(Uuid, String)>> {
        let mut ids = BTreeSet::new();
        for row in self.segments(conn, log.no)? {
            if !row.applied || row.first > last || row.first + row.count <= first {
                continue;
            }
            let batch = self.decoded(conn, row.no)?;
            for (i, r) in batch.rows.iter().enumerate() {
                if (first..=last).contains(&(row.first + i as u64)) {
                    ids.insert(batch.records[r.record as usize].1);
                }
            }
        }
        let mut rebuilt = Vec::new();
        for id in ids.into_iter().filter(|id| target.is_none_or(|t| t == *id)) {
            if let Some(r) = self.find_record(conn, id)? {
                self.rebuild(conn, r.no, None)?;
                rebuilt.push((id, self.name_of(conn, r.kind)?.to_string()));
            }
        }
        Ok(rebuilt)
    }

    /// Every change the applied segments of a scope hold.
    pub(crate) fn by_record(&mut self, conn: &Connection, scope: ScopeNo) -> Result<ByRecord> {
        let mut by_record = ByRecord::new();
        for (no, log, first) in self.applied_segments(conn, scope)? {
            let batch = self.decoded(conn, no)?;
            for (i, row) in batch.rows.iter().enumerate() {
                let record = batch.records[row.record as usize].1;
                let field = batch.fields[row.field as usize].clone();
                let change = batch_change(&batch, log.id, first + i as u64, row)?;
                let fields = by_record.entry(record).or_default();
                fields.entry(field).or_default().push(change);
            }
        }
        Ok(by_record)
    }

    /// Compares the registers of every record with a rebuild from the segments; returns the ids that differ.
    /// Changes nothing.
    pub fn compare(&mut self, conn: &Connection) -> Result<Vec<Uuid>> {
        let mut differ = Vec::new();
        let mut stmt = conn.prepare("SELECT no FROM scopes")?;
        let scopes: Vec<i64> = stmt
            .query_map([], |r| r.get(0))?
            .collect::<std::result::Result<_, _>>()?;
        for scope in scopes {
            let mut by_record = self.by_record(conn, scope)?;
            let mut stmt = conn.prepare("SELECT id FROM records WHERE scope = ?1")?;
            let ids: Vec<[u8; 16]> = stmt
                .query_map([scope], |r| r.get(0))?
                .collect::<std::result::Result<_, _>>()?;
            for id in ids.into_iter().map(Uuid::from_bytes) {
                let mut changes = by_record.remove(&id).unwrap_or_default();
                let row = self.find_record(conn, id)?;
                for r in row.map_or(Ok(Vec::new()), |r| tail::of_record(conn, r.no))? {
                    let change = self.tail_change(conn, &r)?;
                    changes
                        .entry(self.name_of(conn, r.field)?.to_string())
                        .or_default()
                        .push(change);
                }
                if self.differs(conn, id, &changes)? {
                    differ.push(id);
                }
            }
            // Records the segments speak of that have no row, unless they belong elsewhere.
            for id in by_record.into_keys() {
                if self.find_record(conn, id)?.is_none() {
                    differ.push(id);
                }
            }
        }
        Ok(differ)
    }

    /// True if the registers of one record are what its stored changes say.
    pub fn is_as_stored(&mut self, conn: &Connection, id: Uuid) -> Result<bool> {
        let Some(row) = self.find_record(conn, id)? else {
            return Ok(true);
        };
        let changes = self.changes_of(conn, row.scope, id)?;
        Ok(!self.differs(conn, id, &changes)?)
    }

    fn differs(
        &mut self,
        conn: &Connection,
        id: Uuid,
        changes: &HashMap<String, Vec<Change>>,
    ) -> Result<bool> {
        let refused = self.refused(conn, id, changes.values().flatten())?;
        let mut expected: Vec<(String, Dot, i64, Vec<u8>)> = Vec::new();
        for (field, list) in changes {
            for l in merge::resolve(list, &refused) {
                expected.push((field.clone(), l.dot, l.at_ms, value::encode(&l.value)));
            }
        }
        let row = self
            .find_record(conn, id)?
            .ok_or_else(|| LedgerError::Damaged("record".into()))?;
        let mut stmt = conn
            .prepare_cached("SELECT field, log, seq, at_ms, value FROM cells WHERE record = ?1")?;
        type Raw = (i64, i64, i64, i64, Vec<u8>);
        let rows: Vec<Raw> = stmt
            .query_map([row.no], |r| {
                Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?, r.get(4)?))
            })?
            .collect::<std::result::Result<_, _>>()?;
        let mut found = Vec::with_capacity(rows.len());
        for (field, log, seq, at_ms, value) in rows {
            let dot = Dot {
                log: self.log_of(conn, log)?,
                seq: seq as u64,
            };
            found.push((self.name_of(conn, field)?.to_string(), dot, at_ms, value));
        }
        expected.sort();
        found.sort();
        Ok(expected != found)
    }
}
