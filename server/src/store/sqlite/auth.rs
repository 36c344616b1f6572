//! Logins, set-up secrets, sessions and enrolment codes in SQLite.
//!
//! Invariant: each one-time secret is used at most once, decided by one conditional UPDATE; a try to sign in is counted
//! before the password is looked at, so that parallel tries cannot exceed the limit.
//! Leaves out: hashing passwords, the rights of roles, and the audit (`audit.rs`).

use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

use super::second_factor::HAS_ONE;
use crate::auth::types::{Attempt, Grant, Login, Redeemed, SetUp};
use crate::auth::{Role, codes};

/// Tables of this module and of the audit.
pub const MIGRATION: &str = include_str!("auth.sql");
/// Failures in a row after which a name is locked.
pub const MAX_FAILURES: i64 = 5;
/// For how long after the last failure.
pub const LOCK_MS: i64 = 15 * 60 * 1000;

/// User names are compared trimmed and in lower case.
pub fn user_key(user_name: &str) -> String {
    user_name.trim().to_lowercase()
}

/// The first start: makes the secret that lets somebody become system administrator, and returns it to be printed.
/// `None` if one was made before.
pub fn ensure_setup(
    conn: &Connection,
    entropy: [u8; 16],
    now_ms: i64,
) -> rusqlite::Result<Option<String>> {
    let made = "SELECT EXISTS (SELECT 1 FROM setup_secrets) OR EXISTS (SELECT 1 FROM logins)";
    if conn.query_row(made, [], |r| r.get(0))? {
        return Ok(None);
    }
    let grant = Grant::of(Role::Sysadmin);
    invite(conn, &grant, "guanmo", None, entropy, now_ms).map(Some)
}

/// True while nobody ever set up a login: the sign-in page then points to the set-up page.
pub fn needs_setup(conn: &Connection) -> rusqlite::Result<bool> {
    conn.query_row("SELECT NOT EXISTS (SELECT 1 FROM logins)", [], |r| r.get(0))
}

