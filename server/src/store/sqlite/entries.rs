//! Records as lists show them.

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};
use uuid::Uuid;

use crate::error::Result;
use crate::store::{Entry, EntryFilter, EntryKey};

const COLUMNS: &str =
    "id, campaign, kind, site, township, \"group\", author, title, state, visit, form, answered,
    items, conflicts, score_e4, written_ms, arrived_ms, deleted, begun_ms";

fn read(r: &Row<'_>) -> rusqlite::Result<Entry> {
    Ok(Entry {
        id: r.get(0)?,
        campaign: r.get(1)?,
        kind: r.get(2)?,
        site: r.get(3)?,
        township: r.get(4)?,
        group: r.get(5)?,
        author: r.get(6)?,
        title: r.get(7)?,
        state: r.get(8)?,
        visit: r.get(9)?,
        form: r.get(10)?,
        answered: r.get(11)?,
        items: r.get(12)?,
        conflicts: r.get(13)?,
        score_e4: r.get(14)?,
        written_ms: r.get(15)?,
        arrived_ms: r.get(16)?,
        deleted: r.get(17)?,
        begun_ms: r.get(18)?,
    })
}

pub(super) fn put(conn: &Connection, e: &Entry) -> Result<()> {
    conn.prepare_cached(
        "INSERT INTO entries (id, campaign, kind, site, township, \"group\", author, title, state, visit, form,
             answered, items, conflicts, score_e4, written_ms, arrived_ms, deleted, begun_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)
         ON CONFLICT (id) DO UPDATE SET site = excluded.site, township = excluded.township,
             \"group\" = excluded.\"group\", author = excluded.author, title = excluded.title,
             state = excluded.state, visit = excluded.visit, form = excluded.form, answered = excluded.answered,
             items = excluded.items, conflicts = excluded.conflicts, score_e4 = excluded.score_e4,
             written_ms = excluded.written_ms, arrived_ms = excluded.arrived_ms, deleted = excluded.deleted,
             begun_ms = excluded.begun_ms",
    )?
    .execute(params![
        e.id,
        e.campaign,
        e.kind,
        e.site,
        e.township,
        e.group,
        e.author,
        e.title,
        e.state,
        e.visit,
        e.form,
        e.answered,
        e.items,
        e.conflicts,
        e.score_e4,
        e.written_ms,
        e.arrived_ms,
        e.deleted,
        e.begun_ms
    ])?;
    Ok(())
}

pub(super) fn remove(conn: &Connection, id: Uuid) -> Result<()> {
    conn.prepare_cached("DELETE FROM entries WHERE id = ?1")?
        .execute([id])?;
    Ok(())
}

pub(super) fn one(conn: &Connection, id: Uuid) -> Result<Option<Entry>> {
    let sql = format!("SELECT {COLUMNS} FROM entries WHERE id = ?1");
    Ok(conn
        .prepare_cached(&sql)?
        .query_row([id], read)
        .optional()?)
}

pub(super) fn all(conn: &Connection, campaign: Uuid, kind: Option<&str>) -> Result<Vec<Entry>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM entries WHERE campaign = ?1 AND (?2 IS NULL OR kind = ?2) ORDER BY no"
    );
    let mut query = conn.prepare_cached(&sql)?;
    let rows = query.query_map(params![campaign, kind], read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The condition of a filter and what it binds.
#[derive(Default)]
struct Condition {
    sql: String,
    bound: Vec<Value>,
}

impl Condition {
    fn and(&mut self, sql: &str, value: Value) {
        self.sql.push_str(" AND ");
        self.sql.push_str(sql);
        self.bound.push(value);
    }

    fn one_of(column: &str, ids: &[Uuid], bound: &mut Vec<Value>) -> String {
        let marks = vec!["?"; ids.len()].join(", ");
        bound.extend(ids.iter().map(|id| blob(*id)));
        format!("{column} IN ({marks})")
    }
}

fn blob(id: Uuid) -> Value {
    Value::Blob(id.as_bytes().to_vec())
}

fn condition(f: &EntryFilter) -> Condition {
    let mut c = Condition {
        sql: "campaign = ? AND deleted = 0".to_owned(),
        bound: vec![blob(f.campaign)],
    };
    if let Some(kind) = &f.kind {
        c.and("kind = ?", Value::Text(kind.clone()));
    }
    if let Some(code) = &f.township {
        c.and("township = ?", Value::Text(code.clone()));
    }
    if let Some(group) = f.group {
        c.and("\"group\" = ?", blob(group));
    }
    if let Some(author) = f.author {
        c.and("author = ?", blob(author));
    }
    if let Some(state) = &f.state {
        c.and("state = ?", Value::Text(state.clone()));
    }
    if f.conflict_only {
        c.sql.push_str(" AND conflicts > 0");
    }
    if let Some(sites) = &f.sites {
        let sql = Condition::one_of("site", sites, &mut c.bound);
        c.sql = format!("{} AND {sql}", c.sql);
    }
    if let Some(search) = &f.search {
        c.bound.push(Value::Text(search.text.clone()));
        let mut any = vec!["instr(title, ?) > 0".to_owned()];
        any.push(Condition::one_of("site", &search.sites, &mut c.bound));
        any.push(Condition::one_of("author", &search.authors, &mut c.bound));
        if let Some(id) = search.id {
            any.push("id = ?".to_owned());
            c.bound.push(blob(id));
        }
        c.sql = format!("{} AND ({})", c.sql, any.join(" OR "));
    }
    c
}

pub(super) fn page(
    conn: &Connection,
    filter: &EntryFilter,
    before: Option<EntryKey>,
    limit: u32,
) -> Result<(Vec<(EntryKey, Entry)>, u64)> {
    let c = condition(filter);
    let total: i64 = conn
        .prepare_cached(&format!("SELECT count(*) FROM entries WHERE {}", c.sql))?
        .query_row(params_from_iter(&c.bound), |r| r.get(0))?;
    let (at, no) = before.unwrap_or((i64::MAX, i64::MAX));
    let mut bound = c.bound;
    bound.extend([
        Value::Integer(at),
        Value::Integer(no),
        Value::Integer(i64::from(limit)),
    ]);
    let sql = format!(
        "SELECT {COLUMNS}, no FROM entries WHERE {} AND (arrived_ms, no) < (?, ?)
         ORDER BY arrived_ms DESC, no DESC LIMIT ?",
        c.sql
    );
    let mut query = conn.prepare_cached(&sql)?;
    let rows = query.query_map(params_from_iter(&bound), |r| {
        let entry = read(r)?;
        Ok(((entry.arrived_ms, r.get(19)?), entry))
    })?;
    Ok((rows.collect::<rusqlite::Result<_>>()?, total as u64))
}
