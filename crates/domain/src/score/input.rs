//! What a result is computed from, in the form of the score file, and what it must satisfy.
//!
//! Invariant: an input that passed `check` names only known townships, sites and groups, and every number is in range.
//! Leaves out: how sheets got their score (`sheet`), recusal and strikes (the caller leaves such entries out).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Component, Rules, ScoreError};
use crate::points::HUNDRED;
use crate::site::SiteKind;

/// The whole input.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = ScoreInput))]
pub struct Input {
    /// Rules of the campaign.
    #[serde(default)]
    pub rules: Rules,
    /// Townships that take part.
    pub townships: Vec<Township>,
    /// Sites that were to be scored.
    pub sites: Vec<Site>,
    /// Submitted sheets that count.
    pub sheets: Vec<Sheet>,
    /// Closed and due issues; a township left out has none due.
    #[serde(default)]
    pub rectification: Vec<Rectification>,
}

/// A township in the tour.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = ScoreTownship))]
pub struct Township {
    /// Division code, the key.
    pub code: String,
    /// Name, for people.
    #[serde(default)]
    pub name: String,
    /// Number of the group that visits it.
    pub group: i64,
    /// Not eligible for the red flag.
    #[serde(default)]
    pub vetoed: bool,
    /// Issues past their time limit; breaks ties.
    #[serde(default)]
    pub overdue_issues: i64,
    /// Notices of veto findings; breaks ties.
    #[serde(default)]
    pub veto_notices: i64,
}

/// A site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = ScoreSite))]
#[serde(try_from = "WireSite")]
pub struct Site {
    /// Key.
    pub id: String,
    /// Kind; says which component it counts in.
    pub kind: SiteKind,
    /// Township it belongs to; `None` for a town site.
    pub township: Option<String>,
}

#[derive(Deserialize)]
struct WireSite {
    id: String,
    kind: String,
    township: Option<String>,
}

impl TryFrom<WireSite> for Site {
    type Error = String;

    fn try_from(wire: WireSite) -> Result<Self, String> {
        let WireSite { id, kind, township } = wire;
        match SiteKind::parse(&kind) {
            Some(kind) => Ok(Self { id, kind, township }),
            None => Err(format!(
                "点位 {id} 的类型“{kind}”未知 (site {id}: unknown kind `{kind}`)"
            )),
        }
    }
}

/// One observer's sheet for one site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = ScoreSheet))]
pub struct Sheet {
    /// Site.
    pub site: String,
    /// Observer.
    pub observer: String,
    /// The observer's group.
    pub group: i64,
    /// Score of the sheet, 0 to 100 points.
    pub score_e4: i64,
}

/// A township's due issues.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = ScoreRectification))]
pub struct Rectification {
    /// Township code.
    pub township: String,
    /// Issues due.
    pub due: i64,
    /// Of those, closed.
    pub closed: i64,
}

/// The component a kind of site counts in; none for town sites.
pub(crate) fn component_of(kind: SiteKind) -> Option<Component> {
    match kind {
        SiteKind::DemonstrationVillage => Some(Component::V),
        SiteKind::Household => Some(Component::H),
        SiteKind::RouteSegment => Some(Component::E),
        SiteKind::Street => Some(Component::S),
        SiteKind::TownSite => None,
    }
}

/// Largest count, group number or weight: far above any real one, far below an overflow.
const MANY: i64 = 1_000_000_000;

impl Input {
    /// Numbers of the groups that have a township, ascending.
    pub(crate) fn groups(&self) -> BTreeSet<i64> {
        self.townships.iter().map(|t| t.group).collect()
    }

    /// Refuses what cannot be meant; the error names the entry.
    pub fn check(&self) -> Result<(), ScoreError> {
        self.check_rules()?;
        let groups = self.check_townships()?;
        let sites = self.check_sites(&groups)?;
        self.check_sheets(&groups, &sites)?;
        self.check_rectification(&groups)
    }

    fn check_rules(&self) -> Result<(), ScoreError> {
        for component in Component::ALL {
            let entry = format!("rules.weights.{component:?}");
            within(entry, self.rules.weights.of(component), MANY)?;
        }
        let award = &self.rules.award;
        within("rules.award.red".into(), award.red, MANY)?;
        within("rules.award.yellow".into(), award.yellow, MANY)?;
        within(
            "rules.award.red_min_e4".into(),
            award.red_min_e4.unwrap_or(0),
            MANY,
        )?;
        within(
            "rules.award.yellow_max_e4".into(),
            award.yellow_max_e4.unwrap_or(0),
            MANY,
        )
    }

