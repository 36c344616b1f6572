//! Reading a campaign from the registers.
//!
//! Invariant: a record that lacks a field or has an unknown word is left out or read as empty, never an error: another
//! version may have written it. Leaves out: nothing that decides a result.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use domain::divisions::Level;
use domain::sheet::Form;
use domain::{Checklist, SiteKind, TownKind};
use ledger::RecordView;
use merge::Value;
use protocol::Scope;
use protocol::chain::{Hash, sha256};
use uuid::Uuid;

use super::{Account, Campaign, ChecklistEntry, Device, Group, Recusal, Site, Township};
use crate::error::Result;
use crate::store::Tx;

fn text(v: &Value) -> String {
    v.as_text().unwrap_or_default().to_owned()
}

fn some_text(v: &Value) -> Option<String> {
    v.as_text().map(str::to_owned)
}

fn int(v: &Value) -> i64 {
    v.as_int().unwrap_or(0)
}

struct Reader<'t> {
    tx: &'t mut dyn Tx,
    scope: Scope,
}

impl Reader<'_> {
    fn all<T>(&mut self, kind: &str, read: impl Fn(&RecordView) -> Option<T>) -> Result<Vec<T>> {
        let mut list = Vec::new();
        for id in self.tx.ids(kind, Some(self.scope))? {
            if let Some(view) = self.tx.view(id)? {
                list.extend(read(&view));
            }
        }
        Ok(list)
    }
}

pub(super) fn campaign(
    tx: &mut dyn Tx,
    id: Uuid,
    parsed: &Mutex<HashMap<Hash, ChecklistEntry>>,
) -> Result<Option<Campaign>> {
    let Some(head) = tx.view(id)?.filter(|v| v.kind == "campaign") else {
        return Ok(None);
    };
    let checklists = checklists(tx, id, parsed)?;
    let scope = Scope::Campaign { campaign: id };
    let mut r = Reader { tx, scope };
    let mut groups = r.all("tour_group", group)?;
    groups.sort_by_key(|g| (g.number, g.id));
    let sites = r.all("site", site)?;
    let mut route: Vec<&Site> = sites.iter().collect();
    let key = |s: &Site| (s.township.is_none(), s.order, s.township.clone(), s.id);
    route.sort_by_key(|s| key(s));
    let route = route.into_iter().map(|s| s.id).collect();
    let rules = text(head.get("rules"));
    let dates = head.get("dates");
    let nominations = head.get("nominations");
    let mut rules_hashes = r.all("rules_version", |v| {
        let body = v.get("body");
        Some(hex::encode(sha256(body.at(1).as_text()?.as_bytes())))
    })?;
    rules_hashes.push(hex::encode(sha256(rules.as_bytes())));
    let townships = r.all("tour_township", township)?;
    let divisions = r.all("division", division)?;
    Ok(Some(Campaign {
        id,
        name: text(head.get("name")),
        tour_kind: text(head.get("tour_kind")),
        rehearsal: head.get("rehearsal").as_bool().unwrap_or(false),
        cloned_from: head.get("cloned_from").as_id(),
        nominations: (nominations.at(0).as_int(), int(nominations.at(1))),
        dates: some_text(dates.at(0)).zip(some_text(dates.at(1))),
        state: text(head.get("state")),
        rules: serde_json::from_str(&rules).unwrap_or_default(),
        rules_hash: hex::encode(sha256(rules.as_bytes())),
        rules_hashes,
        sheets_open: head.get("sheets_open").as_bool().unwrap_or(false),
        number_prefix: some_text(head.get("number_prefix"))
            .unwrap_or_else(|| super::NUMBER_PREFIX.to_owned()),
        divisions: divisions.into_iter().map(|d| (d.code.clone(), d)).collect(),
        groups,
        townships: townships.into_iter().map(|t| (t.code.clone(), t)).collect(),
        accounts: by_id(r.all("account", account)?, |a| a.id),
        devices: by_id(r.all("device", device)?, |d| d.id),
        sites: by_id(sites, |s| s.id),
        route,
        recusals: r.all("recusal", recusal)?,
        checklists,
    }))
}

fn by_id<T>(list: Vec<T>, id: impl Fn(&T) -> Uuid) -> HashMap<Uuid, T> {
    list.into_iter().map(|t| (id(&t), t)).collect()
}

fn group(v: &RecordView) -> Option<Group> {
    let lock = v.get("lock");
    Some(Group {
        id: v.id,
        number: v.get("number").as_int()?,
        name: text(v.get("name")),
        version: int(lock.at(0)),
        locked: lock.at(1).as_text() == Some("locked"),
        locked_at_ms: int(lock.at(2)),
        result_hash: some_text(lock.at(3)),
        lead: some_text(v.get("lead")),
        rapporteur: v.get("rapporteur").as_id(),
    })
}

