//! What becomes of a login after it was made: passwords, resets, sessions, rights.
//!
//! Invariant: each method is one transaction with its audit entry; a change of what a login may do, or of its password,
//! ends its sessions in that transaction. Leaves out: hashing, and who may do it (`auth`).

use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use super::auth_store::AuthStore;
use super::{audit, auth, second_factor};
use crate::auth::types::{
    AuditEntry, AuditFilter, AuditPage, Grant, Granted, Login, OpenSession, Secret, SetUp,
    Suspended,
};
use crate::auth::{AuthError, codes};

/// Stands for a password that was taken away: no password fits it.
pub const NO_PASSWORD: &str = "!";
/// Earlier passwords that are kept besides the one in use.
const EARLIER: i64 = 4;

type Done<T> = Result<T, AuthError>;

fn hash_of(conn: &Connection, login: Uuid) -> rusqlite::Result<Option<String>> {
    conn.prepare_cached("SELECT password_hash FROM logins WHERE id = ?1")?
        .query_row([login], |r| r.get(0))
        .optional()
}

/// Hashes that a new password must not fit: the one in use and those kept.
fn used_hashes(conn: &Connection, login: Uuid) -> rusqlite::Result<Vec<String>> {
    let mut query = conn.prepare_cached(
        "SELECT password_hash FROM earlier_passwords WHERE login = ?1
         UNION ALL SELECT password_hash FROM logins WHERE id = ?1 AND password_hash <> ?2",
    )?;
    let rows = query.query_map(params![login, NO_PASSWORD], |r| r.get(0))?;
    rows.collect()
}

fn keep_earlier(conn: &Connection, login: Uuid) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "INSERT INTO earlier_passwords (login, password_hash)
         SELECT id, password_hash FROM logins WHERE id = ?1 AND password_hash <> ?2",
    )?
    .execute(params![login, NO_PASSWORD])?;
    conn.prepare_cached(
        "DELETE FROM earlier_passwords WHERE login = ?1 AND no NOT IN
             (SELECT no FROM earlier_passwords WHERE login = ?1 ORDER BY no DESC LIMIT ?2)",
    )?
    .execute(params![login, EARLIER])?;
    Ok(())
}

fn put_password(conn: &Connection, login: Uuid, phc: &str, now_ms: i64) -> rusqlite::Result<()> {
    keep_earlier(conn, login)?;
    conn.prepare_cached(
        "UPDATE logins SET password_hash = ?2, password_set_at_ms = ?3, must_change = 0 WHERE id = ?1",
    )?
    .execute(params![login, phc, now_ms])?;
    Ok(())
}

/// Ends a login's sessions but for one, and what waits for a code; how many.
pub(super) fn end_sessions(
    conn: &Connection,
    login: Uuid,
    but: Option<[u8; 32]>,
) -> rusqlite::Result<usize> {
    second_factor::forget_pending(conn, login)?;
    conn.prepare_cached("DELETE FROM console_sessions WHERE login = ?1 AND hash IS NOT ?2")?
        .execute(params![login, but])
}

/// True if nobody else of its role may sign in; asked of the two who let others in.
fn is_last(conn: &Connection, login: &Login) -> rusqlite::Result<bool> {
    if !login.role.administers() {
        return Ok(false);
    }
    conn.prepare_cached(
        "SELECT NOT EXISTS (SELECT 1 FROM logins
             WHERE role = ?1 AND active = 1 AND expires_on IS NULL AND id <> ?2)",
    )?
    .query_row(params![login.role.word(), login.id], |r| r.get(0))
}

/// The session values' login: those of the console and of the interface.
pub(super) fn login_of_session(data: &str) -> Option<Uuid> {
    let values: serde_json::Value = serde_json::from_str(data).ok()?;
    let id = values
        .pointer("/user/login")
        .or(values.get("api_login"))?
        .as_str()?;
    Uuid::try_parse(id).ok()
}

