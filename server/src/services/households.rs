//! Households at the desk: found by their code, with what was noted of them, and corrected or erased with a reason (access and
//! correction by those it is about).
//!
//! A household is known by a code (village, group, number) and nothing else: there is no field for an identity number, and
//! a text that is one is refused. Not entered (refused, nobody home) is told as such and costs nothing.
//! Invariant: every correction has a reason and an audit entry that does not repeat what was typed.
//! Leaves out: free notes about a household, which only their author reads, and scores.

use std::collections::HashMap;

use ledger::RecordView;
use merge::Value;
use protocol::ids;
use protocol::problem::Code;
use uuid::Uuid;

use super::campaign::{Campaign, Site};
use super::office::{Actor, Office};
use super::prepare::{line, reason, refuse};
use super::sync::Context;
use super::{project, shown};
use crate::error::Result;
use crate::store::Tx;

/// Fields of a household that may be corrected, with the characters each may have.
pub const FIELDS: [(&str, usize); 5] = [
    ("code", 40),
    ("name", 100),
    ("contact", 100),
    ("status", 100),
    ("remark", 400),
];

/// What one group noted of a household.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Noted {
    /// The group.
    pub group: Uuid,
    /// Its number.
    pub number: i64,
    /// The record; there may be none yet.
    pub record: Uuid,
    /// Fields as displayed, in the order of [`FIELDS`]; what was never noted is empty.
    pub values: Vec<(&'static str, String)>,
    /// True if values compete.
    pub conflict: bool,
}

impl Noted {
    /// The household's code as this group has it.
    pub fn code(&self) -> &str {
        self.values.first().map_or("", |(_, v)| v)
    }

    /// True if nothing is noted.
    pub fn is_empty(&self) -> bool {
        self.values.iter().all(|(_, v)| v.is_empty())
    }
}

/// How often a household was entered, by the sheets of those who came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Visits {
    /// Entered, or nothing said.
    pub entered: usize,
    /// 未入户: refused.
    pub refused: usize,
    /// 未入户: nobody home.
    pub absent: usize,
}

/// A household of the route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Household {
    /// Its site.
    pub site: Site,
    /// What each group that visits it noted.
    pub noted: Vec<Noted>,
    /// How often it was entered.
    pub visits: Visits,
}

impl Household {
    /// True if phones noted something of it differently, in whatever field.
    pub fn in_conflict(&self) -> bool {
        self.noted.iter().any(|n| n.conflict)
    }

    /// True if a code, or the name of the site, has this text in it. Blanks and full-width digits do not matter.
    pub fn matches(&self, text: &str) -> bool {
        let wanted = plain(text);
        let codes = self.noted.iter().map(Noted::code);
        let mut all = codes.chain([self.site.name.as_str()]);
        wanted.is_empty() || all.any(|one| plain(one).contains(&wanted))
    }
}

/// A text without blanks and with plain digits and hyphens.
fn plain(text: &str) -> String {
    let one = |c: char| match c {
        '０'..='９' => char::from_u32(c as u32 - '０' as u32 + '0' as u32).unwrap_or(c),
        '－' | '—' | '–' => '-',
        'Ｘ' | 'ｘ' => 'X',
        c => c,
    };
    text.chars()
        .filter(|c| !c.is_whitespace())
        .map(one)
        .collect()
}

/// True for a text that holds what looks like an identity number of a person: 18 digits (the last may be X), or 15.
pub fn has_id_number(text: &str) -> bool {
    let text = plain(text);
    let is_part = |c: char| c.is_ascii_digit() || c == 'X' || c == 'x';
    text.split(|c: char| !is_part(c)).any(|run| {
        let digits = run.trim_end_matches(['X', 'x']);
        let all = digits.bytes().all(|b| b.is_ascii_digit());
        all && (matches!(run.len(), 15 | 18) && run.len() - digits.len() <= 1)
    })
}