fn township(v: &RecordView) -> Option<Township> {
    let (ledger, veto) = (v.get("ledger"), v.get("veto"));
    let groups = v.fields.get("group").map_or(&[][..], Vec::as_slice);
    Some(Township {
        id: v.id,
        code: some_text(v.get("code"))?,
        group: v.get("group").as_id(),
        unclear: groups.iter().any(|g| g.value != groups[0].value),
        ledger: (int(ledger.at(0)), int(ledger.at(1)), int(ledger.at(2))),
        veto: (veto.at(0).as_bool().unwrap_or(false), int(veto.at(1))),
    })
}

fn division(v: &RecordView) -> Option<domain::Division> {
    let unit = v.get("unit");
    Some(domain::Division {
        code: some_text(unit.at(0))?,
        name: text(unit.at(1)),
        short_name: some_text(unit.at(2)),
        parent: some_text(unit.at(3)),
        level: Level::parse(unit.at(4).as_text()?)?,
    })
}

fn account(v: &RecordView) -> Option<Account> {
    Some(Account {
        id: v.id,
        name: some_text(v.get("name"))?,
        role: text(v.get("role")),
        home_unit: some_text(v.get("home_unit")),
        group: v.get("group").as_id(),
        form: v
            .get("form")
            .as_text()
            .and_then(Form::parse)
            .unwrap_or_default(),
        active: v.get("active").as_bool().unwrap_or(false),
        replaced: replaced(v.get("replaced")),
    })
}

fn replaced(v: &Value) -> Option<(Uuid, i64, String)> {
    Some((v.at(0).as_id()?, int(v.at(1)), text(v.at(2))))
}

/// What a `device` record says, if it is complete.
pub(crate) fn device(v: &RecordView) -> Option<Device> {
    let (enrolment, revoked) = (v.get("enrolment"), v.get("revoked"));
    let confirmed = v.get("confirmed");
    Some(Device {
        id: v.id,
        account: enrolment.at(0).as_id()?,
        key: enrolment.at(1).as_bytes()?.try_into().ok()?,
        name: text(enrolment.at(2)),
        enrolled_at_ms: int(enrolment.at(3)),
        revoked: revoked.at(0).as_int().map(|at| (at, text(revoked.at(1)))),
        confirmed: confirmed
            .at(0)
            .as_int()
            .map(|at| (at, text(confirmed.at(1)))),
        pin_resets: int(v.get("pin_reset").at(0)),
    })
}

fn site(v: &RecordView) -> Option<Site> {
    let (spec, route) = (v.get("spec"), v.get("route"));
    Some(Site {
        id: v.id,
        name: text(v.get("name")),
        kind: SiteKind::parse(spec.at(0).as_text()?)?,
        town_kind: spec.at(1).as_text().and_then(TownKind::parse),
        township: some_text(spec.at(2)),
        village: some_text(spec.at(3)),
        slot: spec.at(4).as_int(),
        place_e7: spec.at(5).as_int().zip(spec.at(6).as_int()),
        group: route.at(0).as_id(),
        order: int(route.at(1)),
        nominated: v.get("nominated").as_bool().unwrap_or(false),
        struck: some_text(v.get("struck")),
    })
}

fn recusal(v: &RecordView) -> Option<Recusal> {
    let ruling = v.get("ruling");
    ruling.at(3).as_bool().filter(|in_force| *in_force)?;
    Some(Recusal {
        account: ruling.at(0).as_id()?,
        township: some_text(ruling.at(1))?,
    })
}

/// Parsing is the slow part: it is kept by the hash of the body.
fn checklists(
    tx: &mut dyn Tx,
    campaign: Uuid,
    parsed: &Mutex<HashMap<Hash, ChecklistEntry>>,
) -> Result<BTreeMap<(String, i64), ChecklistEntry>> {
    let mut list = BTreeMap::new();
    for id in tx.ids("checklist", Some(Scope::Campaign { campaign }))? {
        let body = tx.live(id, "body")?;
        let Some(json) = body.first().and_then(|l| l.value.as_text()) else {
            continue;
        };
        let hash = sha256(json.as_bytes());
        let known = || parsed.lock().unwrap_or_else(PoisonError::into_inner);
        let found = known().get(&hash).cloned();
        let Some(mut entry) = found.or_else(|| entry(&hash, json)) else {
            continue;
        };
        known().entry(hash).or_insert_with(|| entry.clone());
        entry.id = id;
        let key = (
            entry.checklist.code.clone(),
            i64::from(entry.checklist.version),
        );
        list.insert(key, entry);
    }
    Ok(list)
}

fn entry(hash: &Hash, json: &str) -> Option<ChecklistEntry> {
    let checklist = Checklist::parse(json).ok()?;
    let mut forms = HashMap::new();
    for kind in SiteKind::ALL {
        let towns = TownKind::ALL.iter().copied().map(Some);
        for town in std::iter::once(None).chain(towns) {
            if let Ok(form) = checklist.for_site(*kind, town) {
                forms.insert((*kind, town), Arc::new(form));
            }
        }
    }
    Some(ChecklistEntry {
        id: Uuid::nil(),
        hash: hex::encode(hash),
        checklist: Arc::new(checklist),
        forms,
    })
}
