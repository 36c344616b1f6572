//! Locking a group: the closing set, the result and its hash, in one transaction.
//!
//! Invariant: the result hash covers the closing set and the result; a lock after the first needs a reason and keeps
//! what came before. Leaves out: what is late after it (`sync::judge`) and who may lock (`routes`).

use std::collections::{BTreeMap, BTreeSet};

use domain::score::{Input, Outcome};
use merge::Value;
use protocol::Scope;
use protocol::chain::sha256;
use protocol::closing::{ClosedAccount, ClosedLog, ClosedVerdict, ClosingSet, LeftOut};
use protocol::problem::Code;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::anchor;
use super::campaign::{Cache, Campaign};
use super::office::{Actor, Office, reasoned};
use super::results::{self, Gathered};
use crate::error::{Error, Result};
use crate::store::{DeviceRow, Tx};

/// A result as it is written down: everything needed to compute it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResultBody {
    /// The group whose lock made it.
    pub group: Uuid,
    /// Version of that lock.
    pub version: u64,
    /// The groups it covers: all that were locked.
    pub groups: Vec<Uuid>,
    /// Why there is a version after the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The score file.
    pub input: Input,
    /// What `domain::score::compute` says of it.
    pub outcome: Outcome,
    /// What changed against the group's version before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Changed>,
}

/// A township whose numbers a new version changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// Code.
    pub code: String,
    /// T and place in the group before.
    pub before: (Option<i64>, Option<usize>),
    /// T and place in the group now.
    pub now: (Option<i64>, Option<usize>),
}

/// What stands in the way of a lock.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Missing {
    /// Sites of the group with fewer than three sheets, and how many they have.
    pub few: Vec<(Uuid, usize)>,
    /// Sheets still drafts.
    pub drafts: Vec<Uuid>,
    /// Sheets returned and not submitted again.
    pub returned: Vec<Uuid>,
    /// Sheets with an answer nobody settled.
    pub unsettled: Vec<Uuid>,
    /// Photos promised whose bytes have not arrived.
    pub photos: Vec<Uuid>,
    /// Held entries nobody decided.
    pub held: Vec<Uuid>,
    /// Phones that said they still hold changes.
    pub phones: Vec<Uuid>,
}

impl Missing {
    /// True if nothing is missing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Digest of it, so that an order shows what it was given for.
    pub fn shown(&self) -> String {
        hex::encode(&sha256(format!("{self:?}").as_bytes())[..16])
    }
}

/// A lock as done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locked {
    /// Version, from 1.
    pub version: u64,
    /// When, ms UTC.
    pub at_ms: i64,
    /// Result hash, hex.
    pub result_hash: String,
    /// Sheets of the group that count.
    pub counted: usize,
    /// Sheets of the group left out.
    pub left_out: Vec<LeftOut>,
    /// Why, for a version after the first or a lock with something missing.
    pub reason: Option<String>,
}

/// The result hash: H(closing set JSON ‖ result JSON), hex.
pub fn result_hash(closing_json: &str, result_json: &str) -> String {
    hex::encode(sha256(format!("{closing_json}{result_json}").as_bytes()))
}

/// What is missing in a group. `arrived` says whether the bytes of a photo are here.
///
/// # Errors
/// `NotFound`, and the database's.
pub fn missing(
    tx: &mut dyn Tx,
    c: &Campaign,
    group: Uuid,
    arrived: &dyn Fn(&[u8; 32]) -> bool,
) -> Result<Missing> {
    c.group(group).ok_or(Code::NotFound)?;
    let g = results::gather(tx, c, &BTreeSet::from([group]))?;
    let mut m = Missing::default();
    for site in c.sites_of(group).filter(|s| s.struck.is_none()) {
        let id = site.id.to_string();
        let n = g.input.sheets.iter().filter(|s| s.site == id).count();
        if n < domain::score::MIN_SHEETS {
            m.few.push((site.id, n));
        }
    }
    let of = |reason: &str| {
        g.left_out
            .iter()
            .filter(|l| l.reason == reason)
            .map(|l| l.sheet)
            .collect()
    };
    (m.drafts, m.unsettled) = (of("draft"), of("unsettled"));
    m.returned = of("returned");
    let scopes = group_scopes(c, group);
    for photo in tx.photos(c.id, None)? {
        let here = photo.stored.as_ref().is_none_or(arrived);
        if !here && !photo.deleted && scopes.iter().any(|s| s.id() == photo.scope) {
            m.photos.push(photo.id);
        }
    }
    for h in tx.all_held(c.id)? {
        if h.decided.is_none() && c.accounts.get(&h.account).and_then(|a| a.group) == Some(group) {
            m.held.push(h.id);
        }
    }
    for d in phones(tx, c, group)? {
        if d.left.is_some_and(|l| l.changes > 0) {
            m.phones.push(d.id);
        }
    }
    Ok(m)
}

