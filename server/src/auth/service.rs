//! Signing in, setting up, inviting: one method per thing a person does.
//!
//! Invariant: each leaves an audit entry, refusals too; the answer to a wrong name and to a wrong password is the same.
//! Leaves out: cookies and forms (`console`), storage (`store::sqlite::auth_store`).

use std::fmt;

use uuid::Uuid;

use super::password::Passwords;
use super::types::{Attempt, AuditEntry, AuditPage, Grant, Login, SetUp};
use super::{AuthError, Role};
use crate::config::Clock;
use crate::store::sqlite::auth_store::AuthStore;

/// How long an invitation to the console is valid.
const INVITATION_MS: i64 = 72 * 3600 * 1000;
/// How long an enrolment code is valid.
pub const CODE_MS: i64 = 72 * 3600 * 1000;

/// What became of a sign-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignIn {
    /// Signed in.
    Done(Login),
    /// Wrong name or password.
    Refused,
    /// Too many tries.
    Locked,
}

/// Everything about logins.
#[derive(Clone)]
pub struct Auth {
    store: AuthStore,
    passwords: Passwords,
    clock: Clock,
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Auth")
    }
}

fn entropy() -> Result<[u8; 16], AuthError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|e| AuthError::Entropy(e.to_string()))?;
    Ok(bytes)
}

impl Auth {
    /// On a store, with a clock.
    pub fn new(store: AuthStore, clock: Clock) -> Self {
        Self {
            store,
            passwords: Passwords::default(),
            clock,
        }
    }

    /// The store, for reads and for sessions.
    pub fn store(&self) -> &AuthStore {
        &self.store
    }

    /// Now, ms UTC.
    pub fn now_ms(&self) -> i64 {
        (self.clock)()
    }

    /// A new random token, hex.
    pub fn token(&self) -> Result<String, AuthError> {
        Ok(hex::encode(entropy()?))
    }

    fn entry(&self, user_name: &str, role: &str, action: &str, object: &str) -> AuditEntry {
        AuditEntry {
            at_ms: self.now_ms(),
            user_name: user_name.to_owned(),
            role: role.to_owned(),
            action: action.to_owned(),
            object: object.to_owned(),
            ok: true,
            detail: String::new(),
        }
    }

    /// Checks a name and a password.
    pub async fn sign_in(&self, user_name: &str, password: String) -> Result<SignIn, AuthError> {
        let now_ms = self.now_ms();
        let attempt = self
            .store
            .begin_sign_in(user_name.to_owned(), now_ms)
            .await?;
        let (login, phc) = match attempt {
            Attempt::Locked => {
                self.refuse_sign_in(user_name, "locked").await?;
                return Ok(SignIn::Locked);
            }
            Attempt::Unknown => (None, None),
            Attempt::Known(login, phc) => (Some(login), Some(phc)),
        };
        let fits = self.passwords.fits(password, phc).await?;
        match login.filter(|_| fits) {
            Some(login) => {
                let entry = self.entry(&login.user_name, login.role.word(), "sign_in", "");
                self.store.finish_sign_in(login.clone(), entry).await?;
                Ok(SignIn::Done(login))
            }
            None => {
                self.refuse_sign_in(user_name, "wrong name or password")
                    .await?;
                Ok(SignIn::Refused)
            }
        }
    }

    async fn refuse_sign_in(&self, user_name: &str, why: &str) -> Result<(), AuthError> {
        let entry = AuditEntry {
            ok: false,
            detail: why.to_owned(),
            ..self.entry(user_name, "", "sign_in", "")
        };
        self.store.audit(entry).await
    }

    /// Makes a login from a one-time secret. The password must be strong (`password::is_strong`).
    pub async fn set_up(
        &self,
        secret: &str,
        user_name: &str,
        password: String,
    ) -> Result<SetUp, AuthError> {
        let hash = self.passwords.hash(password).await?;
        let mut random = [0; 10];
        random.copy_from_slice(&entropy()?[..10]);
        let now_ms = self.now_ms();
        let millis = u64::try_from(now_ms).unwrap_or_default();
        let id = uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid();
        self.store
            .set_up(secret.to_owned(), id, user_name.to_owned(), hash, now_ms)
            .await
    }

    /// A one-time secret for a new login; shown once.
    pub async fn invite(&self, by: &Login, role: Role) -> Result<String, AuthError> {
        let entry = AuditEntry {
            detail: role.word().to_owned(),
            ..self.entry(&by.user_name, by.role.word(), "manage_logins", "")
        };
        self.store
            .invite(Grant::of(role), INVITATION_MS, entropy()?, entry)
            .await
    }

    /// An enrolment code for an account and when it expires; shown once.
    pub async fn issue_code(&self, by: &Login, account: Uuid) -> Result<(String, i64), AuthError> {
        let object = account.to_string();
        let entry = self.entry(&by.user_name, by.role.word(), "issue_code", &object);
        let expires_at_ms = entry.at_ms + CODE_MS;
        let code = self
            .store
            .issue_code(account, CODE_MS, entropy()?, entry)
            .await?;
        Ok((code, expires_at_ms))
    }

    /// Closes or reopens a login; false if it is unknown.
    pub async fn set_active(
        &self,
        by: &Login,
        id: Uuid,
        active: bool,
        reason: &str,
    ) -> Result<bool, AuthError> {
        let verb = if active { "open" } else { "close" };
        let object = id.to_string();
        let entry = AuditEntry {
            detail: format!("{verb}: {reason}"),
            ..self.entry(&by.user_name, by.role.word(), "suspend_login", &object)
        };
        self.store.set_active(id, active, entry).await
    }

    /// Writes an audit entry for what a login did or was refused.
    pub async fn audit(
        &self,
        by: &Login,
        action: &str,
        object: &str,
        ok: bool,
        detail: &str,
    ) -> Result<(), AuthError> {
        let entry = AuditEntry {
            ok,
            detail: detail.to_owned(),
            ..self.entry(&by.user_name, by.role.word(), action, object)
        };
        self.store.audit(entry).await
    }

    /// A page of the audit, and where its chain breaks, if it does.
    pub async fn audit_page(
        &self,
        before: Option<i64>,
        limit: u32,
    ) -> Result<(AuditPage, Option<i64>), AuthError> {
        self.store.audit_page(before, limit).await
    }
}
