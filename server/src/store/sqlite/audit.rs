//! The audit in SQLite: append-only, chained.
//!
//! Invariant: an entry is never changed or deleted (triggers refuse it), and each carries the hash of all before it.
//! Leaves out: what is worth an entry (the callers).

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::auth::types::{AuditEntry, AuditFilter, AuditPage};

/// The number of an entry and the chain after it.
pub type AuditMark = (i64, [u8; 32]);

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
    let entry = AuditEntry {
        user_name: kept(&entry.user_name),
        object: kept(&entry.object),
        detail: kept(&entry.detail),
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

/// An entry.
pub fn one(conn: &Connection, id: i64) -> rusqlite::Result<Option<AuditEntry>> {
    conn.prepare_cached(
        "SELECT id, at_ms, user_name, role, action, object, ok, detail FROM audit_entries WHERE id = ?1",
    )?
    .query_row([id], |r| Ok(read(r)?.1))
    .optional()
}

/// What an entry keeps of a text.
pub fn kept(text: &str) -> String {
    text.chars().take(MAX_CHARS).collect()
}

/// True if there is an entry by somebody with this action and detail.
pub fn tells(
    conn: &Connection,
    user_name: &str,
    action: &str,
    detail: &str,
) -> rusqlite::Result<bool> {
    conn.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM audit_entries WHERE user_name = ?1 AND action = ?2 AND detail = ?3)",
    )?
    .query_row(params![kept(user_name), action, kept(detail)], |r| r.get(0))
}

/// The words of the actions that entries are about, each once.
pub fn actions(conn: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut query =
        conn.prepare_cached("SELECT DISTINCT action FROM audit_entries ORDER BY action")?;
    let found = query.query_map([], |r| r.get(0))?;
    found.collect()
}

/// A page, newest first, of the entries before an id that fit a filter.
pub fn page(
    conn: &Connection,
    filter: &AuditFilter,
    before: Option<i64>,
    limit: u32,
) -> rusqlite::Result<AuditPage> {
    let limit = limit.clamp(1, MAX_PAGE);
    let mut query = conn.prepare_cached(
        "SELECT id, at_ms, user_name, role, action, object, ok, detail, chain FROM audit_entries
         WHERE id < ?1 AND (?3 IS NULL OR user_name = ?3) AND (?4 IS NULL OR action = ?4)
             AND (?5 IS NULL OR instr(object, ?5) > 0) AND (?6 IS NULL OR ok = ?6)
             AND (?7 IS NULL OR at_ms >= ?7) AND (?8 IS NULL OR at_ms < ?8)
         ORDER BY id DESC LIMIT ?2",
    )?;
    let rows = query.query_map(
        params![
            before.unwrap_or(i64::MAX),
            limit + 1,
            filter.user_name,
            filter.action,
            filter.object,
            filter.ok,
            filter.from_ms,
            filter.to_ms,
        ],
        |r| Ok((read(r)?, r.get::<_, [u8; 32]>(8)?)),
    )?;
    let mut found = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    let more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let (entries, chains): (Vec<_>, Vec<_>) = found.into_iter().unzip();
    let before = entries.last().filter(|_| more).map(|(id, _)| *id);
    Ok(AuditPage {
        entries,
        chains,
        before,
    })
}

/// How many entries there are and the chain after the last one (zeros before the first).
pub fn head(conn: &Connection) -> rusqlite::Result<AuditMark> {
    let last = conn
        .prepare_cached("SELECT id, chain FROM audit_entries ORDER BY id DESC LIMIT 1")?
        .query_row([], |r| Ok((r.get(0)?, r.get(1)?)))
        .optional()?;
    Ok(last.unwrap_or_default())
}

/// The chain after an entry, if it is there.
pub fn chain_at(conn: &Connection, id: i64) -> rusqlite::Result<Option<[u8; 32]>> {
    conn.prepare_cached("SELECT chain FROM audit_entries WHERE id = ?1")?
        .query_row([id], |r| r.get(0))
        .optional()
}

