//! A run of changes of one log, in tables: what a segment decodes to and is encoded from.
//!
//! Invariant: every index is in range (the decoder checks; the builder makes no others). Values stay encoded
//! (`value`), so that a store can copy them without looking inside. Leaves out: seq numbers, which follow from the
//! segment header.

use std::collections::HashMap;
use std::ops::Range;

use merge::{LogId, Value};
use uuid::Uuid;

use crate::ids::Seed;
use crate::value;

/// One change: row `i` of a batch has seq `first_seq + i`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Hybrid time, ms UTC.
    pub at_ms: i64,
    /// Index into [`Batch::records`].
    pub record: u32,
    /// Index into [`Batch::fields`].
    pub field: u32,
    /// Bytes of the value in [`Batch::values`].
    pub value: Range<u32>,
    /// Superseded dots in [`Batch::supersedes`].
    pub supersedes: Range<u32>,
}

/// Changes of one log with the tables they point into.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// Names of kinds.
    pub kinds: Vec<String>,
    /// Names of fields (`name` or `name/key`).
    pub fields: Vec<String>,
    /// Other logs of the same scope named by `supersedes`; index 0 there means the batch's own log.
    pub logs: Vec<LogId>,
    /// Records: index of the kind, id.
    pub records: Vec<(u32, Uuid)>,
    /// Superseded dots: 0 for the own log or 1 + index into `logs`, and seq.
    pub supersedes: Vec<(u32, u64)>,
    /// Encoded values.
    pub values: Vec<u8>,
    /// The changes, in order of seq.
    pub rows: Vec<Row>,
    /// How records were minted (index of the record → seed and place in the run), so that their ids need not travel.
    /// Known to the writer only; a decoded batch has none.
    pub minted: HashMap<u32, (Seed, u64)>,
}

impl Batch {
    /// The encoded value of a row.
    pub fn value(&self, row: &Row) -> &[u8] {
        &self.values[row.value.start as usize..row.value.end as usize]
    }

    /// The superseded dots of a row.
    pub fn superseded(&self, row: &Row) -> &[(u32, u64)] {
        &self.supersedes[row.supersedes.start as usize..row.supersedes.end as usize]
    }

    /// Kind of a record index.
    pub fn kind(&self, record: u32) -> &str {
        &self.kinds[self.records[record as usize].0 as usize]
    }

    /// The log a `supersedes` index means.
    pub fn log(&self, own: LogId, index: u32) -> LogId {
        match index {
            0 => own,
            i => self.logs[i as usize - 1],
        }
    }
}

/// Builds a batch change by change.
#[derive(Default)]
pub struct BatchBuilder {
    batch: Batch,
    kinds: HashMap<String, u32>,
    fields: HashMap<String, u32>,
    logs: HashMap<LogId, u32>,
    records: HashMap<Uuid, u32>,
}

impl BatchBuilder {
    /// Adds a change. `supersedes` are (log, seq); `own` is the batch's own log.
    pub fn push(
        &mut self,
        own: LogId,
        at_ms: i64,
        record: (&str, Uuid),
        field: &str,
        encoded_value: &[u8],
        supersedes: &[(LogId, u64)],
    ) -> u32 {
        let kind = intern(&mut self.kinds, &mut self.batch.kinds, record.0);
        let field = intern(&mut self.fields, &mut self.batch.fields, field);
        let b = &mut self.batch;
        let record = *self.records.entry(record.1).or_insert_with(|| {
            b.records.push((kind, record.1));
            b.records.len() as u32 - 1
        });
        let sup_start = b.supersedes.len() as u32;
        for (log, seq) in supersedes {
            let index = if *log == own {
                0
            } else {
                *self.logs.entry(*log).or_insert_with(|| {
                    b.logs.push(*log);
                    b.logs.len() as u32
                })
            };
            b.supersedes.push((index, *seq));
        }
        let start = b.values.len() as u32;
        b.values.extend_from_slice(encoded_value);
        b.rows.push(Row {
            at_ms,
            record,
            field,
            value: start..b.values.len() as u32,
            supersedes: sup_start..b.supersedes.len() as u32,
        });
        record
    }

    /// Adds a change with a plain value.
    pub fn push_value(
        &mut self,
        own: LogId,
        at_ms: i64,
        record: (&str, Uuid),
        field: &str,
        v: &Value,
        supersedes: &[(LogId, u64)],
    ) -> u32 {
        self.push(own, at_ms, record, field, &value::encode(v), supersedes)
    }

    /// Notes that a record (index as `push` returned it) was minted as the `n`-th of `seed`'s run.
    pub fn minted(&mut self, record: u32, seed: Seed, n: u64) {
        self.batch.minted.insert(record, (seed, n));
    }

    /// Changes so far.
    pub fn len(&self) -> usize {
        self.batch.rows.len()
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.batch.rows.is_empty()
    }

    /// The batch.
    pub fn finish(self) -> Batch {
        self.batch
    }
}

fn intern(map: &mut HashMap<String, u32>, list: &mut Vec<String>, name: &str) -> u32 {
    if let Some(i) = map.get(name) {
        return *i;
    }
    let i = list.len() as u32;
    list.push(name.to_owned());
    map.insert(name.to_owned(), i);
    i
}
