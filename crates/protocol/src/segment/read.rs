//! Reading a batch from columns that came from a stranger.
//!
//! Invariant: no panic, no allocation beyond the limits, every index checked once here.

use std::collections::{HashMap, HashSet};

use merge::LogId;
use uuid::Uuid;

use super::shred::Shreds;
use super::{ID_DERIVED, ID_MINTED, ID_PLAIN, LAYOUT, SegmentError, framing, group_key, is_name};
use crate::batch::{Batch, Row};
use crate::columns::{Reader, unzigzag};
use crate::ids::{self, Seed};
use crate::limits;

/// The batch of a payload. `log` is the segment's own log (for the scope of the logs it names); `count` is the number
/// of changes its header promises.
pub fn decode(payload: &[u8], log: &LogId, count: u32) -> Result<Batch, SegmentError> {
    if payload.len() > limits::SEGMENT_BYTES {
        return Err(SegmentError::TooLarge(format!("{} bytes", payload.len())));
    }
    let mut r = Reader::new(payload, limits::SEGMENT_RAW_BYTES)?;
    match r.byte()? {
        LAYOUT => {}
        v if v > LAYOUT => return Err(SegmentError::Newer(v)),
        _ => return Err(framing("layout")),
    }
    let kinds = names(&mut r)?;
    let fields = names(&mut r)?;
    let logs = logs(&mut r, log)?;
    let ids = plane_ids(&mut r)?;
    let table = RecordTable::read(&mut r, kinds.len(), ids.len())?;
    let alphabet = alphabet(&mut r)?;
    let mut batch = Batch {
        kinds,
        fields,
        logs,
        ..Batch::default()
    };
    rows(&mut r, &mut batch, table.modes.len(), count as usize)?;
    table.resolve(&mut batch, &ids)?;
    values(&mut r, &mut batch, &ids, &alphabet)?;
    if r.is_empty() {
        Ok(batch)
    } else {
        Err(framing("bytes left over"))
    }
}

fn names(r: &mut Reader) -> Result<Vec<String>, SegmentError> {
    let n = r.count(limits::SEGMENT_CHANGES)?;
    let bytes = r.bytes()?;
    let joined = String::from_utf8(bytes).map_err(|_| framing("names are not UTF-8"))?;
    let list: Vec<String> = if n == 0 {
        Vec::new()
    } else {
        joined.split('\n').map(str::to_owned).collect()
    };
    let distinct: HashSet<&str> = list.iter().map(String::as_str).collect();
    // A name told twice would leave open which values stand together.
    if list.len() != n || distinct.len() != n || !distinct.iter().all(|s| is_name(s)) {
        return Err(framing("names"));
    }
    Ok(list)
}

fn uuid(bytes: &[u8]) -> Uuid {
    Uuid::from_slice(bytes).unwrap_or_default()
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |a, b| a << 8 | u64::from(*b))
}

fn logs(r: &mut Reader, own: &LogId) -> Result<Vec<LogId>, SegmentError> {
    let n = r.count(limits::SEGMENT_CHANGES)?;
    let bytes = r.bytes_exact(n * 32)?;
    Ok(bytes
        .chunks_exact(32)
        .map(|c| LogId {
            device: uuid(&c[..16]),
            scope: own.scope,
            epoch: number(&c[16..24]),
            branch: number(&c[24..]),
        })
        .collect())
}

fn plane_ids(r: &mut Reader) -> Result<Vec<Uuid>, SegmentError> {
    let n = r.count(limits::SEGMENT_IDS)?;
    let mut ids = vec![[0u8; 16]; n];
    for part in [0..4, 4..6, 6..16usize] {
        let col = r.bytes_exact(n * part.len())?;
        for (p, byte) in part.enumerate() {
            for (i, id) in ids.iter_mut().enumerate() {
                id[byte] = col[p * n + i];
            }
        }
    }
    Ok(ids.into_iter().map(Uuid::from_bytes).collect())
}

fn alphabet(r: &mut Reader) -> Result<Vec<char>, SegmentError> {
    let n = r.count(0x11_0000)?;
    r.ints(n)?
        .into_iter()
        .map(|c| {
            u32::try_from(c)
                .ok()
                .and_then(char::from_u32)
                .ok_or_else(|| framing("alphabet"))
        })
        .collect()
}

struct RecordTable {
    kinds: Vec<u32>,
    modes: Vec<u8>,
    seeds: Vec<Seed>,
    spaces: Vec<Uuid>,
    plain: Vec<u32>,
    minted: Vec<(u32, i64)>,
    derived: Vec<(u32, u32)>,
}

