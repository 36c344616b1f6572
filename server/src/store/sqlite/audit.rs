//! The audit in SQLite: append-only, chained.
//!
//! Invariant: an entry is never changed or deleted (triggers refuse it), and each carries the hash of all before it.
//! Leaves out: what is worth an entry (the callers).

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::auth::types::{AuditEntry, AuditPage};

/// Most entries a page.
pub const MAX_PAGE: u32 = 500;
/// Most characters of an entry's texts; longer ones are cut.
const MAX_CHARS: usize = 400;

fn chain(previous: &[u8], e: &AuditEntry) -> [u8; 32] {
    let mut bytes = previous.to_vec();
    bytes.extend_from_slice(&e.at_ms.to_be_bytes());
    bytes.push(u8::from(e.ok));
    for text in [&e.user_name, &e.role, &e.action, &e.object, &e.detail] {
        bytes.extend_from_slice(&(text.len() as u64).to_be_bytes());
        bytes.extend_from_slice(text.as_bytes());
    }
    protocol::chain::sha256(&bytes)
}

/// Appends an entry. Run it in the transaction of what it tells about.
pub fn append(conn: &Connection, entry: &AuditEntry) -> rusqlite::Result<()> {
    let cut = |text: &str| text.chars().take(MAX_CHARS).collect::<String>();
    let entry = AuditEntry {
        user_name: cut(&entry.user_name),
        object: cut(&entry.object),
        detail: cut(&entry.detail),
        ..entry.clone()
    };
    let previous: Option<Vec<u8>> = conn
        .prepare_cached("SELECT chain FROM audit_entries ORDER BY id DESC LIMIT 1")?
        .query_row([], |r| r.get(0))
        .optional()?;
    let chain = chain(&previous.unwrap_or_default(), &entry);
    conn.prepare_cached(
        "INSERT INTO audit_entries (at_ms, user_name, role, action, object, ok, detail, chain)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![
        entry.at_ms,
        entry.user_name,
        entry.role,
        entry.action,
        entry.object,
        entry.ok,
        entry.detail,
        chain
    ])?;
    Ok(())
}

fn read(row: &Row<'_>) -> rusqlite::Result<(i64, AuditEntry)> {
    let entry = AuditEntry {
        at_ms: row.get(1)?,
        user_name: row.get(2)?,
        role: row.get(3)?,
        action: row.get(4)?,
        object: row.get(5)?,
        ok: row.get(6)?,
        detail: row.get(7)?,
    };
    Ok((row.get(0)?, entry))
}

/// A page, newest first, of the entries before an id.
pub fn page(conn: &Connection, before: Option<i64>, limit: u32) -> rusqlite::Result<AuditPage> {
    let limit = limit.clamp(1, MAX_PAGE);
    let mut query = conn.prepare_cached(
        "SELECT id, at_ms, user_name, role, action, object, ok, detail FROM audit_entries
         WHERE id < ?1 ORDER BY id DESC LIMIT ?2",
    )?;
    let rows = query.query_map(params![before.unwrap_or(i64::MAX), limit + 1], read)?;
    let mut entries = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    let more = entries.len() > limit as usize;
    entries.truncate(limit as usize);
    let before = entries.last().filter(|_| more).map(|(id, _)| *id);
    Ok(AuditPage { entries, before })
}

/// The id of the first entry that does not fit its chain; `None` if all fit.
pub fn broken_at(conn: &Connection) -> rusqlite::Result<Option<i64>> {
    let mut query = conn.prepare_cached(
        "SELECT id, at_ms, user_name, role, action, object, ok, detail, chain FROM audit_entries
         ORDER BY id",
    )?;
    let mut rows = query.query([])?;
    let mut previous = Vec::new();
    while let Some(row) = rows.next()? {
        let (id, entry) = read(row)?;
        let stored: Vec<u8> = row.get(8)?;
        if stored != chain(&previous, &entry) {
            return Ok(Some(id));
        }
        previous = stored;
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(n: i64) -> Connection {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(super::super::auth::MIGRATION).unwrap();
        for at_ms in 1..=n {
            let entry = AuditEntry {
                at_ms,
                user_name: "督查01".to_owned(),
                action: "sign_in".to_owned(),
                ok: at_ms % 2 == 0,
                ..AuditEntry::default()
            };
            append(&conn, &entry).unwrap();
        }
        conn
    }

    #[test]
    fn pages_go_back_from_the_newest_without_gap() {
        let conn = entries(5);
        let first = page(&conn, None, 3).unwrap();
        let times = |p: &AuditPage| p.entries.iter().map(|(_, e)| e.at_ms).collect::<Vec<_>>();
        assert_eq!(times(&first), [5, 4, 3]);
        let second = page(&conn, first.before, 3).unwrap();
        assert_eq!((times(&second), second.before), (vec![2, 1], None));
    }

    #[test]
    fn entries_can_be_neither_changed_nor_deleted() {
        let conn = entries(2);
        assert!(conn.execute("UPDATE audit_entries SET ok = 1", []).is_err());
        assert!(conn.execute("DELETE FROM audit_entries", []).is_err());
        assert_eq!(broken_at(&conn).unwrap(), None);
    }

    #[test]
    fn an_entry_changed_behind_the_triggers_is_found() {
        let conn = entries(4);
        conn.execute_batch("DROP TRIGGER audit_entries_stay;")
            .unwrap();
        conn.execute("UPDATE audit_entries SET detail = 'x' WHERE id = 3", [])
            .unwrap();
        assert_eq!(broken_at(&conn).unwrap(), Some(3));
    }
}
