//! The table of sites.
//!
//! Invariant: a town site has a kind of its own and no township; every other site has a township, and its village is in
//! it. Leaves out: locks of groups.

use domain::{Divisions, SiteKind, TownKind};
use serde::{Deserialize, Serialize};

use super::check::{Check, NAME};
use super::error::{ImportErrors, Problem};
use super::sheet::{Row, Sheet};
use super::{Existing, Format, columns};

/// One site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteRow {
    /// Kind.
    pub kind: SiteKind,
    /// Kind of a county-town site.
    pub town_kind: Option<TownKind>,
    /// Township; none for a county-town site.
    pub township_code: Option<String>,
    /// Village or community.
    pub village_code: Option<String>,
    /// Name.
    pub name: String,
    /// Number of a site chosen on the spot ("household 1 of village A").
    pub slot: Option<i64>,
    /// Number of the tour group; none: the group of the township, for a county-town site every group.
    pub group: Option<i64>,
    /// Place on the route.
    pub order: Option<i64>,
    /// True if the township proposed it.
    pub nominated: bool,
    /// Latitude, WGS-84, 1e-7 degree.
    pub lat_e7: Option<i64>,
    /// Longitude, WGS-84, 1e-7 degree.
    pub lon_e7: Option<i64>,
}

/// Largest count (`schema`).
const MANY: i64 = 1_000_000_000;
/// Largest number of a tour group (`schema`).
pub(super) const MAX_GROUP: i64 = 1_000;

/// Reads sites of townships, villages and groups that are there, and that are not there already.
///
/// # Errors
/// Everything that is wrong, by row and column.
pub fn sites(
    bytes: &[u8],
    format: Format,
    existing: &Existing,
) -> Result<Vec<SiteRow>, ImportErrors> {
    rows(&Sheet::read(bytes, format, columns::SITES)?, existing)
}

pub(super) fn rows(sheet: &Sheet, existing: &Existing) -> Result<Vec<SiteRow>, ImportErrors> {
    let mut check = Check::new(sheet);
    let rows = sheet
        .rows
        .iter()
        .filter_map(|row| site(&mut check, row, existing))
        .collect();
    check.finish(rows)
}

/// `None` only beside an error.
fn site<'s>(check: &mut Check<'s>, row: &'s Row, existing: &Existing) -> Option<SiteRow> {
    let kind = kind(check, row);
    let group = existing.group(check, row, MAX_GROUP);
    let site = SiteRow {
        kind: kind.unwrap_or(SiteKind::TownSite),
        town_kind: town_kind(check, row),
        township_code: existing.township(check, row, group),
        village_code: check.village(row, "village_code", &existing.divisions),
        name: check.need(row, "name", NAME),
        slot: check.int(row, "slot", 1, MANY),
        group,
        order: check.int(row, "order", 0, MANY),
        nominated: check.flag(row, "nominated"),
        lat_e7: check.degrees_e7(row, "lat", 90),
        lon_e7: check.degrees_e7(row, "lon", 180),
    };
    kind?;
    if site.kind == SiteKind::TownSite {
        only_in_town(check, row);
    } else {
        in_township(check, row, &site, &existing.divisions);
    }
    if site.lat_e7.is_some() != site.lon_e7.is_some() {
        let absent = if site.lat_e7.is_none() { "lat" } else { "lon" };
        if check.raw(row, absent).is_empty() {
            check.fail(row.number, absent, &Problem::Required);
        }
    }
    let text = |code: &Option<String>| code.clone().unwrap_or_default();
    let identity = format!(
        "{}|{}|{}|{}|{}",
        site.kind.word(),
        text(&site.township_code),
        text(&site.village_code),
        site.slot.unwrap_or_default(),
        // A village is one site whatever it is called.
        match site.kind {
            SiteKind::DemonstrationVillage if site.village_code.is_some() => "",
            _ => site.name.as_str(),
        }
    );
    check.unique(row, "name", identity, site.name.clone());
    let (township, village) = (site.township_code.clone(), site.village_code.clone());
    let key = (site.kind, township, village, site.slot, site.name.clone());
    if existing.sites.contains(&key) {
        let value = site.name.clone();
        check.fail(row.number, "name", &Problem::AlreadyThere { value });
    }
    Some(site)
}

fn kind<'s>(check: &mut Check<'s>, row: &'s Row) -> Option<SiteKind> {
    let text = check.need(row, "kind", NAME);
    let by_name = SiteKind::ALL.iter().copied().find(|k| k.zh() == text);
    let kind = by_name.or_else(|| SiteKind::parse(&text.to_lowercase()));
    if kind.is_none() && !text.is_empty() {
        let known = list(SiteKind::ALL.iter().map(|k| (k.zh(), k.word())));
        check.fail(row.number, "kind", &Problem::UnknownKind { text, known });
    }
    kind
}

fn town_kind<'s>(check: &mut Check<'s>, row: &'s Row) -> Option<TownKind> {
    let text = check.text(row, "town_kind", NAME)?;
    let by_name = TownKind::ALL.iter().copied().find(|k| k.zh() == text);
    let kind = by_name.or_else(|| TownKind::parse(&text.to_lowercase()));
    if kind.is_none() {
        let known = list(TownKind::ALL.iter().map(|k| (k.zh(), k.word())));
        let problem = Problem::UnknownTownKind { text, known };
        check.fail(row.number, "town_kind", &problem);
    }
    kind
}

fn list<'a>(words: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let words: Vec<String> = words.map(|(zh, word)| format!("{zh} ({word})")).collect();
    words.join(", ")
}

fn only_in_town<'s>(check: &mut Check<'s>, row: &'s Row) {
    if check.raw(row, "town_kind").is_empty() {
        check.fail(row.number, "town_kind", &Problem::Required);
    }
    let problem = Problem::NotAllowed {
        zh: "县城点位不填乡镇和村",
        en: "a county-town site has no township or village",
    };
    for key in ["township_code", "village_code"] {
        if !check.raw(row, key).is_empty() {
            check.fail(row.number, key, &problem);
        }
    }
}

fn in_township<'s>(check: &mut Check<'s>, row: &'s Row, site: &SiteRow, divisions: &Divisions) {
    if !check.raw(row, "town_kind").is_empty() {
        let problem = Problem::NotAllowed {
            zh: "只有县城点位填此列",
            en: "only a county-town site has this",
        };
        check.fail(row.number, "town_kind", &problem);
    }
    if check.raw(row, "township_code").is_empty() {
        check.fail(row.number, "township_code", &Problem::Required);
    }
    let no_village = check.raw(row, "village_code").is_empty();
    if site.kind == SiteKind::DemonstrationVillage && no_village && site.slot.is_none() {
        check.fail(row.number, "village_code", &Problem::Required);
    }
    if let (Some(village), Some(township)) = (&site.village_code, &site.township_code) {
        let parent = divisions.get(village).and_then(|unit| unit.parent.as_ref());
        if parent != Some(township) {
            let (village, township) = (village.clone(), township.clone());
            let problem = Problem::OutsideTownship { village, township };
            check.fail(row.number, "village_code", &problem);
        }
    }
}
