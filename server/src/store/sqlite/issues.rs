//! The ledger of issues as lists show it.
//!
//! Invariant: the expression `STANDING` says the same as `domain::issue::Facts::standing`; a test compares them.
//! Leaves out: who may see which row (`services::issues` sets the filter).

use domain::issue::{Standing, State};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};
use uuid::Uuid;

use crate::error::Result;
use crate::store::{IssueFilter, IssueRow, StandingCounts};

const COLUMNS: &str = "id, campaign, number, site, township, village, \"group\", place, category, severity,
    description, found_ms, lat_e7, lon_e7, accuracy_m, author, fixed, fixed_note, lead_unit, assisting_units, person,
    sponsor, due_on, measure, remark, root_causes, state, reported_on, closed_on, verifier, duplicate_of, distinct_from,
    deleted";

/// How an issue stands on day `?1`.
const STANDING: &str = "CASE WHEN duplicate_of IS NOT NULL THEN 'merged' WHEN fixed THEN 'fixed_on_spot'
    WHEN state = 'closed' THEN 'closed'
    WHEN due_on < CASE WHEN state = 'to_verify' THEN ifnull(reported_on, ?1) ELSE ?1 END THEN 'overdue'
    ELSE state END";

/// Several words in one column: each between two line ends, so that one is found by `instr`.
fn join<T: ToString>(words: &[T]) -> String {
    let line = |w: &T| w.to_string().replace('\n', " ");
    let lines: Vec<String> = words.iter().map(line).collect();
    if lines.is_empty() {
        return String::new();
    }
    format!("\n{}\n", lines.join("\n"))
}

fn split(text: &str) -> Vec<String> {
    let lines = text.split('\n').filter(|l| !l.is_empty());
    lines.map(str::to_owned).collect()
}

fn read(r: &Row<'_>) -> rusqlite::Result<IssueRow> {
    let (lat, lon): (Option<i64>, Option<i64>) = (r.get(12)?, r.get(13)?);
    let state: String = r.get(26)?;
    let distinct = split(&r.get::<_, String>(31)?);
    Ok(IssueRow {
        id: r.get(0)?,
        campaign: r.get(1)?,
        number: r.get(2)?,
        site: r.get(3)?,
        township: r.get(4)?,
        village: r.get(5)?,
        group: r.get(6)?,
        place: r.get(7)?,
        category: r.get(8)?,
        severity: r.get(9)?,
        description: r.get(10)?,
        found_ms: r.get(11)?,
        at_e7: lat.zip(lon),
        accuracy_m: r.get(14)?,
        author: r.get(15)?,
        fixed: r.get(16)?,
        fixed_note: r.get(17)?,
        lead_unit: r.get(18)?,
        assisting_units: split(&r.get::<_, String>(19)?),
        person: r.get(20)?,
        sponsor: r.get(21)?,
        due_on: r.get(22)?,
        measure: r.get(23)?,
        remark: r.get(24)?,
        root_causes: split(&r.get::<_, String>(25)?),
        state: State::parse(&state).unwrap_or(State::ToAssign),
        reported_on: r.get(27)?,
        closed_on: r.get(28)?,
        verifier: r.get(29)?,
        duplicate_of: r.get(30)?,
        distinct: distinct
            .iter()
            .filter_map(|d| Uuid::try_parse(d).ok())
            .collect(),
        deleted: r.get(32)?,
    })
}

/// Issues whose row is read as something it does not quite say: a half place, a word no list has.
pub(super) fn odd(conn: &Connection) -> Result<Vec<Uuid>> {
    let mut query = conn.prepare_cached(&format!("SELECT {COLUMNS} FROM issues"))?;
    let mut rows = query.query([])?;
    let mut found = Vec::new();
    while let Some(r) = rows.next()? {
        let i = read(r)?;
        let lists: [String; 4] = [r.get(19)?, r.get(25)?, r.get(31)?, r.get(26)?];
        let own = [
            join(&i.assisting_units),
            join(&i.root_causes),
            join(&i.distinct),
            i.state.word().to_owned(),
        ];
        let half = r.get::<_, Option<i64>>(12)?.is_some() != r.get::<_, Option<i64>>(13)?.is_some();
        if lists != own || half {
            found.push(i.id);
        }
    }
    Ok(found)
}

pub(super) fn put(conn: &Connection, i: &IssueRow) -> Result<()> {
    let sql = format!(
        "INSERT OR REPLACE INTO issues ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14,
         ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32, ?33)"
    );
    conn.prepare_cached(&sql)?.execute(params![
        i.id,
        i.campaign,
        i.number,
        i.site,
        i.township,
        i.village,
        i.group,
        i.place,
        i.category,
        i.severity,
        i.description,
        i.found_ms,
        i.at_e7.map(|p| p.0),
        i.at_e7.map(|p| p.1),
        i.accuracy_m,
        i.author,
        i.fixed,
        i.fixed_note,
        i.lead_unit,
        join(&i.assisting_units),
        i.person,
        i.sponsor,
        i.due_on,
        i.measure,
        i.remark,
        join(&i.root_causes),
        i.state.word(),
        i.reported_on,
        i.closed_on,
        i.verifier,
        i.duplicate_of,
        join(&i.distinct),
        i.deleted,
    ])?;
    Ok(())
}

pub(super) fn remove(conn: &Connection, id: Uuid) -> Result<()> {
    conn.prepare_cached("DELETE FROM issues WHERE id = ?1")?
        .execute([id])?;
    Ok(())
}

