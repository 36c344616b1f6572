//! Second factors in SQLite: generators, recovery codes, sign-ins that wait for a code.
//!
//! Invariant: a try is counted, the code checked and used up in one transaction, so that no code is taken twice and
//! parallel tries cannot exceed the limit; what happened has its audit entry in the same one. Leaves out: what fits a
//! generator (`auth::second_factor`), passwords.

use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use super::auth_store::AuthStore;
use super::{audit, auth, logins};
use crate::auth::second_factor::step_of;
use crate::auth::types::{AuditEntry, CodeTaken, FactorState, Login};
use crate::auth::{AuthError, codes};

/// Tables of this module.
pub const MIGRATION: &str = include_str!("second_factor.sql");

type Done<T> = Result<T, AuthError>;

/// Whether a login has one; to be put into a query over `logins`.
pub const HAS_ONE: &str = "EXISTS (SELECT 1 FROM second_factors f WHERE f.login = logins.id)";

fn codes_left(conn: &Connection, login: Uuid) -> rusqlite::Result<u32> {
    conn.prepare_cached(
        "SELECT count(*) FROM recovery_codes WHERE login = ?1 AND used_at_ms IS NULL",
    )?
    .query_row([login], |r| r.get(0))
}

fn factor(conn: &Connection, login: Uuid) -> rusqlite::Result<Option<(Vec<u8>, i64)>> {
    conn.prepare_cached("SELECT secret, since_ms FROM second_factors WHERE login = ?1")?
        .query_row([login], |r| Ok((r.get(0)?, r.get(1)?)))
        .optional()
}

/// Counts a try under `key`, then takes a generator's code or a recovery code, once.
pub fn take_code(
    conn: &Connection,
    login: Uuid,
    key: &str,
    typed: &str,
    now_ms: i64,
) -> rusqlite::Result<CodeTaken> {
    if !auth::count_try(conn, key, now_ms)? {
        return Ok(CodeTaken::Locked);
    }
    let Some((secret, _)) = factor(conn, login)? else {
        return Ok(CodeTaken::Wrong);
    };
    let step = step_of(&secret, typed, now_ms);
    let taken = match step {
        Some(step) => conn
            .prepare_cached(
                "UPDATE second_factors SET last_step = ?2 WHERE login = ?1 AND last_step < ?2",
            )?
            .execute(params![login, step])?,
        None => conn
            .prepare_cached(
                "UPDATE recovery_codes SET used_at_ms = ?3
                 WHERE hash = ?1 AND login = ?2 AND used_at_ms IS NULL",
            )?
            .execute(params![codes::hash(typed), login, now_ms])?,
    };
    if taken == 0 {
        return Ok(CodeTaken::Wrong);
    }
    auth::forget_failures(conn, key)?;
    Ok(match step {
        Some(_) => CodeTaken::Generated,
        None => CodeTaken::Recovery {
            left: codes_left(conn, login)?,
        },
    })
}

/// Takes a login's second factor away; false if it had none.
fn forget(conn: &Connection, login: Uuid) -> rusqlite::Result<bool> {
    conn.execute("DELETE FROM recovery_codes WHERE login = ?1", [login])?;
    forget_pending(conn, login)?;
    let gone = conn.execute("DELETE FROM second_factors WHERE login = ?1", [login])?;
    Ok(gone == 1)
}

/// Forgets what waits for a code of a login: its password or rights changed.
pub(super) fn forget_pending(conn: &Connection, login: Uuid) -> rusqlite::Result<()> {
    conn.prepare_cached("DELETE FROM pending_sign_ins WHERE login = ?1")?
        .execute([login])?;
    Ok(())
}

/// What the entry of something done with a code says of it.
fn with_code(entry: &AuditEntry, taken: CodeTaken) -> AuditEntry {
    let detail = match taken {
        CodeTaken::Recovery { left } => format!("recovery code, {left} left"),
        _ => "code".to_owned(),
    };
    AuditEntry {
        detail,
        ..entry.clone()
    }
}

