//! What somebody with the disk may do to a folder that lies still.
//!
//! Invariant: a mutation is a function of folder and seed; one that changed nothing is none, and another is drawn. The
//! database's own guards (triggers, checks, references) are taken out of the way first: who has the disk has no rules.
//! Leaves out: the changes that need knowledge of the logs (`logs`).

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use fastrand::Rng;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use crate::columns;

/// What was done.
#[derive(Clone, Debug)]
pub struct Done {
    /// Class, for the report.
    pub class: &'static str,
    /// In words.
    pub what: String,
}

/// Draws and does a mutation of one value of one row.
///
/// # Errors
/// The database's.
pub fn value(dir: &Path, clean: &Path, rng: &mut Rng) -> Result<Option<Done>> {
    let conn = unguarded(dir)?;
    let all: Vec<_> = columns::bearing().collect();
    let (table, column) = all[rng.usize(..all.len())];
    let done = change(&conn, rng, table, column)?;
    guard(&conn, clean)?;
    Ok(done)
}

/// Draws and does the deletion of one row.
///
/// # Errors
/// The database's.
pub fn row(dir: &Path, clean: &Path, rng: &mut Rng) -> Result<Option<Done>> {
    let tables: Vec<&str> = columns::BEARING.iter().map(|(t, _)| *t).collect();
    let table = tables[rng.usize(..tables.len())];
    let conn = unguarded(dir)?;
    let Some((keys, row)) = pick(&conn, rng, table)? else {
        return Ok(None);
    };
    let place: Vec<String> = keys.iter().map(|k| format!("\"{k}\" IS ?")).collect();
    let sql = format!("DELETE FROM \"{table}\" WHERE {}", place.join(" AND "));
    let n = conn.execute(&sql, params_from_iter(row.iter()))?;
    guard(&conn, clean)?;
    Ok((n == 1).then(|| Done {
        class: "row",
        what: format!("a row of {table} deleted: {row:?}"),
    }))
}

/// Turns bits of one byte of the database file.
///
/// # Errors
/// The disk's.
pub fn byte(dir: &Path, rng: &mut Rng) -> Result<Option<Done>> {
    let path = dir.join("server.db");
    let what = turn(&path, rng, false)?;
    Ok(Some(Done {
        class: "file",
        what,
    }))
}

/// Turns bits of one byte of a photo.
///
/// # Errors
/// The disk's.
pub fn photo(dir: &Path, rng: &mut Rng) -> Result<Option<Done>> {
    let files = files(&dir.join("photos"))?;
    let Some(file) = files.get(rng.usize(..files.len().max(1))) else {
        return Ok(None);
    };
    let what = turn(file, rng, false)?;
    Ok(Some(Done {
        class: "photo",
        what,
    }))
}

/// Turns one bit, or any bits, of a random byte of a file; says which.
///
/// # Errors
/// The disk's.
pub fn turn(path: &Path, rng: &mut Rng, one_bit: bool) -> Result<String> {
    let mut bytes = std::fs::read(path)?;
    let at = rng.usize(..bytes.len().max(1));
    let with = match one_bit {
        true => 1 << rng.u8(..8),
        false => rng.u8(1..),
    };
    *bytes.get_mut(at).context("an empty file")? ^= with;
    std::fs::write(path, bytes)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Ok(format!("{name}: byte {at} ^ {with:#04x}"))
}

/// Every file below a folder, sorted.
///
/// # Errors
/// The disk's.
pub fn files(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    let mut todo = vec![dir.to_owned()];
    while let Some(dir) = todo.pop() {
        for entry in std::fs::read_dir(dir)? {
            let entry = entry?;
            match entry.file_type()?.is_dir() {
                true => todo.push(entry.path()),
                false => all.push(entry.path()),
            }
        }
    }
    all.sort();
    Ok(all)
}

/// The database without triggers, checks and references.
///
/// # Errors
/// The database's.
pub fn unguarded(dir: &Path) -> Result<Connection> {
    let conn = Connection::open(dir.join("server.db"))?;
    conn.execute_batch(
        "PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON;",
    )?;
    let list = "SELECT group_concat('DROP TRIGGER ' || name, ';') FROM sqlite_schema WHERE type = 'trigger'";
    let drops: Option<String> = conn.query_row(list, [], |r| r.get(0))?;
    conn.execute_batch(&drops.unwrap_or_default())?;
    Ok(conn)
}

/// Puts the triggers back, so that their absence is not what is found.
///
/// # Errors
/// The database's.
pub fn guard(conn: &Connection, clean: &Path) -> Result<()> {
    let clean = crate::folder::still(clean)?;
    let mut stmt = clean.prepare("SELECT sql FROM sqlite_schema WHERE type = 'trigger'")?;
    let rows = stmt.query_map([], |r| r.get::<_, String>(0))?;
    for sql in rows {
        conn.execute_batch(&sql?)?;
    }
    Ok(())
}

