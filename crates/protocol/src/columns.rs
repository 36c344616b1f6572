//! Columns: runs of bytes and integers, each compressed by itself.
//!
//! A *byte column* of n bytes (n varint): nothing for n = 0, else a method byte: 0 raw, 1 zstd (varint length, frame
//! without its magic number), 2 one byte repeated. An *integer column* of n > 0 known integers: varint zigzag(min), varint gcd, byte
//! planes | delta << 4, then as many byte columns, least significant plane first; value = min + gcd * x, and with delta
//! the differences are stored (first one from 0).
//! Invariant: a reader never produces more than its budget. Leaves out: what the columns mean (`segment`).

use std::cell::Cell;

use crate::segment::{SegmentError, framing};

/// Below this zstd cannot win.
const MIN_ZSTD: usize = 40;
/// Every frame begins with these; they do not travel.
const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

pub(crate) struct Writer {
    pub out: Vec<u8>,
    zstd: Option<zstd::bulk::Compressor<'static>>,
}

pub(crate) fn varint(out: &mut Vec<u8>, mut v: u64) {
    while v >= 128 {
        out.push(v as u8 | 128);
        v >>= 7;
    }
    out.push(v as u8);
}

pub(crate) fn zigzag(v: i64) -> u64 {
    ((v << 1) ^ (v >> 63)) as u64
}

pub(crate) fn unzigzag(v: u64) -> i64 {
    (v >> 1) as i64 ^ -((v & 1) as i64)
}

fn gcd(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

impl Writer {
    pub fn new(level: i32) -> Self {
        let mut zstd = zstd::bulk::Compressor::new(level).ok();
        if let Some(z) = &mut zstd {
            // The column's length is written before it; the frame need not repeat it.
            let _ = z.include_contentsize(false);
            let _ = z.include_checksum(false);
        }
        Self {
            out: Vec::new(),
            zstd,
        }
    }

    pub fn varint(&mut self, v: u64) {
        varint(&mut self.out, v);
    }

    pub fn bytes(&mut self, col: &[u8]) {
        self.varint(col.len() as u64);
        let Some(first) = col.first() else { return };
        if col.len() > 2 && col.iter().all(|b| b == first) {
            self.out.extend_from_slice(&[2, *first]);
            return;
        }
        if col.len() >= MIN_ZSTD
            && let Some(packed) = self.zstd.as_mut().and_then(|z| z.compress(col).ok())
            && let Some(packed) = packed.strip_prefix(&MAGIC)
            && packed.len() + 2 < col.len()
        {
            self.out.push(1);
            self.varint(packed.len() as u64);
            self.out.extend_from_slice(packed);
            return;
        }
        self.out.push(0);
        self.out.extend_from_slice(col);
    }

    pub fn ints(&mut self, v: &[i64]) {
        if v.is_empty() {
            return;
        }
        let plain = Shape::of(v.iter().copied());
        let deltas = deltas(v);
        let delta = deltas.as_ref().map(|d| Shape::of(d.iter().copied()));
        let (shape, data, flag) = match (&delta, &deltas) {
            (Some(d), Some(data)) if d.span < plain.span / 2 => (d, data.as_slice(), 1u8 << 4),
            _ => (&plain, v, 0),
        };
        self.varint(zigzag(shape.min));
        self.varint(shape.gcd);
        self.out.push(shape.planes | flag);
        let mut plane = vec![0u8; v.len()];
        for p in 0..shape.planes {
            for (o, x) in plane.iter_mut().zip(data) {
                let scaled = (x.wrapping_sub(shape.min) as u64) / shape.gcd;
                *o = (scaled >> (8 * p)) as u8;
            }
            self.bytes(&plane);
        }
    }
}

/// Differences, unless one overflows.
fn deltas(v: &[i64]) -> Option<Vec<i64>> {
    let mut prev = 0i64;
    v.iter()
        .map(|x| {
            let d = x.checked_sub(prev)?;
            prev = *x;
            Some(d)
        })
        .collect()
}

struct Shape {
    min: i64,
    gcd: u64,
    span: u64,
    planes: u8,
}

impl Shape {
    fn of(v: impl Iterator<Item = i64> + Clone) -> Self {
        let min = v.clone().min().unwrap_or(0);
        let mut g = 0;
        let mut span = 0;
        for x in v {
            let d = x.wrapping_sub(min) as u64;
            span = span.max(d);
            g = if g == 1 { 1 } else { gcd(g, d) };
        }
        let g = g.max(1);
        let planes = (8 - (span / g).leading_zeros() as u8 / 8).min(8);
        Self {
            min,
            gcd: g,
            span,
            planes,
        }
    }
}

type Unpacker = zstd::bulk::Decompressor<'static>;

thread_local! {
    /// Its tables are large to make and hold nothing between frames: one a thread, lent to one reader at a time.
    static UNPACKER: Cell<Option<Unpacker>> = const { Cell::new(None) };
}

/// Reads columns from foreign bytes within a budget.
pub(crate) struct Reader<'b> {
    rest: &'b [u8],
    budget: usize,
    zstd: Option<Unpacker>,
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        UNPACKER.set(self.zstd.take());
    }
}

