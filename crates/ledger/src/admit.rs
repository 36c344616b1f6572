//! Taking in segments of others: first look, then (after the caller judged them) store and apply.
//!
//! Invariant: nothing is stored before chain and signature were checked; a segment is stored whole; repeats change
//! nothing. Leaves out: who may write what (the caller gives the verdicts before `admit`).

use std::collections::{HashMap, HashSet};

use ed25519_dalek::VerifyingKey;
use merge::LogId;
use protocol::chain::{Hash, Header, SignedSegment};
use protocol::segment::{self, SegmentError};
use protocol::{Batch, Row, Scope, digest};
use rusqlite::{CachedStatement, Connection};
use uuid::Uuid;

use crate::caches::{CachedLog, FieldNo, Ledger, RecordNo};
use crate::cells::Place;
use crate::error::{LedgerError, Result};

/// A segment that is next in its log, checked and decoded.
#[derive(Clone, Debug)]
pub struct Next {
    /// Its header.
    pub header: Header,
    /// Its log.
    pub log: LogId,
    /// The scope.
    pub scope: Scope,
    /// Its changes; none if its layout is newer than this version reads.
    pub batch: Option<Batch>,
    /// Chain after it.
    pub chain: Hash,
    /// As it travelled.
    pub segment: SignedSegment,
}

/// What a segment is to this database.
#[derive(Clone, Debug)]
pub enum Inspected {
    /// Next in its log.
    Next(Box<Next>),
    /// Held already, byte for byte.
    Repeat(LogId),
    /// Segments before it are missing; the log is held up to this seq.
    Gap(LogId, u64),
    /// The chain differs at a seq both hold; the last common seq and chain.
    Fork(LogId, u64, Hash),
}

/// What applying a segment touched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Admitted {
    /// Records with at least one change, and those a verdict in it rebuilt, with their kinds.
    pub records: Vec<(Uuid, String)>,
    /// Changes that were not applied because a verdict in force names them.
    pub refused: u64,
    /// Latest time seen in it, ms UTC.
    pub latest_ms: i64,
}

impl Ledger {
    /// Looks at a segment. `scope` is what its scope id means to the caller, who also knows the writer's key.
    pub fn inspect(
        &mut self,
        conn: &Connection,
        segment: &SignedSegment,
        header: &Header,
        scope: Scope,
        key: &VerifyingKey,
    ) -> Result<Inspected> {
        let id = header.log();
        if id.scope != scope.id() {
            return Err(LedgerError::Refused("segment of another scope".into()));
        }
        self.scope(conn, scope)?;
        let after = segment.verify(key)?;
        let (log_no, head, chain) = match self.find_cached_log(conn, id)? {
            Some(l) => (Some(l.no), l.head, l.chain),
            None => (None, 0, protocol::chain::origin(scope.campaign(), &id)),
        };
        if header.first_seq > head + 1 {
            return Ok(Inspected::Gap(id, head));
        }
        if header.first_seq == head + 1 && segment.prev_chain == chain {
            let batch = match segment::decode(&segment.payload, &id, header.count) {
                Ok(b) => Some(b),
                Err(SegmentError::Newer(_)) => None,
                Err(e) => return Err(e.into()),
            };
            let next = Next {
                header: header.clone(),
                log: id,
                scope,
                batch,
                chain: after,
                segment: segment.clone(),
            };
            return Ok(Inspected::Next(Box::new(next)));
        }
        let Some(no) = log_no else {
            return Err(SegmentError::Framing("chain of a new log".into()).into());
        };
        if self.seq_of_chain(conn, no, &after)? == Some(header.last_seq()) {
            return Ok(Inspected::Repeat(id));
        }
        let common = self
            .seq_of_chain(conn, no, &segment.prev_chain)?
            .unwrap_or(0);
        let common_chain = self.chain_before(conn, no, common + 1)?;
        Ok(Inspected::Fork(id, common, common_chain))
    }

    /// Stores a segment that is next in its log and applies it under the verdicts held. `gseq` is its place in the
    /// feed (0 on a phone); with `apply` false it is kept outside the registers (quarantine).
    pub fn admit(
        &mut self,
        conn: &Connection,
        next: &Next,
        arrived_ms: i64,
        gseq: i64,
        apply: bool,
    ) -> Result<Admitted> {
        let log = self.log(conn, next.log, next.scope.campaign())?;
        if log.head + 1 != next.header.first_seq || log.chain != next.segment.prev_chain {
            return Err(LedgerError::Refused(
                "not the next segment of its log".into(),
            ));
        }
        let applied = apply && next.batch.is_some();
        self.store_segment(
            conn,
            &log,
            &next.header,
            &next.segment,
            &next.chain,
            arrived_ms,
            applied,
            gseq,
        )?;
        match &next.batch {
            Some(batch) if apply => self.apply(conn, &log, next.header.first_seq, batch),
            _ => Ok(Admitted::default()),
        }
    }

