//! What signing in, inviting and auditing speak of.
//!
//! Invariant: none of these carries a secret except the ones named so. Leaves out: storage (`store::sqlite::auth`).

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

/// What became of a set-up secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetUp {
    /// The login was made.
    Done(Login),
    /// The secret is unknown, used or expired.
    BadSecret,
    /// Somebody has that user name.
    NameTaken,
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
    /// Id before which the next page begins.
    pub before: Option<i64>,
}
