//! Writing a batch as columns.
//!
//! Invariant: the output depends on the batch, the name spaces and the level only. Leaves out: signing (`chain`).

use std::collections::HashMap;

use merge::LogId;
use minicbor::Decoder;
use uuid::Uuid;

use super::read::decode;
use super::shred::{Shared, Shred};
use super::{ID_DERIVED, ID_MINTED, ID_PLAIN, LAYOUT, SegmentError, group_key};
use crate::batch::Batch;
use crate::columns::Writer;
use crate::ids::{self, Seed};

/// The payload of a batch. `namespaces` are name spaces from which record ids may derive (`ids::derived`), tried so
/// that such ids need not travel; `level` is the zstd level. It is read once before it is given out: a log with a
/// segment that no reader takes could never be sent.
///
/// # Errors
/// `TooLarge` or `Framing` if the batch is over a limit or holds a name or value that is none.
pub fn encode(batch: &Batch, namespaces: &[Uuid], level: i32) -> Result<Vec<u8>, SegmentError> {
    let mut shared = Shared::default();
    let shreds = shred(batch, &mut shared)?;
    let first_at = first_times(batch);
    let records = RecordTable::build(batch, namespaces, &first_at, &mut shared);
    let alphabet = shared.alphabet();

    let mut w = Writer::new(level);
    w.out.push(LAYOUT);
    names(&mut w, &batch.kinds);
    names(&mut w, &batch.fields);
    logs(&mut w, batch);
    w.varint(shared.ids.len() as u64);
    plane_ids(&mut w, &shared.ids);
    records.write(&mut w);
    let letters: Vec<i64> = alphabet.iter().map(|c| *c as i64).collect();
    w.varint(letters.len() as u64);
    w.ints(&letters);
    rows(&mut w, batch);
    let index: HashMap<char, i64> = alphabet
        .iter()
        .enumerate()
        .map(|(i, c)| (*c, i as i64))
        .collect();
    for s in &shreds {
        s.write(&mut w, &index);
    }
    // Which log it is of does not matter to its form.
    let any = LogId::new(Uuid::nil(), Uuid::nil(), 0);
    decode(&w.out, &any, batch.rows.len() as u32)?;
    Ok(w.out)
}

fn names(w: &mut Writer, list: &[String]) {
    w.varint(list.len() as u64);
    let joined = list.join("\n");
    w.bytes(joined.as_bytes());
}

fn logs(w: &mut Writer, batch: &Batch) {
    w.varint(batch.logs.len() as u64);
    let mut bytes = Vec::with_capacity(batch.logs.len() * 32);
    for log in &batch.logs {
        bytes.extend_from_slice(log.device.as_bytes());
        bytes.extend_from_slice(&log.epoch.to_be_bytes());
        bytes.extend_from_slice(&log.branch.to_be_bytes());
    }
    w.bytes(&bytes);
}

/// Ids byte by byte: ids of one minute share most of their first bytes. The six bytes of time go apart from the rest.
fn plane_ids(w: &mut Writer, ids: &[Uuid]) {
    for part in [0..4, 4..6, 6..16] {
        let mut col = Vec::with_capacity(ids.len() * part.len());
        for byte in part {
            col.extend(ids.iter().map(|id| id.as_bytes()[byte]));
        }
        w.bytes(&col);
    }
}

fn first_times(batch: &Batch) -> Vec<i64> {
    let mut first = vec![None; batch.records.len()];
    for row in &batch.rows {
        first[row.record as usize].get_or_insert(row.at_ms);
    }
    first.into_iter().map(|t| t.unwrap_or(0)).collect()
}

struct RecordTable {
    kinds: Vec<i64>,
    modes: Vec<u8>,
    plain: Vec<i64>,
    seeds: Vec<Seed>,
    minted_seed: Vec<i64>,
    minted_n: Vec<i64>,
    spaces: Vec<Uuid>,
    derived_space: Vec<i64>,
    derived_of: Vec<i64>,
}

