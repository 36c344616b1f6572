//! Signing in and setting up: one method per thing a person does who is not signed in yet.
//!
//! Invariant: each leaves an audit entry, refusals too (a flood of them is counted, not written); the answer to a wrong
//! name and to a wrong password is the same, in words and in time. Leaves out: cookies and forms (`console`), storage
//! (`store::sqlite::auth_store`), what signed-in people do with logins (`logins`).

use std::fmt;
use std::sync::{Arc, Mutex};

use uuid::Uuid;

use super::limits::Limits;
use super::password::{Passwords, is_fit};
use super::refusals::Refusals;
use super::types::{Attempt, AuditEntry, Login, Quotas, Secret, SetUp};
use super::{AuthError, familiar};
use crate::config::Clock;
use crate::settings::Live;
use crate::store::sqlite::audit::AuditMark;
use crate::store::sqlite::auth::user_key;
use crate::store::sqlite::auth_store::AuthStore;

const DAY_MS: i64 = 24 * 3600 * 1000;

/// What became of a sign-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignIn {
    /// Signed in.
    Done(Login),
    /// Wrong name or password.
    Refused,
    /// Too many tries.
    Locked,
    /// Too many others are trying; nothing was counted.
    Busy,
    /// The password is right; a code is asked for.
    CodeAsked(Pending),
    /// The code is wrong or was used before.
    WrongCode,
}

/// A sign-in whose password was right and whose code is missing. It opens nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// Who.
    pub login: Login,
    /// Under which the tries are counted.
    pub key: String,
}

/// Everything about logins.
#[derive(Clone)]
pub struct Auth {
    pub(super) store: AuthStore,
    pub(super) passwords: Passwords,
    clock: Clock,
    secret: Arc<[u8; 32]>,
    pub(super) settings: Live,
    limits: Arc<Limits>,
    refusals: Arc<Refusals>,
    /// How far the audit's chain was found good in this run.
    pub(super) audited: Arc<Mutex<AuditMark>>,
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Auth")
    }
}

pub(super) fn entropy() -> Result<[u8; 16], AuthError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|e| AuthError::Entropy(e.to_string()))?;
    Ok(bytes)
}

impl Auth {
    /// On a store, with a clock, the server's secret, how often one may ask and the office's settings.
    pub fn new(
        store: AuthStore,
        clock: Clock,
        secret: [u8; 32],
        quotas: Quotas,
        settings: Live,
    ) -> Self {
        Self {
            store,
            passwords: Passwords::default(),
            clock,
            secret: Arc::new(secret),
            limits: Arc::new(Limits::new(quotas)),
            settings,
            refusals: Arc::default(),
            audited: Arc::default(),
        }
    }

    /// The store, for reads and for sessions.
    pub fn store(&self) -> &AuthStore {
        &self.store
    }

    /// How often one may ask.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// How many passwords were checked since the start.
    pub fn password_checks(&self) -> u64 {
        self.passwords.checks()
    }

    /// Now, ms UTC.
    pub fn now_ms(&self) -> i64 {
        (self.clock)()
    }

    /// A new random token, hex.
    pub fn token(&self) -> Result<String, AuthError> {
        Ok(hex::encode(entropy()?))
    }

    /// A mark for the browser in which a login just signed in.
    pub fn familiar_mark(&self, login: &Login) -> Result<String, AuthError> {
        let key = user_key(&login.user_name);
        Ok(familiar::make(&self.secret, &key, entropy()?))
    }

