//! Sealing the unsent tail of a log into a signed segment.
//!
//! Invariant: sealing moves changes from `tail` to `segments` in the caller's transaction; from then on the bytes are
//! resent and relayed as they are.

use ed25519_dalek::SigningKey;
use merge::LogId;
use protocol::chain::{Hash, Header, SignedSegment};
use protocol::{BatchBuilder, limits, segment};
use rusqlite::Connection;
use uuid::Uuid;

use crate::caches::{Ledger, LogNo};
use crate::error::{LedgerError, Result};
use crate::tail::{self, TailRow};

/// Head of the server's campaign log that the writer had applied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Seq, 0 if none.
    pub seq: u64,
    /// Chain, if any.
    pub chain: Option<Hash>,
}

/// Bytes of values and dots after which a segment is closed.
const TARGET_BYTES: usize = 600 << 10;
/// Changes after which a segment is closed.
const TARGET_CHANGES: i64 = 8_000;

impl Ledger {
    /// Seals the whole tail of an own log; returns the number of segments made. `level` is the zstd level.
    pub fn seal(
        &mut self,
        conn: &Connection,
        own: LogId,
        key: &SigningKey,
        seen: &Seen,
        now_ms: i64,
        level: i32,
    ) -> Result<usize> {
        let mut made = 0;
        while self.seal_one(conn, own, key, seen, now_ms, level)? {
            made += 1;
        }
        Ok(made)
    }

    fn seal_one(
        &mut self,
        conn: &Connection,
        own: LogId,
        key: &SigningKey,
        seen: &Seen,
        now_ms: i64,
        level: i32,
    ) -> Result<bool> {
        let Some(log) = self.find_cached_log(conn, own)? else {
            return Ok(false);
        };
        let rows = tail_rows(conn, log.no)?;
        let Some(first) = rows.first() else {
            return Ok(false);
        };
        if first.seq as u64 != log.head + 1 {
            return Err(LedgerError::Damaged(format!(
                "tail starts at {}, head is {}",
                first.seq, log.head
            )));
        }
        let scope = self.scope_of(conn, log.scope)?;
        let mut b = BatchBuilder::default();
        let mut records = std::collections::HashMap::new();
        for row in &rows {
            let (id, kind) = match records.get(&row.record) {
                Some(r) => r,
                None => {
                    let found = self.record_of(conn, row.record)?;
                    records.entry(row.record).or_insert(found)
                }
            };
            let (id, kind) = (*id, kind.clone());
            let field = self.name_of(conn, row.field)?;
            let dots = self.dots(conn, &row.supersedes)?;
            let index = b.push(own, row.at_ms, (&kind, id), &field, &row.value, &dots);
            if row.minted.len() == 24 {
                let mut seed = [0; 16];
                seed.copy_from_slice(&row.minted[..16]);
                b.minted(index, seed, be(&row.minted[16..]));
            }
        }
        let batch = b.finish();
        let last = first.seq + rows.len() as i64 - 1;
        let header = Header {
            seen_seq: seen.seq,
            seen_chain: seen.chain.map_or_else(Vec::new, |c| c.to_vec()),
            ..Header::of(&own, first.seq as u64, rows.len() as u32)
        };
        let mut spaces = vec![scope.id()];
        spaces.extend(self.sealed_namespaces(scope, &batch));
        let payload = segment::encode(&batch, &spaces, level)?;
        let sealed = SignedSegment::sign(key, log.chain, &header, payload);
        self.store_segment(
            conn,
            &log,
            &header,
            &sealed,
            &sealed.chain(),
            now_ms,
            true,
            0,
        )?;
        conn.prepare_cached("DELETE FROM tail WHERE log = ?1 AND seq <= ?2")?
            .execute((log.no, last))?;
        self.retally(conn, log.scope)?;
        Ok(true)
    }

    /// In a campaign with open sheets, sheets live in the group scope but derive from their author's sealed scope.
    fn sealed_namespaces(&self, scope: protocol::Scope, batch: &protocol::Batch) -> Vec<Uuid> {
        match (scope, self.author) {
            (protocol::Scope::Group { campaign, .. }, Some(author))
                if batch.kinds.iter().any(|k| k == "sheet") =>
            {
                vec![protocol::Scope::Sealed { campaign, author }.id()]
            }
            _ => Vec::new(),
        }
    }

    /// Pairs of log and seq from their stored form.
    pub(crate) fn dots(&mut self, conn: &Connection, bytes: &[u8]) -> Result<Vec<(LogId, u64)>> {
        bytes
            .chunks_exact(16)
            .map(|c| Ok((self.log_of(conn, be(&c[..8]) as i64)?, be(&c[8..]))))
            .collect()
    }

    /// Id and kind of a record number.
    pub(crate) fn record_of(&mut self, conn: &Connection, no: i64) -> Result<(Uuid, String)> {
        let (id, kind): ([u8; 16], i64) = conn
            .prepare_cached("SELECT id, kind FROM records WHERE no = ?1")?
            .query_row([no], |r| Ok((r.get(0)?, r.get(1)?)))?;
        Ok((Uuid::from_bytes(id), self.name_of(conn, kind)?.to_string()))
    }
}

/// What one segment takes of the tail.
fn tail_rows(conn: &Connection, log: LogNo) -> Result<Vec<TailRow>> {
    let mut rows = tail::of_log(
        conn,
        log,
        TARGET_CHANGES.min(limits::SEGMENT_CHANGES as i64),
    )?;
    let mut bytes = 0;
    let fits = |row: &TailRow| {
        bytes += row.value.len() + row.supersedes.len();
        bytes <= TARGET_BYTES
    };
    let n = rows.iter().map(fits).take_while(|f| *f).count();
    rows.truncate(n.max(1));
    Ok(rows)
}

pub(crate) fn be(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |a, b| a << 8 | u64::from(*b))
}
