//! Whether every table of the ledger is what the signed segments make of it, as a server keeps it.
//!
//! [`Ledger::compare`] looks at the live values; this looks at everything else: scopes, the feed, records, verdicts,
//! conflicts, dots that are dead before they arrive. Invariant: reads only; what is not told here follows from the
//! segments or decides nothing. Leaves out: chains and signatures, which the caller checks with the keys it trusts.

use std::collections::{BTreeSet, HashMap, HashSet};

use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

use crate::caches::{Ledger, ScopeNo};
use crate::error::Result;
use crate::rebuild::ByRecord;

/// A row that is not what it should be: its table, and which row.
pub type Unsound = (&'static str, String);

/// Kinds under which the segments of a scope speak of a record.
type Witnesses = HashSet<(Uuid, String)>;

impl Ledger {
    /// Rows that do not follow from the segments. The bytes of every segment must be readable.
    ///
    /// # Errors
    /// The database's, and what cannot be read.
    pub fn unsound(&mut self, conn: &Connection) -> Result<Vec<Unsound>> {
        let mut found = Vec::new();
        let mut stmt = conn.prepare("SELECT no, id, owner FROM scopes")?;
        let scopes: Vec<(i64, [u8; 16], [u8; 16])> = stmt
            .query_map([], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))?
            .collect::<std::result::Result<_, _>>()?;
        for (no, id, owner) in scopes {
            let scope = self.scope_of(conn, no)?;
            if (scope.id(), scope.owner()) != (Uuid::from_bytes(id), Uuid::from_bytes(owner)) {
                found.push(("scopes", Uuid::from_bytes(id).to_string()));
            }
            self.feed_unsound(conn, no, &mut found)?;
            self.records_unsound(conn, no, &mut found)?;
        }
        plain_unsound(conn, &mut found)?;
        self.verdicts_unsound(conn, &mut found)?;
        conflicts_unsound(conn, &mut found)?;
        Ok(found)
    }

    /// Places in the feed run from 1 without gap, and have who is applied or of a layout this version cannot read.
    fn feed_unsound(
        &mut self,
        conn: &Connection,
        scope: ScopeNo,
        found: &mut Vec<Unsound>,
    ) -> Result<()> {
        let last: i64 = conn
            .prepare_cached("SELECT gseq FROM scopes WHERE no = ?1")?
            .query_row([scope], |r| r.get(0))?;
        let mut stmt = conn.prepare_cached(
            "SELECT s.no, s.gseq, s.applied, s.log, l.branch FROM segments s JOIN logs l ON l.no = s.log
             WHERE s.scope = ?1 AND (s.gseq <> 0 OR s.applied <> 0) ORDER BY s.gseq",
        )?;
        type Raw = (i64, i64, i64, i64, i64);
        let rows: Vec<Raw> = stmt
            .query_map([scope], |r| {
                Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?, r.get(4)?))
            })?
            .collect::<std::result::Result<_, _>>()?;
        let mut heads: HashMap<i64, i64> = HashMap::new();
        for (at, (no, gseq, applied, log, branch)) in rows.iter().enumerate() {
            let kept = *applied == 0 && self.decoded(conn, *no).is_err();
            if *gseq != at as i64 + 1 || *branch != 0 || !(*applied == 1 || kept) {
                found.push(("segments", format!("{no} (feed)")));
            }
            // The segments of one log stand in the feed in the order of the log.
            let first: i64 = conn
                .prepare_cached("SELECT first FROM segments WHERE no = ?1")?
                .query_row([no], |r| r.get(0))?;
            if heads
                .insert(*log, first)
                .is_some_and(|before| before > first)
            {
                found.push(("segments", format!("{no} (order)")));
            }
        }
        if last != rows.len() as i64 {
            found.push(("scopes", format!("{scope} (feed)")));
        }
        Ok(())
    }

    /// A record belongs to the scope and kind under which its changes came; what died before it came is remembered.
    fn records_unsound(
        &mut self,
        conn: &Connection,
        scope: ScopeNo,
        found: &mut Vec<Unsound>,
    ) -> Result<()> {
        let mut witnesses = Witnesses::new();
        let by_record = self.scope_changes(conn, scope, &mut witnesses)?;
        let mut stmt = conn.prepare_cached(
            "SELECT r.no, r.id, n.name FROM records r LEFT JOIN names n ON n.no = r.kind WHERE r.scope = ?1",
        )?;
        type Raw = (i64, [u8; 16], Option<String>);
        let rows: Vec<Raw> = stmt
            .query_map([scope], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))?
            .collect::<std::result::Result<_, _>>()?;
        let mut expected = BTreeSet::new();
        for (no, id, kind) in rows {
            let id = Uuid::from_bytes(id);
            if !kind.is_some_and(|kind| witnesses.contains(&(id, kind))) {
                found.push(("records", id.to_string()));
            }
            for (field, changes) in by_record.get(&id).into_iter().flatten() {
                let refused = self.refused(conn, id, changes.iter())?;
                let field: Option<i64> = conn
                    .prepare_cached("SELECT no FROM names WHERE name = ?1")?
                    .query_row([field], |r| r.get(0))
                    .optional()?;
                let Some(field) = field else {
                    found.push(("names", id.to_string()));
                    continue;
                };
                for dot in merge::superseded(changes, &refused) {
                    if let Some(log) = self.find_cached_log(conn, dot.log)?
                        && !self.is_applied(conn, &log, dot.seq)?
                    {
                        expected.insert((log.no, dot.seq as i64, no, field));
                    }
                }
            }
        }
        let mut stmt = conn.prepare_cached(
            "SELECT d.log, d.seq, d.record, d.field FROM dead d JOIN records r ON r.no = d.record WHERE r.scope = ?1",
        )?;
        let stored: BTreeSet<(i64, i64, i64, i64)> = stmt
            .query_map([scope], |r| {
                Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?))
            })?
            .collect::<std::result::Result<_, _>>()?;
        for (log, seq, ..) in stored.symmetric_difference(&expected) {
            found.push(("dead", format!("{log} {seq}")));
        }
        Ok(())
    }

    /// The table of verdicts is what their records say.
    fn verdicts_unsound(&mut self, conn: &Connection, found: &mut Vec<Unsound>) -> Result<()> {
        let mut stmt = conn.prepare_cached(
            "SELECT r.id, r.scope FROM records r JOIN names n ON n.no = r.kind WHERE n.name = 'verdict'",
        )?;
        let records: Vec<([u8; 16], i64)> = stmt
            .query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?
            .collect::<std::result::Result<_, _>>()?;
        let stored = self.verdicts(conn, None)?;
        let mut stored: HashMap<Uuid, _> = stored.into_iter().map(|v| (v.id, v)).collect();
        for (id, scope) in records {
            let id = Uuid::from_bytes(id);
            let (target, ruling) = (
                self.value(conn, id, "target")?,
                self.value(conn, id, "ruling")?,
            );
            let same = match (stored.remove(&id), target, ruling) {
                (Some(v), Some(target), Some(ruling)) => {
                    v.target_value() == target
                        && v.log.scope == self.scope_of(conn, scope)?.id()
                        && ruling.at(0).as_text() == Some(v.code.as_str())
                        && ruling.at(1).as_bool() == Some(v.in_force)
                }
                // One that names nothing was never taken into force.
                (None, target, ruling) => target.is_none() || ruling.is_none(),
                _ => false,
            };
            if !same {
                found.push(("verdicts", id.to_string()));
            }
        }
        found.extend(stored.into_keys().map(|id| ("verdicts", id.to_string())));
        Ok(())
    }

    /// Every change the applied segments of a scope hold, and under which kinds they name their records.
    fn scope_changes(
        &mut self,
        conn: &Connection,
        scope: ScopeNo,
        witnesses: &mut Witnesses,
    ) -> Result<ByRecord> {
        for (no, _, _) in self.applied_segments(conn, scope)? {
            let batch = self.decoded(conn, no)?;
            for (kind, id) in &batch.records {
                witnesses.insert((*id, batch.kinds[*kind as usize].clone()));
            }
        }
        self.by_record(conn, scope)
    }
}

