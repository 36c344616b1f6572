//! The feed of a scope: segments in the order the server stored them (server only).
//!
//! Invariant: `gseq` comes from the scope's counter row inside the writing transaction, so `gseq > cursor` never misses
//! a late committer.

use protocol::chain::SignedSegment;
use rusqlite::Connection;
use uuid::Uuid;

use crate::caches::{Ledger, ScopeNo};
use crate::error::Result;

/// A page of a feed.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// Segments as stored.
    pub segments: Vec<SignedSegment>,
    /// Position after the last one looked at.
    pub gseq: i64,
    /// Their bytes.
    pub bytes: usize,
    /// True if there are more.
    pub more: bool,
}

impl Ledger {
    /// The next place in a scope's feed.
    pub fn next_gseq(&mut self, conn: &Connection, scope: ScopeNo) -> Result<i64> {
        Ok(conn
            .prepare_cached("UPDATE scopes SET gseq = gseq + 1 WHERE no = ?1 RETURNING gseq")?
            .query_row([scope], |r| r.get(0))?)
    }

    /// Gives the segments an own log just sealed their places in the feed.
    pub fn publish(&mut self, conn: &Connection, log: crate::LogNo, scope: ScopeNo) -> Result<()> {
        let mut stmt = conn.prepare_cached(
            "SELECT no FROM segments WHERE log = ?1 AND gseq = 0 AND applied = 1 ORDER BY first",
        )?;
        let rows: Vec<i64> = stmt
            .query_map([log], |r| r.get(0))?
            .collect::<std::result::Result<_, _>>()?;
        for no in rows {
            let gseq = self.next_gseq(conn, scope)?;
            conn.prepare_cached("UPDATE segments SET gseq = ?2 WHERE no = ?1")?
                .execute((no, gseq))?;
        }
        Ok(())
    }

    /// Segments of a scope after `after`, but for those of `skip`'s logs, up to `max_bytes` (at least one).
    pub fn feed(
        &mut self,
        conn: &Connection,
        scope: ScopeNo,
        after: i64,
        skip: Option<Uuid>,
        max_bytes: usize,
    ) -> Result<Page> {
        let mut page = Page {
            gseq: after,
            ..Page::default()
        };
        let mut stmt = conn.prepare_cached(
            "SELECT s.no, s.gseq, l.device, length(s.payload) FROM segments s JOIN logs l ON l.no = s.log
             WHERE s.scope = ?1 AND s.gseq > ?2 ORDER BY s.gseq",
        )?;
        let mut rows = stmt.query((scope, after))?;
        while let Some(r) = rows.next()? {
            let (no, gseq, device, size): (i64, i64, [u8; 16], i64) =
                (r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?);
            if skip.is_some_and(|s| s.into_bytes() == device) {
                page.gseq = gseq;
                continue;
            }
            let size = size as usize + 260;
            if !page.segments.is_empty() && page.bytes + size > max_bytes {
                page.more = true;
                break;
            }
            page.segments.push(self.segment(conn, no)?);
            page.bytes += size;
            page.gseq = gseq;
        }
        Ok(page)
    }
}