/// Phones of a group's members that were not revoked.
///
/// # Errors
/// The database's.
pub fn phones(tx: &mut dyn Tx, c: &Campaign, group: Uuid) -> Result<Vec<DeviceRow>> {
    let member = |d: &DeviceRow| {
        let account = c.accounts.get(&d.account);
        account.is_some_and(|a| a.active && a.group == Some(group))
    };
    let mut all = tx.devices(c.id)?;
    all.retain(|d| d.revoked.is_none() && member(d));
    Ok(all)
}

/// Locks a group, or (with a reason) makes the next version of its lock.
///
/// # Errors
/// `NotFound`; `ReasonRequired` for a later version without reason.
pub fn lock(
    tx: &mut dyn Tx,
    cache: &Cache,
    actor: &Actor,
    campaign: Uuid,
    group: Uuid,
    reason: Option<&str>,
    now_ms: i64,
) -> Result<Locked> {
    let c = cache.campaign(tx, campaign)?;
    let found = c.group(group).ok_or(Code::NotFound)?;
    let version = u64::try_from(found.version).unwrap_or(0) + 1;
    if version > 1 {
        reasoned(reason.unwrap_or_default())?;
    }
    let mut covered = results::locked_groups(&c);
    covered.insert(group);
    let gathered = results::gather(tx, &c, &covered)?;
    let outcome = results::outcome(&gathered.input)?;
    let own = |author: &Uuid| c.accounts.get(author).and_then(|a| a.group) == Some(group);
    let left_out: Vec<LeftOut> = gathered
        .left_out
        .iter()
        .filter(|l| own(&l.author))
        .cloned()
        .collect();
    let closing = ClosingSet {
        campaign,
        group,
        version,
        locked_at_ms: now_ms,
        rules_hash: c.rules_hash.clone(),
        checklist_hashes: c
            .checklists
            .values()
            .map(|e| (e.id, e.hash.clone()))
            .collect(),
        roster: roster(&c),
        logs: logs(tx, &c, group)?,
        verdicts: verdicts(tx, &c, group)?,
        left_out: left_out.clone(),
        audit: Some(anchor::head(tx)?),
        reason: reason.map(str::to_owned),
    };
    let body = ResultBody {
        group,
        version,
        groups: covered.into_iter().collect(),
        reason: reason.map(str::to_owned),
        changes: changes(latest(tx, &c, group)?.as_ref(), &outcome),
        input: gathered.input.clone(),
        outcome,
    };
    let closing_json = closing.to_json();
    let result_json = serde_json::to_string(&body).map_err(Error::storage)?;
    let hash = result_hash(&closing_json, &result_json);
    let mut office = Office::begin(tx, actor, now_ms);
    let mut record = office.fresh()?;
    office.put(c.scope(), "closing_set", &mut record, "body", closing_json)?;
    let mut record = office.fresh()?;
    office.put(c.office_scope(), "result", &mut record, "body", result_json)?;
    let state = Value::List(vec![
        (version as i64).into(),
        "locked".into(),
        now_ms.into(),
        hash.as_str().into(),
    ]);
    office.set(c.scope(), "tour_group", group, "lock", state)?;
    office.done("lock", group, reason.unwrap_or_default())?;
    Ok(Locked {
        version,
        at_ms: now_ms,
        result_hash: hash,
        counted: counted(&c, &gathered, group),
        left_out,
        reason: reason.map(str::to_owned),
    })
}

fn counted(c: &Campaign, g: &Gathered, group: Uuid) -> usize {
    let number = c.group(group).map(|g| g.number);
    g.input
        .sheets
        .iter()
        .filter(|s| Some(s.group) == number)
        .count()
}

/// The scopes a group's lock covers: its own and those of its members.
pub fn group_scopes(c: &Campaign, group: Uuid) -> Vec<Scope> {
    let mut scopes = vec![c.scope(), c.group_scope(group)];
    for a in c.accounts.values().filter(|a| a.group == Some(group)) {
        scopes.push(c.sealed_scope(a.id));
        scopes.push(Scope::Household {
            campaign: c.id,
            author: a.id,
        });
    }
    scopes
}

