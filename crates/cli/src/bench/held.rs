//! What a database holds, read from outside with SQL of our own: no program is asked about itself.
//!
//! Invariant: opened read-only; live values are compared one by one (record, field, dot, value), not by the digests
//! the two sides exchange. Leaves out: which scopes a phone may read, which the caller says.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use rusqlite::{Connection, OpenFlags};
use uuid::Uuid;

use super::workload::Contested;

/// All live values of one scope, in one number and a count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fingerprint {
    /// Live values.
    pub values: u64,
    /// Sum of the hashes of all of them.
    pub sum: u128,
}

/// Opens a database to look only.
///
/// # Errors
/// What SQLite says, naming the file.
pub fn open(db: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(db, flags).with_context(|| db.display().to_string())
}

/// The live values of every scope.
///
/// # Errors
/// What SQLite says.
pub fn fingerprints(db: &Path) -> Result<BTreeMap<Uuid, Fingerprint>> {
    let conn = open(db)?;
    let mut stmt = conn.prepare(
        "SELECT s.id, r.id, n.name, l.device, l.epoch, l.branch, c.seq, c.value FROM cells c
         JOIN records r ON r.no = c.record JOIN scopes s ON s.no = r.scope
         JOIN names n ON n.no = c.field JOIN logs l ON l.no = c.log",
    )?;
    let mut rows = stmt.query([])?;
    let mut all: BTreeMap<Uuid, Fingerprint> = BTreeMap::new();
    let mut bytes = Vec::new();
    while let Some(row) = rows.next()? {
        bytes.clear();
        bytes.extend(row.get::<_, [u8; 16]>(1)?);
        bytes.extend(row.get::<_, [u8; 16]>(3)?);
        for column in [4, 5, 6] {
            bytes.extend(row.get::<_, i64>(column)?.to_be_bytes());
        }
        let name: String = row.get(2)?;
        bytes.extend((name.len() as u64).to_be_bytes());
        bytes.extend(name.as_bytes());
        bytes.extend(row.get_ref(7)?.as_blob()?);
        let scope = all.entry(Uuid::from_bytes(row.get(0)?)).or_default();
        scope.values += 1;
        scope.sum = scope.sum.wrapping_add(number(&bytes));
    }
    Ok(all)
}

fn number(bytes: &[u8]) -> u128 {
    let hash = protocol::chain::sha256(bytes);
    hash[..16]
        .iter()
        .fold(0, |sum, byte| sum << 8 | u128::from(*byte))
}

/// The scopes of which a phone's live values differ from the server's; a scope neither has does not differ.
///
/// # Errors
/// What SQLite says.
pub fn differing(
    server: &BTreeMap<Uuid, Fingerprint>,
    phone: &Path,
    readable: &[Uuid],
) -> Result<Vec<Uuid>> {
    let own = fingerprints(phone)?;
    let differs = |scope: &&Uuid| server.get(scope) != own.get(scope);
    Ok(readable.iter().filter(differs).copied().collect())
}

/// Fields with more than one different live value, and the live values in them.
///
/// # Errors
/// What SQLite says.
pub fn contested(db: &Path) -> Result<Contested> {
    let conn = open(db)?;
    let row = conn.query_row(
        "SELECT count(*), coalesce(sum(live), 0) FROM (SELECT count(*) AS live FROM cells
         GROUP BY record, field HAVING count(DISTINCT value) > 1)",
        [],
        |r| Ok((r.get::<_, i64>(0)?, r.get::<_, i64>(1)?)),
    )?;
    Ok(Contested {
        cells: usize::try_from(row.0)?,
        values: usize::try_from(row.1)?,
    })
}

/// Bytes of a closed database, its logs included.
///
/// # Errors
/// If it is not there.
pub fn size_bytes(db: &Path) -> Result<u64> {
    let main = std::fs::metadata(db)
        .with_context(|| db.display().to_string())?
        .len();
    let wal = db.with_extension("db-wal");
    Ok(main + std::fs::metadata(wal).map_or(0, |m| m.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database(dir: &Path, name: &str, values: &[i64]) -> std::path::PathBuf {
        let path = dir.join(name);
        let conn = Connection::open(&path).unwrap();
        conn.execute_batch(ledger_tables()).unwrap();
        for value in values {
            let sql = "INSERT INTO cells VALUES (1, 1, 1, ?1, 0, CAST(?1 AS BLOB))";
            conn.execute(sql, [value]).unwrap();
        }
        path
    }

    fn ledger_tables() -> &'static str {
        "CREATE TABLE names (no INTEGER PRIMARY KEY, name TEXT);
         CREATE TABLE scopes (no INTEGER PRIMARY KEY, id BLOB);
         CREATE TABLE logs (no INTEGER PRIMARY KEY, device BLOB, epoch INTEGER, branch INTEGER);
         CREATE TABLE records (no INTEGER PRIMARY KEY, id BLOB, scope INTEGER);
         CREATE TABLE cells (record INTEGER, field INTEGER, log INTEGER, seq INTEGER, at_ms INTEGER, value BLOB);
         INSERT INTO names VALUES (1, 'name');
         INSERT INTO scopes VALUES (1, zeroblob(16));
         INSERT INTO logs VALUES (1, zeroblob(16), 1, 0);
         INSERT INTO records VALUES (1, zeroblob(16), 1);"
    }

    #[test]
    fn one_value_more_or_less_is_a_difference_and_the_order_of_rows_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let server = database(dir.path(), "server.db", &[1, 2]);
        let server = fingerprints(&server).unwrap();
        let differs = |name: &str, values: &[i64]| {
            let phone = database(dir.path(), name, values);
            differing(&server, &phone, &[Uuid::nil()]).unwrap().len()
        };
        assert_eq!(differs("same.db", &[2, 1]), 0);
        assert_eq!(differs("less.db", &[1]), 1);
        assert_eq!(differs("none.db", &[]), 1);
    }

    #[test]
    fn only_fields_with_different_values_are_contested() {
        let dir = tempfile::tempdir().unwrap();
        let one = contested(&database(dir.path(), "one.db", &[1])).unwrap();
        assert_eq!(one, Contested::default());
        let two = contested(&database(dir.path(), "two.db", &[1, 2, 3])).unwrap();
        assert_eq!((two.cells, two.values), (1, 3));
    }
}
