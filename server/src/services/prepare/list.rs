//! The campaigns that exist, and which one is looked at when nothing else is said.
//!
//! Invariant: a wiped rehearsal is not listed; a rehearsal never becomes the current campaign.
//! Leaves out: what one of them contains (`campaign`).

use std::sync::Arc;

use protocol::Scope;
use protocol::problem::Code;
use uuid::Uuid;

use crate::auth::types::AuditEntry;
use crate::error::Result;
use crate::services::campaign::{Cache, Campaign};
use crate::services::office::Actor;
use crate::store::Tx;

/// Every campaign, latest made first.
///
/// # Errors
/// The database's.
pub fn all(tx: &mut dyn Tx, cache: &Cache) -> Result<Vec<Arc<Campaign>>> {
    let mut list = Vec::new();
    for scope in tx.scopes()? {
        if let Scope::Campaign { campaign } = scope {
            list.push(cache.campaign(tx, campaign)?);
        }
    }
    // Ids are minted by time.
    list.sort_by_key(|c| std::cmp::Reverse(c.id));
    Ok(list)
}

/// The campaign looked at when nothing else is said.
///
/// # Errors
/// The database's.
pub fn current(tx: &mut dyn Tx) -> Result<Option<Uuid>> {
    let stored = tx.meta("campaign")?;
    Ok(stored.and_then(|bytes| Uuid::from_slice(&bytes).ok()))
}

/// Makes a campaign the current one.
///
/// # Errors
/// `Invalid` for a rehearsal.
pub fn set_current(tx: &mut dyn Tx, actor: &Actor, c: &Campaign, now_ms: i64) -> Result<()> {
    if c.rehearsal {
        return Err(super::refuse(
            "campaign",
            "试填不能设为当前活动",
            "a rehearsal cannot be the current campaign",
        ));
    }
    tx.set_meta("campaign", c.id.as_bytes())?;
    tx.audit(&AuditEntry {
        at_ms: now_ms,
        user_name: actor.user_name.clone(),
        role: actor.role.clone(),
        action: "choose_campaign".to_owned(),
        object: c.id.to_string(),
        ok: true,
        detail: String::new(),
    })
}

/// Refuses a name that another campaign has: two cannot be told apart in lists, and a form sent twice makes one.
///
/// # Errors
/// `Invalid` naming the field.
pub fn free_name(tx: &mut dyn Tx, cache: &Cache, name: &str, own: Option<Uuid>) -> Result<()> {
    let taken = all(tx, cache)?
        .iter()
        .any(|c| c.name == name && Some(c.id) != own);
    if !taken {
        return Ok(());
    }
    Err(super::refuse(
        "name",
        "已有同名活动",
        "another campaign has this name",
    ))
}

/// A campaign of the list by its id.
///
/// # Errors
/// `NotFound`.
pub fn one(tx: &mut dyn Tx, cache: &Cache, id: Uuid) -> Result<Arc<Campaign>> {
    let known = tx.scopes()?.contains(&Scope::Campaign { campaign: id });
    if !known {
        return Err(Code::NotFound.into());
    }
    cache.campaign(tx, id)
}