impl RecordTable {
    fn read(r: &mut Reader, kinds: usize, ids: usize) -> Result<Self, SegmentError> {
        let n = r.count(limits::SEGMENT_CHANGES)?;
        let kinds = r.indexes(n, kinds)?;
        let modes = r.bytes_exact(n)?;
        let of = |mode| modes.iter().filter(|m| **m == mode).count();
        let (plain, minted, derived) = (of(ID_PLAIN), of(ID_MINTED), of(ID_DERIVED));
        if plain + minted + derived != n {
            return Err(framing("record id mode"));
        }
        let seeds = r.count(limits::SEGMENT_CHANGES)?;
        let seeds: Vec<Seed> = r
            .bytes_exact(seeds * 16)?
            .chunks_exact(16)
            .map(|c| uuid(c).into_bytes())
            .collect();
        let spaces = r.count(limits::SEGMENT_SPACES)?;
        let spaces: Vec<Uuid> = r
            .bytes_exact(spaces * 16)?
            .chunks_exact(16)
            .map(uuid)
            .collect();
        let plain = r.indexes(plain, ids)?;
        let minted_seed = r.indexes(minted, seeds.len())?;
        let minted_n = r.ints(minted)?;
        let derived_space = r.indexes(derived, spaces.len())?;
        let derived_of = r.indexes(derived, ids)?;
        let minted = minted_seed.into_iter().zip(minted_n).collect();
        let derived = derived_space.into_iter().zip(derived_of).collect();
        Ok(Self {
            kinds,
            modes,
            seeds,
            spaces,
            plain,
            minted,
            derived,
        })
    }

    fn resolve(self, batch: &mut Batch, ids: &[Uuid]) -> Result<(), SegmentError> {
        let mut first = vec![None; self.modes.len()];
        for row in &batch.rows {
            first[row.record as usize].get_or_insert(row.at_ms);
        }
        let (mut plain, mut minted, mut derived) = (
            self.plain.into_iter(),
            self.minted.into_iter(),
            self.derived.into_iter(),
        );
        for (i, mode) in self.modes.iter().enumerate() {
            let id = match *mode {
                ID_PLAIN => plain.next().map(|p| ids[p as usize]),
                ID_MINTED => minted.next().and_then(|(s, n)| {
                    let n = u64::try_from(n).ok()?;
                    Some(ids::mint(&self.seeds[s as usize], n, first[i]?))
                }),
                _ => derived
                    .next()
                    .map(|(s, of)| ids::derived(self.spaces[s as usize], ids[of as usize])),
            };
            batch
                .records
                .push((self.kinds[i], id.ok_or_else(|| framing("record id"))?));
        }
        Ok(())
    }
}

fn rows(
    r: &mut Reader,
    batch: &mut Batch,
    records: usize,
    count: usize,
) -> Result<(), SegmentError> {
    let n = r.count(limits::SEGMENT_CHANGES)?;
    if n != count {
        return Err(framing("number of changes differs from the header"));
    }
    let record = r.indexes(n, records)?;
    let field = r.indexes(n, batch.fields.len())?;
    let mut at = 0i64;
    let mut deltas = vec![unzigzag(r.varint()?)];
    deltas.extend(r.ints(n.saturating_sub(1))?);
    let counts = r.ints(n)?;
    let mut total = 0usize;
    let mut ranges = Vec::with_capacity(n);
    for c in counts {
        let c = usize::try_from(c)
            .ok()
            .filter(|c| *c <= limits::SUPERSEDES)
            .ok_or_else(|| framing("supersedes"))?;
        ranges.push(total as u32..(total + c) as u32);
        total += c;
    }
    if total > limits::SEGMENT_SUPERSEDES {
        return Err(framing("supersedes"));
    }
    let logs = r.indexes(total, batch.logs.len() + 1)?;
    let seqs = r.ints(total)?;
    for (log, seq) in logs.into_iter().zip(seqs) {
        let seq = u64::try_from(seq)
            .ok()
            .filter(|s| *s > 0)
            .ok_or_else(|| framing("superseded seq"))?;
        batch.supersedes.push((log, seq));
    }
    for (i, supersedes) in ranges.into_iter().enumerate() {
        at = at.wrapping_add(deltas[i]);
        batch.rows.push(Row {
            at_ms: at,
            record: record[i],
            field: field[i],
            value: 0..0,
            supersedes,
        });
    }
    Ok(())
}

fn values(
    r: &mut Reader,
    batch: &mut Batch,
    ids: &[Uuid],
    alphabet: &[char],
) -> Result<(), SegmentError> {
    let mut groups: HashMap<(u32, &str), usize> = HashMap::new();
    let mut sizes: Vec<usize> = Vec::new();
    let mut of_row = Vec::with_capacity(batch.rows.len());
    for row in &batch.rows {
        let key = (
            batch.records[row.record as usize].0,
            group_key(&batch.fields[row.field as usize]),
        );
        let next = sizes.len();
        let g = *groups.entry(key).or_insert(next);
        if g == next {
            sizes.push(0);
        }
        sizes[g] += 1;
        of_row.push(g);
    }
    let mut shreds = sizes
        .iter()
        .map(|n| Shreds::read(r, *n, ids.len(), alphabet.len(), 0))
        .collect::<Result<Vec<_>, _>>()?;
    let mut out = Vec::with_capacity(batch.rows.len() * 16);
    for (row, g) in batch.rows.iter_mut().zip(of_row) {
        let start = out.len() as u32;
        shreds[g].next((ids, alphabet), &mut out)?;
        row.value = start..out.len() as u32;
    }
    batch.values = out;
    Ok(())
}
