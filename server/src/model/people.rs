//! The roster and its devices.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A person of the roster.
#[derive(Clone, Debug, Serialize, ToSchema)]
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
#[derive(Clone, Debug, Serialize, ToSchema)]
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
    /// When and by whom its fingerprint was compared with what the phone shows.
    pub confirmed: Option<(i64, String)>,
    /// How often the office reset its PIN.
    pub pin_resets: i64,
    /// Changes and photos it said at its last sync that only it holds; none if it said nothing.
    pub unsent: Option<(u64, u64)>,
}

impl Person {
    /// True if somebody active has no phone that works.
    pub fn needs_phone(&self) -> bool {
        self.active && self.devices.iter().all(|d| d.revoked.is_some())
    }
}

impl DeviceLine {
    /// Changes and photos that only it holds, if there are any.
    pub fn holds(&self) -> Option<(u64, u64)> {
        self.unsent.filter(|held| *held != (0, 0))
    }

    /// True if it works and nobody compared its fingerprint yet.
    pub fn is_unconfirmed(&self) -> bool {
        self.revoked.is_none() && self.confirmed.is_none()
    }
}

/// A phone whose fingerprint nobody compared yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct UnconfirmedDevice {
    /// The device.
    pub device: Uuid,
    /// What its owner calls it.
    pub device_name: String,
    /// Its account.
    pub account: Uuid,
    /// Name as printed on papers.
    pub name: String,
    /// When it enrolled.
    pub enrolled_at_ms: i64,
}

/// An enrolment code; shown once.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct IssuedCode {
    /// The account.
    pub account: Uuid,
    /// Name as printed on papers.
    pub name: String,
    /// Role id.
    pub role: String,
    /// Group number.
    pub group_number: Option<i64>,
    /// The code.
    pub code: String,
    /// When it expires, ms UTC.
    pub expires_at_ms: i64,
}
