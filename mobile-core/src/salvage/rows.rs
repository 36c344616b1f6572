//! What the rows of a phone's database say, known by their shape.
//!
//! The page that says which table a page is of may be the damaged one, so a row is known by the number and types of its
//! columns (`ledger::SCHEMA`, `store/phone.sql`). Indexes hold names, ids and numbers a second time: what the damaged page
//! of a table said is mostly there. Invariant: a later version of a row replaces an earlier one.
//! Leaves out: whether it is true (`own`, `rescue`: signatures, chains, types of values).

use std::collections::{BTreeMap, HashMap};

use protocol::Scope;
use protocol::chain::Hash;
use uuid::Uuid;

use super::pages::{Field, Row};
use crate::photos::BlobHash;
use crate::store::key;
use Field::{Blob, Int, Null, Text};

/// Seqs and row numbers are far below it, random epochs nearly always above.
const NUMBERS: i64 = 1 << 40;

/// A log's row.
#[derive(Clone, Copy, Debug)]
pub(super) struct LogRow {
    pub device: Uuid,
    /// Number of its scope.
    pub scope: i64,
    pub epoch: u64,
    pub branch: u64,
    /// Last sealed seq and up to where the server holds it; 0 if the row itself is lost.
    pub head: u64,
    pub acked: u64,
}

/// A stored segment.
#[derive(Clone, Debug)]
pub(super) struct Segment {
    pub header: Vec<u8>,
    pub payload: Vec<u8>,
    /// Chain after it, as stored beside it.
    pub chain: Hash,
    pub signature: [u8; 64],
}

/// A change as a row of the tail or, without what it replaced, of the live values.
#[derive(Clone, Debug)]
pub(super) struct ChangeRow {
    pub at_ms: i64,
    /// Number of its record and of its field's name.
    pub record: i64,
    pub field: i64,
    pub value: Vec<u8>,
    /// Pairs of log number and seq, 8 bytes each.
    pub supersedes: Vec<u8>,
    pub minted: Vec<u8>,
    pub doubtful: bool,
}

/// A record's row: what of it is known.
#[derive(Clone, Copy, Debug)]
pub(super) struct RecordRow {
    pub id: Uuid,
    /// Number of its kind's name.
    pub kind: Option<i64>,
}

/// A bundle of another phone.
#[derive(Clone, Debug)]
pub(super) struct CarriedRow {
    pub device: Uuid,
    pub made_ms: i64,
    pub size_bytes: u64,
    pub taken_ms: i64,
    pub state: i64,
    pub code: Option<String>,
}

/// Everything that was read.
#[derive(Default)]
pub(super) struct Found {
    pub meta: HashMap<String, Field>,
    pub names: HashMap<i64, String>,
    pub scopes: HashMap<i64, Scope>,
    pub logs: HashMap<i64, LogRow>,
    pub records: HashMap<i64, RecordRow>,
    /// By chain: no two segments have the same.
    pub segments: BTreeMap<Hash, Segment>,
    /// By log number and seq.
    pub tail: BTreeMap<(i64, u64), ChangeRow>,
    pub cells: BTreeMap<(i64, u64), ChangeRow>,
    /// State and offset of files.
    pub files: HashMap<BlobHash, (i64, u64)>,
    pub carried: HashMap<BlobHash, CarriedRow>,
    /// From indexes: row number and id of records or scopes.
    ids: Vec<(i64, Uuid)>,
    /// From the index of logs.
    log_index: Vec<(i64, LogRow)>,
    /// Highest seq that an index of segments or a list of dead dots names, by log number.
    pub reached: HashMap<i64, u64>,
}

fn id(bytes: &[u8]) -> Option<Uuid> {
    Uuid::from_slice(bytes).ok()
}

fn hash(bytes: &[u8]) -> Option<[u8; 32]> {
    bytes.try_into().ok()
}

impl Found {
    /// Sorts rows, oldest first. `scopes`: those this phone writes to.
    pub fn read(rows: impl Iterator<Item = Row>, scopes: &[Scope]) -> Self {
        let mut found = Self::default();
        for row in rows {
            // What fits no shape is of a table that is not needed, or damaged.
            let _ = found.ledger(&row).or_else(|| found.phone(&row));
        }
        found.fill_from_indexes(scopes);
        found
    }

