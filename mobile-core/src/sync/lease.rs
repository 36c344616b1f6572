//! Two syncs at once on one phone are one: the lease in the database; and the last comparison kept there.
//!
//! Invariant: a lease ends by itself, and at the next start of the app.

use super::report::Agreement;
use crate::error::{Error, Refusal, Result};
use crate::store::{Tx, key};

/// How long a lease outlives its last step, ms.
pub(super) const LEASE_MS: i64 = 120_000;

/// Takes the lease, or says that another sync has it.
pub(super) fn take_lease(tx: &mut Tx, owner: i64, now_ms: i64) -> Result<()> {
    let until = tx.meta_int(key::LEASE_UNTIL_MS)?.unwrap_or(0);
    let holder = tx.meta_int(key::LEASE_OWNER)?;
    // A lease that ends far in the future was taken by a clock set wrong meanwhile.
    let runs = until > now_ms && until <= now_ms.saturating_add(LEASE_MS);
    if runs && holder != Some(owner) {
        return Err(Refusal::SyncRunning.into());
    }
    tx.put_meta_int(key::LEASE_OWNER, owner)?;
    Ok(tx.put_meta_int(key::LEASE_UNTIL_MS, now_ms.saturating_add(LEASE_MS))?)
}

/// The last comparison, if it is known.
pub(super) fn kept_agreement(tx: &mut Tx) -> Result<Option<Agreement>> {
    let kept = tx.meta_bytes(key::AGREEMENT)?;
    // Of an older app, or damaged: it is asked for again.
    Ok(kept.and_then(|json| serde_json::from_slice(&json).ok()))
}

/// Remembers a comparison.
pub(super) fn keep_agreement(tx: &mut Tx, agreement: &Agreement) -> Result<()> {
    let json = serde_json::to_vec(agreement).map_err(|e| Error::invalid(e.to_string()))?;
    Ok(tx.put_meta_bytes(key::AGREEMENT, &json)?)
}
