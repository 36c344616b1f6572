//! A branch that somebody else carries: segments of a forked log whose author will not write them again.
//!
//! Invariant: a branch is a log of its own, named as the author would name it, and begins where it left the main log;
//! its segments stay outside the registers. Leaves out: who decides on it, and taking it over (the caller's).

use ed25519_dalek::VerifyingKey;
use merge::{Dot, LogId};
use protocol::chain::{Header, SignedSegment};
use protocol::segment::{self, SegmentError};
use protocol::{Row, Scope};
use rusqlite::Connection;

use crate::admit::{Inspected, Next};
use crate::caches::{CachedLog, Ledger};
use crate::error::{LedgerError, Result};
use crate::seal::be;
use crate::tail::batch_change;

/// A change of a branch, with what it replaced named in the logs where that is.
#[derive(Clone, Debug, PartialEq)]
pub struct BranchChange {
    /// The change.
    pub change: merge::Change,
    /// Kind of its record.
    pub kind: String,
    /// Its record.
    pub record: uuid::Uuid,
    /// Its field.
    pub field: String,
    /// When it arrived here, ms UTC.
    pub arrived_ms: i64,
}

impl Ledger {
    /// Looks at a segment that went another way than its log ([`Inspected::Fork`]) and was brought by somebody else
    /// than its author: `Next` with the log of its branch, to be admitted without being applied; `Repeat` if the branch
    /// holds it; `Gap` if what comes before it in the branch is not here.
    pub fn inspect_branch(
        &mut self,
        conn: &Connection,
        segment: &SignedSegment,
        header: &Header,
        scope: Scope,
        key: &VerifyingKey,
    ) -> Result<Inspected> {
        let id = header.log();
        let after = segment.verify(key)?;
        // A log of which nothing is held has no branch yet: its beginning is missing.
        let Some(main) = self.find_cached_log(conn, id)? else {
            return Ok(Inspected::Gap(id, 0));
        };
        let mut found = None;
        for branch in self.branches(conn, &main)? {
            if self.seq_of_chain(conn, branch.no, &after)? == Some(header.last_seq()) {
                return Ok(Inspected::Repeat(branch.id));
            }
            if (branch.head + 1, branch.chain) == (header.first_seq, segment.prev_chain) {
                found = Some(branch.id);
            }
        }
        let log = match found {
            Some(log) => log,
            None => {
                let common = self.seq_of_chain(conn, main.no, &segment.prev_chain)?;
                if common != Some(header.first_seq - 1) {
                    return Ok(Inspected::Gap(id, main.head));
                }
                let branch = be(&after[..8]).max(1);
                self.begin_branch(conn, LogId { branch, ..id }, scope, segment, header)?
            }
        };
        let batch = match segment::decode(&segment.payload, &log, header.count) {
            Ok(batch) => Some(batch),
            Err(SegmentError::Newer(_)) => None,
            Err(e) => return Err(e.into()),
        };
        Ok(Inspected::Next(Box::new(Next {
            header: header.clone(),
            log,
            scope,
            batch,
            chain: after,
            segment: segment.clone(),
        })))
    }

    fn begin_branch(
        &mut self,
        conn: &Connection,
        branch: LogId,
        scope: Scope,
        segment: &SignedSegment,
        header: &Header,
    ) -> Result<LogId> {
        let log = self.log(conn, branch, scope.campaign())?;
        let head = header.first_seq - 1;
        conn.prepare_cached("UPDATE logs SET head = ?2, chain = ?3 WHERE no = ?1")?
            .execute((log.no, head as i64, segment.prev_chain))?;
        if let Some(l) = self.logs.get_mut(&branch) {
            (l.head, l.last, l.chain) = (head, head, segment.prev_chain);
        }
        Ok(branch)
    }

    /// The branches of a log that hold something.
    fn branches(&mut self, conn: &Connection, main: &CachedLog) -> Result<Vec<CachedLog>> {
        let mut stmt = conn.prepare_cached(
            "SELECT branch FROM logs WHERE device = ?1 AND scope = ?2 AND epoch = ?3 AND branch <> 0 AND head > 0",
        )?;
        let names: Vec<i64> = stmt
            .query_map(
                (main.id.device.as_bytes(), main.scope, main.id.epoch as i64),
                |r| r.get(0),
            )?
            .collect::<std::result::Result<_, _>>()?;
        let mut out = Vec::new();
        for branch in names {
            let id = LogId {
                branch: branch as u64,
                ..main.id
            };
            out.extend(self.find_cached_log(conn, id)?);
        }
        Ok(out)
    }

    /// Every change a branch holds, in order.
    pub fn branch_changes(
        &mut self,
        conn: &Connection,
        branch: LogId,
    ) -> Result<Vec<BranchChange>> {
        let Some(log) = self.find_cached_log(conn, branch)? else {
            return Ok(Vec::new());
        };
        let rows = self.segments(conn, log.no)?;
        let begins = rows.first().map_or(0, |r| r.first);
        let mut out = Vec::new();
        for stored in rows {
            let batch = match self.decoded(conn, stored.no) {
                Ok(batch) => batch,
                Err(LedgerError::Segment(SegmentError::Newer(_))) => continue,
                Err(e) => return Err(e),
            };
            for (i, row) in batch.rows.iter().enumerate() {
                let row: &Row = row;
                let mut change = batch_change(&batch, branch, stored.first + i as u64, row)?;
                for dot in &mut change.supersedes {
                    *dot = in_main(branch, begins, *dot);
                }
                let record = row.record as usize;
                out.push(BranchChange {
                    change,
                    kind: batch.kind(row.record).to_owned(),
                    record: batch.records[record].1,
                    field: batch.fields[row.field as usize].clone(),
                    arrived_ms: stored.arrived_ms,
                });
            }
        }
        Ok(out)
    }

    /// True if something that replaces this change came before it did.
    pub fn replaced_before(&mut self, conn: &Connection, dot: &Dot) -> Result<bool> {
        let Some(log) = self.find_cached_log(conn, dot.log)? else {
            return Ok(false);
        };
        Ok(conn
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM dead WHERE log = ?1 AND seq = ?2)")?
            .query_row((log.no, dot.seq as i64), |r| r.get(0))?)
    }
}

/// What a branch calls its own before it began is the main log's.
fn in_main(branch: LogId, begins: u64, dot: Dot) -> Dot {
    if dot.log != branch || dot.seq >= begins {
        return dot;
    }
    Dot {
        log: LogId {
            branch: 0,
            ..branch
        },
        ..dot
    }
}