impl AuthStore {
    /// What a one-time secret is for, if it is unused and not expired. `account`: the login that gets a new password.
    pub async fn open_secret(&self, secret: String, now_ms: i64) -> Done<Option<Secret>> {
        self.call(false, move |conn| {
            let found = conn
                .prepare_cached(
                    "SELECT login FROM setup_secrets WHERE hash = ?1 AND used_at_ms IS NULL
                         AND (expires_at_ms IS NULL OR expires_at_ms > ?2)",
                )?
                .query_row(params![codes::hash(&secret), now_ms], |r| {
                    r.get::<_, Option<Uuid>>(0)
                })
                .optional()?;
            Ok(match found {
                None => None,
                Some(None) => Some(Secret::NewLogin),
                Some(Some(login)) => match auth::login(conn, login)? {
                    Some(login) => Some(Secret::NewPassword {
                        used: used_hashes(conn, login.id)?,
                        login,
                    }),
                    None => None,
                },
            })
        })
        .await
    }

    /// Uses a secret to give its login a new password.
    pub async fn take_reset(
        &self,
        secret: String,
        login: Uuid,
        phc: String,
        entry: AuditEntry,
    ) -> Done<SetUp> {
        self.call(true, move |conn| {
            let used = conn
                .prepare_cached(
                    "UPDATE setup_secrets SET used_at_ms = ?3 WHERE hash = ?1 AND login = ?2
                         AND used_at_ms IS NULL AND expires_at_ms > ?3",
                )?
                .execute(params![codes::hash(&secret), login, entry.at_ms])?;
            if used == 0 {
                return Ok(SetUp::BadSecret);
            }
            put_password(conn, login, &phc, entry.at_ms)?;
            end_sessions(conn, login, None)?;
            audit::append(conn, &entry)?;
            Ok(auth::login(conn, login)?.map_or(SetUp::BadSecret, SetUp::Done))
        })
        .await
    }