/// What single rows show: a segment in another scope than its log, changes that nobody signed, rows of what is gone.
fn plain_unsound(conn: &Connection, found: &mut Vec<Unsound>) -> Result<()> {
    const CHECKS: &[(&str, &str)] = &[
        (
            "segments",
            "SELECT s.no FROM segments s LEFT JOIN logs l ON l.no = s.log WHERE l.scope IS NOT s.scope",
        ),
        // A server seals in the transaction that writes.
        ("tail", "SELECT seq FROM tail"),
        (
            "dead",
            "SELECT seq FROM dead WHERE record NOT IN (SELECT no FROM records)",
        ),
        (
            "verdicts",
            "SELECT v.record FROM verdicts v LEFT JOIN records r ON r.no = v.record
             LEFT JOIN logs l ON l.no = v.log WHERE r.scope IS NOT v.scope OR l.scope IS NOT v.scope",
        ),
        // Read as true, whatever it is but 0.
        (
            "verdicts",
            "SELECT record FROM verdicts WHERE in_force NOT IN (0, 1)",
        ),
        (
            "cells",
            "SELECT record FROM cells WHERE record NOT IN (SELECT no FROM records)",
        ),
        (
            "logs",
            "SELECT no FROM logs WHERE scope NOT IN (SELECT no FROM scopes)",
        ),
        (
            "records",
            "SELECT no FROM records WHERE scope NOT IN (SELECT no FROM scopes)",
        ),
    ];
    for (table, sql) in CHECKS {
        let mut stmt = conn.prepare_cached(sql)?;
        let rows = stmt.query_map([], |r| r.get::<_, i64>(0))?;
        for row in rows {
            found.push((table, row?.to_string()));
        }
    }
    Ok(())
}

/// A field is in `conflicts` exactly when its live values differ.
fn conflicts_unsound(conn: &Connection, found: &mut Vec<Unsound>) -> Result<()> {
    let mut stmt = conn.prepare_cached(
        "WITH differ AS (SELECT record, field FROM cells GROUP BY record, field HAVING min(value) <> max(value))
         SELECT record, field FROM (SELECT record, field FROM differ EXCEPT SELECT record, field FROM conflicts)
         UNION ALL
         SELECT record, field FROM (SELECT record, field FROM conflicts EXCEPT SELECT record, field FROM differ)",
    )?;
    let rows = stmt.query_map([], |r| Ok((r.get::<_, i64>(0)?, r.get::<_, i64>(1)?)))?;
    for row in rows {
        let (record, field) = row?;
        found.push(("conflicts", format!("{record} {field}")));
    }
    Ok(())
}