pub(super) fn one(conn: &Connection, id: Uuid) -> Result<Option<IssueRow>> {
    let sql = format!("SELECT {COLUMNS} FROM issues WHERE id = ?1");
    Ok(conn
        .prepare_cached(&sql)?
        .query_row([id], read)
        .optional()?)
}

/// A filter as SQL; `?1` is today.
struct Condition {
    sql: String,
    bound: Vec<Value>,
}

impl Condition {
    fn bind(&mut self, value: impl Into<Value>) -> usize {
        self.bound.push(value.into());
        self.bound.len()
    }

    fn equal(&mut self, column: &str, value: Option<&String>) {
        if let Some(value) = value {
            let n = self.bind(value.clone());
            self.sql.push_str(&format!(" AND {column} = ?{n}"));
        }
    }

    fn same_id(&mut self, column: &str, value: Option<Uuid>) {
        if let Some(id) = value {
            let n = self.bind(id.as_bytes().to_vec());
            self.sql.push_str(&format!(" AND {column} = ?{n}"));
        }
    }
}

/// What concerns a unit: in it, or led or assisted by it. The rule is `auth::Reach::covers`, and a test compares them.
fn concerning(c: &mut Condition, unit: &str) {
    let n = c.bind(unit.to_owned());
    let is_division = unit.len() >= 9 && unit.bytes().all(|b| b.is_ascii_digit());
    let within = |column: &str| {
        if is_division {
            format!("substr({column}, 1, length(?{n})) = ?{n}")
        } else {
            format!("{column} = ?{n}")
        }
    };
    let end = if is_division { "" } else { "|| char(10)" };
    c.sql.push_str(&format!(
        " AND ({} OR {} OR {} OR instr(assisting_units, char(10) || ?{n} {end}) > 0)",
        within("township"),
        within("village"),
        within("lead_unit"),
    ));
}

fn condition(f: &IssueFilter, with_standing: bool) -> Condition {
    let mut c = Condition {
        sql: "deleted = 0 AND campaign = ?2".to_owned(),
        bound: vec![
            Value::Text(f.today.clone()),
            Value::Blob(f.campaign.as_bytes().to_vec()),
        ],
    };
    c.equal("township", f.township.as_ref());
    c.equal("category", f.category.as_ref());
    c.equal("lead_unit", f.lead_unit.as_ref());
    c.same_id("\"group\"", f.group);
    c.same_id("\"group\"", f.within_group);
    c.same_id("duplicate_of", f.merged_into);
    if let Some(unit) = &f.unit {
        concerning(&mut c, unit);
    }
    if let Some(standing) = f.standing.filter(|_| with_standing) {
        let n = c.bind(standing.word().to_owned());
        c.sql.push_str(&format!(" AND {STANDING} = ?{n}"));
    }
    if let Some(q) = &f.q {
        let n = c.bind(q.clone());
        let id = Uuid::try_parse(q).ok().map(|id| id.as_bytes().to_vec());
        let m = c.bind(id.map_or(Value::Null, Value::Blob));
        c.sql.push_str(&format!(
            " AND (instr(number, ?{n}) OR instr(description, ?{n}) OR instr(place, ?{n}) OR id = ?{m})"
        ));
    }
    c
}

/// Issues by number, after a place in that order.
pub(super) fn page(
    conn: &Connection,
    f: &IssueFilter,
    after: Option<&(String, Uuid)>,
    limit: u32,
) -> Result<Vec<IssueRow>> {
    let mut c = condition(f, true);
    if let Some((number, id)) = after {
        let n = c.bind(number.clone());
        let m = c.bind(id.as_bytes().to_vec());
        c.sql.push_str(&format!(" AND (number, id) > (?{n}, ?{m})"));
    }
    // Every part of the condition may be absent, so `?1` is named once more to keep its place.
    let sql = format!(
        "SELECT {COLUMNS} FROM issues WHERE {} AND ?1 IS NOT NULL ORDER BY number, id LIMIT {limit}",
        c.sql
    );
    let mut query = conn.prepare_cached(&sql)?;
    let rows = query.query_map(params_from_iter(c.bound), read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// How many issues of a filter stand how; the filter's own standing is left out of it.
pub(super) fn counts(conn: &Connection, f: &IssueFilter) -> Result<StandingCounts> {
    let c = condition(f, false);
    let sql = format!(
        "SELECT {STANDING}, count(*) FROM issues WHERE {} GROUP BY 1",
        c.sql
    );
    let mut query = conn.prepare_cached(&sql)?;
    let rows = query.query_map(params_from_iter(c.bound), |r| {
        Ok((r.get::<_, String>(0)?, r.get::<_, i64>(1)?))
    })?;
    let found: Vec<(String, i64)> = rows.collect::<rusqlite::Result<_>>()?;
    let count = |s: &Standing| {
        let row = found.iter().find(|(word, _)| word == s.word());
        (*s, row.map_or(0, |(_, n)| *n as u64))
    };
    Ok(Standing::ALL.iter().map(count).collect())
}

/// Issues with this number: more than one only after a restore gave one twice.
pub(super) fn numbered(conn: &Connection, campaign: Uuid, number: &str) -> Result<Vec<Uuid>> {
    let mut query =
        conn.prepare_cached("SELECT id FROM issues WHERE campaign = ?1 AND number = ?2")?;
    let rows = query.query_map(params![campaign, number], |r| r.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
