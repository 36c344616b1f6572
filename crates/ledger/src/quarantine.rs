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

#[cfg(test)]
mod tests {
    use ed25519_dalek::SigningKey;
    use merge::Value;
    use protocol::Scope;
    use uuid::Uuid;

    use super::*;
    use crate::{Edit, Inspected, Seen};

    fn database() -> Connection {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(crate::SCHEMA).unwrap();
        conn.execute_batch(crate::FEED_SCHEMA).unwrap();
        conn
    }

    #[test]
    fn kept_segments_enter_registers_and_feed_one_by_one_and_in_order() {
        let campaign = Uuid::from_u128(1);
        let scope = Scope::Group {
            campaign,
            group: Uuid::from_u128(2),
        };
        let own = LogId::new(Uuid::from_u128(3), scope.id(), 9);
        let record = Uuid::from_u128(4);
        let key = SigningKey::from_bytes(&[5; 32]);
        let (phone, office) = (database(), database());
        let (mut from, mut to) = (Ledger::new(), Ledger::new());
        for (at, text) in [(10, "一"), (20, "二")] {
            let edit = Edit::new("issue", record, "description", text);
            from.append(&phone, scope, own, at, &edit).unwrap();
            from.seal(&phone, own, &key, &Seen::default(), at, 3)
                .unwrap();
        }
        let log = from.find_log(&phone, own).unwrap().unwrap();
        for row in from.segments(&phone, log.no).unwrap() {
            let segment = from.segment(&phone, row.no).unwrap();
            let header = segment.header().unwrap();
            let seen = to.inspect(&office, &segment, &header, scope, &key.verifying_key());
            let Inspected::Next(next) = seen.unwrap() else {
                panic!("not the next segment");
            };
            to.admit(&office, &next, 0, 0, false).unwrap();
        }
        let no = to.scope(&office, scope).unwrap();
        let shown = |l: &mut Ledger| l.value(&office, record, "description").unwrap();
        assert_eq!(shown(&mut to), None);
        assert!(
            to.feed(&office, no, 0, None, 1 << 20)
                .unwrap()
                .segments
                .is_empty()
        );

        let first = to.accept_kept(&office, own, 1).unwrap();
        assert_eq!(first.records, [(record, "issue".to_owned())]);
        assert_eq!(shown(&mut to), Some(Value::text("一")));
        to.accept_kept(&office, own, 2).unwrap();
        assert_eq!(shown(&mut to), Some(Value::text("二")));
        assert_eq!(
            to.feed(&office, no, 0, None, 1 << 20)
                .unwrap()
                .segments
                .len(),
            2
        );
        assert!(to.compare(&office).unwrap().is_empty());
        let again = to.accept_kept(&office, own, 2).unwrap();
        assert!(again.records.is_empty());
    }
}