/// Key columns of a table, and the keys of a random row.
fn pick(
    conn: &Connection,
    rng: &mut Rng,
    table: &str,
) -> Result<Option<(Vec<String>, Vec<Value>)>> {
    let mut stmt = conn.prepare("SELECT name FROM pragma_table_info(?1) WHERE pk > 0")?;
    let keys: Vec<String> = stmt
        .query_map([table], |r| r.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let list: Vec<String> = keys.iter().map(|k| format!("\"{k}\"")).collect();
    let only = match table {
        "meta" => format!("WHERE {}", columns::META),
        _ => String::new(),
    };
    let count: i64 = conn.query_row(
        &format!("SELECT count(*) FROM \"{table}\" {only}"),
        [],
        |r| r.get(0),
    )?;
    if count == 0 {
        return Ok(None);
    }
    let at = rng.i64(0..count);
    let row = conn.query_row(
        &format!(
            "SELECT {} FROM \"{table}\" {only} LIMIT 1 OFFSET {at}",
            list.join(", ")
        ),
        [],
        |r| {
            (0..keys.len())
                .map(|i| r.get(i))
                .collect::<rusqlite::Result<Vec<Value>>>()
        },
    )?;
    Ok(Some((keys, row)))
}

fn change(conn: &Connection, rng: &mut Rng, table: &str, column: &str) -> Result<Option<Done>> {
    let Some((keys, row)) = pick(conn, rng, table)? else {
        return Ok(None);
    };
    let place: Vec<String> = keys.iter().map(|k| format!("\"{k}\" IS ?")).collect();
    let place = place.join(" AND ");
    let read = format!("SELECT \"{column}\" FROM \"{table}\" WHERE {place}");
    let old: Value = conn.query_row(&read, params_from_iter(row.iter()), |r| r.get(0))?;
    let Some((_, other)) = pick(conn, rng, table)? else {
        return Ok(None);
    };
    let other: Value = conn.query_row(&read, params_from_iter(other.iter()), |r| r.get(0))?;
    let kind: String = conn.query_row(
        "SELECT type FROM pragma_table_info(?1) WHERE name = ?2",
        [table, column],
        |r| r.get(0),
    )?;
    let new = another(rng, &old, &other, &kind);
    if new == old {
        return Ok(None);
    }
    let sql = format!("UPDATE \"{table}\" SET \"{column}\" = ? WHERE {place}");
    let all = std::iter::once(&new).chain(row.iter());
    // Type or uniqueness may forbid it: then nothing was done.
    match conn.execute(&sql, params_from_iter(all)) {
        Ok(1) => Ok(Some(Done {
            class: "value",
            what: format!("{table}.{column} of {row:?}: {old:?} to {new:?}"),
        })),
        Ok(_) | Err(rusqlite::Error::SqliteFailure(..)) => Ok(None),
        Err(other) => Err(other.into()),
    }
}

/// Another value: a little changed, taken from another row, or none.
fn another(rng: &mut Rng, old: &Value, other: &Value, kind: &str) -> Value {
    if rng.u8(..6) == 0 {
        return other.clone();
    }
    match old {
        Value::Null => match kind {
            "INTEGER" => Value::Integer(rng.i64(0..2_000_000)),
            "BLOB" => Value::Blob((0..16).map(|_| rng.u8(..)).collect()),
            _ => Value::Text(rng.alphanumeric().to_string()),
        },
        Value::Integer(n) => Value::Integer(match rng.u8(..4) {
            0 => n.wrapping_add(1),
            1 => n.wrapping_sub(1),
            2 => 0,
            _ => n ^ (1 << rng.u8(..63)),
        }),
        Value::Real(x) => Value::Real(x + 1.0),
        Value::Text(text) => {
            let mut chars: Vec<char> = text.chars().collect();
            match (chars.is_empty(), rng.u8(..8)) {
                (true, _) | (_, 0) => chars.push(rng.alphanumeric()),
                (_, 1) => drop(chars.pop()),
                _ => {
                    let at = rng.usize(..chars.len());
                    chars[at] = rng.alphanumeric();
                }
            }
            Value::Text(chars.into_iter().collect())
        }
        Value::Blob(bytes) => {
            let mut bytes = bytes.clone();
            match (bytes.is_empty(), rng.u8(..12)) {
                (true, _) | (_, 0) => bytes.push(rng.u8(..)),
                (_, 1) => drop(bytes.pop()),
                _ => {
                    let at = rng.usize(..bytes.len());
                    bytes[at] ^= rng.u8(1..);
                }
            }
            Value::Blob(bytes)
        }
    }
}
