//! What somebody who knows the program may do to a folder: to its logs, with the server's own key, to its audit.
//!
//! Invariant: each leaves the tables as tidy as a careful person would: heads and chains follow, places in the feed have
//! no gap, the registers are written by the ledger itself. Leaves out: blind changes (`mutate`).

use std::path::Path;

use anyhow::{Context, Result};
use ed25519_dalek::SigningKey;
use fastrand::Rng;
use ledger::{Edit, Ledger, Seen, Supersede};
use merge::{LogId, Value};
use protocol::Scope;
use rusqlite::{Connection, params};
use uuid::Uuid;

use crate::mutate::{Done, guard, unguarded};

/// Draws and does something to a log.
///
/// # Errors
/// The database's.
pub fn surgery(dir: &Path, clean: &Path, rng: &mut Rng) -> Result<Option<Done>> {
    let conn = unguarded(dir)?;
    let what = match rng.u8(..6) {
        0 => shorten(&conn, rng)?,
        1 => leave_out(&conn, rng)?,
        2 => add(&conn, rng)?,
        3 => relabel(&conn, rng)?,
        4 => move_segment(&conn, rng)?,
        _ => rewrite(&conn, rng)?,
    };
    tidy_feed(&conn)?;
    guard(&conn, clean)?;
    Ok(what.map(|what| Done { class: "log", what }))
}

