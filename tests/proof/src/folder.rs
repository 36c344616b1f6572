//! Copies of a data folder, and what it says as a whole.
//!
//! Invariant: two folders with the same [`said`] differ in nothing that bears on a result. Leaves out: judging.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags};

use crate::columns;

/// Links by row number, told by what they lead to.
const LINKS: &[(&str, &str)] = &[
    ("record", "(SELECT id FROM records x WHERE x.no = t.record)"),
    ("field", "(SELECT name FROM names x WHERE x.no = t.field)"),
    ("kind", "(SELECT name FROM names x WHERE x.no = t.kind)"),
    ("scope", "(SELECT id FROM scopes x WHERE x.no = t.scope)"),
    ("no", "(SELECT id FROM records x WHERE x.no = t.no)"),
    (
        "log",
        "(SELECT hex(device) || hex(y.id) || epoch || '/' || branch FROM logs x JOIN scopes y ON y.no = x.scope
          WHERE x.no = t.log)",
    ),
];
/// Tables whose links are row numbers.
const LINKED: &[&str] = &[
    "logs",
    "segments",
    "tail",
    "records",
    "cells",
    "dead",
    "verdicts",
    "conflicts",
    "photos",
];

/// A temporary folder, in memory where the machine has such a place: what is proven here does not need a disk.
///
/// # Errors
/// The disk's.
pub fn temporary() -> std::io::Result<tempfile::TempDir> {
    let memory = Path::new("/dev/shm");
    match memory.is_dir() {
        true => tempfile::tempdir_in(memory).or_else(|_| tempfile::tempdir()),
        false => tempfile::tempdir(),
    }
}

/// Copies a folder whole, without the marks of its lock.
///
/// # Errors
/// The disk's.
pub fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else if entry.file_name() != "server.lock" {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// A folder's database as a file that nobody writes: looking leaves no trace beside it that a copy could trip over.
///
/// # Errors
/// The database's.
pub fn still(dir: &Path) -> rusqlite::Result<Connection> {
    let uri = format!("file:{}?immutable=1", dir.join("server.db").display());
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    Connection::open_with_flags(uri, flags)
}

/// Everything a database says that bears on a result, as sorted rows of each table.
///
/// # Errors
/// What cannot be read.
pub fn said(conn: &Connection) -> Result<BTreeMap<&'static str, Vec<String>>> {
    let mut all = BTreeMap::new();
    for (table, list) in columns::BEARING {
        let linked = LINKED.contains(table);
        let expressions: Vec<String> = list
            .split_whitespace()
            .map(|column| {
                let link = LINKS.iter().find(|(name, _)| linked && *name == column);
                if (*table, column) == ("held", "id") {
                    // What waits in quarantine has no record: its number is its own.
                    return "CASE code WHEN 'quarantined' THEN NULL ELSE t.id END".to_owned();
                }
                // A photo's kind is a word.
                let link = link.filter(|_| (*table, column) != ("photos", "kind"));
                link.map_or_else(|| format!("t.\"{column}\""), |(_, sql)| (*sql).to_owned())
            })
            .collect();
        let mut sql = format!("SELECT {} FROM \"{table}\" t", expressions.join(", "));
        sql +=
            &match *table {
                "meta" => format!(" WHERE {}", columns::META),
                // What nothing belongs to or is called by says nothing.
                "scopes" => " WHERE no IN (SELECT scope FROM logs UNION SELECT scope FROM records)"
                    .to_owned(),
                "names" => " WHERE no IN (SELECT kind FROM records UNION SELECT field FROM cells)"
                    .to_owned(),
                _ => String::new(),
            };
        let mut stmt = conn.prepare(&sql)?;
        let width = expressions.len();
        let rows = stmt.query_map([], |r| {
            let cells: rusqlite::Result<Vec<Value>> = (0..width).map(|i| r.get(i)).collect();
            Ok(format!("{:?}", cells?))
        })?;
        let mut rows: Vec<String> = rows.collect::<rusqlite::Result<_>>()?;
        rows.sort();
        all.insert(*table, rows);
    }
    let mut shape = conn.prepare("SELECT name || ifnull(sql, '') FROM sqlite_schema")?;
    let rows = shape.query_map([], |r| r.get(0))?;
    let mut rows: Vec<String> = rows.collect::<rusqlite::Result<_>>()?;
    rows.sort();
    all.insert("sqlite_schema", rows);
    Ok(all)
}
