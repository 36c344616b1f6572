//! Preparing a campaign: everything that is frozen when it starts.
//!
//! Invariant: each call is one transaction: an import comes in whole or not at all. Rows are named in errors from 1.
//! Leaves out: reading files (`documents`).

use std::collections::{BTreeMap, HashSet};

use domain::score::Rules;
use domain::sheet::Form;
use domain::{Checklist, Division, SiteKind, TownKind};
use merge::Value;
use protocol::problem::Code;
use protocol::{Scope, ids};
use uuid::Uuid;

use super::Campaign;
use crate::auth::Role;
use crate::error::{Error, Result};
use crate::services::office::{Actor, Office};
use crate::store::Tx;

/// A campaign to make.
#[derive(Clone, Debug)]
pub struct NewCampaign {
    /// Name.
    pub name: String,
    /// `tour`, `monthly` or `spot`.
    pub tour_kind: String,
    /// First and last day, `YYYY-MM-DD`.
    pub dates: (String, String),
    /// Rules.
    pub rules: Rules,
    /// True if sheets live in the group scope.
    pub sheets_open: bool,
}

/// A tour group to make.
#[derive(Clone, Debug)]
pub struct NewGroup {
    /// Number, from 1.
    pub number: i64,
    /// Name.
    pub name: String,
}

/// A township and its group.
#[derive(Clone, Debug)]
pub struct NewTownship {
    /// Division code.
    pub code: String,
    /// Number of its group.
    pub group: Option<i64>,
}

/// Somebody of the roster.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// Name as printed on papers.
    pub name: String,
    /// Role id.
    pub role: String,
    /// Number of the group.
    pub group: Option<i64>,
    /// Code of the home unit.
    pub home_unit: Option<String>,
    /// Form.
    pub form: Form,
}

/// A site.
#[derive(Clone, Debug)]
pub struct NewSite {
    /// Name.
    pub name: String,
    /// Kind.
    pub kind: SiteKind,
    /// Kind of town site.
    pub town_kind: Option<TownKind>,
    /// Township code; none for a town site.
    pub township: Option<String>,
    /// Village code.
    pub village: Option<String>,
    /// Number of a slot chosen on the spot.
    pub slot: Option<i64>,
    /// Number of the group; none: that of the township, or every group for a town site.
    pub group: Option<i64>,
    /// Order of the route.
    pub order: i64,
    /// Chosen by the township.
    pub nominated: bool,
    /// Latitude and longitude in 1e-7 degree.
    pub place_e7: Option<(i64, i64)>,
}

fn row_error(row: usize, what: &str) -> Error {
    Error::because(Code::Invalid, format!("第{}行 / row {0}: {what}", row + 1))
}

fn day(text: &str) -> bool {
    chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok()
}

/// Where a campaign comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// 试填: it may be wiped later, and never becomes the current one.
    pub rehearsal: bool,
    /// The campaign whose preparation was copied.
    pub cloned_from: Option<Uuid>,
}

/// Makes a campaign and makes it the current one.
///
/// # Errors
/// `Invalid`.
pub fn create(tx: &mut dyn Tx, actor: &Actor, new: &NewCampaign, now_ms: i64) -> Result<Uuid> {
    let id = make(tx, actor, new, Origin::default(), now_ms)?;
    tx.set_meta("campaign", id.as_bytes())?;
    Ok(id)
}

/// Makes a campaign.
///
/// # Errors
/// `Invalid`.
pub fn make(
    tx: &mut dyn Tx,
    actor: &Actor,
    new: &NewCampaign,
    origin: Origin,
    now_ms: i64,
) -> Result<Uuid> {
    if new.name.trim().is_empty() || !["tour", "monthly", "spot"].contains(&&*new.tour_kind) {
        return Err(Code::Invalid.into());
    }
    if !day(&new.dates.0) || !day(&new.dates.1) || new.dates.0 > new.dates.1 {
        return Err(Error::because(Code::Invalid, "日期 / dates"));
    }
    let rules = String::from_utf8(new.rules.hash_input()).map_err(Error::storage)?;
    let mut office = Office::begin(tx, actor, now_ms);
    let mut record = office.fresh()?;
    let id = record.id;
    if origin.rehearsal {
        office.tx.begin_rehearsal(id, now_ms)?;
    }
    let scope = Scope::Campaign { campaign: id };
    let dates = vec![new.dates.0.as_str().into(), new.dates.1.as_str().into()];
    let fields: [(&str, Value); 6] = [
        ("name", new.name.trim().into()),
        ("tour_kind", new.tour_kind.as_str().into()),
        ("dates", Value::List(dates)),
        ("rules", rules.into()),
        ("state", "preparing".into()),
        ("sheets_open", new.sheets_open.into()),
    ];
    for (field, value) in fields {
        office.put(scope, "campaign", &mut record, field, value)?;
    }
    if origin.rehearsal {
        office.put(scope, "campaign", &mut record, "rehearsal", true)?;
    }
    if let Some(from) = origin.cloned_from {
        office.put(scope, "campaign", &mut record, "cloned_from", from)?;
    }
    office.done("create_campaign", id, "")?;
    Ok(id)
}

