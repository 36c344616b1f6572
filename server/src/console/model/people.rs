//! The roster and its devices.

use serde::Serialize;
use uuid::Uuid;

/// A person of the roster.
#[derive(Clone, Debug, Serialize)]
pub struct Person {
    /// The account.
    pub account: Uuid,
    /// Name as printed on papers.
    pub name: String,
    /// Role id.
    pub role: String,
    /// Home unit's name (recusal follows it).
    pub home_unit: Option<String>,
    /// Group number.
    pub group_number: Option<i64>,
    /// False once taken off.
    pub active: bool,
    /// Devices, newest first.
    pub devices: Vec<DeviceLine>,
}

/// A device.
#[derive(Clone, Debug, Serialize)]
pub struct DeviceLine {
    /// The device.
    pub id: Uuid,
    /// What its owner calls it.
    pub name: String,
    /// Fingerprint of its key.
    pub fingerprint: String,
    /// When it enrolled.
    pub enrolled_at_ms: i64,
    /// When it last synced.
    pub last_sync_ms: Option<i64>,
    /// How far its clock was off, if over 5 minutes.
    pub skew_ms: Option<i64>,
    /// When and why it was revoked.
    pub revoked: Option<(i64, String)>,
}