impl AuthStore {
    /// A login's second factor, if it has one.
    pub async fn second_factor(&self, login: Uuid) -> Done<Option<FactorState>> {
        self.call(false, move |conn| {
            let Some((_, since_ms)) = factor(conn, login)? else {
                return Ok(None);
            };
            let codes_left = codes_left(conn, login)?;
            Ok(Some(FactorState {
                since_ms,
                codes_left,
            }))
        })
        .await
    }

    /// Gives a login a second factor; sessions other than `keep` end. False if it has one. `step`: of the code that
    /// confirmed it, which is thereby used.
    pub async fn turn_on_factor(
        &self,
        login: Uuid,
        (secret, step): (Vec<u8>, i64),
        hashes: Vec<[u8; 32]>,
        keep: Option<[u8; 32]>,
        entry: AuditEntry,
    ) -> Done<bool> {
        self.call(true, move |conn| {
            let added = conn.execute(
                "INSERT INTO second_factors (login, secret, since_ms, last_step)
                 VALUES (?1, ?2, ?3, ?4) ON CONFLICT (login) DO NOTHING",
                params![login, secret, entry.at_ms, step],
            )?;
            if added == 0 {
                return Ok(false);
            }
            for hash in &hashes {
                conn.prepare_cached("INSERT INTO recovery_codes (hash, login) VALUES (?1, ?2)")?
                    .execute(params![hash, login])?;
            }
            logins::end_sessions(conn, login, keep)?;
            audit::append(conn, &entry)?;
            Ok(true)
        })
        .await
    }

    /// Takes a code and then the second factor away; sessions other than `keep` end.
    pub async fn turn_off_factor(
        &self,
        login: Uuid,
        key: String,
        typed: String,
        keep: Option<[u8; 32]>,
        entry: AuditEntry,
    ) -> Done<CodeTaken> {
        self.call(true, move |conn| {
            let taken = take_code(conn, login, &key, &typed, entry.at_ms)?;
            if taken.is_right() {
                forget(conn, login)?;
                logins::end_sessions(conn, login, keep)?;
                audit::append(conn, &with_code(&entry, taken))?;
            }
            Ok(taken)
        })
        .await
    }

    /// Takes somebody's second factor away without a code; the sessions end. False if there is none.
    pub async fn remove_factor(&self, login: Uuid, entry: AuditEntry) -> Done<bool> {
        self.call(true, move |conn| {
            if !forget(conn, login)? {
                return Ok(false);
            }
            logins::end_sessions(conn, login, None)?;
            audit::append(conn, &entry)?;
            Ok(true)
        })
        .await
    }

    /// Keeps a sign-in that waits for its code.
    pub async fn hold_sign_in(
        &self,
        hash: [u8; 32],
        login: Uuid,
        key: String,
        now_ms: i64,
        expires_at_ms: i64,
    ) -> Done<()> {
        self.call(true, move |conn| {
            conn.execute(
                "DELETE FROM pending_sign_ins WHERE expires_at_ms <= ?1",
                [now_ms],
            )?;
            conn.execute(
                "INSERT INTO pending_sign_ins (hash, login, tries_key, expires_at_ms) VALUES (?1, ?2, ?3, ?4)",
                params![hash, login, key, expires_at_ms],
            )?;
            Ok(())
        })
        .await
    }

    /// A sign-in that waits for its code, with the key of its tries.
    pub async fn held_sign_in(&self, hash: [u8; 32], now_ms: i64) -> Done<Option<(Login, String)>> {
        self.call(false, move |conn| {
            let found = conn
                .prepare_cached(
                    "SELECT login, tries_key FROM pending_sign_ins
                     WHERE hash = ?1 AND expires_at_ms > ?2",
                )?
                .query_row(params![hash, now_ms], |r| {
                    Ok((r.get::<_, Uuid>(0)?, r.get::<_, String>(1)?))
                })
                .optional()?;
            let Some((id, key)) = found else {
                return Ok(None);
            };
            Ok(auth::login(conn, id)?.map(|login| (login, key)))
        })
        .await
    }