/// A random log with segments that a lock has counted: number, head, chain, device.
fn log(conn: &Connection, rng: &mut Rng) -> Result<i64> {
    let mut stmt = conn.prepare(
        "SELECT DISTINCT l.no FROM logs l JOIN segments s ON s.log = l.no JOIN scopes c ON c.no = l.scope
         WHERE s.applied = 1 AND c.letter <> unicode('o') ORDER BY l.no",
    )?;
    let all: Vec<i64> = stmt
        .query_map([], |r| r.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(all[rng.usize(..all.len())])
}

/// Takes the last segments of a log away; the log says so, too.
fn shorten(conn: &Connection, rng: &mut Rng) -> Result<Option<String>> {
    let log = log(conn, rng)?;
    let held: i64 = conn.query_row("SELECT count(*) FROM segments WHERE log = ?1", [log], |r| {
        r.get(0)
    })?;
    let keep = rng.i64(0..held);
    conn.execute(
        "DELETE FROM segments WHERE log = ?1 AND no NOT IN
             (SELECT no FROM segments WHERE log = ?1 ORDER BY first LIMIT ?2)",
        [log, keep],
    )?;
    follow(conn, log)?;
    Ok(Some(format!("log {log} shortened to {keep} of {held}")))
}

/// Head and chain of a log as its last segment says.
fn follow(conn: &Connection, log: i64) -> Result<()> {
    conn.execute(
        "UPDATE logs SET head = ifnull((SELECT max(first + count - 1) FROM segments WHERE log = ?1), 0),
             chain = ifnull((SELECT chain FROM segments WHERE log = ?1 ORDER BY first DESC LIMIT 1), chain)
         WHERE no = ?1",
        [log],
    )?;
    Ok(())
}

fn leave_out(conn: &Connection, rng: &mut Rng) -> Result<Option<String>> {
    let log = log(conn, rng)?;
    conn.execute("DELETE FROM segments WHERE log = ?1", [log])?;
    conn.execute("DELETE FROM logs WHERE no = ?1", [log])?;
    Ok(Some(format!("log {log} left out")))
}

/// A log again under another device's name.
fn add(conn: &Connection, rng: &mut Rng) -> Result<Option<String>> {
    let log = log(conn, rng)?;
    let n = conn.execute(
        "INSERT OR IGNORE INTO logs (device, scope, epoch, branch, head, chain)
         SELECT (SELECT id FROM devices WHERE id <> l.device ORDER BY id LIMIT 1 OFFSET ?2), scope, epoch, 0, head, chain
         FROM logs l WHERE no = ?1",
        params![log, rng.i64(0..6)],
    )?;
    let new = conn.last_insert_rowid();
    conn.execute(
        "INSERT INTO segments (log, scope, first, count, gseq, arrived_ms, applied, header, payload, chain, signature)
         SELECT ?2, scope, first, count, 1000 + first, arrived_ms, 1, header, payload, chain, signature
         FROM segments WHERE log = ?1",
        [log, new],
    )?;
    Ok((n == 1).then(|| format!("log {log} added again as {new}")))
}

fn relabel(conn: &Connection, rng: &mut Rng) -> Result<Option<String>> {
    let log = log(conn, rng)?;
    let (what, sql) = match rng.u8(..3) {
        0 => (
            "device",
            "UPDATE OR IGNORE logs SET device =
                 (SELECT id FROM devices WHERE id <> logs.device ORDER BY id LIMIT 1 OFFSET ?2) WHERE no = ?1",
        ),
        1 => (
            "epoch",
            "UPDATE OR IGNORE logs SET epoch = epoch / 2 + ?2 WHERE no = ?1",
        ),
        _ => (
            "scope",
            "UPDATE OR IGNORE logs SET scope =
                 (SELECT no FROM scopes WHERE no <> logs.scope ORDER BY no LIMIT 1 OFFSET ?2) WHERE no = ?1",
        ),
    };
    let n = conn.execute(sql, params![log, rng.i64(0..5)])?;
    let moved = "UPDATE segments SET scope = (SELECT scope FROM logs WHERE no = ?1) WHERE log = ?1";
    conn.execute(moved, [log])?;
    Ok((n == 1).then(|| format!("log {log} given another {what}")))
}

/// A segment into another log, behind its end.
fn move_segment(conn: &Connection, rng: &mut Rng) -> Result<Option<String>> {
    let (from, to) = (log(conn, rng)?, log(conn, rng)?);
    if from == to {
        return Ok(None);
    }
    conn.execute(
        "UPDATE segments SET log = ?2, scope = (SELECT scope FROM logs WHERE no = ?2),
             first = 1 + (SELECT head FROM logs WHERE no = ?2)
         WHERE no = (SELECT max(no) FROM segments WHERE log = ?1)",
        [from, to],
    )?;
    follow(conn, from)?;
    follow(conn, to)?;
    Ok(Some(format!(
        "the last segment of log {from} moved to {to}"
    )))
}

/// One value of a segment written anew; the chain follows to the end of the log, live values follow the segment.
fn rewrite(conn: &Connection, rng: &mut Rng) -> Result<Option<String>> {
    let log = log(conn, rng)?;
    type Held = (i64, i64, u32, Vec<u8>, Vec<u8>);
    let mut stmt = conn.prepare(
        "SELECT no, first, count, header, payload FROM segments WHERE log = ?1 ORDER BY first",
    )?;
    let held: Vec<Held> = stmt
        .query_map([log], |r| {
            Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?, r.get(4)?))
        })?
        .collect::<rusqlite::Result<_>>()?;
    let (id, campaign) = identity(conn, log)?;
    let which = rng.usize(..held.len());
    let mut chain = protocol::chain::origin(campaign, &id);
    let mut told = None;
    for (i, (no, first, count, header, payload)) in held.into_iter().enumerate() {
        let mut payload = payload;
        if i == which {
            let old = protocol::segment::decode(&payload, &id, count)?;
            let Some((batch, row)) = altered(&old, id, rng)? else {
                return Ok(None);
            };
            payload = protocol::segment::encode(&batch, &[id.scope], 3)?;
            let new = protocol::segment::decode(&payload, &id, count)?;
            let seq = first + row as i64;
            conn.execute(
                "UPDATE cells SET value = ?3 WHERE log = ?1 AND seq = ?2",
                params![log, seq, new.value(&new.rows[row])],
            )?;
            told = Some(format!("value {seq} of log {log} written anew"));
        }
        chain = protocol::chain::next(&chain, &header, &payload);
        conn.execute(
            "UPDATE segments SET payload = ?2, chain = ?3 WHERE no = ?1",
            params![no, payload, chain],
        )?;
    }
    follow(conn, log)?;
    Ok(told)
}

