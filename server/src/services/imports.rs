//! Tables of an office into a campaign: read against what it has, then stored whole or not at all.
//!
//! Invariant: a file with one error changes nothing; what the state of the campaign forbids is refused in a dry run too.
//! Leaves out: reading files (`documents::import`), the pages that send them.

use documents::import::{
    Existing, GroupRow, ImportErrors, Kind, Reading, RosterRow, Rows, SiteRow,
};
use domain::Divisions;
use protocol::problem::Code;
use std::collections::BTreeMap;

use super::campaign::{
    self, Campaign, NewAccount, NewGroup, NewSite, NewTownship, add_accounts, add_checklists,
    add_divisions, add_sites, assign_townships, set_groups,
};
use super::office::Actor;
use super::sync::Context;
use crate::error::{Error, Result};
use crate::store::Tx;

/// What came of a file.
#[derive(Clone, Debug)]
pub enum ImportOutcome {
    /// It came in; or, in a dry run, would have.
    Done(Imported),
    /// Everything that is wrong with it; nothing was changed.
    Refused(ImportErrors),
}

/// A file that came in.
#[derive(Clone, Debug)]
pub struct Imported {
    /// What it was about.
    pub kind: Kind,
    /// Rows; for a checklist the number of checklists.
    pub count: usize,
    /// How it was read: format, encoding, sheet, results of formulas.
    pub read: Reading,
    /// True if nothing was changed because nothing was to be.
    pub dry_run: bool,
}

/// What a campaign has already, to check rows against.
///
/// # Errors
/// `Invalid` if its divisions do not hold together.
pub fn existing(c: &Campaign) -> Result<Existing> {
    let divisions = Divisions::new(c.divisions.values().cloned())
        .map_err(|e| Error::because(Code::Invalid, e.message_zh()))?;
    let number = |group: Option<_>| group.and_then(|id| c.group(id)).map(|g| g.number);
    let townships = c.townships.values();
    let sites = c.sites.values();
    Ok(Existing {
        divisions,
        groups: c.groups.iter().map(|g| g.number).collect(),
        townships: townships
            .map(|t| (t.code.clone(), number(t.group)))
            .collect(),
        people: c.accounts.values().map(|a| a.name.clone()).collect(),
        sites: sites
            .map(|s| {
                let (township, village) = (s.township.clone(), s.village.clone());
                (s.kind, township, village, s.name.clone())
            })
            .collect(),
    })
}

/// Refuses early what the state of the campaign forbids.
///
/// # Errors
/// `Frozen`.
pub fn allowed(c: &Campaign, kind: Kind) -> Result<()> {
    match kind {
        Kind::Divisions | Kind::Groups | Kind::Checklist => c.must_prepare(),
        Kind::Sites | Kind::Roster if c.state == "closed" || c.state == "archived" => {
            Err(Code::Frozen.into())
        }
        Kind::Sites | Kind::Roster => Ok(()),
    }
}

/// Stores the rows of a table; returns how many.
///
/// # Errors
/// `Frozen`, `Locked`, `Invalid` naming the row.
pub fn store(
    tx: &mut dyn Tx,
    ctx: &Context,
    actor: &Actor,
    c: &Campaign,
    rows: Rows,
) -> Result<usize> {
    let (count, now_ms) = (rows.len(), ctx.now_ms);
    match rows {
        Rows::Divisions(rows) => {
            add_divisions(tx, actor, c, &rows, now_ms)?;
        }
        Rows::Groups(rows) => groups(tx, ctx, actor, c, &rows)?,
        Rows::Sites(rows) => {
            let rows: Vec<NewSite> = rows.into_iter().map(NewSite::from).collect();
            add_sites(tx, actor, c, &rows, now_ms)?;
        }
        Rows::Roster(rows) => {
            let rows: Vec<NewAccount> = rows.into_iter().map(NewAccount::from).collect();
            add_accounts(tx, actor, c, &rows, now_ms)?;
        }
        Rows::Checklist(files) => {
            let bodies: Vec<String> = files.into_iter().map(|file| file.body).collect();
            add_checklists(tx, actor, c, &bodies, now_ms)?;
        }
    }
    Ok(count)
}

/// Groups with the name the table gives, else the one they have, else their number; then their townships.
fn groups(
    tx: &mut dyn Tx,
    ctx: &Context,
    actor: &Actor,
    c: &Campaign,
    rows: &[GroupRow],
) -> Result<()> {
    let mut names: BTreeMap<i64, Option<&str>> = BTreeMap::new();
    for row in rows {
        let name = names.entry(row.group).or_default();
        *name = name.or(row.group_name.as_deref());
    }
    let named = names.into_iter().map(|(number, name)| {
        let old = c.groups.iter().find(|g| g.number == number);
        let name = name.map(str::to_owned).or(old.map(|g| g.name.clone()));
        NewGroup {
            number,
            name: name.unwrap_or_else(|| format!("第 {number} 组")),
        }
    });
    let named: Vec<NewGroup> = named.collect();
    set_groups(tx, actor, c, &named, ctx.now_ms)?;
    // Read again: the groups just made are among them now.
    let c = ctx.cache.campaign(tx, c.id)?;
    let townships = rows.iter().map(|row| campaign::NewTownship {
        code: row.township_code.clone(),
        group: Some(row.group),
    });
    let townships: Vec<NewTownship> = townships.collect();
    assign_townships(tx, actor, &c, &townships, ctx.now_ms)?;
    Ok(())
}

impl From<SiteRow> for NewSite {
    fn from(row: SiteRow) -> Self {
        Self {
            name: row.name,
            kind: row.kind,
            town_kind: row.town_kind,
            township: row.township_code,
            village: row.village_code,
            slot: row.slot,
            group: row.group,
            order: row.order.unwrap_or_default(),
            nominated: row.nominated,
            place_e7: row.lat_e7.zip(row.lon_e7),
        }
    }
}

impl From<RosterRow> for NewAccount {
    fn from(row: RosterRow) -> Self {
        Self {
            name: row.name,
            role: row.role,
            group: row.group,
            home_unit: row.home_unit,
            form: row.form,
        }
    }
}
