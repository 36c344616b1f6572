//! Erasing whole scopes of a campaign that was only a rehearsal.
//!
//! The one exception to "sealed segments are never dropped" (docs/adr, "Wipe rehearsals whole"): everything of a
//! campaign goes, so that no chain, register or digest is left that could miss what went.
//! Invariant: nothing of another campaign is touched. Leaves out: which campaign may be erased (the server, and a
//! trigger of its database), and the tables the ledger does not own.

use rusqlite::Connection;
use uuid::Uuid;

use crate::caches::Ledger;
use crate::error::Result;

/// What was erased.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Erased {
    /// Scopes.
    pub scopes: usize,
    /// Logs.
    pub logs: usize,
    /// Segments.
    pub segments: usize,
    /// Records.
    pub records: usize,
}

/// In the order in which rows refer to each other; ?1 is the campaign.
const OF_RECORDS: &[&str] = &["cells", "conflicts"];
const OF_LOGS: &[&str] = &["dead", "tail", "verdicts"];

impl Ledger {
    /// Erases every scope of a campaign with its logs, segments and records. Rows of others that refer to these records
    /// or scopes must be gone already.
    ///
    /// # Errors
    /// The database's; the caller rolls back.
    pub fn erase_campaign(&mut self, conn: &Connection, campaign: Uuid) -> Result<Erased> {
        let campaign = campaign.as_bytes();
        let scopes = "SELECT no FROM scopes WHERE campaign = ?1";
        let records = format!("SELECT no FROM records WHERE scope IN ({scopes})");
        let logs = format!("SELECT no FROM logs WHERE scope IN ({scopes})");
        for table in OF_RECORDS {
            conn.execute(
                &format!("DELETE FROM {table} WHERE record IN ({records})"),
                [campaign],
            )?;
        }
        for table in OF_LOGS {
            conn.execute(
                &format!("DELETE FROM {table} WHERE log IN ({logs})"),
                [campaign],
            )?;
        }
        let of_scopes = |table: &str| {
            conn.execute(
                &format!("DELETE FROM {table} WHERE scope IN ({scopes})"),
                [campaign],
            )
        };
        let erased = Erased {
            segments: of_scopes("segments")?,
            records: of_scopes("records")?,
            logs: of_scopes("logs")?,
            scopes: conn.execute("DELETE FROM scopes WHERE campaign = ?1", [campaign])?,
        };
        // Every cache may know what is gone.
        self.rolled_back();
        Ok(erased)
    }
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::SigningKey;
    use merge::LogId;
    use protocol::Scope;

    use super::*;
    use crate::{Edit, Seen, Supersede};

    fn rows(conn: &Connection) -> Vec<i64> {
        let tables = [
            "scopes",
            "logs",
            "segments",
            "records",
            "cells",
            "tail",
            "dead",
            "verdicts",
            "conflicts",
        ];
        let count = |t: &&str| {
            conn.query_row(&format!("SELECT count(*) FROM {t}"), [], |r| r.get(0))
                .unwrap()
        };
        tables.iter().map(count).collect()
    }

    fn write(ledger: &mut Ledger, conn: &Connection, campaign: Uuid, n: u128, seal: bool) {
        let scope = Scope::Campaign { campaign };
        let own = LogId::new(Uuid::from_u128(9), scope.id(), 1);
        let edit = Edit {
            kind: "campaign",
            record: Uuid::from_u128(n),
            field: "name",
            value: format!("{n}").into(),
            supersedes: Supersede::All,
            minted: None,
        };
        ledger
            .append(conn, scope, own, 1_000 + n as i64, &edit)
            .unwrap();
        if seal {
            let key = SigningKey::from_bytes(&[3; 32]);
            ledger
                .seal(conn, own, &key, &Seen::default(), 2_000, 3)
                .unwrap();
        }
    }

    #[test]
    fn one_campaign_goes_and_the_other_stays_as_it_was() {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(crate::SCHEMA).unwrap();
        conn.execute_batch(crate::FEED_SCHEMA).unwrap();
        let mut ledger = Ledger::new();
        let (real, rehearsal) = (Uuid::from_u128(1), Uuid::from_u128(2));
        write(&mut ledger, &conn, real, 10, true);
        write(&mut ledger, &conn, real, 11, false);
        let before = rows(&conn);
        let no = ledger
            .scope(&conn, Scope::Campaign { campaign: real })
            .unwrap();
        let digest = ledger.digest(&conn, no).unwrap();
        write(&mut ledger, &conn, rehearsal, 20, true);
        write(&mut ledger, &conn, rehearsal, 21, false);
        assert_ne!(rows(&conn), before);
        let erased = ledger.erase_campaign(&conn, rehearsal).unwrap();
        assert_eq!(
            (erased.scopes, erased.logs, erased.segments, erased.records),
            (1, 1, 1, 2)
        );
        assert_eq!(rows(&conn), before);
        assert_eq!(ledger.digest(&conn, no).unwrap(), digest);
        assert_eq!(ledger.compare(&conn).unwrap(), Vec::<Uuid>::new());
        // Its ids may be used again: nothing remembers them.
        write(&mut ledger, &conn, rehearsal, 20, true);
        assert_eq!(ledger.erase_campaign(&conn, rehearsal).unwrap().records, 1);
        assert_eq!(rows(&conn), before);
    }
}
