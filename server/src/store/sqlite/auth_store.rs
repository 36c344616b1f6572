//! The functions of `auth` and `audit` for async callers.
//!
//! Invariant: each method is one transaction; an action and its audit entry commit together.
//! Leaves out: the database itself, which is given as `AuthDatabase`.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use rusqlite::Connection;
use uuid::Uuid;

use super::{audit, auth};
use crate::auth::AuthError;
use crate::auth::types::{Attempt, AuditEntry, Grant, Login, SetUp};
use crate::error::Error;

/// Something to do with the database.
pub type AuthJob = Box<dyn FnOnce(&Connection) -> rusqlite::Result<()> + Send>;

/// Runs jobs against the server's database.
#[async_trait]
pub trait AuthDatabase: Send + Sync + 'static {
    /// Runs a job; with `write`, in one immediate transaction that commits if the job succeeds.
    async fn run(&self, write: bool, job: AuthJob) -> Result<(), Error>;
}

/// Logins, secrets, sessions and the audit.
#[derive(Clone)]
pub struct AuthStore {
    db: Arc<dyn AuthDatabase>,
}

impl fmt::Debug for AuthStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuthStore")
    }
}

type AuthResult<T> = Result<T, AuthError>;

impl AuthStore {
    /// On a database that has `auth::MIGRATION`.
    pub fn new(db: Arc<dyn AuthDatabase>) -> Self {
        Self { db }
    }

    pub(super) async fn call<T: Send + 'static>(
        &self,
        write: bool,
        job: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> AuthResult<T> {
        let slot = Arc::new(Mutex::new(None));
        let answer = Arc::clone(&slot);
        let job: AuthJob = Box::new(move |conn| {
            let value = job(conn)?;
            *answer.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
            Ok(())
        });
        self.db.run(write, job).await?;
        let value = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
        value.ok_or_else(|| Error::storage("the job did not run").into())
    }

    /// See `auth::needs_setup`.
    pub async fn needs_setup(&self) -> AuthResult<bool> {
        self.call(false, auth::needs_setup).await
    }

    /// See `auth::set_up`; leaves an audit entry whatever comes of it.
    pub async fn set_up(
        &self,
        secret: String,
        id: Uuid,
        user_name: String,
        password_hash: String,
        now_ms: i64,
    ) -> AuthResult<SetUp> {
        self.call(true, move |conn| {
            let done = auth::set_up(conn, &secret, id, &user_name, &password_hash, now_ms)?;
            let (role, ok, detail) = match &done {
                SetUp::Done(login) => (login.role.word(), true, ""),
                SetUp::BadSecret => ("", false, "bad secret"),
                SetUp::NameTaken => ("", false, "name taken"),
                // Found before anything is stored.
                SetUp::Weak | SetUp::Used | SetUp::Busy => ("", false, "password"),
            };
            let entry = AuditEntry {
                at_ms: now_ms,
                user_name,
                role: role.to_owned(),
                action: "set_up".to_owned(),
                object: String::new(),
                ok,
                detail: detail.to_owned(),
            };
            audit::append(conn, &entry)?;
            Ok(done)
        })
        .await
    }

    /// See `auth::invite`.
    pub async fn invite(
        &self,
        grant: Grant,
        ttl_ms: i64,
        entropy: [u8; 16],
        entry: AuditEntry,
    ) -> AuthResult<String> {
        self.call(true, move |conn| {
            let (by, now_ms) = (&entry.user_name, entry.at_ms);
            let secret = auth::invite(conn, &grant, by, Some(ttl_ms), entropy, now_ms)?;
            audit::append(conn, &entry)?;
            Ok(secret)
        })
        .await
    }

    /// See `auth::is_locked`.
    pub async fn is_locked(&self, key: String, now_ms: i64) -> AuthResult<bool> {
        self.call(false, move |conn| auth::is_locked(conn, &key, now_ms))
            .await
    }

    /// See `auth::begin_sign_in`.
    pub async fn begin_sign_in(
        &self,
        user_name: String,
        key: String,
        now_ms: i64,
    ) -> AuthResult<Attempt> {
        self.call(true, move |conn| {
            auth::begin_sign_in(conn, &user_name, &key, now_ms)
        })
        .await
    }

    /// See `auth::finish_sign_in`.
    pub async fn finish_sign_in(
        &self,
        login: Login,
        key: String,
        entry: AuditEntry,
    ) -> AuthResult<()> {
        self.call(true, move |conn| {
            auth::finish_sign_in(conn, &login, &key, entry.at_ms)?;
            audit::append(conn, &entry)
        })
        .await
    }

    /// A login by id.
    pub async fn login(&self, id: Uuid) -> AuthResult<Option<Login>> {
        self.call(false, move |conn| auth::login(conn, id)).await
    }

    /// All logins.
    pub async fn logins(&self) -> AuthResult<Vec<Login>> {
        self.call(false, auth::logins).await
    }

    /// See `auth::save_session`.
    pub async fn save_session(
        &self,
        hash: [u8; 32],
        data: String,
        expires_at_ms: i64,
        only_new: bool,
    ) -> AuthResult<bool> {
        self.call(true, move |conn| {
            let login = super::logins::login_of_session(&data);
            auth::save_session(conn, hash, &data, login, expires_at_ms, only_new)
        })
        .await
    }

    /// See `auth::load_session`.
    pub async fn load_session(
        &self,
        hash: [u8; 32],
        now_ms: i64,
    ) -> AuthResult<Option<(String, i64)>> {
        self.call(false, move |conn| auth::load_session(conn, hash, now_ms))
            .await
    }

    /// See `auth::delete_session`.
    pub async fn delete_session(&self, hash: [u8; 32], now_ms: i64) -> AuthResult<()> {
        self.call(true, move |conn| auth::delete_session(conn, hash, now_ms))
            .await
    }

    /// Appends an audit entry.
    pub async fn audit(&self, entry: AuditEntry) -> AuthResult<()> {
        self.call(true, move |conn| audit::append(conn, &entry))
            .await
    }
}
