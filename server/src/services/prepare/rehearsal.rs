//! Rehearsals (试填): campaigns that are filled, locked and ranked like any other, and then wiped whole.
//!
//! Invariant: only a campaign that was made as a rehearsal can be wiped: its signed configuration says so, a table of
//! the store says so, and a trigger of the database refuses anything else. The audit stays.
//! Leaves out: the files of photos, which the caller removes after the commit.

use protocol::problem::Code;

use crate::auth::types::AuditEntry;
use crate::error::{Error, Result};
use crate::services::campaign::Campaign;
use crate::services::office::Actor;
use crate::store::{Erased, Tx};

/// Wipes a rehearsal. `typed` is its name, typed again by whoever orders it.
///
/// # Errors
/// `Forbidden` if it is no rehearsal; `Invalid` if the name does not match.
pub fn wipe(
    tx: &mut dyn Tx,
    actor: &Actor,
    c: &Campaign,
    typed: &str,
    now_ms: i64,
) -> Result<Erased> {
    if !c.rehearsal || !tx.is_rehearsal(c.id)? {
        return Err(Error::because(
            Code::Forbidden,
            "只有试填可以清除 / only a rehearsal can be wiped",
        ));
    }
    if typed.trim() != c.name {
        return Err(super::refuse(
            "typed",
            "请照抄试填的名称",
            "type the rehearsal's name",
        ));
    }
    let erased = tx.erase_rehearsal(c.id, now_ms)?;
    tx.audit(&AuditEntry {
        at_ms: now_ms,
        user_name: actor.user_name.clone(),
        role: actor.role.clone(),
        action: "wipe_rehearsal".to_owned(),
        object: c.id.to_string(),
        ok: true,
        detail: format!(
            "{}: {} records, {} segments, {} devices, {} photos",
            c.name,
            erased.records,
            erased.segments,
            erased.devices,
            erased.blobs.len()
        ),
    })?;
    Ok(erased)
}