    #[allow(clippy::too_many_arguments)]
    pub(crate) fn store_segment(
        &mut self,
        conn: &Connection,
        log: &CachedLog,
        header: &Header,
        s: &SignedSegment,
        chain: &Hash,
        now_ms: i64,
        applied: bool,
        gseq: i64,
    ) -> Result<()> {
        conn.prepare_cached(
            "INSERT INTO segments (log, scope, first, count, gseq, arrived_ms, applied, header, payload, chain, signature)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?
        .execute((
            log.no,
            log.scope,
            header.first_seq as i64,
            header.count,
            gseq,
            now_ms,
            applied,
            &s.header,
            &s.payload,
            chain,
            s.signature,
        ))?;
        let head = header.last_seq();
        conn.prepare_cached("UPDATE logs SET head = ?2, chain = ?3 WHERE no = ?1")?
            .execute((log.no, head as i64, chain))?;
        if let Some(l) = self.logs.get_mut(&log.id) {
            l.head = head;
            l.chain = *chain;
            l.last = l.last.max(head);
        }
        Ok(())
    }

    /// Applies the changes of a stored segment.
    pub(crate) fn apply(
        &mut self,
        conn: &Connection,
        log: &CachedLog,
        first: u64,
        batch: &Batch,
    ) -> Result<Admitted> {
        let mut run = Run::start(self, conn, log, batch)?;
        for (i, row) in batch.rows.iter().enumerate() {
            run.change(self, first + i as u64, row)?;
        }
        run.forget_dead(first, first + batch.rows.len() as u64)?;
        let mut admitted = run.finish(self)?;
        self.flush(conn)?;
        self.take_verdicts(conn, log, batch, &mut admitted)?;
        Ok(admitted)
    }
}

#[derive(Clone, Copy)]
struct Known {
    no: RecordNo,
    number: u64,
    fresh: bool,
    /// Of another scope or kind: its changes are kept in the segment and applied nowhere.
    foreign: bool,
}

/// One pass over a batch: what most changes need is held here, so that the common change (a new value of a new record)
/// costs one insert and no look-up.
struct Run<'b, 'c> {
    conn: &'c Connection,
    insert: CachedStatement<'c>,
    log: CachedLog,
    batch: &'b Batch,
    records: Vec<Known>,
    fields: Vec<(FieldNo, u64)>,
    others: Vec<CachedLog>,
    ranges: Vec<crate::verdicts::Range>,
    dead: HashSet<(u64, RecordNo, FieldNo)>,
    written: Vec<u64>,
    added: digest::Buckets,
    check: HashSet<(RecordNo, FieldNo)>,
    rebuild: HashMap<RecordNo, HashSet<FieldNo>>,
    refused: u64,
    latest_ms: i64,
}

impl<'b, 'c> Run<'b, 'c> {
    fn start(
        ledger: &mut Ledger,
        conn: &'c Connection,
        log: &CachedLog,
        batch: &'b Batch,
    ) -> Result<Self> {
        let campaign = ledger.scope_of(conn, log.scope)?.campaign();
        let kinds = batch
            .kinds
            .iter()
            .map(|k| ledger.name(conn, k))
            .collect::<Result<Vec<_>>>()?;
        let mut records = Vec::with_capacity(batch.records.len());
        for (kind, id) in &batch.records {
            let number = digest::record_number(id);
            records.push(
                match ledger.record(conn, *id, kinds[*kind as usize], log.scope) {
                    Ok((r, fresh)) => Known {
                        no: r.no,
                        number,
                        fresh,
                        foreign: false,
                    },
                    Err(LedgerError::Refused(_)) => Known {
                        no: 0,
                        number,
                        fresh: false,
                        foreign: true,
                    },
                    Err(e) => return Err(e),
                },
            );
        }
        let mut fields = Vec::with_capacity(batch.fields.len());
        for f in &batch.fields {
            let no = ledger.name(conn, f)?;
            fields.push((no, ledger.named(conn, no)?.1));
        }
        let mut others = Vec::with_capacity(batch.logs.len());
        for id in &batch.logs {
            others.push(ledger.log(conn, *id, campaign)?);
        }
        let dead = conn
            .prepare_cached("SELECT seq, record, field FROM dead WHERE log = ?1")?
            .query_map([log.no], |r| {
                Ok((r.get::<_, i64>(0)? as u64, r.get(1)?, r.get(2)?))
            })?
            .collect::<std::result::Result<_, _>>()?;
        // One bit per (record, field) of the batch: which were written in it already.
        let bits = batch.records.len() * batch.fields.len();
        Ok(Self {
            conn,
            insert: conn.prepare_cached(crate::cells::INSERT)?,
            log: log.clone(),
            batch,
            records,
            fields,
            others,
            ranges: ledger.ranges(conn, log.no)?,
            dead,
            written: vec![0; bits / 64 + 1],
            added: [0; digest::BUCKETS],
            check: HashSet::new(),
            rebuild: HashMap::new(),
            refused: 0,
            latest_ms: 0,
        })
    }

