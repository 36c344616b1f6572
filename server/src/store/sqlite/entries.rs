//! Records as lists show them.

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};
use uuid::Uuid;

use crate::error::Result;
use crate::store::{Around, Entry, EntryColumn, EntryFilter, EntryOrder, SortKey, SortValue};

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
    if f.clock_only {
        let flagged = " AND EXISTS (SELECT 1 FROM clock_flags WHERE record = entries.id)";
        c.sql.push_str(flagged);
    }
    if f.photos_only {
        let taken = " AND EXISTS (SELECT 1 FROM photos WHERE target = entries.id AND deleted = 0)";
        c.sql.push_str(taken);
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

/// What a list is ordered by: an expression that is never null, and what it binds.
struct Order {
    sql: String,
    bound: Vec<Value>,
    descending: bool,
}

/// Comes after every rank.
const NO_RANK: i64 = 1_000_000_000;

fn ranks(ids: &[Uuid]) -> Value {
    let named = ids.iter().enumerate();
    let map: serde_json::Map<_, _> = named
        .map(|(rank, id)| (id.simple().to_string().to_uppercase(), rank.into()))
        .collect();
    Value::Text(serde_json::Value::Object(map).to_string())
}

fn order(o: &EntryOrder) -> Order {
    let rank = |column: &str, ids: &[Uuid]| {
        let sql = format!("coalesce(json_extract(?, '$.\"' || hex({column}) || '\"'), {NO_RANK})");
        (sql, vec![ranks(ids)])
    };
    let plain = |sql: &str| (sql.to_owned(), Vec::new());
    let (sql, bound) = match &o.by {
        EntryColumn::Arrived => plain("arrived_ms"),
        EntryColumn::Written => plain("written_ms"),
        EntryColumn::Township => plain("coalesce(township, '~')"),
        EntryColumn::State => plain("state"),
        EntryColumn::Answered => plain("answered"),
        EntryColumn::Conflicts => plain("conflicts"),
        EntryColumn::Site(ids) => rank("site", ids),
        EntryColumn::Group(ids) => rank("\"group\"", ids),
        EntryColumn::Author(ids) => rank("author", ids),
        EntryColumn::Score { all: true, .. } => plain("coalesce(score_e4, -1)"),
        EntryColumn::Score { open, all: false } => {
            let is_open = "json_extract(?, '$.\"' || hex(\"group\") || '\"') IS NOT NULL";
            let sql = format!(
                "CASE WHEN kind <> 'sheet' OR {is_open} THEN coalesce(score_e4, -1) ELSE -1 END"
            );
            (sql, vec![ranks(open)])
        }
    };
    Order {
        sql,
        bound,
        descending: o.descending,
    }
}

impl Order {
    /// The same the other way round.
    fn reversed(&self) -> Self {
        Self {
            sql: self.sql.clone(),
            bound: self.bound.clone(),
            descending: !self.descending,
        }
    }
}

fn sort_value(value: &SortValue) -> Value {
    match value {
        SortValue::Int(n) => Value::Integer(*n),
        SortValue::Text(t) => Value::Text(t.clone()),
    }
}

fn read_key(r: &Row<'_>, value: usize, no: usize) -> rusqlite::Result<SortKey> {
    let value = match r.get::<_, Value>(value)? {
        Value::Text(t) => SortValue::Text(t),
        Value::Integer(n) => SortValue::Int(n),
        _ => SortValue::Int(0),
    };
    Ok((value, r.get(no)?))
}

/// Rows of a filter in an order, after a place in it.
fn rows(
    conn: &Connection,
    c: &Condition,
    o: &Order,
    after: Option<&SortKey>,
    limit: u32,
) -> Result<Vec<(SortKey, Entry)>> {
    let mut bound = o.bound.clone();
    bound.extend(c.bound.iter().cloned());
    let (sign, way) = match o.descending {
        true => ("<", "DESC"),
        false => (">", "ASC"),
    };
    let mut place = String::new();
    if let Some((value, no)) = after {
        place = format!("WHERE (at, no) {sign} (?, ?)");
        bound.extend([sort_value(value), Value::Integer(*no)]);
    }
    bound.push(Value::Integer(i64::from(limit)));
    let sql = format!(
        "SELECT * FROM (SELECT {COLUMNS}, no, {} AS at FROM entries WHERE {}) {place}
         ORDER BY at {way}, no {way} LIMIT ?",
        o.sql, c.sql
    );
    let mut query = conn.prepare_cached(&sql)?;
    let found = query.query_map(params_from_iter(&bound), |r| {
        Ok((read_key(r, 20, 19)?, read(r)?))
    })?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

fn count(conn: &Connection, c: &Condition) -> Result<u64> {
    let total: i64 = conn
        .prepare_cached(&format!("SELECT count(*) FROM entries WHERE {}", c.sql))?
        .query_row(params_from_iter(&c.bound), |r| r.get(0))?;
    Ok(total as u64)
}

pub(super) fn page(
    conn: &Connection,
    filter: &EntryFilter,
    by: &EntryOrder,
    after: Option<&SortKey>,
    limit: u32,
) -> Result<(Vec<(SortKey, Entry)>, u64)> {
    let c = condition(filter);
    let found = rows(conn, &c, &order(by), after, limit)?;
    Ok((found, count(conn, &c)?))
}

pub(super) fn around(
    conn: &Connection,
    filter: &EntryFilter,
    by: &EntryOrder,
    id: Uuid,
) -> Result<Option<Around>> {
    let (c, o) = (condition(filter), order(by));
    let mut bound = o.bound.clone();
    bound.push(blob(id));
    let sql = format!("SELECT {}, no FROM entries WHERE id = ?", o.sql);
    let own = conn
        .prepare_cached(&sql)?
        .query_row(params_from_iter(&bound), |r| read_key(r, 0, 1))
        .optional()?;
    let Some(key) = own else {
        return Ok(None);
    };
    let one = |o: &Order| -> Result<Option<Uuid>> {
        let found = rows(conn, &c, o, Some(&key), 1)?;
        Ok(found.first().map(|(_, e)| e.id))
    };
    let mut bound = o.bound.clone();
    bound.extend(c.bound.iter().cloned());
    bound.extend([sort_value(&key.0), Value::Integer(key.1)]);
    let sign = if o.descending { ">" } else { "<" };
    let sql = format!(
        "SELECT count(*) FROM (SELECT no, {} AS at FROM entries WHERE {}) WHERE (at, no) {sign} (?, ?)",
        o.sql, c.sql
    );
    let before: i64 = conn
        .prepare_cached(&sql)?
        .query_row(params_from_iter(&bound), |r| r.get(0))?;
    Ok(Some(Around {
        previous: one(&o.reversed())?,
        next: one(&o)?,
        before: before as u64,
        total: count(conn, &c)?,
    }))
}