/// Adds divisions; a code that is there already is brought up to date.
///
/// # Errors
/// `Frozen`, `Invalid` if the list is not consistent in itself.
pub fn add_divisions(
    tx: &mut dyn Tx,
    actor: &Actor,
    c: &Campaign,
    rows: &[Division],
    now_ms: i64,
) -> Result<usize> {
    c.must_prepare()?;
    let known = c.divisions.values().cloned();
    let added: HashSet<&str> = rows.iter().map(|d| d.code.as_str()).collect();
    let kept = known.filter(|d| !added.contains(d.code.as_str()));
    domain::Divisions::new(kept.chain(rows.iter().cloned()))
        .map_err(|e| Error::because(Code::Invalid, e.message_zh()))?;
    let mut office = Office::begin(tx, actor, now_ms);
    for d in rows {
        let unit = Value::List(vec![
            d.code.as_str().into(),
            d.name.as_str().into(),
            d.short_name.as_deref().into(),
            d.parent.as_deref().into(),
            d.level.word().into(),
        ]);
        let id = ids::division(c.id, &d.code);
        office.set(c.scope(), "division", id, "unit", unit)?;
    }
    office.done("import_divisions", rows.len(), "")?;
    Ok(rows.len())
}

/// Adds a checklist version; the same version twice must be the same text.
///
/// # Errors
/// `Frozen`, `Invalid` naming the item.
fn add_checklist(
    tx: &mut dyn Tx,
    actor: &Actor,
    c: &Campaign,
    json: &str,
    now_ms: i64,
) -> Result<Uuid> {
    c.must_prepare()?;
    let checklist =
        Checklist::parse(json).map_err(|e| Error::because(Code::Invalid, e.to_string()))?;
    let id = ids::checklist(c.id, &checklist.code, i64::from(checklist.version));
    if let Some(body) = tx.live(id, "body")?.first() {
        if body.value.as_text() == Some(json) {
            return Ok(id);
        }
        let detail = format!("{} v{}", checklist.code, checklist.version);
        return Err(Error::because(Code::Invalid, detail));
    }
    let mut office = Office::begin(tx, actor, now_ms);
    office.set(c.scope(), "checklist", id, "body", json)?;
    office.done("import_checklist", &checklist.code, "")?;
    Ok(id)
}

/// Adds checklist versions, all or none.
///
/// # Errors
/// `Frozen`, `Invalid` naming the item.
pub fn add_checklists(
    tx: &mut dyn Tx,
    actor: &Actor,
    c: &Campaign,
    files: &[String],
    now_ms: i64,
) -> Result<Vec<Uuid>> {
    let add = |json: &String| add_checklist(tx, actor, c, json, now_ms);
    files.iter().map(add).collect()
}

/// Writes down what the office knows of sites before the tour: (site, field of `site_facts`, text), for every group
/// that visits the site.
///
/// # Errors
/// `Invalid` naming the row.
pub fn set_site_facts(
    tx: &mut dyn Tx,
    actor: &Actor,
    c: &Campaign,
    rows: &[(Uuid, String, String)],
    now_ms: i64,
) -> Result<usize> {
    let mut office = Office::begin(tx, actor, now_ms);
    let mut touched = HashSet::new();
    for (i, (site, field, text)) in rows.iter().enumerate() {
        let found = c.sites.get(site);
        let found = found.ok_or_else(|| row_error(i, "未知点位 / unknown site"))?;
        let value = Value::text(text.as_str());
        let fit = protocol::check::fit("site_facts", field, &protocol::value::encode(&value));
        if fit != protocol::check::Fit::Good {
            return Err(row_error(i, &format!("{field}: {fit:?}")));
        }
        let own = c.group_of_site(found);
        for group in c
            .groups
            .iter()
            .map(|g| g.id)
            .filter(|g| own.is_none_or(|o| o == *g))
        {
            let id = ids::site_facts(c.id, *site, group);
            office.set(c.group_scope(group), "site_facts", id, field, value.clone())?;
            touched.insert((id, "site_facts".to_owned()));
        }
    }
    office.done("set_site_facts", rows.len(), "")?;
    let touched: Vec<_> = touched.into_iter().collect();
    crate::services::project::records(tx, c, &touched, now_ms)?;
    Ok(rows.len())
}