    /// Takes a password away and makes a one-time secret for a new one; the sessions end. `None`: no such login.
    pub async fn reset_password(
        &self,
        login: Uuid,
        ttl_ms: i64,
        entropy: [u8; 16],
        entry: AuditEntry,
    ) -> Done<Option<String>> {
        self.call(true, move |conn| {
            let Some(found) = auth::login(conn, login)? else {
                return Ok(None);
            };
            keep_earlier(conn, login)?;
            conn.execute(
                "UPDATE logins SET password_hash = ?2 WHERE id = ?1",
                params![login, NO_PASSWORD],
            )?;
            conn.execute(
                "UPDATE setup_secrets SET used_at_ms = ?2 WHERE login = ?1 AND used_at_ms IS NULL",
                params![login, entry.at_ms],
            )?;
            let secret = codes::write(entropy);
            conn.execute(
                "INSERT INTO setup_secrets (hash, login, role, issued_by, issued_at_ms, expires_at_ms)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![
                    codes::hash(&secret),
                    login,
                    found.role.word(),
                    entry.user_name,
                    entry.at_ms,
                    entry.at_ms.saturating_add(ttl_ms)
                ],
            )?;
            end_sessions(conn, login, None)?;
            audit::append(conn, &entry)?;
            Ok(Some(secret))
        })
        .await
    }

    /// The hash in use, and those a new password must not fit.
    pub async fn password_hashes(&self, login: Uuid) -> Done<(Option<String>, Vec<String>)> {
        self.call(false, move |conn| {
            let own = hash_of(conn, login)?.filter(|h| h != NO_PASSWORD);
            Ok((own, used_hashes(conn, login)?))
        })
        .await
    }

    /// Replaces a password; sessions other than `keep` end.
    pub async fn set_password(
        &self,
        login: Uuid,
        phc: String,
        keep: Option<[u8; 32]>,
        entry: AuditEntry,
    ) -> Done<()> {
        self.call(true, move |conn| {
            put_password(conn, login, &phc, entry.at_ms)?;
            end_sessions(conn, login, keep)?;
            audit::append(conn, &entry)
        })
        .await
    }

    /// Closes or reopens a login; closing ends its sessions.
    pub async fn suspend(&self, id: Uuid, active: bool, entry: AuditEntry) -> Done<Suspended> {
        self.call(true, move |conn| {
            let Some(login) = auth::login(conn, id)? else {
                return Ok(Suspended::Unknown);
            };
            if !active && is_last(conn, &login)? {
                return Ok(Suspended::LastAdministrator);
            }
            auth::set_active(conn, id, active)?;
            if !active {
                end_sessions(conn, id, None)?;
            }
            audit::append(conn, &entry)?;
            Ok(Suspended::Done)
        })
        .await
    }

    /// Changes what a login may do and how far it reaches, if that is as it was `seen`; its sessions end.
    pub async fn regrant(
        &self,
        id: Uuid,
        grant: Grant,
        seen: impl FnOnce(&Granted) -> bool + Send + 'static,
        entry: AuditEntry,
    ) -> Done<Suspended> {
        self.call(true, move |conn| {
            let Some(login) = auth::login(conn, id)? else {
                return Ok(Suspended::Unknown);
            };
            if !seen(&login.granted()) {
                return Ok(Suspended::Changed);
            }
            let stays = grant.role == login.role && grant.expires_on.is_none();
            if !stays && is_last(conn, &login)? {
                return Ok(Suspended::LastAdministrator);
            }
            conn.execute(
                "UPDATE logins SET role = ?2, unit = ?3, group_number = ?4, expires_on = ?5 WHERE id = ?1",
                params![id, grant.role.word(), grant.unit, grant.group_number, grant.expires_on],
            )?;
            end_sessions(conn, id, None)?;
            audit::append(conn, &entry)?;
            Ok(Suspended::Done)
        })
        .await
    }

    /// Ends every session of a login but for `keep`; how many.
    pub async fn sign_out_everywhere(
        &self,
        login: Uuid,
        keep: Option<[u8; 32]>,
        entry: AuditEntry,
    ) -> Done<usize> {
        self.call(true, move |conn| {
            let ended = end_sessions(conn, login, keep)?;
            audit::append(conn, &entry)?;
            Ok(ended)
        })
        .await
    }

    /// A login's open sessions, latest end first.
    pub async fn sessions_of(&self, login: Uuid, now_ms: i64) -> Done<Vec<OpenSession>> {
        self.call(false, move |conn| {
            let mut query = conn.prepare_cached(
                "SELECT hash, data, expires_at_ms FROM console_sessions
                 WHERE login = ?1 AND expires_at_ms > ?2 ORDER BY expires_at_ms DESC, hash",
            )?;
            let rows = query.query_map(params![login, now_ms], |r| {
                let data: String = r.get(1)?;
                let values: serde_json::Value = serde_json::from_str(&data).unwrap_or_default();
                let number = |at: &str| values.pointer(at).and_then(serde_json::Value::as_i64);
                Ok(OpenSession {
                    hash: r.get(0)?,
                    began_ms: number("/user/began_ms"),
                    seen_ms: number("/user/seen_ms"),
                    is_api: values.get("api_login").is_some(),
                    expires_at_ms: r.get(2)?,
                })
            })?;
            rows.collect()
        })
        .await
    }

    /// Marks a login whose password is too old.
    pub async fn must_change(&self, login: Uuid) -> Done<()> {
        self.call(true, move |conn| {
            conn.execute("UPDATE logins SET must_change = 1 WHERE id = ?1", [login])?;
            Ok(())
        })
        .await
    }

    /// Forgets the failures counted under a key.
    pub async fn forget_failures(&self, key: String) -> Done<()> {
        self.call(true, move |conn| auth::forget_failures(conn, &key))
            .await
    }

    /// A page of the audit that fits a filter.
    pub async fn find_audit(
        &self,
        filter: AuditFilter,
        before: Option<i64>,
        limit: u32,
    ) -> Done<AuditPage> {
        self.call(false, move |conn| audit::page(conn, &filter, before, limit))
            .await
    }

    /// See `audit::actions`.
    pub async fn audit_actions(&self) -> Done<Vec<String>> {
        self.call(false, audit::actions).await
    }

    /// See `audit::head`.
    pub async fn audit_head(&self) -> Done<audit::AuditMark> {
        self.call(false, audit::head).await
    }

    /// Checks the audit's chain after a mark that was good before. See `audit::check`.
    pub async fn check_audit(&self, good: audit::AuditMark) -> Done<Result<audit::AuditMark, i64>> {
        self.call(false, move |conn| audit::check(conn, good)).await
    }
}

#[cfg(test)]
#[path = "logins_tests.rs"]
mod tests;
