//! Values of one field name, shredded: one tag per value, one column per scalar type, one shred per list position.
//!
//! Invariant: reading pulls values in the order they were put in. Leaves out: which change a value belongs to.

use std::collections::HashMap;

use minicbor::data::Tag;
use minicbor::{Decoder, Encoder};
use uuid::Uuid;

use super::{SegmentError, framing};
use crate::columns::{Reader, Writer};
use crate::limits;
use crate::value::{Kind, TAG_UUID, ValueError, kind};

const NULL: u8 = 0;
const FALSE: u8 = 1;
const TRUE: u8 = 2;
const INT: u8 = 3;
const TEXT: u8 = 4;
const BYTES: u8 = 5;
const ID: u8 = 6;
/// A list of n values has tag `LIST + n`.
const LIST: u8 = 7;
/// Positions from here on share one shred.
const OWN_POSITIONS: usize = 24;

/// What all values of a segment share: its ids and the characters of its text.
#[derive(Default)]
pub(crate) struct Shared {
    pub ids: Vec<Uuid>,
    index: HashMap<Uuid, i64>,
    pub chars: HashMap<char, u64>,
}

impl Shared {
    pub fn id(&mut self, id: Uuid) -> i64 {
        *self.index.entry(id).or_insert_with(|| {
            self.ids.push(id);
            self.ids.len() as i64 - 1
        })
    }

    /// The alphabet: by code point if one byte can index it, else most frequent first.
    pub fn alphabet(&self) -> Vec<char> {
        let mut chars: Vec<(char, u64)> = self.chars.iter().map(|(c, n)| (*c, *n)).collect();
        chars.sort_by_key(|(c, n)| {
            if self.chars.len() <= 256 {
                (0, *c)
            } else {
                (u64::MAX - n, *c)
            }
        });
        chars.into_iter().map(|(c, _)| c).collect()
    }
}

#[derive(Default)]
pub(crate) struct Shred {
    tags: Vec<u8>,
    ints: Vec<i64>,
    text_lens: Vec<i64>,
    text: Vec<char>,
    byte_lens: Vec<i64>,
    bytes: Vec<u8>,
    ids: Vec<i64>,
    positions: Vec<Shred>,
}

impl Shred {
    pub fn put(&mut self, d: &mut Decoder, shared: &mut Shared) -> Result<(), ValueError> {
        let tag = match kind(d)? {
            Kind::Null => NULL,
            Kind::Bool(b) => FALSE + u8::from(b),
            Kind::Int(i) => {
                self.ints.push(i);
                INT
            }
            Kind::Text(s) => {
                let before = self.text.len();
                for c in s.chars() {
                    *shared.chars.entry(c).or_default() += 1;
                    self.text.push(c);
                }
                self.text_lens.push((self.text.len() - before) as i64);
                TEXT
            }
            Kind::Bytes(b) => {
                self.byte_lens.push(b.len() as i64);
                self.bytes.extend_from_slice(b);
                BYTES
            }
            Kind::Id(id) => {
                self.ids.push(shared.id(id));
                ID
            }
            Kind::List(n) => {
                for i in 0..n {
                    let p = i.min(OWN_POSITIONS);
                    if self.positions.len() <= p {
                        self.positions.resize_with(p + 1, Shred::default);
                    }
                    self.positions[p].put(d, shared)?;
                }
                LIST + n as u8
            }
        };
        self.tags.push(tag);
        Ok(())
    }

    pub fn write(&self, w: &mut Writer, alphabet: &HashMap<char, i64>) {
        w.bytes(&self.tags);
        w.ints(&self.ints);
        w.ints(&self.text_lens);
        let text: Vec<i64> = self
            .text
            .iter()
            .map(|c| alphabet.get(c).copied().unwrap_or(0))
            .collect();
        if !text.is_empty() {
            w.ints(&text);
        }
        w.ints(&self.byte_lens);
        if !self.byte_lens.is_empty() {
            w.bytes(&self.bytes);
        }
        w.ints(&self.ids);
        for p in &self.positions {
            p.write(w, alphabet);
        }
    }
}

