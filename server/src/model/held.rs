//! What came in and is not counted.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// Why something is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HeldKind {
    /// A sheet that arrived, or went on, after the lock.
    Late,
    /// A change that does not fit or was not allowed.
    Rejected,
    /// Of a phone that was restored from a copy, brought by a colleague's.
    Forked,
    /// From a revoked person or device.
    Quarantined,
}

/// Something that came in and is not counted.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct HeldEntry {
    /// Opaque; sent back with the decision.
    pub id: String,
    /// Why, in short.
    pub kind: HeldKind,
    /// Verdict code, if one was given.
    pub code: Option<String>,
    /// Author's name.
    pub who: String,
    /// Device name.
    pub device: String,
    /// What it is about: the site's or record's name.
    pub what: String,
    /// Kind of the record; empty if it is about many.
    pub record_kind: String,
    /// The record, if it can be opened.
    pub record: Option<Uuid>,
    /// Number of changes.
    pub changes: u32,
    /// Earliest, by the writer's clock.
    pub written_ms: Option<i64>,
    /// When it arrived.
    pub arrived_ms: i64,
    /// What taking it in would change; none if decided, or beyond the first of a long list.
    pub effect: Option<crate::services::effects::Effect>,
    /// The decision, if there is one.
    pub decided: Option<HeldDecided>,
}

/// A decision that was made.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct HeldDecided {
    /// Taken in.
    pub accepted: bool,
    /// Why.
    pub reason: String,
    /// When.
    pub at_ms: i64,
}

/// A decision on a held entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HeldDecision {
    /// `HeldEntry::id`.
    pub id: String,
    /// Take it in, or leave it out.
    pub accept: bool,
    /// Why.
    pub reason: String,
}