impl<'b> Reader<'b> {
    pub fn new(bytes: &'b [u8], budget: usize) -> Result<Self, SegmentError> {
        let zstd = match UNPACKER.take() {
            Some(zstd) => zstd,
            None => Unpacker::new().map_err(|e| framing(&e.to_string()))?,
        };
        Ok(Self {
            rest: bytes,
            budget,
            zstd: Some(zstd),
        })
    }

    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub fn take(&mut self, n: usize) -> Result<&'b [u8], SegmentError> {
        if n > self.rest.len() {
            return Err(framing("truncated"));
        }
        let (head, rest) = self.rest.split_at(n);
        self.rest = rest;
        Ok(head)
    }

    pub fn byte(&mut self) -> Result<u8, SegmentError> {
        Ok(self.take(1)?[0])
    }

    pub fn varint(&mut self) -> Result<u64, SegmentError> {
        let mut v = 0u64;
        for shift in (0..64).step_by(7) {
            let b = self.byte()?;
            if shift == 63 && b > 1 {
                return Err(framing("varint beyond 64 bits"));
            }
            v |= u64::from(b & 127) << shift;
            if b < 128 {
                return if b == 0 && shift > 0 {
                    Err(framing("varint is not the shortest"))
                } else {
                    Ok(v)
                };
            }
        }
        Err(framing("varint too long"))
    }

    /// A count that cannot exceed `limit`.
    pub fn count(&mut self, limit: usize) -> Result<usize, SegmentError> {
        let n = self.varint()?;
        if n > limit as u64 {
            return Err(framing("count over the limit"));
        }
        Ok(n as usize)
    }

    pub fn bytes(&mut self) -> Result<Vec<u8>, SegmentError> {
        let n = self.count(self.budget)?;
        self.budget -= n;
        if n == 0 {
            return Ok(Vec::new());
        }
        match self.byte()? {
            0 => Ok(self.take(n)?.to_vec()),
            1 => {
                let packed = self.count(self.rest.len())?;
                let frame = [&MAGIC, self.take(packed)?].concat();
                if zstd::zstd_safe::find_frame_compressed_size(&frame) != Ok(frame.len()) {
                    return Err(framing("not one zstd frame"));
                }
                let zstd = self.zstd.as_mut().ok_or_else(|| framing("no zstd"))?;
                let out = zstd
                    .decompress(&frame, n)
                    .map_err(|e| framing(&format!("zstd: {e}")))?;
                if out.len() == n {
                    Ok(out)
                } else {
                    Err(framing("column length"))
                }
            }
            2 => Ok(vec![self.byte()?; n]),
            _ => Err(framing("unknown column method")),
        }
    }

    /// A byte column that must have `n` bytes.
    pub fn bytes_exact(&mut self, n: usize) -> Result<Vec<u8>, SegmentError> {
        let out = self.bytes()?;
        if out.len() == n {
            Ok(out)
        } else {
            Err(framing("column length"))
        }
    }

    pub fn ints(&mut self, n: usize) -> Result<Vec<i64>, SegmentError> {
        if n == 0 {
            return Ok(Vec::new());
        }
        if n * 8 > self.budget {
            return Err(framing("too many integers"));
        }
        self.budget -= n * 8;
        let min = unzigzag(self.varint()?);
        let gcd = self.varint()?;
        let flags = self.byte()?;
        let (planes, delta) = (flags & 15, flags >> 4);
        if planes > 8 || delta > 1 {
            return Err(framing("integer column head"));
        }
        let mut scaled = vec![0u64; n];
        for p in 0..planes {
            let plane = self.bytes_exact(n)?;
            for (x, b) in scaled.iter_mut().zip(plane) {
                *x |= u64::from(b) << (8 * p);
            }
        }
        let mut prev = 0i64;
        Ok(scaled
            .into_iter()
            .map(|x| {
                let v = min.wrapping_add(x.wrapping_mul(gcd) as i64);
                if delta == 1 {
                    prev = prev.wrapping_add(v);
                    prev
                } else {
                    v
                }
            })
            .collect())
    }

    /// Integers that are indexes below `limit`.
    pub fn indexes(&mut self, n: usize, limit: usize) -> Result<Vec<u32>, SegmentError> {
        self.ints(n)?
            .into_iter()
            .map(|i| {
                u32::try_from(i)
                    .ok()
                    .filter(|i| (*i as usize) < limit)
                    .ok_or_else(|| framing("index out of range"))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests;
