//! The route at the desk: one site at a time, slots for households drawn on the spot, order, and the kind.
//!
//! Invariant: the kind of a site changes only before its first sheet (F-08), since it picks the checklist.
//! Leaves out: sites from files (`campaign::add_sites`), strikes (`campaign::strike_site`).

use domain::{SiteKind, TownKind};
use merge::Value;
use protocol::problem::Code;
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::services::campaign::{self, Campaign, NewSite, Site};
use crate::services::office::{Actor, Office};
use crate::store::Tx;

/// Slots made at once for one village at most.
pub const MAX_SLOTS: i64 = 20;

/// A site as a form gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteForm {
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
    /// Number: of a household chosen on the spot, or to tell two of one name apart.
    pub slot: Option<i64>,
    /// Order of the route.
    pub order: i64,
}

impl SiteForm {
    /// As a row to add.
    pub fn row(&self, nominated: bool) -> NewSite {
        NewSite {
            name: self.name.trim().to_owned(),
            kind: self.kind,
            town_kind: self.town_kind,
            township: self.township.clone(),
            village: self.village.clone(),
            slot: self.slot,
            group: None,
            order: self.order,
            nominated,
            place_e7: None,
        }
    }

    fn checked(&self, c: &Campaign) -> Result<()> {
        super::name("name", &self.name)?;
        let town = self.kind == SiteKind::TownSite;
        if town != self.town_kind.is_some() {
            return Err(super::refuse(
                "town_kind",
                "县城点位须选类型，其他点位不选",
                "a town site needs a town kind, another none",
            ));
        }
        if town == self.township.is_some() {
            return Err(super::refuse(
                "township",
                "县城点位不属乡镇，其他点位须选乡镇",
                "a town site has no township, another needs one",
            ));
        }
        if let Some(code) = &self.township
            && !c.townships.contains_key(code)
        {
            return Err(super::refuse("township", "未知乡镇", "unknown township"));
        }
        if let Some(code) = &self.village
            && c.divisions
                .get(code)
                .is_none_or(|d| d.parent != self.township)
        {
            return Err(super::refuse(
                "village",
                "该村不属于所选乡镇",
                "the village is not of that township",
            ));
        }
        if self.slot.is_some_and(|n| !(1..=100_000).contains(&n)) {
            return Err(super::refuse(
                "slot",
                "编号应为 1—100000",
                "a number from 1 to 100000",
            ));
        }
        if !(0..=100_000).contains(&self.order) {
            return Err(super::refuse(
                "order",
                "顺序应为 0—100000",
                "an order from 0 to 100000",
            ));
        }
        Ok(())
    }

    /// Refuses what another site is already: kind, place, name and number. A form sent twice makes one site.
    pub(super) fn alone(&self, c: &Campaign, own: Option<Uuid>) -> Result<()> {
        let name = self.name.trim();
        // A village is one site whatever it is called.
        let of_village = self.kind == SiteKind::DemonstrationVillage && self.village.is_some();
        let same = |s: &&Site| {
            Some(s.id) != own
                && s.kind == self.kind
                && s.township == self.township
                && s.village == self.village
                && s.slot == self.slot
                && (of_village || s.name == name)
        };
        let Some(there) = c.sites.values().find(same) else {
            return Ok(());
        };
        Err(super::refuse(
            "name",
            &format!(
                "这里已有同类的点位“{}”（路线顺序 {}），没有再建；确是另一处的，请填不同的编号",
                there.name, there.order
            ),
            &format!(
                "there is such a site already, {} (order {}), and none was made; if it is another place, give it \
                 another number",
                there.name, there.order
            ),
        ))
    }
}

/// True once somebody opened a sheet for a site.
///
/// # Errors
/// The database's.
pub fn has_sheets(tx: &mut dyn Tx, c: &Campaign, site: Uuid) -> Result<bool> {
    let sheets = tx.entries(c.id, Some("sheet"))?;
    Ok(sheets.iter().any(|e| e.site == Some(site)))
}

/// Adds a site.
///
/// # Errors
/// `Invalid` naming the field, `Frozen`, `Locked`.
pub fn add(
    tx: &mut dyn Tx,
    actor: &Actor,
    c: &Campaign,
    form: &SiteForm,
    now_ms: i64,
) -> Result<Uuid> {
    form.checked(c)?;
    form.alone(c, None)?;
    // One row in, one id out.
    Ok(campaign::add_sites(tx, actor, c, &[form.row(false)], now_ms)?[0])
}