/// Makes a one-time secret with which somebody sets up a login as granted; returned once, stored hashed.
pub fn invite(
    conn: &Connection,
    grant: &Grant,
    issued_by: &str,
    ttl_ms: Option<i64>,
    entropy: [u8; 16],
    now_ms: i64,
) -> rusqlite::Result<String> {
    let secret = codes::write(entropy);
    conn.prepare_cached(
        "INSERT INTO setup_secrets
             (hash, role, account, unit, group_number, expires_on, issued_by, issued_at_ms, expires_at_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(params![
        codes::hash(&secret),
        grant.role.word(),
        grant.account,
        grant.unit,
        grant.group_number,
        grant.expires_on,
        issued_by,
        now_ms,
        ttl_ms.map(|ttl| now_ms.saturating_add(ttl)),
    ])?;
    Ok(secret)
}

fn granted(row: &Row<'_>) -> rusqlite::Result<Option<Grant>> {
    let role: String = row.get(0)?;
    let Some(role) = Role::parse(&role) else {
        return Ok(None);
    };
    Ok(Some(Grant {
        role,
        account: row.get(1)?,
        unit: row.get(2)?,
        group_number: row.get(3)?,
        expires_on: row.get(4)?,
    }))
}

/// Uses a set-up secret to make a login. Run it in a transaction: a taken name must leave the secret unused.
pub fn set_up(
    conn: &Connection,
    secret: &str,
    id: Uuid,
    user_name: &str,
    password_hash: &str,
    now_ms: i64,
) -> rusqlite::Result<SetUp> {
    let hash = codes::hash(secret);
    let open =
        "login IS NULL AND used_at_ms IS NULL AND (expires_at_ms IS NULL OR expires_at_ms > ?2)";
    let found = conn
        .prepare_cached(&format!(
            "SELECT role, account, unit, group_number, expires_on FROM setup_secrets
             WHERE hash = ?1 AND {open}"
        ))?
        .query_row(params![hash, now_ms], granted)
        .optional()?;
    let Some(grant) = found.flatten() else {
        return Ok(SetUp::BadSecret);
    };
    let made = create_login(conn, id, user_name, password_hash, &grant, now_ms)?;
    let Some(login) = made else {
        return Ok(SetUp::NameTaken);
    };
    conn.prepare_cached(&format!(
        "UPDATE setup_secrets SET used_at_ms = ?2 WHERE hash = ?1 AND {open}"
    ))?
    .execute(params![hash, now_ms])?;
    Ok(SetUp::Done(login))
}

/// Makes a login; `None` if the name is taken.
pub fn create_login(
    conn: &Connection,
    id: Uuid,
    user_name: &str,
    password_hash: &str,
    grant: &Grant,
    now_ms: i64,
) -> rusqlite::Result<Option<Login>> {
    let added = conn
        .prepare_cached(
            "INSERT INTO logins (id, user_name, user_key, password_hash, role, account, unit, group_number,
                 expires_on, created_at_ms, password_set_at_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10) ON CONFLICT (user_key) DO NOTHING",
        )?
        .execute(params![
            id,
            user_name.trim(),
            user_key(user_name),
            password_hash,
            grant.role.word(),
            grant.account,
            grant.unit,
            grant.group_number,
            grant.expires_on,
            now_ms
        ])?;
    if added == 0 {
        return Ok(None);
    }
    login(conn, id)
}

const LOGIN: &str =
    "SELECT id, user_name, role, account, active, created_at_ms, last_sign_in_ms, password_hash,
         unit, group_number, expires_on, password_set_at_ms, must_change";

/// Logins that fit a condition.
fn select(condition: &str) -> String {
    format!("{LOGIN}, {HAS_ONE} FROM logins {condition}")
}

fn read_login(row: &Row<'_>) -> rusqlite::Result<Option<(Login, String)>> {
    let role: String = row.get(2)?;
    // A role this version does not know gives no right: as if there were no login.
    let Some(role) = Role::parse(&role) else {
        return Ok(None);
    };
    let login = Login {
        id: row.get(0)?,
        user_name: row.get(1)?,
        role,
        account: row.get(3)?,
        active: row.get(4)?,
        created_at_ms: row.get(5)?,
        last_sign_in_ms: row.get(6)?,
        unit: row.get(8)?,
        group_number: row.get(9)?,
        expires_on: row.get(10)?,
        password_set_at_ms: row.get(11)?,
        must_change: row.get(12)?,
        has_second_factor: row.get(13)?,
    };
    Ok(Some((login, row.get(7)?)))
}

/// A login by id, closed ones too.
pub fn login(conn: &Connection, id: Uuid) -> rusqlite::Result<Option<Login>> {
    let found = conn
        .prepare_cached(&select("WHERE id = ?1"))?
        .query_row([id], read_login)
        .optional()?;
    Ok(found.flatten().map(|(login, _)| login))
}

/// All logins, by name.
pub fn logins(conn: &Connection) -> rusqlite::Result<Vec<Login>> {
    let mut query = conn.prepare_cached(&select("ORDER BY user_key"))?;
    let rows = query.query_map([], read_login)?;
    rows.filter_map(|row| row.map(|r| r.map(|(login, _)| login)).transpose())
        .collect()
}

/// Closes or reopens a login; false if it is unknown.
pub fn set_active(conn: &Connection, id: Uuid, active: bool) -> rusqlite::Result<bool> {
    let changed = conn
        .prepare_cached("UPDATE logins SET active = ?2 WHERE id = ?1")?
        .execute(params![id, active])?;
    Ok(changed == 1)
}

/// Counts a try under `key` (the name's, or a familiar browser's own) and says what to check the password against.
pub fn begin_sign_in(
    conn: &Connection,
    user_name: &str,
    key: &str,
    now_ms: i64,
) -> rusqlite::Result<Attempt> {
    if !count_try(conn, key, now_ms)? {
        return Ok(Attempt::Locked);
    }
    Ok(match sign_in_target(conn, user_name)? {
        Some((login, hash)) => Attempt::Known(login, hash),
        None => Attempt::Unknown,
    })
}

/// True while a key is locked. Only looks: whoever goes on at a locked name costs no write and no place in the queue.
pub fn is_locked(conn: &Connection, key: &str, now_ms: i64) -> rusqlite::Result<bool> {
    conn.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM sign_in_failures
             WHERE user_key = ?1 AND failures >= ?2 AND last_at_ms > ?3)",
    )?
    .query_row(params![key, MAX_FAILURES, now_ms - LOCK_MS], |r| r.get(0))
}

/// Counts a try under a key; false while the key is locked.
pub fn count_try(conn: &Connection, key: &str, now_ms: i64) -> rusqlite::Result<bool> {
    conn.prepare_cached("DELETE FROM sign_in_failures WHERE last_at_ms <= ?1")?
        .execute([now_ms - LOCK_MS])?;
    let failures: i64 = conn
        .prepare_cached(
            "INSERT INTO sign_in_failures (user_key, failures, last_at_ms) VALUES (?1, 1, ?2)
             ON CONFLICT (user_key) DO UPDATE SET
                 last_at_ms = iif(failures > ?3, last_at_ms, excluded.last_at_ms),
                 failures = failures + 1
             RETURNING failures",
        )?
        .query_row(params![key, now_ms, MAX_FAILURES - 1], |r| r.get(0))?;
    Ok(failures <= MAX_FAILURES)
}