fn identity(conn: &Connection, log: i64) -> Result<(LogId, Uuid)> {
    type Raw = ([u8; 16], [u8; 16], i64, [u8; 16]);
    let (device, scope, epoch, campaign): Raw = conn.query_row(
        "SELECT l.device, s.id, l.epoch, s.campaign FROM logs l JOIN scopes s ON s.no = l.scope WHERE l.no = ?1",
        [log],
        |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?)),
    )?;
    let id = LogId::new(
        Uuid::from_bytes(device),
        Uuid::from_bytes(scope),
        epoch as u64,
    );
    Ok((id, Uuid::from_bytes(campaign)))
}

/// The batch with one number or text changed, and which row it is; none if it has neither.
fn altered(
    old: &protocol::Batch,
    id: LogId,
    rng: &mut Rng,
) -> Result<Option<(protocol::Batch, usize)>> {
    let rows: Vec<usize> = (0..old.rows.len()).collect();
    let start = rng.usize(..rows.len());
    let found = (0..rows.len()).map(|i| (start + i) % rows.len()).find(|i| {
        let value = protocol::value::decode(old.value(&old.rows[*i]));
        value.is_ok_and(|v| other(&v).is_some())
    });
    let Some(which) = found else {
        return Ok(None);
    };
    let mut b = protocol::BatchBuilder::default();
    for (i, row) in old.rows.iter().enumerate() {
        let mut bytes = old.value(row).to_vec();
        if i == which {
            let value = protocol::value::decode(&bytes)?;
            bytes = protocol::value::encode(&other(&value).context("found above")?);
        }
        let dots: Vec<(LogId, u64)> = old
            .superseded(row)
            .iter()
            .map(|(index, seq)| (old.log(id, *index), *seq))
            .collect();
        let (kind, record) = &old.records[row.record as usize];
        let kind = old.kinds[*kind as usize].as_str();
        let field = &old.fields[row.field as usize];
        b.push(id, row.at_ms, (kind, *record), field, &bytes, &dots);
    }
    Ok(Some((b.finish(), which)))
}

/// Another value of the same form.
fn other(value: &Value) -> Option<Value> {
    match value {
        Value::Int(n) => Some(Value::Int(n + 10_000)),
        Value::Text(t) => Some(Value::Text(format!("{t}改"))),
        Value::List(list) => {
            let at = list.iter().position(|v| other(v).is_some())?;
            let mut list = list.clone();
            list[at] = other(&list[at])?;
            Some(Value::List(list))
        }
        _ => None,
    }
}

/// Places in the feed without gap.
fn tidy_feed(conn: &Connection) -> Result<()> {
    conn.execute_batch(
        "WITH place AS (SELECT no, row_number() OVER (PARTITION BY scope ORDER BY gseq, no) AS n
                        FROM segments WHERE gseq > 0)
         UPDATE segments SET gseq = (SELECT n FROM place WHERE place.no = segments.no) WHERE gseq > 0;
         UPDATE scopes SET gseq = (SELECT ifnull(max(gseq), 0) FROM segments WHERE scope = scopes.no);",
    )?;
    Ok(())
}