    /// A row of the ledger's tables.
    fn ledger(&mut self, row: &Row) -> Option<()> {
        match (row.no, row.fields.as_slice()) {
            (Some(no), [Null, Text(name)]) => drop(self.names.insert(no, name.clone())),
            (
                Some(no),
                [
                    Null,
                    Blob(i),
                    Int(letter),
                    Blob(campaign),
                    Blob(owner),
                    Int(_),
                    Blob(_),
                ],
            ) => {
                let letter = u8::try_from(*letter).ok()?;
                let scope = Scope::from_parts(letter, id(campaign)?, id(owner)?)?;
                if scope.id() == id(i)? {
                    self.scopes.insert(no, scope);
                }
            }
            (
                Some(no),
                [
                    Null,
                    Blob(device),
                    Int(scope),
                    Int(epoch),
                    Int(branch),
                    Int(head),
                    Blob(_),
                    Int(acked),
                ],
            ) => self.log(no, device, [*scope, *epoch, *branch, *head, *acked])?,
            (None, [Blob(device), Int(scope), Int(epoch), Int(branch), Int(no)]) => {
                let row = log_row(id(device)?, [*scope, *epoch, *branch, 0, 0]);
                self.log_index.push((*no, row));
            }
            (Some(no), [Null, Blob(i), Int(kind), Int(_)]) => {
                let row = RecordRow {
                    id: id(i)?,
                    kind: Some(*kind),
                };
                self.records.insert(no, row);
            }
            (
                Some(_),
                [
                    Null,
                    Int(log),
                    Int(_),
                    Int(first),
                    Int(count),
                    Int(_),
                    Int(_),
                    Int(_),
                    Blob(header),
                    Blob(payload),
                    Blob(chain),
                    Blob(signature),
                ],
            ) => {
                self.reach(*log, first.checked_add(*count)?.checked_sub(1)?);
                let segment = Segment {
                    header: header.clone(),
                    payload: payload.clone(),
                    chain: hash(chain)?,
                    signature: signature.as_slice().try_into().ok()?,
                };
                self.segments.insert(segment.chain, segment);
            }
            (
                None,
                [
                    Int(log),
                    Int(seq),
                    Int(at_ms),
                    Int(record),
                    Int(field),
                    Blob(value),
                    Blob(supersedes),
                    Blob(minted),
                    Int(_),
                ],
            ) => {
                let change = ChangeRow {
                    at_ms: *at_ms,
                    record: *record,
                    field: *field,
                    value: value.clone(),
                    supersedes: supersedes.clone(),
                    minted: minted.clone(),
                    doubtful: row.doubtful,
                };
                self.tail.insert((*log, u64::try_from(*seq).ok()?), change);
            }
            (
                None,
                [
                    Int(record),
                    Int(field),
                    Int(log),
                    Int(seq),
                    Int(at_ms),
                    Blob(value),
                ],
            ) => {
                let change = ChangeRow {
                    at_ms: *at_ms,
                    record: *record,
                    field: *field,
                    value: value.clone(),
                    supersedes: Vec::new(),
                    minted: Vec::new(),
                    doubtful: row.doubtful,
                };
                self.cells.insert((*log, u64::try_from(*seq).ok()?), change);
            }
            (None, [Int(log), Int(first), Int(_)]) => self.reach(*log, *first),
            _ => return None,
        }
        Some(())
    }

    fn reach(&mut self, log: i64, seq: i64) {
        if let Ok(seq) = u64::try_from(seq)
            && seq < NUMBERS as u64
        {
            let reached = self.reached.entry(log).or_insert(0);
            *reached = (*reached).max(seq);
        }
    }

    /// Of two versions the one that is further is the later one.
    fn log(&mut self, no: i64, device: &[u8], numbers: [i64; 5]) -> Option<()> {
        let row = log_row(id(device)?, numbers);
        let known = self.logs.entry(no).or_insert(row);
        let (head, acked) = (known.head.max(row.head), known.acked.max(row.acked));
        *known = LogRow { head, acked, ..row };
        Some(())
    }

    /// A row of the phone's own tables.
    fn phone(&mut self, row: &Row) -> Option<()> {
        match (row.no, row.fields.as_slice()) {
            (None, [Text(name), Int(no)]) if !key::NUMBERS.contains(&name.as_str()) => {
                self.names.entry(*no).or_insert_with(|| name.clone());
            }
            (None, [Text(name), value]) => drop(self.meta.insert(name.clone(), value.clone())),
            (None, [Blob(i), Int(no)]) if i.len() == 16 && (0..NUMBERS).contains(no) => {
                self.ids.push((*no, id(i)?));
            }
            (
                None,
                [
                    Blob(h),
                    Int(_),
                    Int(_),
                    Int(state),
                    Int(offset),
                    Int(_) | Null,
                ],
            ) => {
                let offset = u64::try_from(*offset).ok()?;
                self.files.insert(hash(h)?, (*state, offset));
            }
            (
                None,
                [
                    Blob(h),
                    Blob(device),
                    Int(made_ms),
                    Int(size),
                    Int(taken_ms),
                    Int(state),
                    code,
                ],
            ) => {
                let row = CarriedRow {
                    device: id(device)?,
                    made_ms: *made_ms,
                    size_bytes: u64::try_from(*size).ok()?,
                    taken_ms: *taken_ms,
                    state: *state,
                    code: match code {
                        Text(code) => Some(code.clone()),
                        _ => None,
                    },
                };
                self.carried.insert(hash(h)?, row);
            }
            _ => return None,
        }
        Some(())
    }

    /// Fills in from the indexes what the tables did not say.
    fn fill_from_indexes(&mut self, own: &[Scope]) {
        for (no, row) in std::mem::take(&mut self.log_index) {
            self.logs.entry(no).or_insert(row);
        }
        let known: HashMap<Uuid, Scope> = self
            .scopes
            .values()
            .chain(own)
            .map(|s| (s.id(), *s))
            .collect();
        for (no, id) in std::mem::take(&mut self.ids) {
            match known.get(&id) {
                Some(scope) => drop(self.scopes.entry(no).or_insert(*scope)),
                None => {
                    let row = RecordRow { id, kind: None };
                    self.records.entry(no).or_insert(row);
                }
            }
        }
    }
}

fn log_row(device: Uuid, [scope, epoch, branch, head, acked]: [i64; 5]) -> LogRow {
    LogRow {
        device,
        scope,
        epoch: epoch as u64,
        branch: branch as u64,
        head: u64::try_from(head).unwrap_or(0),
        acked: u64::try_from(acked).unwrap_or(0),
    }
}