impl RecordTable {
    fn build(batch: &Batch, namespaces: &[Uuid], first_at: &[i64], shared: &mut Shared) -> Self {
        let known = derivable(batch, namespaces, shared);
        let mut t = Self {
            kinds: batch.records.iter().map(|(k, _)| i64::from(*k)).collect(),
            modes: Vec::new(),
            plain: Vec::new(),
            seeds: Vec::new(),
            minted_seed: Vec::new(),
            minted_n: Vec::new(),
            spaces: namespaces.to_vec(),
            derived_space: Vec::new(),
            derived_of: Vec::new(),
        };
        for (i, (_, id)) in batch.records.iter().enumerate() {
            if let Some((seed, n)) = batch.minted.get(&(i as u32))
                && ids::mint(seed, *n, first_at[i]) == *id
                && let Ok(n) = i64::try_from(*n)
            {
                let s = t.seeds.iter().position(|s| s == seed).unwrap_or_else(|| {
                    t.seeds.push(*seed);
                    t.seeds.len() - 1
                });
                t.modes.push(ID_MINTED);
                t.minted_seed.push(s as i64);
                t.minted_n.push(n);
            } else if let Some((space, of)) = known.get(id) {
                t.modes.push(ID_DERIVED);
                t.derived_space.push(*space);
                t.derived_of.push(*of);
            } else {
                t.modes.push(ID_PLAIN);
                t.plain.push(shared.id(*id));
            }
        }
        t
    }

    fn write(&self, w: &mut Writer) {
        w.varint(self.modes.len() as u64);
        w.ints(&self.kinds);
        w.bytes(&self.modes);
        w.varint(self.seeds.len() as u64);
        w.bytes(&self.seeds.concat());
        w.varint(self.spaces.len() as u64);
        let spaces: Vec<u8> = self.spaces.iter().flat_map(|s| s.into_bytes()).collect();
        w.bytes(&spaces);
        w.ints(&self.plain);
        w.ints(&self.minted_seed);
        w.ints(&self.minted_n);
        w.ints(&self.derived_space);
        w.ints(&self.derived_of);
    }
}

/// Records whose id derives from a name space and an id that stands in some value of the batch.
fn derivable(batch: &Batch, namespaces: &[Uuid], shared: &Shared) -> HashMap<Uuid, (i64, i64)> {
    let wanted: std::collections::HashSet<Uuid> = batch.records.iter().map(|(_, id)| *id).collect();
    let mut found = HashMap::new();
    for (s, ns) in namespaces.iter().enumerate() {
        for (i, of) in shared.ids.iter().enumerate() {
            let id = ids::derived(*ns, *of);
            if wanted.contains(&id) {
                found.entry(id).or_insert((s as i64, i as i64));
            }
        }
    }
    found
}

fn rows(w: &mut Writer, batch: &Batch) {
    let rows = &batch.rows;
    w.varint(rows.len() as u64);
    w.ints(&rows.iter().map(|r| i64::from(r.record)).collect::<Vec<_>>());
    w.ints(&rows.iter().map(|r| i64::from(r.field)).collect::<Vec<_>>());
    let mut prev = 0;
    let times: Vec<i64> = rows
        .iter()
        .map(|r| {
            let d = r.at_ms.wrapping_sub(prev);
            prev = r.at_ms;
            d
        })
        .collect();
    // The first difference is the time itself: apart, so that the rest keeps to few planes.
    w.varint(crate::columns::zigzag(times.first().copied().unwrap_or(0)));
    w.ints(times.get(1..).unwrap_or(&[]));
    let counts: Vec<i64> = rows.iter().map(|r| r.supersedes.len() as i64).collect();
    w.ints(&counts);
    let mut logs = Vec::new();
    let mut seqs = Vec::new();
    for row in rows {
        for (log, seq) in batch.superseded(row) {
            logs.push(i64::from(*log));
            seqs.push(*seq as i64);
        }
    }
    w.ints(&logs);
    w.ints(&seqs);
}

/// One shred per (kind, field name), in order of first use.
fn shred(batch: &Batch, shared: &mut Shared) -> Result<Vec<Shred>, SegmentError> {
    let mut groups: HashMap<(u32, &str), usize> = HashMap::new();
    let mut shreds: Vec<Shred> = Vec::new();
    for row in &batch.rows {
        let kind_index = batch.records[row.record as usize].0;
        let key = (kind_index, group_key(&batch.fields[row.field as usize]));
        let g = *groups.entry(key).or_insert_with(|| {
            shreds.push(Shred::default());
            shreds.len() - 1
        });
        let mut d = Decoder::new(batch.value(row));
        shreds[g]
            .put(&mut d, shared)
            .map_err(|e| SegmentError::Framing(e.to_string()))?;
        if d.position() != row.value.len() {
            return Err(SegmentError::Framing(
                "bytes left over after a value".into(),
            ));
        }
    }
    Ok(shreds)
}
