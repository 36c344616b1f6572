//! The office's settings in the database.
//!
//! Invariant: a change is made against what its author saw, and has its audit entry with what was before and after, in
//! one transaction. Leaves out: the bounds (`settings`).

use protocol::problem::Code;

use super::office::Actor;
use crate::auth::types::AuditEntry;
use crate::error::{Error, Result};
use crate::settings::Settings;
use crate::store::Tx;

const KEY: &str = "settings";

/// The settings; those nobody changed yet are the defaults.
///
/// # Errors
/// The database's.
pub fn load(tx: &mut dyn Tx) -> Result<Settings> {
    match tx.meta(KEY)? {
        Some(json) => serde_json::from_slice(&json).map_err(Error::storage),
        None => Ok(Settings::default()),
    }
}

/// Replaces the settings that `seen` says were read; what they are now. Without a difference nothing is written.
///
/// # Errors
/// `PreconditionFailed` if somebody changed them meanwhile, `Invalid` out of bounds.
pub fn change(
    tx: &mut dyn Tx,
    actor: &Actor,
    new: Settings,
    seen: impl FnOnce(&Settings) -> Result<bool>,
    now_ms: i64,
) -> Result<Settings> {
    let old = load(tx)?;
    if !seen(&old)? {
        return Err(Code::PreconditionFailed.into());
    }
    let new = new.checked()?;
    if new == old {
        return Ok(new);
    }
    tx.set_meta(KEY, &serde_json::to_vec(&new).map_err(Error::storage)?)?;
    tx.audit(&AuditEntry {
        at_ms: now_ms,
        user_name: actor.user_name.clone(),
        role: actor.role.clone(),
        action: "manage_settings".to_owned(),
        object: String::new(),
        ok: true,
        detail: old.difference(&new),
    })?;
    Ok(new)
}