/// Adds slots for households that are drawn on the spot: 农户1 … 农户n of a village, after the slots it has.
///
/// # Errors
/// `Invalid` naming the field, `Frozen`, `Locked`.
pub fn add_slots(
    tx: &mut dyn Tx,
    actor: &Actor,
    c: &Campaign,
    (township, village): (&str, Option<&str>),
    n: i64,
    now_ms: i64,
) -> Result<Vec<Uuid>> {
    if !(1..=MAX_SLOTS).contains(&n) {
        return Err(super::refuse("slots", "一次 1—20 个", "1 to 20 at once"));
    }
    let of_place = |s: &&Site| {
        s.kind == SiteKind::Household
            && s.township.as_deref() == Some(township)
            && s.village.as_deref() == village
    };
    let known: Vec<&Site> = c.sites.values().filter(of_place).collect();
    let first = known.iter().filter_map(|s| s.slot).max().unwrap_or(0) + 1;
    let stop = c
        .sites
        .values()
        .filter(|s| s.township.as_deref() == Some(township))
        .map(|s| s.order)
        .max();
    let label = village.and_then(|v| c.divisions.get(v)).map(|d| d.label());
    let mut rows = Vec::new();
    for slot in first..first + n {
        let form = SiteForm {
            name: format!("{}农户{slot}", label.unwrap_or_default()),
            kind: SiteKind::Household,
            town_kind: None,
            township: Some(township.to_owned()),
            village: village.map(str::to_owned),
            slot: Some(slot),
            order: stop.unwrap_or(0) + 1 + slot - first,
        };
        form.checked(c)?;
        rows.push(form.row(false));
    }
    campaign::add_sites(tx, actor, c, &rows, now_ms)
}

/// True if a group that visits a site is locked.
pub fn is_locked(c: &Campaign, site: &Site) -> bool {
    let group = c.group_of_site(site);
    let concerned = |g: &&campaign::Group| group.is_none_or(|own| own == g.id);
    c.groups.iter().filter(concerned).any(|g| g.locked)
}

fn open(c: &Campaign, site: Uuid) -> Result<&Site> {
    let found = c.sites.get(&site).ok_or(Code::NotFound)?;
    if c.state == "closed" || c.state == "archived" {
        return Err(Code::Frozen.into());
    }
    if is_locked(c, found) {
        return Err(Code::Locked.into());
    }
    Ok(found)
}

/// Edits a site. Kind, township and village only before its first sheet.
///
/// # Errors
/// `NotFound`, `Invalid` naming the field, `Frozen` once there is a sheet, `Locked`.
pub fn edit(
    tx: &mut dyn Tx,
    actor: &Actor,
    c: &Campaign,
    site: Uuid,
    form: &SiteForm,
    now_ms: i64,
) -> Result<()> {
    let old = open(c, site)?;
    form.checked(c)?;
    form.alone(c, Some(site))?;
    let moved = (old.kind, old.town_kind, &old.township, &old.village)
        != (form.kind, form.town_kind, &form.township, &form.village);
    let numbered = old.slot != form.slot;
    if moved && has_sheets(tx, c, site)? {
        return Err(Error::because(
            Code::Frozen,
            "已有评分单，类型与位置不能再改 / there is a sheet already: kind and place stay",
        ));
    }
    let mut office = Office::begin(tx, actor, now_ms);
    let name = form.name.trim();
    if old.name != name {
        office.set(c.scope(), "site", site, "name", name)?;
    }
    let group = match &form.township {
        Some(code) => c.townships.get(code).and_then(|t| t.group),
        None => None,
    };
    if moved || numbered {
        let spec = vec![
            form.kind.word().into(),
            form.town_kind.map(TownKind::word).into(),
            form.township.as_deref().into(),
            form.village.as_deref().into(),
            form.slot.into(),
            old.place_e7.map(|(lat, _)| lat).into(),
            old.place_e7.map(|(_, lon)| lon).into(),
        ];
        office.set(c.scope(), "site", site, "spec", Value::List(spec))?;
    }
    if moved || old.order != form.order {
        let route = Value::List(vec![group.into(), form.order.into()]);
        office.set(c.scope(), "site", site, "route", route)?;
    }
    office.done("edit_site", site, "")
}

/// Gives sites their places on the route.
///
/// # Errors
/// `NotFound`, `Invalid`, `Frozen`, `Locked`; then nothing was changed.
pub fn reorder(
    tx: &mut dyn Tx,
    actor: &Actor,
    c: &Campaign,
    rows: &[(Uuid, i64)],
    now_ms: i64,
) -> Result<usize> {
    let mut changed = Vec::new();
    for (site, order) in rows {
        let Some(old) = c.sites.get(site) else {
            return Err(Code::NotFound.into());
        };
        if old.order == *order {
            continue;
        }
        open(c, *site)?;
        if !(0..=100_000).contains(order) {
            return Err(super::refuse(
                "order",
                "顺序应为 0—100000",
                "an order from 0 to 100000",
            ));
        }
        changed.push((old, *order));
    }
    let mut office = Office::begin(tx, actor, now_ms);
    for (old, order) in &changed {
        let route = Value::List(vec![old.group.into(), (*order).into()]);
        office.set(c.scope(), "site", old.id, "route", route)?;
    }
    office.done("reorder_sites", changed.len(), "")?;
    Ok(changed.len())
}