    pub(super) fn entry(
        &self,
        user_name: &str,
        role: &str,
        action: &str,
        object: &str,
    ) -> AuditEntry {
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

    /// Checks a name and a password. `mark` is that of a browser in which somebody of this name signed in before.
    pub async fn sign_in(
        &self,
        user_name: &str,
        password: String,
        mark: Option<&str>,
    ) -> Result<SignIn, AuthError> {
        let now_ms = self.now_ms();
        let name = user_key(user_name);
        let own = mark.and_then(|mark| familiar::key(&self.secret, &name, mark));
        let key = own.clone().unwrap_or_else(|| name.clone());
        if self.store.is_locked(key.clone(), now_ms).await? {
            self.refuse_sign_in(user_name, "locked").await?;
            return Ok(SignIn::Locked);
        }
        let seat = match &own {
            Some(_) => None,
            None => match self.passwords.seat() {
                Some(seat) => Some(seat),
                None => {
                    self.refuse_sign_in(user_name, "busy").await?;
                    return Ok(SignIn::Busy);
                }
            },
        };
        let begun = self
            .store
            .begin_sign_in(user_name.to_owned(), key.clone(), now_ms);
        let (login, phc) = match begun.await? {
            Attempt::Locked => {
                self.refuse_sign_in(user_name, "locked").await?;
                return Ok(SignIn::Locked);
            }
            Attempt::Unknown => (None, None),
            Attempt::Known(login, phc) => (Some(login), Some(phc)),
        };
        let fits = match seat {
            Some(seat) => self.passwords.fits_stranger(seat, password, phc).await?,
            None => self.passwords.fits(password, phc).await?,
        };
        let Some(login) = login.filter(|l| fits && l.is_usable(now_ms)) else {
            self.refuse_sign_in(user_name, "wrong name or password")
                .await?;
            return Ok(SignIn::Refused);
        };
        if login.has_second_factor {
            // Whoever has the password but no code leaves a trace.
            self.refuse_sign_in(user_name, "code asked").await?;
            self.store.forget_failures(key.clone()).await?;
            return Ok(SignIn::CodeAsked(Pending { login, key }));
        }
        let entry = self.entry(&login.user_name, login.role.word(), "sign_in", "");
        self.store.finish_sign_in(login.clone(), key, entry).await?;
        self.signed_in(login).await.map(SignIn::Done)
    }

    /// Marks a login that just signed in if its password is too old.
    pub(super) async fn signed_in(&self, mut login: Login) -> Result<Login, AuthError> {
        let days = i64::from(self.settings.get().password_days);
        if days > 0 && self.now_ms() - login.password_set_at_ms >= days * DAY_MS {
            self.store.must_change(login.id).await?;
            login.must_change = true;
        }
        Ok(login)
    }

    async fn refuse_sign_in(&self, user_name: &str, why: &str) -> Result<(), AuthError> {
        self.refused(self.entry(user_name, "", "sign_in", ""), why)
            .await
    }

    /// Writes a refusal into the audit, unless there were too many lately.
    pub(super) async fn refused(&self, entry: AuditEntry, why: &str) -> Result<(), AuthError> {
        let noted = self
            .refusals
            .note(&entry.user_name, &entry.action, entry.at_ms);
        let Some(skipped) = noted else {
            return Ok(());
        };
        let detail = match skipped {
            0 => why.to_owned(),
            n => format!("{why}; +{n} refusals not written"),
        };
        self.store
            .audit(AuditEntry {
                ok: false,
                detail,
                ..entry
            })
            .await
    }

    /// Makes a login, or gives one a new password, from a one-time secret.
    pub async fn set_up(
        &self,
        secret: &str,
        user_name: &str,
        password: String,
    ) -> Result<SetUp, AuthError> {
        let now_ms = self.now_ms();
        let open = self.store.open_secret(secret.to_owned(), now_ms).await?;
        let Some(open) = open else {
            self.refused(self.entry(user_name, "", "set_up", ""), "bad secret")
                .await?;
            return Ok(SetUp::BadSecret);
        };
        if !is_fit(&password, user_name) {
            return Ok(SetUp::Weak);
        }
        let Some(_seat) = self.passwords.seat() else {
            return Ok(SetUp::Busy);
        };
        match open {
            Secret::NewLogin => {
                let hash = self.passwords.hash(password).await?;
                let mut random = [0; 10];
                random.copy_from_slice(&entropy()?[..10]);
                let millis = u64::try_from(now_ms).unwrap_or_default();
                let id = uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid();
                let (secret, name) = (secret.to_owned(), user_name.to_owned());
                self.store.set_up(secret, id, name, hash, now_ms).await
            }
            Secret::NewPassword { login, used } => {
                if user_key(&login.user_name) != user_key(user_name) {
                    self.refused(self.entry(user_name, "", "set_up", ""), "other name")
                        .await?;
                    return Ok(SetUp::BadSecret);
                }
                self.renew(secret, &login, used, password).await
            }
        }
    }

    async fn renew(
        &self,
        secret: &str,
        login: &Login,
        used: Vec<String>,
        password: String,
    ) -> Result<SetUp, AuthError> {
        if self.passwords.fits_any(password.clone(), used).await? {
            return Ok(SetUp::Used);
        }
        let hash = self.passwords.hash(password).await?;
        let id = login.id.to_string();
        let entry = self.entry(&login.user_name, login.role.word(), "new_password", &id);
        self.store
            .take_reset(secret.to_owned(), login.id, hash, entry)
            .await
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
        let entry = self.entry(&by.user_name, by.role.word(), action, object);
        if !ok {
            return self.refused(entry, detail).await;
        }
        let detail = detail.to_owned();
        self.store.audit(AuditEntry { detail, ..entry }).await
    }

    /// The login behind a session, if it may still be used.
    pub async fn usable(&self, id: Uuid) -> Result<Option<Login>, AuthError> {
        let found = self.store.login(id).await?;
        Ok(found.filter(|l| l.is_usable(self.now_ms())))
    }
}
