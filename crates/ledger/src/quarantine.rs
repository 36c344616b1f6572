//! Taking in what was kept outside the registers, once somebody decided so.
//!
//! Invariant: the segments of a log are taken in as a whole and in order; their bytes do not change.
//! Leaves out: who decides, and the verdicts to pass before (the caller's).

use merge::LogId;
use protocol::segment::SegmentError;
use rusqlite::Connection;

use crate::admit::Admitted;
use crate::caches::Ledger;
use crate::error::{LedgerError, Result};

impl Ledger {
    /// Applies the segments of `log` up to `last` (a seq) that were admitted without being applied, gives each its
    /// place in the feed, and says what it touched. A segment of a newer layout stays kept.
    pub fn accept_kept(&mut self, conn: &Connection, log: LogId, last: u64) -> Result<Admitted> {
        let cached = self
            .find_cached_log(conn, log)?
            .ok_or_else(|| LedgerError::Refused("the log is not held".into()))?;
        let mut all = Admitted::default();
        for row in self.segments(conn, cached.no)? {
            if row.applied || row.first > last {
                continue;
            }
            let batch = match self.decoded(conn, row.no) {
                Ok(batch) => batch,
                Err(LedgerError::Segment(SegmentError::Newer(_))) => continue,
                Err(e) => return Err(e),
            };
            let gseq = self.next_gseq(conn, cached.scope)?;
            conn.prepare_cached("UPDATE segments SET applied = 1, gseq = ?2 WHERE no = ?1")?
                .execute((row.no, gseq))?;
            let one = self.apply(conn, &cached, row.first, &batch)?;
            all.refused += one.refused;
            all.latest_ms = all.latest_ms.max(one.latest_ms);
            all.records.extend(one.records);
        }
        all.records.sort();
        all.records.dedup();
        Ok(all)
    }
}