    /// Takes a code and ends the sign-in: it is no longer held, and its audit entry is written.
    pub async fn finish_with_code(
        &self,
        login: Login,
        (key, code_key): (String, String),
        typed: String,
        entry: AuditEntry,
    ) -> Done<CodeTaken> {
        self.call(true, move |conn| {
            let taken = take_code(conn, login.id, &code_key, &typed, entry.at_ms)?;
            if taken.is_right() {
                auth::finish_sign_in(conn, &login, &key, entry.at_ms)?;
                forget_pending(conn, login.id)?;
                audit::append(conn, &with_code(&entry, taken))?;
            }
            Ok(taken)
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::Role;
    use crate::auth::second_factor::code_at;
    use crate::auth::types::Grant;

    const NOW: i64 = 1_800_000_000_000;
    const SECRET: [u8; 20] = [7; 20];

    fn id(n: u8) -> Uuid {
        Uuid::from_bytes([n; 16])
    }

    fn database() -> Connection {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(auth::MIGRATION).unwrap();
        conn.execute_batch(MIGRATION).unwrap();
        for n in [1, 2] {
            let grant = Grant::of(Role::Supervisor);
            auth::create_login(&conn, id(n), &format!("n{n}"), "phc", &grant, NOW).unwrap();
            conn.execute(
                "INSERT INTO second_factors (login, secret, since_ms, last_step) VALUES (?1, ?2, 0, 0)",
                params![id(n), SECRET],
            )
            .unwrap();
            conn.execute(
                "INSERT INTO recovery_codes (hash, login) VALUES (?1, ?2)",
                params![codes::hash(&format!("ABCD-{n}")), id(n)],
            )
            .unwrap();
        }
        conn
    }

    fn take(conn: &Connection, typed: &str, now_ms: i64) -> CodeTaken {
        take_code(conn, id(1), "n1\ncode", typed, now_ms).unwrap()
    }

    #[test]
    fn a_code_is_taken_once_and_none_before_it() {
        let conn = database();
        let (now, before) = (code_at(&SECRET, NOW), code_at(&SECRET, NOW - 30_000));
        assert_ne!(now, before);
        assert_eq!(take(&conn, &now, NOW), CodeTaken::Generated);
        assert_eq!(take(&conn, &now, NOW), CodeTaken::Wrong);
        // Still in its time, but the step after it was taken.
        assert_eq!(take(&conn, &before, NOW), CodeTaken::Wrong);
        let next = code_at(&SECRET, NOW + 30_000);
        assert_eq!(take(&conn, &next, NOW + 30_000), CodeTaken::Generated);
    }

    #[test]
    fn a_recovery_code_is_good_for_its_login_once() {
        let conn = database();
        assert_eq!(take(&conn, "ABCD-2", NOW), CodeTaken::Wrong);
        assert_eq!(take(&conn, "abcd 1", NOW), CodeTaken::Recovery { left: 0 });
        assert_eq!(take(&conn, "ABCD-1", NOW), CodeTaken::Wrong);
    }

    #[test]
    fn five_wrong_codes_lock_and_the_right_one_is_refused_meanwhile() {
        let conn = database();
        for _ in 0..auth::MAX_FAILURES {
            assert_eq!(take(&conn, "000000", NOW), CodeTaken::Wrong);
        }
        let right = code_at(&SECRET, NOW);
        assert_eq!(take(&conn, &right, NOW), CodeTaken::Locked);
        let later = NOW + auth::LOCK_MS;
        let right = code_at(&SECRET, later);
        assert_eq!(take(&conn, &right, later), CodeTaken::Generated);
    }
}
