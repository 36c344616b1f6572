//! Writing own changes: row and outbox entry in one transaction.
//!
//! Invariant: `seq` is gapless and lives in the database; no change names more dots than a reader takes.
//! Leaves out: the transaction itself (the caller's).

use std::ops::RangeInclusive;

use merge::{Dot, LogId, Value};
use protocol::ids::Seed;
use protocol::{Scope, digest, limits, value};
use rusqlite::Connection;
use uuid::Uuid;

use crate::caches::Ledger;
use crate::cells::Place;
use crate::error::{LedgerError, Result};

/// What an edit replaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Supersede {
    /// The value that is displayed (latest by time); its siblings stay.
    Displayed,
    /// Every live value.
    All,
    /// Exactly these dots, which the author was shown.
    These(Vec<Dot>),
}

/// One edit of one field.
#[derive(Clone, Debug)]
pub struct Edit<'a> {
    /// Kind of the record.
    pub kind: &'a str,
    /// The record.
    pub record: Uuid,
    /// The field.
    pub field: &'a str,
    /// Its new value.
    pub value: Value,
    /// What it replaces.
    pub supersedes: Supersede,
    /// Seed and place in the run, if this is the first change of a record minted so.
    pub minted: Option<(Seed, u64)>,
}

impl<'a> Edit<'a> {
    /// An edit that replaces the displayed value.
    pub fn new(kind: &'a str, record: Uuid, field: &'a str, value: impl Into<Value>) -> Self {
        Self {
            kind,
            record,
            field,
            value: value.into(),
            supersedes: Supersede::Displayed,
            minted: None,
        }
    }
}

impl Ledger {
    /// Appends a change to an own log; `scope` is the log's scope. Returns its seq, or none if the field shows exactly
    /// this value already. Where it replaces more values than one change may name, several changes of the same value
    /// replace them, each the one before it too; their seqs follow each other.
    pub fn append(
        &mut self,
        conn: &Connection,
        scope: Scope,
        own: LogId,
        at_ms: i64,
        edit: &Edit,
    ) -> Result<Option<RangeInclusive<u64>>> {
        let scope_no = self.scope(conn, scope)?;
        if own.scope != scope.id() {
            return Err(LedgerError::Refused("log and scope differ".into()));
        }
        let log = self.log(conn, own, scope.campaign())?;
        let kind = self.name(conn, edit.kind)?;
        let field = self.name(conn, edit.field)?;
        let (record, fresh) = self.record(conn, edit.record, kind, scope_no)?;
        let bytes = value::encode(&edit.value);
        let cells = if fresh {
            Vec::new()
        } else {
            self.cells(conn, record.no, field)?
        };
        if let [only] = cells.as_slice()
            && only.value == bytes
        {
            return Ok(None);
        }
        let mut replaced: Vec<(i64, u64)> = match &edit.supersedes {
            Supersede::All => cells.iter().map(|c| (c.log, c.seq)).collect(),
            Supersede::Displayed => {
                let mut shown = None;
                for c in &cells {
                    let key = (
                        c.at_ms,
                        Dot {
                            log: self.log_of(conn, c.log)?,
                            seq: c.seq,
                        },
                    );
                    if shown.as_ref().is_none_or(|(k, _)| *k < key) {
                        shown = Some((key, (c.log, c.seq)));
                    }
                }
                shown.map(|(_, dot)| dot).into_iter().collect()
            }
            Supersede::These(dots) => {
                let mut list = Vec::new();
                for dot in dots {
                    list.push((self.log(conn, dot.log, scope.campaign())?.no, dot.seq));
                }
                list
            }
        };
        let beyond = replaced.split_off(replaced.len().min(limits::SUPERSEDES));
        let seq = log.last + 1;
        let p = Place {
            scope: scope_no,
            record: record.no,
            record_id: edit.record,
            field,
            field_number: self.named(conn, field)?.1,
        };
        let before = self.bucket(conn, &p)?;
        let mut supersedes = Vec::new();
        for (log_no, dead) in &replaced {
            let id = self.log_of(conn, *log_no)?;
            let other = self.log(conn, id, scope.campaign())?;
            self.kill_cell(conn, &p, &other, *dead)?;
            supersedes.extend_from_slice(&log_no.to_be_bytes());
            supersedes.extend_from_slice(&dead.to_be_bytes());
        }
        self.put_cell(conn, &p, &log, seq, at_ms, &bytes)?;
        let delta = self.tail_adds(conn, &p, before)?;
        let minted = edit
            .minted
            .map_or_else(Vec::new, |(seed, n)| [&seed[..], &n.to_be_bytes()].concat());
        conn.prepare_cached(
            "INSERT INTO tail (log, seq, at_ms, record, field, value, supersedes, minted, delta)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute((
            log.no,
            seq as i64,
            at_ms,
            record.no,
            field,
            &bytes,
            &supersedes,
            &minted,
            delta,
        ))?;
        if let Some(l) = self.logs.get_mut(&own) {
            l.last = seq;
        }
        if cells.len() > 1 || (cells.len() == 1 && replaced.len() != 1) {
            self.note_conflict(conn, record.no, field)?;
        }
        let last = match beyond.as_slice() {
            [] => None,
            beyond => {
                let mut dots = vec![Dot { log: own, seq }];
                for (no, seq) in beyond {
                    let log = self.log_of(conn, *no)?;
                    dots.push(Dot { log, seq: *seq });
                }
                let next = Edit {
                    supersedes: Supersede::These(dots),
                    minted: None,
                    ..edit.clone()
                };
                self.append(conn, scope, own, at_ms, &next)?
            }
        };
        Ok(Some(seq..=last.map_or(seq, |seqs| *seqs.end())))
    }

    /// The bucket of a record as it stands, and whether its scope's stored digest is out of date already.
    fn bucket(&mut self, conn: &Connection, p: &Place) -> Result<(u64, bool)> {
        let row = self.scope_row(conn, p.scope)?;
        Ok((row.digest[digest::bucket(&p.record_id)], row.dirty))
    }

    /// Books what changed in the bucket since `before` on the tail instead of the scope's row.
    fn tail_adds(&mut self, conn: &Connection, p: &Place, before: (u64, bool)) -> Result<i64> {
        let bucket = digest::bucket(&p.record_id);
        let row = self.scope_row(conn, p.scope)?;
        let delta = row.digest[bucket].wrapping_sub(before.0);
        row.tail[bucket] = row.tail[bucket].wrapping_add(delta);
        row.dirty = before.1;
        Ok(delta as i64)
    }

    /// Number of own changes not sealed yet, of all logs.
    pub fn tail_len(&self, conn: &Connection) -> Result<u64> {
        let n: i64 = conn
            .prepare_cached("SELECT count(*) FROM tail")?
            .query_row([], |r| r.get(0))?;
        Ok(n as u64)
    }
}
