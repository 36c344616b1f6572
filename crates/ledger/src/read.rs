//! Reading records.
//!
//! Invariant: the first live value of a field is the displayed one. Leaves out: what the values mean.

use std::collections::BTreeMap;
use std::sync::Arc;

use merge::{Dot, Value};
use protocol::{Scope, value};
use rusqlite::Connection;
use uuid::Uuid;

use crate::caches::{Ledger, ScopeNo};
use crate::error::Result;

/// A live value of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveValue {
    /// The change that wrote it.
    pub dot: Dot,
    /// Hybrid time, ms UTC.
    pub at_ms: i64,
    /// The value.
    pub value: Value,
}

/// A record with its live values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordView {
    /// The record.
    pub id: Uuid,
    /// Its kind.
    pub kind: String,
    /// Its scope.
    pub scope: Scope,
    /// Fields; the first value is the one displayed.
    pub fields: BTreeMap<Arc<str>, Vec<LiveValue>>,
}

impl RecordView {
    /// The displayed value of a field; null if there is none.
    pub fn get(&self, field: &str) -> &Value {
        self.fields
            .get(field)
            .and_then(|v| v.first())
            .map_or(&Value::Null, |l| &l.value)
    }

    /// Fields whose live values differ.
    pub fn conflicts(&self) -> impl Iterator<Item = (&str, &[LiveValue])> {
        self.fields
            .iter()
            .filter(|(_, v)| v.iter().any(|l| l.value != v[0].value))
            .map(|(f, v)| (&**f, v.as_slice()))
    }

    /// Fields `name/key` as (key, displayed value).
    pub fn keyed<'a>(&'a self, name: &'a str) -> impl Iterator<Item = (&'a str, &'a Value)> {
        self.fields.iter().filter_map(move |(f, v)| {
            let key = f.strip_prefix(name)?.strip_prefix('/')?;
            Some((key, &v.first()?.value))
        })
    }
}

impl Ledger {
    /// A record, if known.
    pub fn view(&mut self, conn: &Connection, id: Uuid) -> Result<Option<RecordView>> {
        let Some(row) = self.find_record(conn, id)? else {
            return Ok(None);
        };
        let kind = self.name_of(conn, row.kind)?.to_string();
        let scope = self.scope_of(conn, row.scope)?;
        let mut fields: BTreeMap<Arc<str>, Vec<LiveValue>> = BTreeMap::new();
        let mut stmt = conn
            .prepare_cached("SELECT field, log, seq, at_ms, value FROM cells WHERE record = ?1")?;
        let mut rows = stmt.query([row.no])?;
        // Most values of a record are of one log.
        let mut last = None;
        while let Some(r) = rows.next()? {
            let field = self.name_of(conn, r.get(0)?)?;
            let no = r.get(1)?;
            let log = match last {
                Some((known, log)) if known == no => log,
                _ => self.log_of(conn, no)?,
            };
            last = Some((no, log));
            let dot = Dot {
                log,
                seq: r.get::<_, i64>(2)? as u64,
            };
            let bytes = r.get_ref(4)?.as_blob().map_err(rusqlite::Error::from)?;
            fields.entry(field).or_default().push(LiveValue {
                dot,
                at_ms: r.get(3)?,
                value: value::decode(bytes)?,
            });
        }
        for v in fields.values_mut().filter(|v| v.len() > 1) {
            v.sort_by_key(|l| std::cmp::Reverse((l.at_ms, l.dot)));
        }
        Ok(Some(RecordView {
            id,
            kind,
            scope,
            fields,
        }))
    }

    /// The live values of one field, the displayed one first.
    pub fn live(&mut self, conn: &Connection, id: Uuid, field: &str) -> Result<Vec<LiveValue>> {
        let (Some(row), Some(field)) = (self.find_record(conn, id)?, self.find_name(conn, field)?)
        else {
            return Ok(Vec::new());
        };
        let mut out = Vec::new();
        for c in self.cells(conn, row.no, field)? {
            let dot = Dot {
                log: self.log_of(conn, c.log)?,
                seq: c.seq,
            };
            out.push(LiveValue {
                dot,
                at_ms: c.at_ms,
                value: value::decode(&c.value)?,
            });
        }
        out.sort_by_key(|l| std::cmp::Reverse((l.at_ms, l.dot)));
        Ok(out)
    }

    /// The displayed value of one field.
    pub fn value(&mut self, conn: &Connection, id: Uuid, field: &str) -> Result<Option<Value>> {
        Ok(self
            .live(conn, id, field)?
            .into_iter()
            .next()
            .map(|l| l.value))
    }

    /// Ids of all records of a kind, in a scope or in all, in order of arrival.
    pub fn ids(
        &mut self,
        conn: &Connection,
        kind: &str,
        scope: Option<ScopeNo>,
    ) -> Result<Vec<Uuid>> {
        let Some(kind) = self.find_name(conn, kind)? else {
            return Ok(Vec::new());
        };
        let mut stmt = conn.prepare_cached(
            "SELECT id FROM records WHERE kind = ?1 AND (?2 IS NULL OR scope = ?2) ORDER BY no",
        )?;
        let rows = stmt.query_map((kind, scope), |r| r.get::<_, [u8; 16]>(0))?;
        Ok(rows
            .map(|r| r.map(Uuid::from_bytes))
            .collect::<std::result::Result<_, _>>()?)
    }

    /// Scope number of a record, if known.
    pub fn scope_of_record(&mut self, conn: &Connection, id: Uuid) -> Result<Option<ScopeNo>> {
        Ok(self.find_record(conn, id)?.map(|r| r.scope))
    }

    /// Records and fields in conflict.
    pub fn conflicts(&mut self, conn: &Connection) -> Result<Vec<(Uuid, String)>> {
        let mut stmt = conn.prepare_cached(
            "SELECT r.id, n.name FROM conflicts c JOIN records r ON r.no = c.record JOIN names n ON n.no = c.field
             ORDER BY c.record, c.field",
        )?;
        let rows = stmt.query_map([], |r| Ok((Uuid::from_bytes(r.get(0)?), r.get(1)?)))?;
        Ok(rows.collect::<std::result::Result<_, _>>()?)
    }
}