/// Draws and does something with the server's own key, in its logs: a change that is signed as the office's.
///
/// # Errors
/// The database's.
pub fn signed(dir: &Path, clean: &Path, rng: &mut Rng) -> Result<Option<Done>> {
    let conn = unguarded(dir)?;
    let tx = conn.unchecked_transaction()?;
    let mut ledger = Ledger::new();
    let (kind, field) = WORDS[rng.usize(..WORDS.len())];
    let mut stmt = tx.prepare(
        "SELECT r.id, s.letter, s.campaign, s.owner FROM records r JOIN names n ON n.no = r.kind
         JOIN scopes s ON s.no = r.scope
         WHERE n.name = ?1 AND s.campaign NOT IN (SELECT campaign FROM rehearsals) ORDER BY r.no",
    )?;
    type Raw = ([u8; 16], u8, [u8; 16], [u8; 16]);
    let all: Vec<Raw> = stmt
        .query_map([kind], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?)))?
        .collect::<rusqlite::Result<_>>()?;
    drop(stmt);
    if all.is_empty() {
        return Ok(None);
    }
    let (record, letter, campaign, owner) = all[rng.usize(..all.len())];
    let record = Uuid::from_bytes(record);
    let scope = Scope::from_parts(letter, Uuid::from_bytes(campaign), Uuid::from_bytes(owner));
    let scope = scope.context("a scope")?;
    let old = ledger.value(&tx, record, field)?;
    let Some(new) = old.as_ref().and_then(|v| office_value(kind, field, v, rng)) else {
        return Ok(None);
    };
    let server: [u8; 16] = meta(&tx, "server")?;
    let key = SigningKey::from_bytes(&meta(&tx, "key")?);
    let epoch: i64 = tx.query_row(
        "SELECT max(epoch) FROM logs WHERE device = ?1",
        [server],
        |r| r.get(0),
    )?;
    let own = LogId::new(Uuid::from_bytes(server), scope.id(), epoch as u64);
    let edit = Edit {
        kind,
        record,
        field,
        value: new.clone(),
        supersedes: Supersede::All,
        minted: None,
    };
    let at = crate::office::MORNING + 2 * 86_400_000;
    ledger.append(&tx, scope, own, at, &edit)?;
    ledger.seal(&tx, own, &key, &Seen::default(), at, 3)?;
    let log = ledger.find_log(&tx, own)?.context("the log just written")?;
    ledger.publish(&tx, log.no, log.scope)?;
    if kind == "verdict" {
        ledger.take_verdict(&tx, log.scope, record)?;
    }
    tx.commit()?;
    guard(&conn, clean)?;
    Ok(Some(Done {
        class: "signed",
        what: format!("{kind}.{field} of {record} signed anew: {new:?}"),
    }))
}

fn meta<const N: usize>(conn: &Connection, key: &str) -> Result<[u8; N]> {
    let value: Vec<u8> =
        conn.query_row("SELECT value FROM meta WHERE key = ?1", [key], |r| r.get(0))?;
    value.try_into().ok().context("a key's length")
}

/// Fields of the office that decide a result: roster, weights, membership, verdicts, results.
const WORDS: &[(&str, &str)] = &[
    ("campaign", "rules"),
    ("tour_township", "group"),
    ("tour_township", "ledger"),
    ("tour_township", "veto"),
    ("account", "group"),
    ("account", "role"),
    ("account", "home_unit"),
    ("account", "active"),
    ("device", "enrolment"),
    ("site", "spec"),
    ("site", "struck"),
    ("tour_group", "lock"),
    ("recusal", "ruling"),
    ("verdict", "ruling"),
    ("closing_set", "body"),
    ("result", "body"),
    ("checklist", "body"),
];

