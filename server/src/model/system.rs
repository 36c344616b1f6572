//! The server's own state.

use serde::Serialize;
use utoipa::ToSchema;

/// How the server is, for its page, the interface and the metrics. Nothing about a person.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct SystemStatus {
    /// Version of the program.
    pub version: String,
    /// Seconds since the start.
    pub uptime_s: u64,
    /// Requests since the start.
    pub requests: u64,
    /// Jobs that wait for the one thread that writes.
    pub queue: u64,
    /// Size of the database, bytes.
    pub database_bytes: u64,
    /// Size of its write-ahead log, bytes.
    pub wal_bytes: u64,
    /// Free bytes on the disk of the data folder.
    pub disk_free_bytes: u64,
    /// Free bytes that photos never touch.
    pub disk_reserve_bytes: u64,
    /// True if backups are set up.
    pub backup_planned: bool,
    /// Seconds since the last backup, if there is one.
    pub backup_age_s: Option<u64>,
    /// Seconds between backups, if they are set up.
    pub backup_every_s: Option<u64>,
    /// When the certificate ends, ms UTC; none if the server does not do TLS itself.
    pub tls_expires_at_ms: Option<i64>,
    /// When the server last verified its data folder, ms UTC; none: not since the start.
    pub verified_at_ms: Option<i64>,
    /// What it found then.
    pub verify_findings: Option<u64>,
    /// Phones of the current campaign.
    pub phones: u64,
    /// Phones that have not synced for a day, or never.
    pub phones_unsynced: u64,
    /// Longest time since a phone's last sync, seconds.
    pub oldest_unsynced_s: u64,
    /// Fields with competing values.
    pub open_conflicts: u64,
    /// Entries held back and not decided.
    pub held_entries: u64,
    /// Photos that are announced and not here.
    pub photos_waiting: u64,
    /// Slow requests, newest first.
    pub slow: Vec<SlowRequest>,
}

/// A request that took long.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SlowRequest {
    /// When, ms UTC.
    pub at_ms: i64,
    /// Method.
    pub method: String,
    /// Pattern of the route.
    pub route: String,
    /// HTTP status of the answer.
    pub status: u16,
    /// Milliseconds until the answer began.
    pub ms: u64,
}
