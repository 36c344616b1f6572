//! The checklists that come with the program.
//!
//! Invariant: one that is there by its code is not taken in again. Leaves out: those from files (`campaign`).

use uuid::Uuid;

use crate::error::Result;
use crate::services::campaign::{self, Campaign};
use crate::services::office::Actor;
use crate::store::Tx;

/// Text of those that come with the program and that a campaign does not have.
pub fn missing(c: &Campaign) -> Vec<String> {
    let known = |code: &str| c.checklists.keys().any(|(k, _)| k == code);
    let ours = domain::builtin::CHECKLIST_FILES.iter();
    ours.filter(|(code, _)| !known(code))
        .map(|(_, json)| (*json).to_owned())
        .collect()
}

/// Takes those in; returns their records.
///
/// # Errors
/// `Frozen` after the start.
pub fn take_builtin(
    tx: &mut dyn Tx,
    actor: &Actor,
    c: &Campaign,
    now_ms: i64,
) -> Result<Vec<Uuid>> {
    c.must_prepare()?;
    campaign::add_checklists(tx, actor, c, &missing(c), now_ms)
}