/// The login of a name that may sign in, with its password's hash.
pub fn sign_in_target(
    conn: &Connection,
    user_name: &str,
) -> rusqlite::Result<Option<(Login, String)>> {
    let found = conn
        .prepare_cached(&select("WHERE user_key = ?1 AND active = 1"))?
        .query_row([user_key(user_name)], read_login)
        .optional()?;
    let has_password = |(_, hash): &(Login, String)| hash != super::logins::NO_PASSWORD;
    Ok(found.flatten().filter(has_password))
}

/// Forgets the failures counted under a key.
pub fn forget_failures(conn: &Connection, key: &str) -> rusqlite::Result<()> {
    conn.prepare_cached("DELETE FROM sign_in_failures WHERE user_key = ?1")?
        .execute([key])?;
    Ok(())
}

/// After the right password: forgets the failures counted under `key`.
pub fn finish_sign_in(
    conn: &Connection,
    login: &Login,
    key: &str,
    now_ms: i64,
) -> rusqlite::Result<()> {
    forget_failures(conn, key)?;
    conn.prepare_cached("UPDATE logins SET last_sign_in_ms = ?2 WHERE id = ?1")?
        .execute(params![login.id, now_ms])?;
    Ok(())
}

/// Makes an enrolment code for an account; returned once, stored hashed.
pub fn issue_code(
    conn: &Connection,
    account: Uuid,
    issued_by: &str,
    ttl_ms: i64,
    entropy: [u8; 16],
    now_ms: i64,
) -> rusqlite::Result<String> {
    let code = codes::write(entropy);
    conn.prepare_cached(
        "INSERT INTO enrolment_codes (hash, account, issued_by, issued_at_ms, expires_at_ms)
         VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![
        codes::hash(&code),
        account,
        issued_by,
        now_ms,
        now_ms.saturating_add(ttl_ms)
    ])?;
    Ok(code)
}

/// Uses an enrolment code up, exactly once.
pub fn redeem(conn: &Connection, code: &str, now_ms: i64) -> rusqlite::Result<Redeemed> {
    let account = conn
        .prepare_cached(
            "UPDATE enrolment_codes SET used_at_ms = ?2
             WHERE hash = ?1 AND used_at_ms IS NULL AND expires_at_ms > ?2 RETURNING account",
        )?
        .query_row(params![codes::hash(code), now_ms], |r| r.get(0))
        .optional()?;
    Ok(account.map_or(Redeemed::Refused, Redeemed::Account))
}

/// Stores a session. False if `only_new` and the id exists; or else if it does not: it was ended meanwhile and stays so.
pub fn save_session(
    conn: &Connection,
    hash: [u8; 32],
    data: &str,
    login: Option<Uuid>,
    expires_at_ms: i64,
    only_new: bool,
) -> rusqlite::Result<bool> {
    let sql = if only_new {
        "INSERT INTO console_sessions (hash, data, expires_at_ms, login) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (hash) DO NOTHING"
    } else {
        "UPDATE console_sessions SET data = ?2, expires_at_ms = ?3, login = ?4 WHERE hash = ?1"
    };
    let stored = conn
        .prepare_cached(sql)?
        .execute(params![hash, data, expires_at_ms, login])?;
    Ok(stored == 1)
}

/// A session's values and end, if it has not expired.
pub fn load_session(
    conn: &Connection,
    hash: [u8; 32],
    now_ms: i64,
) -> rusqlite::Result<Option<(String, i64)>> {
    conn.prepare_cached(
        "SELECT data, expires_at_ms FROM console_sessions WHERE hash = ?1 AND expires_at_ms > ?2",
    )?
    .query_row(params![hash, now_ms], |r| Ok((r.get(0)?, r.get(1)?)))
    .optional()
}

/// Ends a session, and clears away those that expired.
pub fn delete_session(conn: &Connection, hash: [u8; 32], now_ms: i64) -> rusqlite::Result<()> {
    conn.prepare_cached("DELETE FROM console_sessions WHERE hash = ?1 OR expires_at_ms <= ?2")?
        .execute(params![hash, now_ms])?;
    Ok(())
}

#[cfg(test)]
#[path = "auth_tests.rs"]
mod tests;