/// Makes groups, or renames those of the same number.
///
/// # Errors
/// `Frozen`, `Invalid`.
pub fn set_groups(
    tx: &mut dyn Tx,
    actor: &Actor,
    c: &Campaign,
    rows: &[NewGroup],
    now_ms: i64,
) -> Result<Vec<Uuid>> {
    c.must_prepare()?;
    let mut seen = HashSet::new();
    for (i, g) in rows.iter().enumerate() {
        if !(1..=1000).contains(&g.number) || !seen.insert(g.number) {
            return Err(row_error(i, "组号 / group number"));
        }
    }
    let mut office = Office::begin(tx, actor, now_ms);
    let mut made = Vec::new();
    for g in rows {
        if let Some(old) = c.groups.iter().find(|o| o.number == g.number) {
            office.set(c.scope(), "tour_group", old.id, "name", g.name.as_str())?;
            made.push(old.id);
            continue;
        }
        let mut record = office.fresh()?;
        made.push(record.id);
        office.put(c.scope(), "tour_group", &mut record, "number", g.number)?;
        office.put(
            c.scope(),
            "tour_group",
            &mut record,
            "name",
            g.name.as_str(),
        )?;
    }
    office.done("set_groups", rows.len(), "")?;
    Ok(made)
}

fn group_id(c: &Campaign, number: Option<i64>) -> Option<Option<Uuid>> {
    match number {
        None => Some(None),
        Some(n) => Some(Some(c.groups.iter().find(|g| g.number == n)?.id)),
    }
}

/// Says which townships take part and in which group.
///
/// # Errors
/// `Frozen`, `Invalid` naming the row: unknown township or group, or a township twice.
pub fn assign_townships(
    tx: &mut dyn Tx,
    actor: &Actor,
    c: &Campaign,
    rows: &[NewTownship],
    now_ms: i64,
) -> Result<usize> {
    c.must_prepare()?;
    let mut groups = BTreeMap::new();
    for (i, row) in rows.iter().enumerate() {
        let unit = c.divisions.get(&row.code);
        if !unit.is_some_and(|d| d.level.is_township()) {
            return Err(row_error(
                i,
                &format!("未知乡镇 / unknown township {}", row.code),
            ));
        }
        let group = group_id(c, row.group)
            .ok_or_else(|| row_error(i, "未知组号 / unknown group number"))?;
        if groups.insert(row.code.as_str(), group).is_some() {
            return Err(row_error(i, &format!("重复 / duplicate {}", row.code)));
        }
    }
    let mut office = Office::begin(tx, actor, now_ms);
    for (code, group) in &groups {
        let id = c.township_record(code);
        office.set(c.scope(), "tour_township", id, "code", *code)?;
        office.set(c.scope(), "tour_township", id, "group", *group)?;
    }
    office.done("assign_townships", rows.len(), "")?;
    Ok(rows.len())
}

