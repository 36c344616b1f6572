//! The whole history of a record: every change ever held, with who, when written and when arrived.
//!
//! Invariant: reads the segments, not the registers, so nothing that was replaced is missing.

use merge::{Dot, Value};
use protocol::segment::SegmentError;
use rusqlite::Connection;
use uuid::Uuid;

use crate::caches::Ledger;
use crate::error::{LedgerError, Result};
use crate::tail::{self, batch_change};

/// One change in a record's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryEntry {
    /// The change.
    pub dot: Dot,
    /// When it was written by its device's clock, ms UTC.
    pub at_ms: i64,
    /// When it arrived here, ms UTC; none if it is an own change not sealed yet.
    pub arrived_ms: Option<i64>,
    /// The field.
    pub field: String,
    /// The new value.
    pub value: Value,
    /// What it replaced.
    pub supersedes: Vec<Dot>,
    /// Code of the verdict in force that refuses it.
    pub refused: Option<String>,
    /// False if its segment is outside the registers (quarantine, branch).
    pub applied: bool,
}

impl Ledger {
    /// Every change of a record, in order of time.
    pub fn history(&mut self, conn: &Connection, id: Uuid) -> Result<Vec<HistoryEntry>> {
        let Some(record) = self.find_record(conn, id)? else {
            return Ok(Vec::new());
        };
        let mut stmt = conn.prepare_cached(
            "SELECT no, log, first, arrived_ms, applied FROM segments WHERE scope = ?1",
        )?;
        let segments: Vec<(i64, i64, i64, i64, bool)> = stmt
            .query_map([record.scope], |r| {
                Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?, r.get(4)?))
            })?
            .collect::<std::result::Result<_, _>>()?;
        let mut out = Vec::new();
        for (no, log, first, arrived_ms, applied) in segments {
            let Ok(batch) = self.decoded(conn, no) else {
                continue;
            };
            let Some(index) = batch.records.iter().position(|(_, r)| *r == id) else {
                continue;
            };
            let own = self.log_of(conn, log)?;
            for (i, row) in batch
                .rows
                .iter()
                .enumerate()
                .filter(|(_, r)| r.record as usize == index)
            {
                let change = batch_change(&batch, own, first as u64 + i as u64, row)?;
                let dot = change.dot;
                out.push(HistoryEntry {
                    dot,
                    at_ms: change.at_ms,
                    arrived_ms: Some(arrived_ms),
                    field: batch.fields[row.field as usize].clone(),
                    value: change.value,
                    supersedes: change.supersedes,
                    refused: self
                        .ranges(conn, log)?
                        .into_iter()
                        .find(|r| r.covers(dot.seq, id))
                        .map(|r| r.code),
                    applied,
                });
            }
        }
        self.tail_history(conn, record.no, &mut out)?;
        out.sort_by_key(|e| (e.at_ms, e.dot));
        Ok(out)
    }

    fn tail_history(
        &mut self,
        conn: &Connection,
        record: i64,
        out: &mut Vec<HistoryEntry>,
    ) -> Result<()> {
        for row in tail::of_record(conn, record)? {
            let change = self.tail_change(conn, &row)?;
            out.push(HistoryEntry {
                dot: change.dot,
                at_ms: change.at_ms,
                arrived_ms: None,
                field: self.name_of(conn, row.field)?.to_string(),
                value: change.value,
                supersedes: change.supersedes,
                refused: None,
                applied: true,
            });
        }
        Ok(())
    }

    /// Record and field that a change held here wrote, if it is held in a layout this version reads.
    pub fn change_place(&mut self, conn: &Connection, dot: &Dot) -> Result<Option<(Uuid, String)>> {
        let Some(log) = self.find_cached_log(conn, dot.log)? else {
            return Ok(None);
        };
        let found: Option<(i64, i64)> = rusqlite::OptionalExtension::optional(
            conn.prepare_cached(
                "SELECT no, first FROM segments WHERE log = ?1 AND first <= ?2 ORDER BY first DESC LIMIT 1",
            )?
            .query_row((log.no, dot.seq as i64), |r| Ok((r.get(0)?, r.get(1)?))),
        )?;
        let Some((no, first)) = found else {
            return Ok(None);
        };
        let batch = match self.decoded(conn, no) {
            Ok(batch) => batch,
            Err(LedgerError::Segment(SegmentError::Newer(_))) => return Ok(None),
            Err(e) => return Err(e),
        };
        let index = (dot.seq - first as u64) as usize;
        Ok(batch.rows.get(index).map(|row| {
            (
                batch.records[row.record as usize].1,
                batch.fields[row.field as usize].clone(),
            )
        }))
    }
}
