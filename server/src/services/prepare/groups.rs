//! Tour groups: name, lead, rapporteur; and which township is in which.
//!
//! Invariant: members are the accounts whose `group` it is (`roster`); townships move only while preparing.
//! Leaves out: making several groups from a file (`campaign::set_groups`).

use std::collections::HashSet;

use protocol::problem::Code;
use uuid::Uuid;

use crate::error::Result;
use crate::services::campaign::{self, Campaign, NewGroup, NewTownship};
use crate::services::office::{Actor, Office};
use crate::store::Tx;

/// A group as a form gives it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupForm {
    /// Number, from 1.
    pub number: i64,
    /// Name.
    pub name: String,
    /// Who leads it, as printed; empty: nobody yet.
    pub lead: String,
    /// The account that reports its result.
    pub rapporteur: Option<Uuid>,
}

/// Makes a group of that number, or changes it. Number and name only while preparing; lead and rapporteur until the
/// lock.
///
/// # Errors
/// `Invalid` naming the field, `Frozen`, `Locked`.
pub fn put(
    tx: &mut dyn Tx,
    actor: &Actor,
    c: &Campaign,
    form: &GroupForm,
    now_ms: i64,
) -> Result<Uuid> {
    if !(1..=1000).contains(&form.number) {
        return Err(super::refuse(
            "number",
            "组号应为 1—1000",
            "a number from 1 to 1000",
        ));
    }
    let name = super::name("name", &form.name)?;
    let lead = super::line("lead", &form.lead, super::NAME_CHARS)?;
    if form
        .rapporteur
        .is_some_and(|id| !c.accounts.contains_key(&id))
    {
        return Err(super::refuse(
            "rapporteur",
            "名册中没有此人",
            "not on the roster",
        ));
    }
    let known = c.groups.iter().find(|g| g.number == form.number);
    if known.is_some_and(|g| g.locked) {
        return Err(Code::Locked.into());
    }
    let id = match known {
        Some(g) if g.name == name => g.id,
        _ => {
            let row = NewGroup {
                number: form.number,
                name,
            };
            // One row in, one id out.
            campaign::set_groups(tx, actor, c, &[row], now_ms)?[0]
        }
    };
    let mut office = Office::begin(tx, actor, now_ms);
    let lead = (!lead.is_empty()).then_some(lead);
    let old = known.map_or((None, None), |g| (g.lead.clone(), g.rapporteur));
    if old.0 != lead {
        office.set(c.scope(), "tour_group", id, "lead", lead.as_deref())?;
    }
    if old.1 != form.rapporteur {
        office.set(c.scope(), "tour_group", id, "rapporteur", form.rapporteur)?;
    }
    office.done("put_group", id, "")?;
    Ok(id)
}

/// Puts every township where the form says: code and group number (none: in no group). Unchanged ones write nothing.
///
/// # Errors
/// `Frozen`, `Invalid` naming the township.
pub fn assign(
    tx: &mut dyn Tx,
    actor: &Actor,
    c: &Campaign,
    rows: &[(String, Option<i64>)],
    now_ms: i64,
) -> Result<usize> {
    c.must_prepare()?;
    let mut changed = Vec::new();
    let mut seen = HashSet::new();
    for (code, group) in rows {
        if !seen.insert(code) {
            return Err(super::refuse(
                code,
                "同一乡镇写了两次，只能分在一个组",
                "named twice: a township is in one group",
            ));
        }
        let wanted = match group {
            None => None,
            Some(n) => {
                let found = c.groups.iter().find(|g| g.number == *n);
                let unknown = || super::refuse(code, "没有这个组", "there is no such group");
                Some(found.ok_or_else(unknown)?.id)
            }
        };
        let known = c.townships.get(code);
        if known.is_none_or(|t| t.group != wanted || t.unclear) {
            changed.push(NewTownship {
                code: code.clone(),
                group: *group,
            });
        }
    }
    if changed.is_empty() {
        return Ok(0);
    }
    campaign::assign_townships(tx, actor, c, &changed, now_ms)
}