/// Checks the chain after a mark that was found good before (the default: all of it). The mark itself must still be
/// there. Gives the next mark, or the id of the first entry that is missing or does not fit.
pub fn check(conn: &Connection, good: AuditMark) -> rusqlite::Result<Result<AuditMark, i64>> {
    if good.0 > 0 && chain_at(conn, good.0)? != Some(good.1) {
        return Ok(Err(good.0));
    }
    let mut query = conn.prepare_cached(
        "SELECT id, at_ms, user_name, role, action, object, ok, detail, chain FROM audit_entries
         WHERE id > ?1 ORDER BY id",
    )?;
    let mut rows = query.query([good.0])?;
    let mut mark = good;
    while let Some(row) = rows.next()? {
        let (id, entry) = read(row)?;
        let stored: [u8; 32] = row.get(8)?;
        let previous: &[u8] = if mark.0 == 0 { &[] } else { &mark.1 };
        if id != mark.0 + 1 || stored != chain(previous, &entry) {
            return Ok(Err(mark.0 + 1));
        }
        mark = (id, stored);
    }
    Ok(Ok(mark))
}

/// The id of the first entry that is missing or does not fit its chain; `None` if all fit. One past the last if the
/// chain kept apart goes further than the entries.
pub fn broken_at(conn: &Connection) -> rusqlite::Result<Option<i64>> {
    let mark = match check(conn, AuditMark::default())? {
        Ok(mark) => mark,
        Err(id) => return Ok(Some(id)),
    };
    let end: Option<[u8; 32]> = conn
        .prepare_cached("SELECT chain FROM audit_end")?
        .query_row([], |r| r.get(0))
        .optional()?;
    let fits = end.unwrap_or_default() == mark.1;
    Ok((!fits).then_some(mark.0 + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(n: i64) -> Connection {
        let mut conn = Connection::open_in_memory().unwrap();
        super::super::migrations::migrate(&mut conn).unwrap();
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
        let all = AuditFilter::default();
        let first = page(&conn, &all, None, 3).unwrap();
        let times = |p: &AuditPage| p.entries.iter().map(|(_, e)| e.at_ms).collect::<Vec<_>>();
        assert_eq!(times(&first), [5, 4, 3]);
        let second = page(&conn, &all, first.before, 3).unwrap();
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

    #[test]
    fn entries_are_found_by_who_what_outcome_and_time() {
        let conn = entries(6);
        let find = |filter: AuditFilter| {
            let found = page(&conn, &filter, None, 10).unwrap();
            found.entries.iter().map(|(id, _)| *id).collect::<Vec<_>>()
        };
        let base = AuditFilter::default;
        assert_eq!(
            find(AuditFilter {
                ok: Some(true),
                ..base()
            }),
            [6, 4, 2]
        );
        assert_eq!(
            find(AuditFilter {
                from_ms: Some(2),
                to_ms: Some(4),
                ..base()
            }),
            [3, 2]
        );
        let nobody = Some("督查02".to_owned());
        assert!(
            find(AuditFilter {
                user_name: nobody,
                ..base()
            })
            .is_empty()
        );
        let action = Some("sign_in".to_owned());
        assert_eq!(find(AuditFilter { action, ..base() }).len(), 6);
        let object = Some("x".to_owned());
        assert!(find(AuditFilter { object, ..base() }).is_empty());
    }

    #[test]
    fn only_what_is_new_is_checked_again_and_a_cut_or_gap_is_still_seen() {
        let conn = entries(6);
        let mark = check(&conn, AuditMark::default()).unwrap().unwrap();
        assert_eq!((mark.0, head(&conn).unwrap()), (6, mark));
        append(&conn, &AuditEntry::default()).unwrap();
        assert_eq!(check(&conn, mark).unwrap().unwrap().0, 7);
        conn.execute_batch("DROP TRIGGER audit_entries_remain;")
            .unwrap();
        conn.execute("DELETE FROM audit_entries WHERE id = 3", [])
            .unwrap();
        assert_eq!(broken_at(&conn).unwrap(), Some(3));
        conn.execute("DELETE FROM audit_entries WHERE id > 5", [])
            .unwrap();
        assert_eq!(check(&conn, mark).unwrap(), Err(6));
    }
}
