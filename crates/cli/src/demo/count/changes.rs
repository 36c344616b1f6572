//! Every change a database holds: sealed ones decoded from their segments, unsent ones from the tail.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use anyhow::{Context, Result};
use merge::LogId;
use protocol::chain::sha256;
use rusqlite::{Connection, OptionalExtension, Row};
use uuid::Uuid;

use crate::bench::held::open;
use crate::demo::journal::Entry;

/// One change.
pub struct Change {
    /// Its log.
    pub log: LogId,
    /// Place in it.
    pub seq: u64,
    /// Record.
    pub record: Uuid,
    /// Hash of the field's name.
    field: u64,
    /// Hash of the encoded value.
    value: u64,
}

fn short(bytes: &[u8]) -> u64 {
    sha256(bytes)[..8]
        .iter()
        .fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}

/// All changes of a database.
///
/// # Errors
/// What SQLite or the decoder says.
pub fn read(db: &Path) -> Result<Vec<Change>> {
    let conn = open(db)?;
    let mut all = Vec::new();
    let mut stmt = conn.prepare(
        "SELECT l.device, s.id, l.epoch, l.branch, g.first, g.count, g.payload FROM segments g
         JOIN logs l ON l.no = g.log JOIN scopes s ON s.no = l.scope ORDER BY g.no",
    )?;
    let mut rows = stmt.query([])?;
    while let Some(row) = rows.next()? {
        let log = log(row)?;
        let (first, count): (i64, u32) = (row.get(4)?, row.get(5)?);
        let batch = protocol::segment::decode(row.get_ref(6)?.as_blob()?, &log, count)?;
        let names: Vec<u64> = batch
            .fields
            .iter()
            .map(|name| short(name.as_bytes()))
            .collect();
        for (at, change) in batch.rows.iter().enumerate() {
            all.push(Change {
                log,
                seq: first.unsigned_abs() + at as u64,
                record: batch.records[change.record as usize].1,
                field: names[change.field as usize],
                value: short(batch.value(change)),
            });
        }
    }
    drop(rows);
    drop(stmt);
    tail(&conn, &mut all)?;
    Ok(all)
}

fn log(row: &Row) -> Result<LogId> {
    Ok(LogId {
        device: Uuid::from_bytes(row.get(0)?),
        scope: Uuid::from_bytes(row.get(1)?),
        epoch: row.get::<_, i64>(2)? as u64,
        branch: row.get::<_, i64>(3)? as u64,
    })
}

fn tail(conn: &Connection, all: &mut Vec<Change>) -> Result<()> {
    let mut stmt = conn.prepare(
        "SELECT l.device, s.id, l.epoch, l.branch, t.seq, r.id, n.name, t.value FROM tail t
         JOIN logs l ON l.no = t.log JOIN scopes s ON s.no = l.scope
         JOIN records r ON r.no = t.record JOIN names n ON n.no = t.field",
    )?;
    let mut rows = stmt.query([])?;
    while let Some(row) = rows.next()? {
        all.push(Change {
            log: log(row)?,
            seq: row.get::<_, i64>(4)?.unsigned_abs(),
            record: Uuid::from_bytes(row.get(5)?),
            field: short(row.get::<_, String>(6)?.as_bytes()),
            value: short(row.get_ref(7)?.as_blob()?),
        });
    }
    Ok(())
}

/// The device a phone's database belongs to.
///
/// # Errors
/// If it is not enrolled.
pub fn device(phone: &Path) -> Result<Uuid> {
    let conn = open(phone)?;
    let json: Option<Vec<u8>> = conn
        .query_row("SELECT value FROM meta WHERE key = 'enrolment'", [], |r| {
            r.get(0)
        })
        .optional()?;
    let json = json.with_context(|| format!("{}: not enrolled", phone.display()))?;
    let enrolment: serde_json::Value = serde_json::from_slice(&json)?;
    let device = enrolment["identity"]["device"]
        .as_str()
        .context("an enrolment without device")?;
    Ok(device.parse()?)
}

/// The server's own device: the one that writes campaigns.
///
/// # Errors
/// If there is no campaign.
pub fn server_device(server: &Path) -> Result<Uuid> {
    let conn = open(server)?;
    let device = conn.query_row(
        "SELECT l.device FROM logs l JOIN scopes s ON s.no = l.scope WHERE s.letter = unicode('c') LIMIT 1",
        [],
        |r| r.get(0),
    )?;
    Ok(Uuid::from_bytes(device))
}

/// What a set of changes holds, to look others up in.
pub struct Index {
    by_place: HashMap<(LogId, u64), (Uuid, u64, u64)>,
    by_content: HashSet<(Uuid, u64, u64)>,
    fields: HashSet<(Uuid, u64)>,
    /// Places of logs that more than one change claims.
    pub places_held_twice: usize,
}

impl Index {
    /// Indexes changes.
    pub fn new(changes: &[Change]) -> Self {
        let mut index = Self {
            by_place: HashMap::new(),
            by_content: HashSet::new(),
            fields: HashSet::new(),
            places_held_twice: 0,
        };
        for c in changes {
            let content = (c.record, c.field, c.value);
            let before = index.by_place.insert((c.log, c.seq), content);
            index.places_held_twice += usize::from(before.is_some());
            index.by_content.insert(content);
            index.fields.insert((c.record, c.field));
        }
        index
    }

    /// True if the change is held: at its own place, or, if it was issued again, with the same content elsewhere.
    pub fn holds(&self, change: &Change) -> bool {
        let content = (change.record, change.field, change.value);
        match self.by_place.get(&(change.log, change.seq)) {
            Some(held) if *held == content => true,
            _ => self.by_content.contains(&content),
        }
    }

    /// True if an acknowledged write is held.
    pub fn holds_entry(&self, entry: &Entry) -> bool {
        let field = short(entry.field.as_bytes());
        match &entry.value {
            Some(value) => self
                .by_content
                .contains(&(entry.record, field, short(value))),
            None => self.fields.contains(&(entry.record, field)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(epoch: u64, seq: u64, value: &[u8]) -> Change {
        let (device, scope) = (Uuid::from_u128(1), Uuid::from_u128(2));
        Change {
            log: LogId::new(device, scope, epoch),
            seq,
            record: Uuid::from_u128(3),
            field: short(b"name"),
            value: short(value),
        }
    }

    fn written(value: &[u8]) -> Entry {
        Entry {
            record: Uuid::from_u128(3),
            field: "name".into(),
            value: Some(value.to_vec()),
        }
    }

    #[test]
    fn a_change_or_write_the_server_lacks_is_seen() {
        let index = Index::new(&[change(1, 1, b"a")]);
        assert!(index.holds(&change(1, 1, b"a")) && index.holds_entry(&written(b"a")));
        assert!(!index.holds(&change(1, 2, b"b")) && !index.holds_entry(&written(b"b")));
        assert!(
            !index.holds(&change(1, 1, b"b")),
            "another value at its place"
        );
    }

    #[test]
    fn a_change_issued_again_in_a_new_epoch_is_held() {
        let index = Index::new(&[change(1, 1, b"a"), change(2, 1, b"b")]);
        assert!(index.holds(&change(1, 2, b"b")));
    }

    #[test]
    fn a_place_held_twice_is_counted() {
        let index = Index::new(&[change(1, 1, b"a"), change(1, 1, b"a"), change(1, 2, b"c")]);
        assert_eq!(index.places_held_twice, 1);
    }
}
