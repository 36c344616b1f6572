//! Results: from the registers to the score file, and through `domain::score` to ranks and awards.
//!
//! Invariant: only locked groups are gathered; every sheet is either counted or left out with its reason; the same
//! registers give the same input byte for byte. Leaves out: the arithmetic (`domain::score`), and writing a result
//! down (`lock`).

use std::collections::{BTreeMap, BTreeSet};

use domain::score::explain::{Details, Explanation};
use domain::score::{Input, Outcome, Rectification, Sheet, Site, Township};
use domain::sheet::{SheetState, Visit};
use protocol::closing::LeftOut;
use protocol::problem::Code;
use uuid::Uuid;

use super::campaign::{Account, Campaign};
use super::sheets;
use crate::error::{Error, Result};
use crate::store::{Entry, Tx};

/// What a result is computed from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gathered {
    /// The score file.
    pub input: Input,
    /// Sheets that do not count, sorted.
    pub left_out: Vec<LeftOut>,
    /// Sheet of each (site, observer) that counts.
    pub sheets: BTreeMap<(String, String), Uuid>,
}

/// Gathers the score file of some groups: their townships, the sites they visit, and their observers' sheets.
///
/// # Errors
/// The database's.
pub fn gather(tx: &mut dyn Tx, c: &Campaign, groups: &BTreeSet<Uuid>) -> Result<Gathered> {
    let mut g = Gathered::default();
    g.input.rules = c.rules.clone();
    for t in c.townships.values() {
        let Some(group) = t
            .group
            .filter(|id| groups.contains(id))
            .and_then(|id| c.group(id))
        else {
            continue;
        };
        g.input.townships.push(Township {
            code: t.code.clone(),
            name: c.township_name(&t.code),
            group: group.number,
            vetoed: t.veto.0,
            overdue_issues: t.ledger.2,
            veto_notices: t.veto.1,
        });
        g.input.rectification.push(Rectification {
            township: t.code.clone(),
            due: t.ledger.0,
            closed: t.ledger.1,
        });
    }
    let known: BTreeSet<&str> = g.input.townships.iter().map(|t| t.code.as_str()).collect();
    let mut sites: Vec<&super::campaign::Site> =
        c.sites.values().filter(|s| s.struck.is_none()).collect();
    sites.sort_by_key(|s| s.id);
    for s in sites {
        if s.township
            .as_deref()
            .is_none_or(|code| known.contains(code))
        {
            g.input.sites.push(Site {
                id: s.id.to_string(),
                kind: s.kind,
                township: s.township.clone(),
            });
        }
    }
    let doubtful = written_by_strangers(tx, c)?;
    for entry in tx.entries(c.id, Some("sheet"))? {
        let group = c
            .accounts
            .get(&entry.author)
            .and_then(|a| a.group)
            .filter(|g| groups.contains(g));
        let (Some(group), Some(site)) = (group, entry.site) else {
            continue;
        };
        let unsettled = entry.conflicts > 0 && is_unsettled(tx, entry.id)?;
        let why = if doubtful.contains(&entry.author) && is_off_roster(tx, c, &entry)? {
            Some("off_roster")
        } else {
            why_not(c, group, &entry, unsettled)
        };
        match why {
            Some(reason) => g.left_out.push(LeftOut {
                sheet: entry.id,
                site,
                author: entry.author,
                reason: reason.to_owned(),
            }),
            None => {
                let key = (site.to_string(), entry.author.to_string());
                g.input.sheets.push(Sheet {
                    site: key.0.clone(),
                    observer: key.1.clone(),
                    group: c.group(group).map_or(0, |g| g.number),
                    score_e4: entry.score_e4.unwrap_or(0),
                });
                g.sheets.insert(key, entry.id);
            }
        }
    }
    g.input
        .sheets
        .sort_by(|a, b| (&a.site, &a.observer).cmp(&(&b.site, &b.observer)));
    leave_out_held(tx, c, groups, &mut g)?;
    g.left_out.sort();
    Ok(g)
}

/// True if a field that decides what a sheet counts for has competing values.
fn is_unsettled(tx: &mut dyn Tx, sheet: Uuid) -> Result<bool> {
    let view = tx.view(sheet)?;
    Ok(view.is_some_and(|v| v.conflicts().any(|(field, _)| sheets::decides(field))))
}

/// Why a sheet does not count; none if it does. `unsettled`: a field that decides has competing values.
pub(super) fn why_not(
    c: &Campaign,
    group: Uuid,
    sheet: &Entry,
    unsettled: bool,
) -> Option<&'static str> {
    let Some(site) = sheet.site.and_then(|s| c.sites.get(&s)) else {
        return Some("foreign");
    };
    // What somebody submitted before a substitute took over still counts as his.
    let counts = |a: &Account| a.active || a.replaced.is_some();
    if !c.accounts.get(&sheet.author).is_some_and(counts) {
        return Some("inactive");
    }
    if site.township.is_some() && c.group_of_site(site) != Some(group) {
        return Some("foreign");
    }
    if site.struck.is_some() {
        return Some("struck");
    }
    if c.is_recused(sheet.author, site) {
        return Some("recused");
    }
    let state = SheetState::parse(&sheet.state).unwrap_or(SheetState::Draft);
    if matches!(state, SheetState::Draft | SheetState::Returned) {
        return Some(state.word());
    }
    if !domain::sheet::counts(state, Visit::parse(&sheet.visit)) {
        return Some("not_entered");
    }
    if unsettled {
        return Some("unsettled");
    }
    sheet.score_e4.is_none().then_some("no_score")
}

