//! What may still change until the lock, each with a reason: substitutes, struck sites, recusal, ledgers, vetoes.
//!
//! Invariant: nothing already filled is refused for it: recusal and struck sites exclude at the result.
//! Leaves out: everything frozen at the start.

use merge::Value;
use protocol::problem::Code;
use uuid::Uuid;

use super::{Campaign, Site};
use crate::error::Result;
use crate::services::office::{Actor, Office, reasoned};
use crate::store::Tx;

/// A change of the roster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountChange {
    /// Takes somebody off, or back on.
    Active(bool),
    /// Moves somebody to another group, or out of any.
    Group(Option<Uuid>),
    /// Says where somebody is from.
    HomeUnit(Option<String>),
}

fn open_group(c: &Campaign, group: Option<Uuid>) -> Result<()> {
    let locked = group.and_then(|g| c.group(g)).is_some_and(|g| g.locked);
    if locked {
        return Err(Code::Locked.into());
    }
    Ok(())
}

fn open_site(c: &Campaign, site: &Site) -> Result<()> {
    match c.group_of_site(site) {
        Some(group) => open_group(c, Some(group)),
        None if c.groups.iter().any(|g| g.locked) => Err(Code::Locked.into()),
        None => Ok(()),
    }
}

/// Changes somebody's place in the roster.
///
/// # Errors
/// `NotFound`, `ReasonRequired`, `Locked`, `Invalid` for an unknown group or unit.
pub fn change_account(
    tx: &mut dyn Tx,
    actor: &Actor,
    c: &Campaign,
    account: Uuid,
    change: &AccountChange,
    reason: &str,
    now_ms: i64,
) -> Result<()> {
    reasoned(reason)?;
    let found = c.accounts.get(&account).ok_or(Code::NotFound)?;
    open_group(c, found.group)?;
    let (field, value): (&str, Value) = match change {
        AccountChange::Active(active) => ("active", (*active).into()),
        AccountChange::Group(group) => {
            if group.is_some_and(|g| c.group(g).is_none()) {
                return Err(Code::Invalid.into());
            }
            open_group(c, *group)?;
            ("group", (*group).into())
        }
        AccountChange::HomeUnit(unit) => {
            if unit.as_ref().is_some_and(|u| !c.divisions.contains_key(u)) {
                return Err(Code::Invalid.into());
            }
            ("home_unit", unit.as_deref().into())
        }
    };
    let mut office = Office::begin(tx, actor, now_ms);
    office.set(c.scope(), "account", account, field, value)?;
    office.done("change_account", account, reason)
}

/// Rules that somebody must not score a township.
///
/// # Errors
/// `NotFound`, `ReasonRequired`, `Locked`.
pub fn recuse(
    tx: &mut dyn Tx,
    actor: &Actor,
    c: &Campaign,
    (account, township): (Uuid, &str),
    reason: &str,
    now_ms: i64,
) -> Result<Uuid> {
    reasoned(reason)?;
    if !c.accounts.contains_key(&account) {
        return Err(Code::NotFound.into());
    }
    let place = c.townships.get(township).ok_or(Code::NotFound)?;
    open_group(c, place.group)?;
    let mut office = Office::begin(tx, actor, now_ms);
    let mut record = office.fresh()?;
    let ruling = Value::List(vec![
        account.into(),
        township.into(),
        reason.into(),
        true.into(),
    ]);
    office.put(c.scope(), "recusal", &mut record, "ruling", ruling)?;
    let id = record.id;
    office.done("recuse", account, reason)?;
    Ok(id)
}

/// Strikes a site, or takes the strike back with `None`.
///
/// # Errors
/// `NotFound`, `ReasonRequired`, `Locked`.
pub fn strike_site(
    tx: &mut dyn Tx,
    actor: &Actor,
    c: &Campaign,
    site: Uuid,
    strike: bool,
    reason: &str,
    now_ms: i64,
) -> Result<()> {
    reasoned(reason)?;
    let found = c.sites.get(&site).ok_or(Code::NotFound)?;
    open_site(c, found)?;
    let mut office = Office::begin(tx, actor, now_ms);
    let value = strike.then_some(reason);
    office.set(c.scope(), "site", site, "struck", value)?;
    office.done("strike_site", site, reason)
}

/// Writes down a township's issues: due, of those closed, overdue.
///
/// # Errors
/// `NotFound`, `Invalid`, `Locked`.
pub fn set_ledger(
    tx: &mut dyn Tx,
    actor: &Actor,
    c: &Campaign,
    township: &str,
    (due, closed, overdue): (i64, i64, i64),
    now_ms: i64,
) -> Result<()> {
    let found = c.townships.get(township).ok_or(Code::NotFound)?;
    open_group(c, found.group)?;
    let counts = 0..=1_000_000;
    if !counts.contains(&due) || !(0..=due).contains(&closed) || !counts.contains(&overdue) {
        return Err(Code::Invalid.into());
    }
    let mut office = Office::begin(tx, actor, now_ms);
    let value = Value::List(vec![due.into(), closed.into(), overdue.into()]);
    office.set(c.scope(), "tour_township", found.id, "ledger", value)?;
    office.done("set_ledger", township, "")
}

/// Writes down a veto finding against a township.
///
/// # Errors
/// `NotFound`, `ReasonRequired`, `Locked`.
pub fn set_veto(
    tx: &mut dyn Tx,
    actor: &Actor,
    c: &Campaign,
    township: &str,
    (vetoed, notices): (bool, i64),
    reason: &str,
    now_ms: i64,
) -> Result<()> {
    reasoned(reason)?;
    let found = c.townships.get(township).ok_or(Code::NotFound)?;
    open_group(c, found.group)?;
    let mut office = Office::begin(tx, actor, now_ms);
    let value = Value::List(vec![vetoed.into(), notices.clamp(0, 1_000_000).into()]);
    office.set(c.scope(), "tour_township", found.id, "veto", value)?;
    office.done("set_veto", township, reason)
}
