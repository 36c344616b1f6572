//! A new campaign with another one's preparation: divisions, checklists, groups, townships, route, roster.
//!
//! Invariant: every record gets an id of its own, so nothing filled in for one campaign can belong to the other.
//! Leaves out: what is of one tour only: locks, devices, sheets, recusal rulings, nominations, draws, strikes.

use std::collections::HashMap;

use domain::Division;
use uuid::Uuid;

use crate::error::Result;
use crate::services::campaign::{
    self, Campaign, NewAccount, NewGroup, NewSite, NewTownship, Origin,
};
use crate::services::office::{Actor, Office};
use crate::services::sync::Context;
use crate::store::Tx;

use super::edit::Basics;

/// Makes a campaign in the state of preparing with the preparation of `from`.
///
/// # Errors
/// `Invalid` naming the field.
pub fn clone(
    tx: &mut dyn Tx,
    ctx: &Context,
    actor: &Actor,
    from: &Campaign,
    basics: &Basics,
    rehearsal: bool,
) -> Result<Uuid> {
    let now_ms = ctx.now_ms;
    let basics = basics.checked()?;
    super::list::free_name(tx, ctx.cache, &basics.name, None)?;
    let new = basics.with_rules(from.rules.clone());
    let origin = Origin {
        rehearsal,
        cloned_from: Some(from.id),
    };
    let id = campaign::make(tx, actor, &new, origin, now_ms)?;
    let c = ctx.cache.campaign(tx, id)?;
    let divisions: Vec<Division> = from.divisions.values().cloned().collect();
    campaign::add_divisions(tx, actor, &c, &divisions, now_ms)?;
    let mut bodies = Vec::new();
    for entry in from.checklists.values() {
        let live = tx.live(entry.id, "body")?;
        bodies.extend(
            live.first()
                .and_then(|l| l.value.as_text())
                .map(str::to_owned),
        );
    }
    campaign::add_checklists(tx, actor, &c, &bodies, now_ms)?;
    let groups: Vec<NewGroup> = from
        .groups
        .iter()
        .map(|g| NewGroup {
            number: g.number,
            name: g.name.clone(),
        })
        .collect();
    campaign::set_groups(tx, actor, &c, &groups, now_ms)?;
    let c = ctx.cache.campaign(tx, id)?;
    let number = |group: Option<Uuid>| group.and_then(|g| from.group(g)).map(|g| g.number);
    let townships: Vec<NewTownship> = from
        .townships
        .values()
        .map(|t| NewTownship {
            code: t.code.clone(),
            group: number(t.group).filter(|_| !t.unclear),
        })
        .collect();
    campaign::assign_townships(tx, actor, &c, &townships, now_ms)?;
    let people = roster(tx, actor, ctx, from, id)?;
    leads(tx, actor, ctx, (from, id), &people)?;
    let c = ctx.cache.campaign(tx, id)?;
    campaign::add_sites(tx, actor, &c, &route(from), now_ms)?;
    let office = Office::begin(tx, actor, now_ms);
    office.done("clone_campaign", format!("{} -> {id}", from.id), "")?;
    Ok(id)
}

/// Copies who is active; returns new accounts by old.
fn roster(
    tx: &mut dyn Tx,
    actor: &Actor,
    ctx: &Context,
    from: &Campaign,
    to: Uuid,
) -> Result<HashMap<Uuid, Uuid>> {
    let c = ctx.cache.campaign(tx, to)?;
    let mut old: Vec<_> = from.accounts.values().filter(|a| a.active).collect();
    old.sort_by_key(|a| a.id);
    let rows: Vec<NewAccount> = old
        .iter()
        .map(|a| NewAccount {
            name: a.name.clone(),
            role: a.role.clone(),
            group: a.group.and_then(|g| from.group(g)).map(|g| g.number),
            home_unit: a.home_unit.clone(),
            form: a.form,
        })
        .collect();
    let made = campaign::add_accounts(tx, actor, &c, &rows, ctx.now_ms)?;
    Ok(old.iter().map(|a| a.id).zip(made).collect())
}

fn leads(
    tx: &mut dyn Tx,
    actor: &Actor,
    ctx: &Context,
    (from, to): (&Campaign, Uuid),
    people: &HashMap<Uuid, Uuid>,
) -> Result<()> {
    let c = ctx.cache.campaign(tx, to)?;
    let mut office = Office::begin(tx, actor, ctx.now_ms);
    for g in &from.groups {
        let Some(new) = c.groups.iter().find(|n| n.number == g.number) else {
            continue;
        };
        if let Some(lead) = &g.lead {
            office.set(c.scope(), "tour_group", new.id, "lead", lead.as_str())?;
        }
        if let Some(person) = g.rapporteur.and_then(|r| people.get(&r)) {
            office.set(c.scope(), "tour_group", new.id, "rapporteur", *person)?;
        }
    }
    office.done("clone_leads", to, "")
}

fn route(from: &Campaign) -> Vec<NewSite> {
    let sites = from.route.iter().filter_map(|id| from.sites.get(id));
    sites
        .filter(|s| s.struck.is_none())
        .map(|s| NewSite {
            name: s.name.clone(),
            kind: s.kind,
            town_kind: s.town_kind,
            township: s.township.clone(),
            village: s.village.clone(),
            slot: s.slot,
            group: None,
            order: s.order,
            nominated: s.nominated,
            place_e7: s.place_e7,
        })
        .collect()
}