/// Adds people to the roster.
///
/// # Errors
/// `Frozen`, `Invalid` naming the row.
pub fn add_accounts(
    tx: &mut dyn Tx,
    actor: &Actor,
    c: &Campaign,
    rows: &[NewAccount],
    now_ms: i64,
) -> Result<Vec<Uuid>> {
    if c.state == "closed" || c.state == "archived" {
        return Err(Code::Frozen.into());
    }
    let mut names: HashSet<String> = c.accounts.values().map(|a| a.name.clone()).collect();
    let mut groups = Vec::new();
    for (i, row) in rows.iter().enumerate() {
        if row.name.trim().is_empty() || !names.insert(row.name.trim().to_owned()) {
            return Err(row_error(i, &format!("姓名为空或重复 / name {}", row.name)));
        }
        if Role::parse(&row.role).is_none() {
            return Err(row_error(
                i,
                &format!("未知角色 / unknown role {}", row.role),
            ));
        }
        if let Some(code) = &row.home_unit
            && !c.divisions.contains_key(code)
        {
            return Err(row_error(i, &format!("未知单位 / unknown unit {code}")));
        }
        let group = group_id(c, row.group)
            .ok_or_else(|| row_error(i, "未知组号 / unknown group number"))?;
        let locked = group.and_then(|g| c.group(g)).is_some_and(|g| g.locked);
        if locked {
            return Err(Code::Locked.into());
        }
        groups.push(group);
    }
    let mut office = Office::begin(tx, actor, now_ms);
    let mut made = Vec::new();
    for (row, group) in rows.iter().zip(groups) {
        let mut record = office.fresh()?;
        made.push(record.id);
        let fields: [(&str, Value); 6] = [
            ("name", row.name.trim().into()),
            ("role", row.role.as_str().into()),
            ("home_unit", row.home_unit.as_deref().into()),
            ("group", group.into()),
            ("form", row.form.word().into()),
            ("active", true.into()),
        ];
        for (field, value) in fields {
            office.put(c.scope(), "account", &mut record, field, value)?;
        }
    }
    office.done("import_roster", rows.len(), "")?;
    Ok(made)
}

fn check_site(c: &Campaign, i: usize, row: &NewSite) -> Result<()> {
    if row.name.trim().is_empty() {
        return Err(row_error(i, "名称为空 / no name"));
    }
    let town = row.kind == SiteKind::TownSite;
    if town != row.town_kind.is_some() || town == row.township.is_some() {
        let what =
            "县城点位须有类型而无乡镇，其他点位相反 / a town site has a town kind and no township";
        return Err(row_error(i, what));
    }
    if let Some(code) = &row.township
        && !c.townships.contains_key(code)
    {
        return Err(row_error(i, &format!("未知乡镇 / unknown township {code}")));
    }
    if let Some(code) = &row.village
        && !c.divisions.contains_key(code)
    {
        return Err(row_error(i, &format!("未知村 / unknown village {code}")));
    }
    Ok(())
}

/// Adds sites. Allowed until the lock of their group.
///
/// # Errors
/// `Frozen`, `Locked`, `Invalid` naming the row.
pub fn add_sites(
    tx: &mut dyn Tx,
    actor: &Actor,
    c: &Campaign,
    rows: &[NewSite],
    now_ms: i64,
) -> Result<Vec<Uuid>> {
    if c.state == "closed" || c.state == "archived" {
        return Err(Code::Frozen.into());
    }
    let mut groups = Vec::new();
    for (i, row) in rows.iter().enumerate() {
        check_site(c, i, row)?;
        let named = group_id(c, row.group)
            .ok_or_else(|| row_error(i, "未知组号 / unknown group number"))?;
        let of_township = row
            .township
            .as_ref()
            .and_then(|code| c.townships[code].group);
        if of_township.is_some() && named.is_some() && named != of_township {
            return Err(row_error(
                i,
                "点位与乡镇的组不同 / group differs from the township's",
            ));
        }
        let group = of_township.or(named);
        let locked = match group {
            Some(g) => c.group(g).is_some_and(|g| g.locked),
            None => c.groups.iter().any(|g| g.locked),
        };
        if locked {
            return Err(Code::Locked.into());
        }
        groups.push(group);
    }
    let mut office = Office::begin(tx, actor, now_ms);
    let mut made = Vec::new();
    for (row, group) in rows.iter().zip(groups) {
        let mut record = office.fresh()?;
        made.push(record.id);
        let spec = Value::List(vec![
            row.kind.word().into(),
            row.town_kind.map(TownKind::word).into(),
            row.township.as_deref().into(),
            row.village.as_deref().into(),
            row.slot.into(),
            row.place_e7.map(|(lat, _)| lat).into(),
            row.place_e7.map(|(_, lon)| lon).into(),
        ]);
        let route = Value::List(vec![group.into(), row.order.max(0).into()]);
        office.put(c.scope(), "site", &mut record, "name", row.name.trim())?;
        office.put(c.scope(), "site", &mut record, "spec", spec)?;
        office.put(c.scope(), "site", &mut record, "route", route)?;
        office.put(c.scope(), "site", &mut record, "nominated", row.nominated)?;
    }
    office.done("import_sites", rows.len(), "")?;
    Ok(made)
}
