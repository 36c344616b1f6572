//! Sheets, answers, issues, photos and awards as the server's live values show them.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result};
use domain::score::{Input, Outcome, compute};
use merge::Value;
use protocol::value;
use rusqlite::Connection;
use uuid::Uuid;

use crate::bench::held::open;

/// Awards and the figures behind them.
#[derive(Clone, Debug)]
pub struct Award {
    /// The last result written down.
    pub outcome: Outcome,
    /// What it was computed from.
    pub input: Input,
    /// True if computing again gives the same.
    pub recomputed: bool,
}

/// Live records.
#[derive(Clone, Debug, Default)]
pub struct Records {
    /// Sheets opened.
    pub sheets: usize,
    /// Of those submitted.
    pub submitted: usize,
    /// Answers that stand.
    pub answers: usize,
    /// Issues, and of those fixed on the spot.
    pub issues: (usize, usize),
    /// Opinions.
    pub opinions: usize,
    /// Commendations.
    pub commendations: usize,
    /// Photo records whose stored copy lies in the photo folder with the right hash.
    pub photos: usize,
    /// Photo records without it.
    pub photos_missing: usize,
    /// Sheets, issues or photos that are there twice.
    pub duplicated: usize,
    /// Verdicts in force, by code.
    pub verdicts: Vec<(String, i64)>,
    /// The result, if a group was locked.
    pub award: Option<Award>,
}

/// Reads them.
///
/// # Errors
/// What SQLite or a decoder says.
pub fn read(server: &Path) -> Result<Records> {
    let conn = open(server)?;
    let folder = server.with_file_name("photos");
    let opened = live(&conn, "sheet", "opened")?;
    let described = live(&conn, "issue", "found")?;
    let fixed = live(&conn, "issue", "fixed_on_spot")?;
    let images = live(&conn, "photo", "image")?;
    let mut records = Records {
        sheets: opened.len(),
        submitted: live(&conn, "sheet", "state")?
            .iter()
            .filter(|r| r.value.at(0).as_text() == Some("submitted"))
            .count(),
        answers: answers(&conn)?,
        issues: (
            described.len(),
            fixed
                .iter()
                .filter(|r| r.value.at(0).as_bool() == Some(true))
                .count(),
        ),
        opinions: live(&conn, "opinion", "entry")?.len(),
        commendations: live(&conn, "commendation", "entry")?.len(),
        verdicts: verdicts(&conn)?,
        award: award(&conn)?,
        ..Records::default()
    };
    for image in &images {
        let stored = image.value.at(5).as_bytes().unwrap_or_default();
        let file = find(&folder, &hex::encode(stored));
        let is_there = file.is_some_and(|bytes| protocol::chain::sha256(&bytes)[..] == *stored);
        records.photos += usize::from(is_there);
        records.photos_missing += usize::from(!is_there);
    }
    records.duplicated = twice(opened.iter().map(|r| (r.scope, key(r.value.at(0)))))
        + twice(described.iter().map(|r| (r.scope, key(&r.value))))
        + twice(images.iter().map(|r| {
            (
                r.scope,
                key(&Value::List(vec![
                    r.value.at(1).clone(),
                    r.value.at(3).clone(),
                ])),
            )
        }));
    Ok(records)
}

struct Live {
    scope: Uuid,
    value: Value,
}

/// The values of a field, one a record: the latest where several live.
fn live(conn: &Connection, kind: &str, field: &str) -> Result<Vec<Live>> {
    let mut stmt = conn.prepare(
        "SELECT s.id, c.value, max(c.at_ms) FROM cells c JOIN records r ON r.no = c.record
         JOIN scopes s ON s.no = r.scope JOIN names k ON k.no = r.kind JOIN names f ON f.no = c.field
         WHERE k.name = ?1 AND f.name = ?2 GROUP BY c.record ORDER BY c.record",
    )?;
    let mut rows = stmt.query([kind, field])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let value = value::decode(row.get_ref(1)?.as_blob()?)?;
        found.push(Live {
            scope: Uuid::from_bytes(row.get(0)?),
            value,
        });
    }
    Ok(found)
}

fn answers(conn: &Connection) -> Result<usize> {
    let null = value::encode(&Value::Null);
    let count: i64 = conn.query_row(
        "SELECT count(*) FROM (SELECT DISTINCT c.record, c.field FROM cells c JOIN records r ON r.no = c.record
         JOIN names k ON k.no = r.kind JOIN names f ON f.no = c.field
         WHERE k.name = 'sheet' AND f.name LIKE 'answer/%' AND c.value <> ?1)",
        [null],
        |r| r.get(0),
    )?;
    Ok(usize::try_from(count)?)
}

fn verdicts(conn: &Connection) -> Result<Vec<(String, i64)>> {
    let mut stmt = conn.prepare(
        "SELECT code, count(*) FROM verdicts WHERE in_force GROUP BY code ORDER BY code",
    )?;
    let rows = stmt.query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The result that covers most groups, the last of them: the second lock's covers both.
fn award(conn: &Connection) -> Result<Option<Award>> {
    let mut last: Option<(usize, serde_json::Value)> = None;
    for result in live(conn, "result", "body")? {
        let text = result.value.as_text().context("a result that is no text")?;
        let body: serde_json::Value = serde_json::from_str(text)?;
        let groups = body["groups"].as_array().map_or(0, Vec::len);
        if last.as_ref().is_none_or(|(most, _)| groups >= *most) {
            last = Some((groups, body));
        }
    }
    let Some((_, mut body)) = last else {
        return Ok(None);
    };
    let outcome: Outcome = serde_json::from_value(body["outcome"].take())?;
    let input: Input = serde_json::from_value(body["input"].take())?;
    let recomputed = compute(&input)? == outcome;
    Ok(Some(Award {
        outcome,
        input,
        recomputed,
    }))
}

fn key(value: &Value) -> Vec<u8> {
    value::encode(value)
}

/// How many are there more than once.
fn twice<K: std::hash::Hash + Eq>(keys: impl Iterator<Item = K>) -> usize {
    let mut seen: HashMap<K, usize> = HashMap::new();
    keys.for_each(|key| *seen.entry(key).or_default() += 1);
    seen.values().map(|times| times - 1).sum()
}

/// A file of the photo folder by its hash.
fn find(folder: &Path, name: &str) -> Option<Vec<u8>> {
    let (shard, rest) = name.split_at_checked(2)?;
    std::fs::read(folder.join("finished").join(shard).join(rest)).ok()
}