/// A code as it is kept: `VILLAGE-GROUP-NUMBER`, the village's 12 digits first. Where the site's village is known, group
/// and number alone will do.
///
/// # Errors
/// `Invalid` naming the field, with the form it must have.
pub fn code(site: &Site, text: &str) -> Result<String> {
    let text = plain(text);
    if text.is_empty() {
        return Ok(text);
    }
    let wrong = || {
        refuse(
            "value",
            "户码应为“村代码-组号-户号”，例如 640422100201-03-015；点位有村的，只写“3-15”也可以",
            "a household code is VILLAGE-GROUP-NUMBER, for example 640422100201-03-015; where the site has a village, 3-15 \
             will do",
        )
    };
    let parts: Vec<&str> = text.split('-').collect();
    let (village, group, number) = match (parts.as_slice(), site.village.as_deref()) {
        ([group, number], Some(village)) => (village, *group, *number),
        ([village, group, number], _) => (*village, *group, *number),
        _ => return Err(wrong()),
    };
    let is_digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    let place = site.village.as_deref().or(site.township.as_deref());
    let here = place.is_none_or(|code| village.starts_with(code));
    let (group, number) = (
        group.parse::<u16>().ok().filter(|_| is_digits(group)),
        number.parse::<u16>().ok().filter(|_| is_digits(number)),
    );
    match (group, number) {
        (Some(group @ 1..=999), Some(number @ 1..=9999))
            if village.len() == 12 && is_digits(village) && here =>
        {
            Ok(format!("{village}-{group:02}-{number:03}"))
        }
        _ => Err(wrong()),
    }
}

fn noted(
    c: &Campaign,
    site: &Site,
    group: &super::campaign::Group,
    view: Option<RecordView>,
) -> Noted {
    let value = |name: &str| {
        let live = view.as_ref().map(|v| v.get(name));
        let text = live.and_then(|v| v.as_text().map(str::to_owned));
        text.unwrap_or_default()
    };
    Noted {
        group: group.id,
        number: group.number,
        record: ids::site_facts(c.id, site.id, group.id),
        values: FIELDS
            .iter()
            .map(|(name, _)| (*name, value(name)))
            .collect(),
        conflict: view.is_some_and(|v| v.conflicts().count() > 0),
    }
}

/// A household of the route.
///
/// # Errors
/// `NotFound` if the site is none.
pub fn one(tx: &mut dyn Tx, c: &Campaign, id: Uuid) -> Result<Household> {
    let site = c.sites.get(&id).ok_or(Code::NotFound)?;
    if site.kind != domain::SiteKind::Household {
        return Err(Code::NotFound.into());
    }
    Ok(Household {
        site: site.clone(),
        noted: noted_of(tx, c, site)?,
        visits: visits(tx, c)?.remove(&id).unwrap_or_default(),
    })
}

/// What each group that visits a site noted of it.
///
/// # Errors
/// The database's.
pub fn noted_of(tx: &mut dyn Tx, c: &Campaign, site: &Site) -> Result<Vec<Noted>> {
    let own = c.group_of_site(site);
    let mut all = Vec::new();
    for group in c.groups.iter().filter(|g| own.is_none_or(|o| o == g.id)) {
        let view = tx.view(ids::site_facts(c.id, site.id, group.id))?;
        all.push(noted(c, site, group, view));
    }
    Ok(all)
}

/// How often every site was entered.
fn visits(tx: &mut dyn Tx, c: &Campaign) -> Result<HashMap<Uuid, Visits>> {
    let mut by_site: HashMap<Uuid, Visits> = HashMap::new();
    let sheets = tx.entries(c.id, Some("sheet"))?.into_iter();
    for sheet in sheets.filter(|e| !e.deleted) {
        let Some(site) = sheet.site else { continue };
        let visits = by_site.entry(site).or_default();
        match sheet.visit.as_str() {
            "refused" => visits.refused += 1,
            "absent" => visits.absent += 1,
            _ => visits.entered += 1,
        }
    }
    Ok(by_site)
}

/// Households whose code or site has a text in it, in the order of the route.
///
/// # Errors
/// The database's.
pub fn find(tx: &mut dyn Tx, c: &Campaign, text: &str) -> Result<Vec<Household>> {
    let mut found = Vec::new();
    let visits = visits(tx, c)?;
    let sites = c.route.iter().filter_map(|id| c.sites.get(id));
    for site in sites.filter(|s| s.kind == domain::SiteKind::Household) {
        found.push(Household {
            site: site.clone(),
            noted: noted_of(tx, c, site)?,
            visits: visits.get(&site.id).copied().unwrap_or_default(),
        });
    }
    found.retain(|h| h.matches(text));
    Ok(found)
}

/// A correction of what a group noted of a household.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correction {
    /// The household's site.
    pub site: Uuid,
    /// Number of the group whose note it is.
    pub group: i64,
    /// One of [`FIELDS`].
    pub field: String,
    /// What it shall be; empty erases it.
    pub value: String,
    /// Why.
    pub reason: String,
}