fn roster(c: &Campaign) -> Vec<ClosedAccount> {
    let mut devices: BTreeMap<Uuid, Vec<(Uuid, String)>> = BTreeMap::new();
    for d in c.devices.values() {
        devices
            .entry(d.account)
            .or_default()
            .push((d.id, hex::encode(sha256(&d.key))));
    }
    devices.values_mut().for_each(|d| d.sort());
    let account = |a: &super::campaign::Account| ClosedAccount {
        account: a.id,
        role: a.role.clone(),
        group: a.group,
        home_unit: a.home_unit.clone(),
        devices: devices.get(&a.id).cloned().unwrap_or_default(),
    };
    c.accounts.values().map(account).collect()
}

fn logs(tx: &mut dyn Tx, c: &Campaign, group: Uuid) -> Result<Vec<ClosedLog>> {
    let scopes: BTreeSet<Uuid> = group_scopes(c, group).iter().map(Scope::id).collect();
    let rows = tx
        .all_logs()?
        .into_iter()
        .filter(|l| scopes.contains(&l.id.scope) && l.head > 0);
    Ok(rows
        .map(|l| ClosedLog {
            scope: l.id.scope,
            device: l.id.device,
            epoch: l.id.epoch.to_string(),
            branch: l.id.branch.to_string(),
            seq: l.head,
            chain: hex::encode(l.chain),
        })
        .collect())
}

fn verdicts(tx: &mut dyn Tx, c: &Campaign, group: Uuid) -> Result<Vec<ClosedVerdict>> {
    let mut list = Vec::new();
    for scope in group_scopes(c, group) {
        for v in tx.verdicts(Some(scope))?.into_iter().filter(|v| v.in_force) {
            list.push(ClosedVerdict {
                verdict: v.id,
                scope: v.log.scope,
                device: v.log.device,
                epoch: v.log.epoch.to_string(),
                seqs: (v.first, v.last),
                record: v.record,
                code: v.code,
            });
        }
    }
    Ok(list)
}

/// The closing set of a version of a group's lock.
///
/// # Errors
/// The database's.
pub fn closing_set(
    tx: &mut dyn Tx,
    c: &Campaign,
    group: Uuid,
    version: i64,
) -> Result<Option<ClosingSet>> {
    for id in tx.ids("closing_set", Some(c.scope()))?.into_iter().rev() {
        let live = tx.live(id, "body")?;
        let json = live.first().and_then(|l| l.value.as_text());
        let set = json.and_then(|json| serde_json::from_str::<ClosingSet>(json).ok());
        let wanted = |s: &ClosingSet| s.group == group && i64::try_from(s.version) == Ok(version);
        if let Some(set) = set.filter(wanted) {
            return Ok(Some(set));
        }
    }
    Ok(None)
}

/// Every result written down, in order.
///
/// # Errors
/// `Invalid` if one cannot be read.
pub fn all(tx: &mut dyn Tx, c: &Campaign) -> Result<Vec<(ResultBody, String)>> {
    let mut list = Vec::new();
    for id in tx.ids("result", Some(c.office_scope()))? {
        let live = tx.live(id, "body")?;
        let json = live
            .first()
            .and_then(|l| l.value.as_text())
            .unwrap_or_default()
            .to_owned();
        let body = serde_json::from_str(&json)
            .map_err(|e| Error::because(Code::Invalid, e.to_string()))?;
        list.push((body, json));
    }
    Ok(list)
}

/// The last result of a group's lock.
///
/// # Errors
/// Those of [`all`].
pub fn latest(tx: &mut dyn Tx, c: &Campaign, group: Uuid) -> Result<Option<ResultBody>> {
    let of_group = all(tx, c)?
        .into_iter()
        .map(|(b, _)| b)
        .filter(|b| b.group == group);
    Ok(of_group.max_by_key(|b| b.version))
}

fn changes(before: Option<&ResultBody>, now: &Outcome) -> Vec<Changed> {
    let Some(before) = before else {
        return Vec::new();
    };
    let numbers = |t: &domain::score::TownshipResult| (t.raw_e4, t.rank_in_group);
    let mut list = Vec::new();
    for t in &before.outcome.townships {
        let Some(now) = now.township(&t.code) else {
            continue;
        };
        if numbers(t) != numbers(now) {
            list.push(Changed {
                code: t.code.clone(),
                before: numbers(t),
                now: numbers(now),
            });
        }
    }
    list
}
