//! What signing in, inviting and auditing speak of.
//!
//! Invariant: none of these carries a secret except the ones named so. Leaves out: storage (`store::sqlite::auth`).

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::Role;

/// One who may sign in to the console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// Its id.
    pub id: Uuid,
    /// Name as typed at set-up.
    pub user_name: String,
    /// What it may do.
    pub role: Role,
    /// The account of the roster it belongs to.
    pub account: Option<Uuid>,
    /// Division code or department name, for roles that see only what is their unit's.
    pub unit: Option<String>,
    /// Group number, for roles that see only their group's.
    pub group_number: Option<i64>,
    /// Last day it may be used, `YYYY-MM-DD`, Asia/Shanghai.
    pub expires_on: Option<String>,
    /// False: closed.
    pub active: bool,
    /// When it was made.
    pub created_at_ms: i64,
    /// Last sign-in.
    pub last_sign_in_ms: Option<i64>,
    /// When its password was set.
    pub password_set_at_ms: i64,
    /// True: it may do nothing before it has a new password.
    pub must_change: bool,
    /// True: signing in asks for a code besides the password.
    pub has_second_factor: bool,
}

/// What a login may do, how far it reaches and until when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Granted {
    /// Id of the role.
    pub role: &'static str,
    /// As [`Login::unit`].
    pub unit: Option<String>,
    /// As [`Login::group_number`].
    pub group_number: Option<i64>,
    /// As [`Login::expires_on`].
    pub expires_on: Option<String>,
}

impl Login {
    /// What it may do now.
    pub fn granted(&self) -> Granted {
        Granted {
            role: self.role.word(),
            unit: self.unit.clone(),
            group_number: self.group_number,
            expires_on: self.expires_on.clone(),
        }
    }

    /// True if it may be used at this time: open, and not beyond its last day.
    pub fn is_usable(&self, now_ms: i64) -> bool {
        self.active
            && self
                .expires_on
                .as_deref()
                .is_none_or(|day| day >= today(now_ms).as_str())
    }
}

/// The day in Asia/Shanghai, `YYYY-MM-DD`.
pub fn today(now_ms: i64) -> String {
    let local = chrono::DateTime::from_timestamp_millis(now_ms.saturating_add(8 * 3_600_000));
    local.unwrap_or_default().format("%Y-%m-%d").to_string()
}

/// What an invitation makes: a login of this role and reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// What it may do.
    pub role: Role,
    /// The account of the roster it belongs to.
    pub account: Option<Uuid>,
    /// As [`Login::unit`].
    pub unit: Option<String>,
    /// As [`Login::group_number`].
    pub group_number: Option<i64>,
    /// As [`Login::expires_on`].
    pub expires_on: Option<String>,
}

impl Grant {
    /// A role with nothing beside it.
    pub fn of(role: Role) -> Self {
        Self {
            role,
            account: None,
            unit: None,
            group_number: None,
            expires_on: None,
        }
    }
}

/// A try to sign in, already counted against the name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// Too many failures: refused whatever the password.
    Locked,
    /// Nobody active has that name: check against the dummy hash and fail.
    Unknown,
    /// The login and its password's hash (PHC string).
    Known(Login, String),
}

/// What an open one-time secret is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Secret {
    /// A new login.
    NewLogin,
    /// A new password of this login.
    NewPassword {
        /// The login.
        login: Login,
        /// Hashes the new password must not fit.
        used: Vec<String>,
    },
}

/// A session that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenSession {
    /// Hash of its id.
    pub hash: [u8; 32],
    /// When somebody signed in, ms UTC.
    pub began_ms: Option<i64>,
    /// When it was last used, ms UTC.
    pub seen_ms: Option<i64>,
    /// True for one of the JSON interface.
    pub is_api: bool,
    /// When it ends by itself, ms UTC.
    pub expires_at_ms: i64,
}

/// What became of a change to a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suspended {
    /// Done.
    Done,
    /// Somebody changed it meanwhile.
    Changed,
    /// There is no such login.
    Unknown,
    /// Nobody else could let people in.
    LastAdministrator,
}