/// Corrects what was noted, or erases it: the value that all see from now on. The history keeps who wrote what until the
/// household's logs are erased.
///
/// # Errors
/// `NotFound`, `ReasonRequired`, `Invalid` naming the field: too long, no code, an identity number.
pub fn correct(
    tx: &mut dyn Tx,
    ctx: &Context,
    actor: &Actor,
    c: &Campaign,
    new: &Correction,
) -> Result<()> {
    let why = reason(&new.reason)?;
    let household = one(tx, c, new.site)?;
    let mut own = household.noted.iter();
    let own = own.find(|n| n.number == new.group).ok_or(Code::NotFound)?;
    let mut known = FIELDS.iter();
    let (field, most) = known
        .find(|(name, _)| *name == new.field)
        .ok_or_else(|| refuse("field", "没有这一项", "no such field"))?;
    if has_id_number(&new.value) || has_id_number(&why) {
        return Err(refuse(
            "value",
            "不得填写身份证号；农户只用户码",
            "no identity numbers: a household is known by its code alone",
        ));
    }
    let value = match *field {
        "code" => code(&household.site, &new.value)?,
        _ => line("value", &new.value, *most)?,
    };
    let mut office = Office::begin(tx, actor, ctx.now_ms);
    let scope = c.group_scope(own.group);
    office.set(scope, "site_facts", own.record, field, Value::text(value))?;
    office.done("correct_household", own.record, &why)?;
    project::records(tx, c, &[(own.record, "site_facts".to_owned())], ctx.now_ms)
}

/// Sheets of a household: record, author, and what became of the visit.
///
/// # Errors
/// The database's.
pub fn sheets(tx: &mut dyn Tx, c: &Campaign, site: Uuid) -> Result<Vec<(Uuid, String, String)>> {
    let all = tx.entries(c.id, Some("sheet"))?.into_iter();
    let own = all.filter(|e| e.site == Some(site) && !e.deleted);
    Ok(own
        .map(|e| (e.id, shown::author_name(c, e.author), e.visit))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::SiteKind;

    fn site(village: Option<&str>) -> Site {
        Site {
            id: Uuid::nil(),
            name: "农户1".to_owned(),
            kind: SiteKind::Household,
            town_kind: None,
            township: Some("640422100".to_owned()),
            village: village.map(str::to_owned),
            slot: Some(1),
            place_e7: None,
            group: None,
            order: 1,
            nominated: false,
            struck: None,
        }
    }

    #[test]
    fn a_code_is_village_group_and_number_however_it_is_typed() {
        let here = site(Some("640422100201"));
        for typed in [
            "3-15",
            "640422100201-03-015",
            " ６４０４２２１００２０１－３－１５ ",
        ] {
            assert_eq!(
                code(&here, typed).unwrap(),
                "640422100201-03-015",
                "{typed}"
            );
        }
        assert_eq!(code(&here, " ").unwrap(), "");
        for wrong in [
            "15",
            "640422101201-3-15",
            "0-1",
            "3-0",
            "3-15-1-1",
            "三-15",
            "+3-15",
        ] {
            assert!(code(&here, wrong).is_err(), "{wrong}");
        }
        let anywhere = site(None);
        assert!(code(&anywhere, "3-15").is_err());
        assert_eq!(
            code(&anywhere, "640422100205-1-2").unwrap(),
            "640422100205-01-002"
        );
    }

    #[test]
    fn an_identity_number_is_known_and_a_code_or_telephone_is_none() {
        for text in [
            "642223199001011234",
            "某户 64222319900101123X。",
            "６４２２２３１９９００１０１１２３４",
            "642223900101123",
        ] {
            assert!(has_id_number(text), "{text}");
        }
        for text in [
            "640422100201-03-015",
            "640422100201",
            "13800000000",
            "",
            "X",
        ] {
            assert!(!has_id_number(text), "{text}");
        }
    }

    #[test]
    fn no_kind_of_record_has_a_field_for_what_must_not_be_kept() {
        for kind in domain::schema::KINDS {
            for field in kind.fields {
                let name = field.name;
                let bad = [
                    "id_number",
                    "identity",
                    "id_card",
                    "phone",
                    "health",
                    "religion",
                    "income",
                ];
                assert!(
                    bad.iter().all(|b| !name.contains(b)),
                    "{}.{name}",
                    kind.name
                );
            }
        }
    }
}
