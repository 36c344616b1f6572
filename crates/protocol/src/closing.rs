//! The closing set: what a lock fixes for ever.
//!
//! Invariant: the result hash that is signed, printed and verified covers it; it counts every log with its head, so a
//! missing, shortened, additional or re-labelled log shows. Leaves out: how it is gathered (`server`).

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One log at the lock.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClosedLog {
    /// Scope id.
    pub scope: Uuid,
    /// Device.
    pub device: Uuid,
    /// Epoch, decimal text (JSON numbers are too small).
    pub epoch: String,
    /// Branch, decimal text; "0" for the main one.
    pub branch: String,
    /// Last seq counted.
    pub seq: u64,
    /// Chain after it, hex.
    pub chain: String,
}

/// One account of the roster at the lock.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClosedAccount {
    /// The account.
    pub account: Uuid,
    /// Its role id.
    pub role: String,
    /// Group, if any.
    pub group: Option<Uuid>,
    /// Home unit, if any.
    pub home_unit: Option<String>,
    /// Devices and the fingerprints of their keys.
    pub devices: Vec<(Uuid, String)>,
}

/// A verdict in force at the lock.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClosedVerdict {
    /// The verdict's record.
    pub verdict: Uuid,
    /// Scope id of the log it judges.
    pub scope: Uuid,
    /// Device of that log.
    pub device: Uuid,
    /// Epoch of that log, decimal text.
    pub epoch: String,
    /// First and last seq.
    pub seqs: (u64, u64),
    /// The record it is limited to.
    pub record: Option<Uuid>,
    /// Its code.
    pub code: String,
}

/// A sheet that is not counted, and why.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
pub struct LeftOut {
    /// The sheet.
    pub sheet: Uuid,
    /// Its site.
    pub site: Uuid,
    /// Its author.
    pub author: Uuid,
    /// `draft`, `returned`, `not_entered`, `recused`, `struck`, `late`, `unsettled`, `no_score`, `inactive`, `off_roster`.
    pub reason: String,
}

/// Where the office's audit stood at some time: no later audit without this prefix is the same one.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct AuditHead {
    /// Entries.
    pub count: u64,
    /// Chain after the last of them, hex.
    pub chain: String,
}

/// Everything a lock of one group fixes.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct ClosingSet {
    /// The campaign.
    pub campaign: Uuid,
    /// The group's record.
    pub group: Uuid,
    /// Version of the group's lock, from 1.
    pub version: u64,
    /// When, ms UTC.
    pub locked_at_ms: i64,
    /// SHA-256 of the frozen rules, hex.
    pub rules_hash: String,
    /// SHA-256 of every checklist body by record, hex.
    pub checklist_hashes: Vec<(Uuid, String)>,
    /// The roster, sorted.
    pub roster: Vec<ClosedAccount>,
    /// Every log counted, sorted.
    pub logs: Vec<ClosedLog>,
    /// Every verdict in force, sorted.
    pub verdicts: Vec<ClosedVerdict>,
    /// Every sheet left out, sorted.
    pub left_out: Vec<LeftOut>,
    /// Where the office's audit stood.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audit: Option<AuditHead>,
    /// Reason of a second or later lock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl ClosingSet {
    /// The JSON that is stored and hashed: compact, keys in the order of the fields, lists sorted.
    pub fn to_json(&self) -> String {
        let mut sorted = self.clone();
        sorted.checklist_hashes.sort();
        sorted.roster.sort();
        sorted.logs.sort();
        sorted.verdicts.sort();
        sorted.left_out.sort();
        // Strings, numbers and lists always serialise.
        serde_json::to_string(&sorted).unwrap_or_default()
    }

    /// SHA-256 of [`Self::to_json`], hex.
    pub fn hash(&self) -> String {
        hex::encode(crate::chain::sha256(self.to_json().as_bytes()))
    }
}