/// What became of a new password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordChange {
    /// It is in use; other sessions ended.
    Done,
    /// The old one is wrong.
    Wrong,
    /// Too many tries.
    Locked,
    /// The new one breaks the rule.
    Weak,
    /// It was used before.
    Used,
}

/// What became of the own password, asked for once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnPassword {
    /// It is right.
    Right,
    /// It is not.
    Wrong,
    /// Too many tries.
    Locked,
}

/// A second factor that is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FactorState {
    /// Since when, ms UTC.
    pub since_ms: i64,
    /// Recovery codes not used yet.
    pub codes_left: u32,
}

/// What became of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeTaken {
    /// It was the generator's and is used.
    Generated,
    /// It was a recovery code and is used.
    Recovery {
        /// How many are left.
        left: u32,
    },
    /// Wrong, or used before.
    Wrong,
    /// Too many tries.
    Locked,
}

impl CodeTaken {
    /// True if it was taken.
    pub fn is_right(self) -> bool {
        matches!(self, Self::Generated | Self::Recovery { .. })
    }
}

/// What became of turning a second factor on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TurnedOn {
    /// It is on; the recovery codes are shown once.
    Done(Vec<String>),
    /// It was on already.
    Already,
    /// The code does not fit the secret.
    WrongCode,
    /// The password is wrong.
    WrongPassword,
    /// Too many tries.
    Locked,
}

/// What became of turning it off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FactorChange {
    /// It is off.
    Done,
    /// The code is wrong or was used.
    WrongCode,
    /// The password is wrong.
    WrongPassword,
    /// Too many tries.
    Locked,
}

/// How often a login and a device may ask: requests a second, and how many at once. 0: no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quotas {
    /// One login's requests to console and interface.
    pub login: (u32, u32),
    /// One device's sync requests.
    pub device: (u32, u32),
    /// One device's requests about photos, counted apart: photos never take the place of scores.
    pub photos: (u32, u32),
}

impl Default for Quotas {
    fn default() -> Self {
        Self {
            login: (100, 1_000),
            device: (100, 1_000),
            photos: (100, 1_000),
        }
    }
}

/// What became of a set-up secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetUp {
    /// The login was made.
    Done(Login),
    /// The secret is unknown, used or expired.
    BadSecret,
    /// Somebody has that user name.
    NameTaken,
    /// The password breaks the rule.
    Weak,
    /// The password was used before.
    Used,
    /// The server is busy with others' passwords.
    Busy,
}

/// What became of an enrolment code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redeemed {
    /// The device may enrol for this account; the code is used up.
    Account(Uuid),
    /// Unknown, used or expired: the answer does not say which.
    Refused,
}

/// An entry to write into the audit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditEntry {
    /// When, ms UTC.
    pub at_ms: i64,
    /// Who; the name tried, if nobody was signed in.
    pub user_name: String,
    /// Role word, or empty.
    pub role: String,
    /// What: `sign_in`, `lock_group`, …
    pub action: String,
    /// On what: an id or code.
    pub object: String,
    /// False: refused or failed.
    pub ok: bool,
    /// Reason given or cause of the refusal.
    pub detail: String,
}

/// What a list of audit entries is narrowed to; none of a field means all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Who, exactly.
    pub user_name: Option<String>,
    /// What, exactly.
    pub action: Option<String>,
    /// Part of the object.
    pub object: Option<String>,
    /// Done, or refused.
    pub ok: Option<bool>,
    /// From this time, ms UTC.
    pub from_ms: Option<i64>,
    /// Before this time, ms UTC.
    pub to_ms: Option<i64>,
}

/// A page of the audit, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditPage {
    /// Ids and entries.
    pub entries: Vec<(i64, AuditEntry)>,
    /// The chain after each of them.
    pub chains: Vec<[u8; 32]>,
    /// Id before which the next page begins.
    pub before: Option<i64>,
}
