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

    const RECORD: Uuid = Uuid::from_u128(4);

    fn group() -> Scope {
        Scope::Group {
            campaign: Uuid::from_u128(1),
            group: Uuid::from_u128(2),
        }
    }

    fn key() -> SigningKey {
        SigningKey::from_bytes(&[5; 32])
    }

    fn log(device: u128) -> LogId {
        LogId::new(Uuid::from_u128(device), group().id(), 9)
    }

    struct Store(Connection, Ledger);

    impl Store {
        fn new() -> Self {
            Self(database(), Ledger::new())
        }

        /// Writes and seals one change.
        fn write(&mut self, log: LogId, field: &str, text: &str, at: i64) {
            let edit = Edit::new("issue", RECORD, field, text);
            self.1.append(&self.0, group(), log, at, &edit).unwrap();
            let seen = Seen::default();
            self.1.seal(&self.0, log, &key(), &seen, at, 3).unwrap();
        }

        /// Takes in the segments of a log that are not here yet.
        fn take(&mut self, log: LogId, from: &mut Self, apply: bool) {
            let no = from.1.find_log(&from.0, log).unwrap().unwrap().no;
            for row in from.1.segments(&from.0, no).unwrap() {
                let segment = from.1.segment(&from.0, row.no).unwrap();
                let header = segment.header().unwrap();
                let verifying = key().verifying_key();
                let seen = (self.1)
                    .inspect(&self.0, &segment, &header, group(), &verifying)
                    .unwrap();
                match seen {
                    Inspected::Next(next) => {
                        let scope = self.1.scope(&self.0, group()).unwrap();
                        let gseq = match apply {
                            true => self.1.next_gseq(&self.0, scope).unwrap(),
                            false => 0,
                        };
                        self.1.admit(&self.0, &next, 0, gseq, apply).unwrap();
                    }
                    Inspected::Repeat(_) => {}
                    other => panic!("{other:?}"),
                }
            }
        }

        fn shown(&mut self, field: &str) -> Vec<Value> {
            let live = self.1.live(&self.0, RECORD, field).unwrap();
            live.into_iter().map(|l| l.value).collect()
        }

        /// Rows that are not what the segments say.
        fn wrong(&mut self) -> Vec<String> {
            let differing = self.1.compare(&self.0).unwrap();
            let unsound = self.1.unsound(&self.0).unwrap();
            let differing = differing.iter().map(|d| format!("{d:?}"));
            differing
                .chain(unsound.iter().map(|u| format!("{u:?}")))
                .collect()
        }

        fn rebuild(&mut self) {
            let scope = self.1.scope(&self.0, group()).unwrap();
            self.1.rebuild_scope(&self.0, scope).unwrap();
        }
    }

    #[test]
    fn kept_segments_enter_registers_and_feed_one_by_one_and_in_order() {
        let (mut phone, mut office) = (Store::new(), Store::new());
        let own = log(3);
        phone.write(own, "description", "一", 10);
        phone.write(own, "description", "二", 20);
        office.take(own, &mut phone, false);
        let no = office.1.scope(&office.0, group()).unwrap();
        let feed = |o: &mut Store| {
            let page = o.1.feed(&o.0, no, 0, None, 1 << 20).unwrap();
            page.segments.len()
        };
        assert!(office.shown("description").is_empty());
        assert_eq!(feed(&mut office), 0);

        let first = office.1.accept_kept(&office.0, own, 1).unwrap();
        assert_eq!(first.records, [(RECORD, "issue".to_owned())]);
        assert_eq!(office.shown("description"), [Value::text("一")]);
        office.1.accept_kept(&office.0, own, 2).unwrap();
        assert_eq!(office.shown("description"), [Value::text("二")]);
        assert_eq!(feed(&mut office), 2);
        assert_eq!(office.wrong(), [] as [String; 0]);
        let again = office.1.accept_kept(&office.0, own, 2).unwrap();
        assert!(again.records.is_empty());
    }

    #[test]
    fn what_somebody_replaced_while_it_was_kept_outside_does_not_come_to_life_when_accepted() {
        for rebuilt in [false, true] {
            let (mut one, mut two, mut office) = (Store::new(), Store::new(), Store::new());
            let (first, second) = (log(3), log(6));
            one.write(first, "remark", "一", 10);
            two.take(first, &mut one, true);
            two.write(second, "remark", "二", 20);
            assert_eq!(two.shown("remark"), [Value::text("二")]);

            office.take(first, &mut one, false);
            office.take(second, &mut two, true);
            if rebuilt {
                office.rebuild();
            }
            assert_eq!(office.wrong(), [] as [String; 0]);
            office.1.accept_kept(&office.0, first, 1).unwrap();
            assert_eq!(office.shown("remark"), [Value::text("二")]);
            assert_eq!(office.wrong(), [] as [String; 0]);
        }
    }

    #[test]
    fn a_copied_log_whose_other_branch_comes_leaves_nothing_that_waits_for_the_first() {
        let (mut one, mut copy) = (Store::new(), Store::new());
        let (mut two, mut office) = (Store::new(), Store::new());
        let (copied, second) = (log(3), log(6));
        one.write(copied, "remark", "一", 10);
        copy.write(copied, "place", "村口", 11);
        two.take(copied, &mut one, true);
        two.write(second, "remark", "二", 20);

        office.take(second, &mut two, true);
        assert_eq!(office.wrong(), [] as [String; 0]);
        office.take(copied, &mut copy, true);
        assert_eq!(office.shown("place"), [Value::text("村口")]);
        assert_eq!(office.shown("remark"), [Value::text("二")]);
        assert_eq!(office.wrong(), [] as [String; 0]);
    }
}