/// Authors in whose sealed scope there is a log of a device that is not enrolled for them by the signed log: somebody
/// put it there past the sync. Few or none, so that only their sheets are looked at one by one.
fn written_by_strangers(tx: &mut dyn Tx, c: &Campaign) -> Result<BTreeSet<Uuid>> {
    let of = |a: &Uuid| (c.sealed_scope(*a).id(), *a);
    let authors: BTreeMap<Uuid, Uuid> = c.accounts.keys().map(of).collect();
    let server = tx.own_log(c.scope())?.device;
    let mut found = BTreeSet::new();
    for log in tx.logs(None)?.into_iter().filter(|l| l.id.device != server) {
        if let Some(author) = authors.get(&log.id.scope)
            && !is_enrolled(c, log.id.device, *author)
        {
            found.insert(*author);
        }
    }
    Ok(found)
}

fn is_enrolled(c: &Campaign, device: Uuid, account: Uuid) -> bool {
    c.devices.get(&device).is_some_and(|d| d.account == account)
}

/// True if something of a sheet was written by a device that is neither the author's nor the server.
fn is_off_roster(tx: &mut dyn Tx, c: &Campaign, sheet: &Entry) -> Result<bool> {
    let server = tx.own_log(c.scope())?.device;
    let Some(view) = tx.view(sheet.id)? else {
        return Ok(false);
    };
    let foreign = |device: Uuid| device != server && !is_enrolled(c, device, sheet.author);
    let mut live = view.fields.values().flatten();
    Ok(live.any(|value| foreign(value.dot.log.device)))
}

/// Sheets of which everything is held back have no entry: they are listed by what holds them.
fn leave_out_held(
    tx: &mut dyn Tx,
    c: &Campaign,
    groups: &BTreeSet<Uuid>,
    g: &mut Gathered,
) -> Result<()> {
    let listed: BTreeSet<Uuid> = g
        .left_out
        .iter()
        .map(|l| l.sheet)
        .chain(g.sheets.values().copied())
        .collect();
    let mut held = BTreeMap::new();
    for h in tx.all_held(c.id)? {
        let accepted = h.decided.as_ref().is_some_and(|d| d.accepted);
        let of_group = c
            .accounts
            .get(&h.account)
            .and_then(|a| a.group)
            .is_some_and(|g| groups.contains(&g));
        if h.kind != "sheet" || accepted || !of_group {
            continue;
        }
        if let (Some(sheet), Some(site)) = (h.record, h.site)
            && !listed.contains(&sheet)
        {
            held.insert(
                sheet,
                LeftOut {
                    sheet,
                    site,
                    author: h.account,
                    reason: h.code,
                },
            );
        }
    }
    g.left_out.extend(held.into_values());
    Ok(())
}

/// The groups that are locked.
pub fn locked_groups(c: &Campaign) -> BTreeSet<Uuid> {
    c.groups.iter().filter(|g| g.locked).map(|g| g.id).collect()
}

/// Computes the outcome of a gathered input.
///
/// # Errors
/// `Invalid` with the words of `domain::score`.
pub fn outcome(input: &Input) -> Result<Outcome> {
    domain::score::compute(input).map_err(|e| Error::because(Code::Invalid, e.to_string()))
}

/// Explains the result of the locked groups down to the items. `only` limits sheet trees to one township's sites.
///
/// # Errors
/// `NotReady` while no group is locked.
pub fn explain(
    tx: &mut dyn Tx,
    c: &Campaign,
    only: Option<&str>,
) -> Result<(Gathered, Explanation)> {
    let groups = locked_groups(c);
    if groups.is_empty() {
        return Err(Code::NotReady.into());
    }
    let g = gather(tx, c, &groups)?;
    let mut details = Details::default();
    for (id, site) in &c.sites {
        details.site_names.insert(id.to_string(), site.name.clone());
    }
    for (id, account) in &c.accounts {
        details
            .observer_names
            .insert(id.to_string(), account.name.clone());
    }
    for (key, sheet) in &g.sheets {
        let site = Uuid::try_parse(&key.0).ok().and_then(|id| c.sites.get(&id));
        let Some(site) = site else { continue };
        if only.is_some() && site.township.as_deref() != only {
            continue;
        }
        if let Some(tree) = sheet_tree(tx, c, site, *sheet)? {
            details.sheets.insert(key.clone(), tree);
        }
    }
    let explanation = domain::score::explain(&g.input, &details)
        .map_err(|e| Error::because(Code::Invalid, e.to_string()))?;
    Ok((g, explanation))
}

fn sheet_tree(
    tx: &mut dyn Tx,
    c: &Campaign,
    site: &super::campaign::Site,
    sheet: Uuid,
) -> Result<Option<domain::score::explain::Node>> {
    let Some(view) = tx.view(sheet)? else {
        return Ok(None);
    };
    let Some(opened) = sheets::opened(view.get("opened")) else {
        return Ok(None);
    };
    let Some(checklist) = c.checklist(&opened.code, opened.version, site) else {
        return Ok(None);
    };
    let answers = sheets::answers(&view, checklist, opened.form);
    Ok(answers
        .ok()
        .and_then(|a| domain::sheet::explain_sheet(checklist, opened.form, &a).ok()))
}
