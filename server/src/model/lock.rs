//! The lock of a group.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{ConflictRow, GroupHead, HeldEntry, Missing, RecordRow, UnconfirmedDevice};

/// What a lock would meet.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LockCheck {
    /// The group.
    pub group: GroupHead,
    /// Township name (`None`: county town) and what it lacks.
    pub missing: Vec<(Option<String>, Missing)>,
    /// Open conflicts in the group's sheets.
    pub unsettled: Vec<ConflictRow>,
    /// Sheets still drafts.
    pub drafts: Vec<RecordRow>,
    /// Sheets returned and not submitted again.
    pub returned: Vec<RecordRow>,
    /// Undecided held entries.
    pub held: Vec<HeldEntry>,
    /// Sites with fewer sheets than a trimmed mean needs, and how many they have.
    pub few: Vec<(String, usize)>,
    /// Phones of the group whose fingerprint nobody confirmed: a warning, no reason is asked for them.
    pub unconfirmed: Vec<UnconfirmedDevice>,
    /// What there is to do, each with where; nothing that is done.
    pub todo: Vec<LockTodo>,
    /// Phones of the group that still hold something, or were not heard of for long.
    pub phones: Vec<PhoneLine>,
    /// Whether anything is missing at all, so that the order needs a reason.
    pub needs_reason: bool,
    /// Digest of all this, sent back with the order.
    pub shown: String,
    /// The last lock.
    pub done: Option<LockDone>,
}

/// One thing to do before the lock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct LockTodo {
    /// `sites`, `few`, `conflicts`, `drafts`, `returned`, `unanswered`, `held`, `photos` or `phones`.
    pub what: &'static str,
    /// How many.
    pub count: u64,
    /// The page, or the place on this one, where it is done.
    pub href: String,
    /// True if a lock with it needs a reason.
    pub needs_reason: bool,
}

/// A phone that may still hold something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PhoneLine {
    /// Its device record.
    pub id: Uuid,
    /// Whose.
    pub who: String,
    /// Device name.
    pub device: String,
    /// Last contact.
    pub last_sync_ms: Option<i64>,
    /// What it said then that only it holds; none: it did not say.
    pub left: Option<crate::store::Left>,
}

/// An order to lock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LockOrder {
    /// The group.
    pub group: Uuid,
    /// `LockCheck::shown`.
    pub shown: String,
    /// Why, if something is missing.
    pub reason: Option<String>,
}

/// What a lock fixed.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LockDone {
    /// From 1.
    pub version: i64,
    /// When.
    pub at_ms: i64,
    /// Result hash, hex.
    pub result_hash: String,
    /// Sheets counted.
    pub sheets_counted: u32,
    /// Sheets left out: record, site name, author, reason code of `LeftOut`.
    pub left_out: Vec<(Uuid, String, String, String)>,
    /// Reason given.
    pub reason: Option<String>,
}
