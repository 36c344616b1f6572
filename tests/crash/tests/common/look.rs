//! What is in a database, as one number, and whether it is whole.
//!
//! Invariant: looked at by its own connection, not by the program under test.

use crash::{Disk, Image};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Result};
use sha2::{Digest, Sha256};

use super::DATABASE;

/// What opening a phone changes by itself.
const OF_THE_OPENING: &[&str] = &["wals", "lease_until_ms", "lease_owner"];

/// The hash of every row of every table, but for what opening changes by itself; an error if the database is damaged.
pub fn fingerprint(disk: &Disk) -> std::result::Result<[u8; 32], String> {
    let conn = Connection::open(disk.uri(DATABASE)).map_err(|e| e.to_string())?;
    whole(&conn)
        .map_err(|e| e.to_string())?
        .map_or(Ok(()), Err)?;
    rows(&conn).map_err(|e| e.to_string())
}

/// The fingerprint of an image that is not changed by looking.
pub fn of_image(image: &Image) -> std::result::Result<[u8; 32], String> {
    fingerprint(&Disk::holding(image.clone(), 0))
}

/// What SQLite finds wrong with it.
pub fn whole(conn: &Connection) -> Result<Option<String>> {
    let said: String = conn.query_row("PRAGMA integrity_check", [], |r| r.get(0))?;
    let orphans = conn.prepare("PRAGMA foreign_key_check")?.exists([])?;
    Ok(match said.as_str() {
        "ok" if orphans => Some("a row without the one it refers to".into()),
        "ok" => None,
        _ => Some(said),
    })
}

fn rows(conn: &Connection) -> Result<[u8; 32]> {
    let mut hash = Sha256::new();
    let version: i64 = conn.query_row("PRAGMA user_version", [], |r| r.get(0))?;
    hash.update(version.to_be_bytes());
    let mut tables =
        conn.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'table' ORDER BY name")?;
    let tables: Vec<(String, String)> = tables
        .query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?
        .collect::<Result<_>>()?;
    for (table, sql) in tables {
        hash.update(sql);
        let mut all = conn.prepare(&format!("SELECT * FROM \"{table}\" NOT INDEXED"))?;
        let columns = all.column_count();
        let mut rows = all.query([])?;
        while let Some(row) = rows.next()? {
            if table == "meta"
                && let ValueRef::Text(key) = row.get_ref(0)?
                && OF_THE_OPENING.iter().any(|k| k.as_bytes() == key)
            {
                continue;
            }
            for column in 0..columns {
                value(&mut hash, row.get_ref(column)?);
            }
        }
    }
    Ok(hash.finalize().into())
}

fn value(hash: &mut Sha256, value: ValueRef<'_>) {
    match value {
        ValueRef::Null => hash.update([0]),
        ValueRef::Integer(n) => hash.update([&[1], &n.to_be_bytes()[..]].concat()),
        ValueRef::Real(n) => hash.update([&[2], &n.to_be_bytes()[..]].concat()),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
            hash.update((bytes.len() as u64).to_be_bytes());
            hash.update(bytes);
        }
    }
}