    /// Returns the group of each township.
    fn check_townships(&self) -> Result<BTreeMap<&str, i64>, ScoreError> {
        let mut groups = BTreeMap::new();
        for t in &self.townships {
            let entry = |field: &str| format!("townships[{}].{field}", t.code);
            if t.code.is_empty() {
                return Err(ScoreError::EmptyKey {
                    entry: "townships[].code".into(),
                });
            }
            within(entry("group"), t.group, MANY)?;
            within(entry("overdue_issues"), t.overdue_issues, MANY)?;
            within(entry("veto_notices"), t.veto_notices, MANY)?;
            if groups.insert(t.code.as_str(), t.group).is_some() {
                return Err(ScoreError::DuplicateTownship {
                    code: t.code.clone(),
                });
            }
        }
        Ok(groups)
    }

    /// Returns the group each site belongs to; `None` for a town site.
    fn check_sites<'a>(
        &'a self,
        groups: &BTreeMap<&str, i64>,
    ) -> Result<BTreeMap<&'a str, Option<i64>>, ScoreError> {
        let mut sites = BTreeMap::new();
        for s in &self.sites {
            if s.id.is_empty() {
                return Err(ScoreError::EmptyKey {
                    entry: "sites[].id".into(),
                });
            }
            let group = match (&s.township, component_of(s.kind)) {
                (None, None) => None,
                (Some(code), Some(_)) => match groups.get(code.as_str()) {
                    Some(group) => Some(*group),
                    None => {
                        let entry = format!("sites[{}].township", s.id);
                        return Err(ScoreError::UnknownTownship {
                            entry,
                            code: code.clone(),
                        });
                    }
                },
                (None, Some(_)) => return Err(ScoreError::TownshipMissing { site: s.id.clone() }),
                (Some(_), None) => {
                    return Err(ScoreError::TownSiteInTownship { site: s.id.clone() });
                }
            };
            if sites.insert(s.id.as_str(), group).is_some() {
                return Err(ScoreError::DuplicateSite { id: s.id.clone() });
            }
        }
        Ok(sites)
    }

    fn check_sheets(
        &self,
        groups: &BTreeMap<&str, i64>,
        sites: &BTreeMap<&str, Option<i64>>,
    ) -> Result<(), ScoreError> {
        let known: BTreeSet<i64> = groups.values().copied().collect();
        let mut seen = BTreeSet::new();
        for s in &self.sheets {
            let (site, observer) = (s.site.clone(), s.observer.clone());
            if observer.is_empty() {
                return Err(ScoreError::EmptyKey {
                    entry: format!("sheets[{site}].observer"),
                });
            }
            let Some(home) = sites.get(s.site.as_str()) else {
                return Err(ScoreError::UnknownSite { site, observer });
            };
            within(
                format!("sheets[{site}, {observer}].score_e4"),
                s.score_e4,
                HUNDRED,
            )?;
            if !seen.insert((s.site.as_str(), s.observer.as_str())) {
                return Err(ScoreError::ObserverTwice { site, observer });
            }
            if let Some(expected) = *home
                && expected != s.group
            {
                return Err(ScoreError::ForeignGroup {
                    site,
                    observer,
                    group: s.group,
                    expected,
                });
            }
            if !known.contains(&s.group) {
                return Err(ScoreError::UnknownGroup {
                    site,
                    observer,
                    group: s.group,
                });
            }
        }
        Ok(())
    }

    fn check_rectification(&self, groups: &BTreeMap<&str, i64>) -> Result<(), ScoreError> {
        let mut seen = BTreeSet::new();
        for r in &self.rectification {
            let entry = |field: &str| format!("rectification[{}].{field}", r.township);
            let code = r.township.clone();
            if !groups.contains_key(r.township.as_str()) {
                return Err(ScoreError::UnknownTownship {
                    entry: entry("township"),
                    code,
                });
            }
            if !seen.insert(r.township.as_str()) {
                return Err(ScoreError::DuplicateRectification { code });
            }
            within(entry("due"), r.due, MANY)?;
            within(entry("closed"), r.closed, r.due)?;
        }
        Ok(())
    }
}

fn within(entry: String, value: i64, max: i64) -> Result<(), ScoreError> {
    if (0..=max).contains(&value) {
        Ok(())
    } else {
        Err(ScoreError::OutOfRange { entry, value, max })
    }
}