/// What a dishonest office would write instead.
fn office_value(kind: &str, field: &str, old: &Value, rng: &mut Rng) -> Option<Value> {
    let with = |i: usize, new: Value| {
        let Value::List(mut list) = old.clone() else {
            return None;
        };
        *list.get_mut(i)? = new;
        Some(Value::List(list))
    };
    match (kind, field) {
        ("campaign", "rules") => {
            let text = old.as_text()?.replace("50", "40").replace("20", "30");
            Some(text.into()).filter(|new| new != old)
        }
        (_, "group" | "home_unit" | "struck") => Some(match old {
            Value::Null => "640422102".into(),
            _ => Value::Null,
        }),
        (_, "active") => Some((old.as_bool() != Some(true)).into()),
        (_, "role") => Some("supervisor".into()),
        ("tour_township", "ledger") => with(1, rng.i64(0..7).into()).filter(|new| new != old),
        ("tour_township", "veto") => with(0, true.into()),
        ("device", _) => with(1, Value::Bytes((0..32).map(|_| rng.u8(..)).collect())),
        ("site", "spec") => with(0, "street".into()),
        ("tour_group", _) => match rng.u8(..2) {
            0 => with(1, "open".into()),
            _ => with(3, "00".repeat(32).into()),
        },
        ("recusal", _) => with(3, false.into()),
        ("verdict", _) => with(1, (old.at(1).as_bool() != Some(true)).into()),
        _ => {
            let text = old.as_text()?;
            let digits: Vec<usize> = text
                .match_indices(|c: char| c.is_ascii_digit())
                .map(|d| d.0)
                .collect();
            let digit = *digits.get(rng.usize(..digits.len().max(1)))?;
            let new = if &text[digit..=digit] == "1" {
                "2"
            } else {
                "1"
            };
            Some(format!("{}{new}{}", &text[..digit], &text[digit + 1..]).into())
        }
    }
}

/// Draws and does something to the audit, chain and all; the end that is kept apart follows.
///
/// # Errors
/// The database's.
pub fn audit(dir: &Path, clean: &Path, rng: &mut Rng) -> Result<Option<Done>> {
    let conn = unguarded(dir)?;
    let count: i64 = conn.query_row("SELECT max(id) FROM audit_entries", [], |r| r.get(0))?;
    let what = match rng.u8(..2) {
        0 => {
            let n = rng.i64(1..count);
            conn.execute("DELETE FROM audit_entries WHERE id > ?1", [count - n])?;
            format!("the last {n} of {count} entries deleted")
        }
        _ => {
            // The anchor at the end does not cover its own entry.
            let id = rng.i64(1..count);
            let column = ["user_name", "role", "action", "object", "detail"][rng.usize(..5)];
            let sql = format!("UPDATE audit_entries SET {column} = {column} || 'x' WHERE id = ?1");
            conn.execute(&sql, [id])?;
            rechain(&conn)?;
            format!("{column} of entry {id} changed, the chain written anew")
        }
    };
    conn.execute_batch(
        "UPDATE audit_end SET chain = (SELECT chain FROM audit_entries ORDER BY id DESC LIMIT 1)",
    )?;
    guard(&conn, clean)?;
    Ok(Some(Done {
        class: "audit",
        what,
    }))
}

/// The whole chain as the program would have written it (`docs/sync-protocol.md` does not say how: it is not sent).
fn rechain(conn: &Connection) -> Result<()> {
    let mut stmt = conn.prepare(
        "SELECT id, at_ms, ok, user_name, role, action, object, detail FROM audit_entries ORDER BY id",
    )?;
    let mut rows = stmt.query([])?;
    let mut chain: Vec<u8> = Vec::new();
    while let Some(r) = rows.next()? {
        let mut bytes = std::mem::take(&mut chain);
        bytes.extend_from_slice(&r.get::<_, i64>(1)?.to_be_bytes());
        bytes.push(u8::from(r.get::<_, bool>(2)?));
        for i in 3..8 {
            let text: String = r.get(i)?;
            bytes.extend_from_slice(&(text.len() as u64).to_be_bytes());
            bytes.extend_from_slice(text.as_bytes());
        }
        chain = protocol::chain::sha256(&bytes).to_vec();
        conn.execute(
            "UPDATE audit_entries SET chain = ?2 WHERE id = ?1",
            params![r.get::<_, i64>(0)?, chain],
        )?;
    }
    Ok(())
}