    fn change(&mut self, ledger: &mut Ledger, seq: u64, row: &Row) -> Result<()> {
        let known = self.records[row.record as usize];
        if known.foreign {
            self.refused += 1;
            return Ok(());
        }
        let (field, field_number) = self.fields[row.field as usize];
        let record_id = self.batch.records[row.record as usize].1;
        let dead_on_arrival = !self.dead.is_empty() && self.arrives_dead(seq, known.no, field)?;
        if !self.ranges.is_empty() && self.ranges.iter().any(|r| r.covers(seq, record_id)) {
            self.refused += 1;
            if dead_on_arrival {
                self.rebuild.entry(known.no).or_default().insert(field);
            }
            return Ok(());
        }
        self.latest_ms = self.latest_ms.max(row.at_ms);
        if !row.supersedes.is_empty() {
            let p = Place {
                scope: self.log.scope,
                record: known.no,
                record_id,
                field,
                field_number,
            };
            self.supersede(ledger, &p, row)?;
        }
        if !dead_on_arrival {
            let value = self.batch.value(row);
            let n = self.insert.execute((
                known.no,
                field,
                self.log.no,
                seq as i64,
                row.at_ms,
                value,
            ))?;
            if n == 1 {
                let bucket = &mut self.added[digest::bucket(&record_id)];
                *bucket = bucket.wrapping_add(digest::cell(
                    known.number,
                    field_number,
                    self.log.number,
                    seq,
                ));
            }
        }
        if self.write_again(row) || !known.fresh {
            self.check.insert((known.no, field));
        }
        Ok(())
    }

    /// True if the batch wrote this field of this record before.
    fn write_again(&mut self, row: &Row) -> bool {
        let bit = row.record as usize * self.batch.fields.len() + row.field as usize;
        let (word, mask) = (&mut self.written[bit / 64], 1 << (bit % 64));
        let again = *word & mask != 0;
        *word |= mask;
        again
    }

    fn arrives_dead(&mut self, seq: u64, record: RecordNo, field: FieldNo) -> Result<bool> {
        if !self.dead.remove(&(seq, record, field)) {
            return Ok(false);
        }
        self.conn
            .prepare_cached(
                "DELETE FROM dead WHERE log = ?1 AND seq = ?2 AND record = ?3 AND field = ?4",
            )?
            .execute((self.log.no, seq as i64, record, field))?;
        Ok(true)
    }

    /// What was said to be superseded under one of these dots and is not what came under it: the writer was copied, and
    /// the log that came is the other branch.
    fn forget_dead(&mut self, first: u64, end: u64) -> Result<()> {
        if self.dead.iter().any(|(seq, ..)| (first..end).contains(seq)) {
            self.conn
                .prepare_cached("DELETE FROM dead WHERE log = ?1 AND seq >= ?2 AND seq < ?3")?
                .execute((self.log.no, first as i64, end as i64))?;
        }
        Ok(())
    }

    fn supersede(&mut self, ledger: &mut Ledger, p: &Place, row: &Row) -> Result<()> {
        for (index, seq) in self.batch.superseded(row) {
            let other = if *index == 0 {
                &self.log
            } else {
                &self.others[*index as usize - 1]
            };
            if ledger.kill_cell(self.conn, p, other, *seq)? {
                continue;
            }
            let known = ledger.logs.get(&other.id).unwrap_or(other);
            if !ledger.is_applied(self.conn, known, *seq)? {
                self.conn
                    .prepare_cached("INSERT OR IGNORE INTO dead (log, seq, record, field) VALUES (?1, ?2, ?3, ?4)")?
                    .execute((other.no, *seq as i64, p.record, p.field))?;
            } else if ledger.is_refused(self.conn, other.no, *seq, p.record_id)? {
                // Replacing a refused change also replaces what that one replaced.
                self.rebuild.entry(p.record).or_default().insert(p.field);
            }
        }
        Ok(())
    }

    fn finish(self, ledger: &mut Ledger) -> Result<Admitted> {
        let row = ledger.scope_row(self.conn, self.log.scope)?;
        for (bucket, added) in row.digest.iter_mut().zip(self.added) {
            *bucket = bucket.wrapping_add(added);
        }
        row.dirty = true;
        for (record, field) in &self.check {
            ledger.note_conflict(self.conn, *record, *field)?;
        }
        for (record, fields) in &self.rebuild {
            ledger.rebuild(self.conn, *record, Some(fields))?;
        }
        let records = self
            .records
            .iter()
            .enumerate()
            .filter(|(_, k)| !k.foreign)
            .map(|(i, _)| {
                (
                    self.batch.records[i].1,
                    self.batch.kind(i as u32).to_owned(),
                )
            })
            .collect();
        Ok(Admitted {
            records,
            refused: self.refused,
            latest_ms: self.latest_ms,
        })
    }
}