/// Reads values back one by one.
pub(crate) struct Shreds {
    tags: std::vec::IntoIter<u8>,
    ints: std::vec::IntoIter<i64>,
    text_lens: std::vec::IntoIter<i64>,
    text: std::vec::IntoIter<u32>,
    byte_lens: std::vec::IntoIter<i64>,
    bytes: Vec<u8>,
    bytes_at: usize,
    ids: std::vec::IntoIter<u32>,
    positions: Vec<Shreds>,
}

fn total(lens: &[i64]) -> Result<usize, SegmentError> {
    lens.iter().try_fold(0usize, |a, n| {
        let n = usize::try_from(*n).map_err(|_| framing("negative length"))?;
        a.checked_add(n)
            .filter(|t| *t <= limits::SEGMENT_RAW_BYTES)
            .ok_or_else(|| framing("lengths over the limit"))
    })
}

impl Shreds {
    pub fn read(
        r: &mut Reader,
        n: usize,
        ids: usize,
        alphabet: usize,
        depth: usize,
    ) -> Result<Self, SegmentError> {
        let tags = r.bytes_exact(n)?;
        let mut count = [0usize; 7];
        let mut positions = [0usize; OWN_POSITIONS + 1];
        for t in &tags {
            match t.checked_sub(LIST) {
                None => count[*t as usize] += 1,
                Some(_) if depth == limits::VALUE_DEPTH => return Err(framing("nested too deep")),
                Some(len) if len as usize <= limits::LIST_ITEMS => {
                    for i in 0..len as usize {
                        positions[i.min(OWN_POSITIONS)] += 1;
                    }
                }
                Some(_) => return Err(framing("list too long")),
            }
        }
        let ints = r.ints(count[INT as usize])?;
        let text_lens = r.ints(count[TEXT as usize])?;
        let chars = total(&text_lens)?;
        let text = if chars == 0 {
            Vec::new()
        } else {
            r.indexes(chars, alphabet)?
        };
        let byte_lens = r.ints(count[BYTES as usize])?;
        let bytes = if byte_lens.is_empty() {
            Vec::new()
        } else {
            r.bytes_exact(total(&byte_lens)?)?
        };
        let ids_col = r.indexes(count[ID as usize], ids)?;
        let positions = positions
            .into_iter()
            .take_while(|n| *n > 0)
            .map(|n| Shreds::read(r, n, ids, alphabet, depth + 1))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            tags: tags.into_iter(),
            ints: ints.into_iter(),
            text_lens: text_lens.into_iter(),
            text: text.into_iter(),
            byte_lens: byte_lens.into_iter(),
            bytes,
            bytes_at: 0,
            ids: ids_col.into_iter(),
            positions,
        })
    }

    /// Writes the next value as CBOR. Column lengths were checked against the tags, so a missing entry is an error
    /// of this code, answered like one of the bytes.
    pub fn next(
        &mut self,
        shared: (&[Uuid], &[char]),
        out: &mut Vec<u8>,
    ) -> Result<(), SegmentError> {
        let missing = || framing("column too short");
        let tag = self.tags.next().ok_or_else(missing)?;
        let mut e = Encoder::new(&mut *out);
        match tag {
            NULL => drop(e.null()),
            FALSE | TRUE => drop(e.bool(tag == TRUE)),
            INT => drop(e.i64(self.ints.next().ok_or_else(missing)?)),
            TEXT => {
                let len = self.text_lens.next().ok_or_else(missing)? as usize;
                let mut s = String::with_capacity(len * 3);
                for _ in 0..len {
                    s.push(shared.1[self.text.next().ok_or_else(missing)? as usize]);
                }
                drop(e.str(&s));
            }
            BYTES => {
                let len = self.byte_lens.next().ok_or_else(missing)? as usize;
                drop(e.bytes(&self.bytes[self.bytes_at..self.bytes_at + len]));
                self.bytes_at += len;
            }
            ID => {
                let id = shared.0[self.ids.next().ok_or_else(missing)? as usize];
                drop(
                    e.tag(Tag::new(TAG_UUID))
                        .and_then(|e| e.bytes(id.as_bytes())),
                );
            }
            _ => {
                let n = (tag - LIST) as usize;
                drop(e.array(n as u64));
                for i in 0..n {
                    self.positions[i.min(OWN_POSITIONS)].next(shared, out)?;
                }
            }
        }
        Ok(())
    }
}
