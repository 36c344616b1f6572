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

/// What becomes of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fate {
    /// It is not there yet.
    New,
    /// It is there and changes.
    Changed,
    /// It is there as the file says.
    Same,
}

/// What an import does with one thing of the campaign.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Step {
    /// Which thing: a code or a name.
    pub about: String,
    /// What becomes of it.
    pub fate: Fate,
    /// In Chinese, with what it is and becomes.
    pub zh: String,
    /// In English.
    pub en: String,
}

impl Step {
    fn new(about: impl Into<String>, fate: Fate, zh: String, en: String) -> Self {
        Self {
            about: about.into(),
            fate,
            zh,
            en,
        }
    }
}

/// What an import would do, as the campaign is now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// One for each row.
    pub steps: Vec<Step>,
}

impl Plan {
    /// How many rows fare so.
    pub fn count(&self, fate: Fate) -> usize {
        self.steps.iter().filter(|s| s.fate == fate).count()
    }

    /// What fares otherwise by now than in an earlier plan of the same file: first what was, then what is.
    pub fn differences(&self, earlier: &Self) -> Vec<(Step, Step)> {
        let both = earlier.steps.iter().zip(&self.steps);
        both.filter(|(a, b)| a != b)
            .map(|(a, b)| (a.clone(), b.clone()))
            .collect()
    }
}

/// What storing these rows would do. A file read twice gives its rows in the same order, so two plans of it compare row
/// by row.
pub fn plan(c: &Campaign, rows: &Rows) -> Plan {
    let steps = match rows {
        Rows::Divisions(rows) => rows.iter().map(|d| division(c, d)).collect(),
        Rows::Groups(rows) => rows.iter().map(|r| placement(c, r)).collect(),
        Rows::Sites(rows) => rows.iter().map(|r| new_site(c, r)).collect(),
        Rows::Roster(rows) => rows.iter().map(new_person).collect(),
        Rows::Checklist(files) => files
            .iter()
            .map(|f| {
                let list = &f.checklist;
                let about = format!("{} v{}", list.code, list.version);
                let known = (list.code.clone(), i64::from(list.version));
                match c.checklists.contains_key(&known) {
                    true => Step::new(about, Fate::Same, "已有".into(), "there already".into()),
                    false => Step::new(about, Fate::New, "新增".into(), "new".into()),
                }
            })
            .collect(),
    };
    Plan { steps }
}

fn division(c: &Campaign, d: &domain::Division) -> Step {
    match c.divisions.get(&d.code) {
        None => Step::new(
            &d.code,
            Fate::New,
            format!("新增：{}", d.name),
            format!("new: {}", d.name),
        ),
        Some(old) if old == d => Step::new(
            &d.code,
            Fate::Same,
            format!("不变：{}", d.name),
            format!("unchanged: {}", d.name),
        ),
        Some(old) => {
            let what = format!("{} → {}", old.name, d.name);
            Step::new(
                &d.code,
                Fate::Changed,
                format!("更新：{what}"),
                format!("updated: {what}"),
            )
        }
    }
}

fn placement(c: &Campaign, row: &GroupRow) -> Step {
    let place = c.townships.get(&row.township_code).and_then(|t| t.group);
    let old = place.and_then(|g| c.group(g)).map(|g| g.number);
    let (name, to) = (c.township_name(&row.township_code), row.group);
    match old {
        None => Step::new(
            name,
            Fate::New,
            format!("分到第 {to} 组"),
            format!("into group {to}"),
        ),
        Some(n) if n == to => Step::new(
            name,
            Fate::Same,
            format!("仍在第 {n} 组"),
            format!("stays in group {n}"),
        ),
        Some(n) => Step::new(
            name,
            Fate::Changed,
            format!("由第 {n} 组改到第 {to} 组"),
            format!("from group {n} to group {to}"),
        ),
    }
}

fn new_site(c: &Campaign, row: &SiteRow) -> Step {
    let of_township = row
        .township_code
        .as_ref()
        .and_then(|code| c.townships.get(code));
    let group = of_township.and_then(|t| t.group).and_then(|g| c.group(g));
    let group = group.map(|g| g.number).or(row.group);
    let (zh, en) = group.map_or_else(
        || {
            (
                "新增，各组都看或未分组".to_owned(),
                "new, every group or none yet".to_owned(),
            )
        },
        |n| (format!("新增，第 {n} 组"), format!("new, group {n}")),
    );
    Step::new(&row.name, Fate::New, zh, en)
}

fn new_person(row: &RosterRow) -> Step {
    let (zh, en) = row.group.map_or_else(
        || ("新增，不在组内".to_owned(), "new, in no group".to_owned()),
        |n| (format!("新增，第 {n} 组"), format!("new, group {n}")),
    );
    Step::new(&row.name, Fate::New, zh, en)
}

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
                (s.kind, township, village, s.slot, s.name.clone())
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
