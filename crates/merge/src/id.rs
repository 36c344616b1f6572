//! Names of logs and of single changes.
//!
//! Invariant: a dot names one change for ever. Leaves out: how logs are chained and signed (`protocol::chain`).

use uuid::Uuid;

/// One append-only log: what one device wrote to one scope in one epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LogId {
    /// The device that writes it (the server is a device too).
    pub device: Uuid,
    /// The scope its records belong to.
    pub scope: Uuid,
    /// Random, new when a copy of the database was noticed; the server's epoch is its generation.
    pub epoch: u64,
    /// 0, or the first 8 bytes (big endian) of the first differing chain of an abandoned branch.
    pub branch: u64,
}

impl LogId {
    /// The main branch of a device's log.
    pub fn new(device: Uuid, scope: Uuid, epoch: u64) -> Self {
        Self {
            device,
            scope,
            epoch,
            branch: 0,
        }
    }
}

/// One change: its log and its place in it, gapless from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Dot {
    /// The log.
    pub log: LogId,
    /// Place in the log, from 1.
    pub seq: u64,
}
