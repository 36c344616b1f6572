//! The tour that is played: townships, sites, people and the score each sheet should come near.
//!
//! Invariant: a pure function of the seed; a site is known by its name, which is unique. Leaves out: ids, which the
//! office gives, and what people do (`steps`).

use anyhow::{Context, Result};
use domain::divisions::{Division, Level};
use domain::sheet::Form;
use domain::{SiteKind, TownKind, builtin};

use super::figures::{SECOND_SEGMENT, STREETS, TOWN_SITES, TOWNSHIPS, Target};
use crate::bench::random::Chance;

/// Inspectors of a group.
pub const GROUP_SIZE: usize = 12;
/// How far inspectors differ in severity at most, e4.
const SEVERITY_E4: i64 = 22_000;
/// Deviation of single sheets, e4.
const NOISE_E4: i64 = 14_000;
/// Of 100 sheets, so many are written in anger; the trimmed mean is there for them.
const ANGRY_PERCENT: usize = 2;
const ANGRY_E4: i64 = -120_000;

/// One township of the tour.
pub struct Township {
    /// Division code.
    pub code: String,
    /// Name without 乡 or 镇, as people say it.
    pub name: String,
    /// Its figures.
    pub target: &'static Target,
}

/// One site.
#[derive(Clone, Debug)]
pub struct Site {
    /// Unique name.
    pub name: String,
    /// Kind.
    pub kind: SiteKind,
    /// Kind of a county-town site.
    pub town_kind: Option<TownKind>,
    /// Township; none for county-town sites.
    pub township: Option<String>,
    /// Village.
    pub village: Option<String>,
    /// Number of a household slot.
    pub slot: Option<i64>,
    /// Tour group; none: all groups.
    pub group: Option<i64>,
    /// Place on the route.
    pub order: i64,
    /// Named by the township.
    pub nominated: bool,
    /// Invented position, WGS-84 in 1e-7 degree.
    pub position_e7: (i64, i64),
    /// Points groups 1 and 2 should give it, e4.
    pub target_e4: [i64; 2],
    /// Nobody is let in: a household whose sheets never count.
    pub not_entered: bool,
}

/// One inspector.
#[derive(Clone, Debug)]
pub struct Observer {
    /// Role name, e.g. 观摩员07.
    pub name: String,
    /// `observer` or `county_lead`.
    pub role: &'static str,
    /// Tour group.
    pub group: i64,
    /// Township he may not score.
    pub home_unit: Option<String>,
    /// Form he fills.
    pub form: Form,
    /// How much above the mean he gives, e4.
    pub leniency_e4: i64,
}

/// The whole tour.
pub struct Tour {
    /// Townships.
    pub townships: Vec<Township>,
    /// Sites in the order of the routes.
    pub sites: Vec<Site>,
    /// Inspectors, group 1 first.
    pub observers: Vec<Observer>,
    seed: u64,
}

impl Tour {
    /// The tour of a seed.
    ///
    /// # Errors
    /// If the built-in divisions lack a township of the worked example.
    pub fn new(seed: u64) -> Result<Self> {
        let mut chance = Chance::part(seed, 1);
        let (mut townships, mut sites) = (Vec::new(), Vec::new());
        for target in &TOWNSHIPS {
            let unit = builtin::divisions()
                .get(target.code)
                .context("unknown township")?;
            let name = unit.label().trim_end_matches(['乡', '镇']).to_owned();
            sites.append(&mut township_sites(
                target,
                &name,
                sites.len(),
                &mut chance,
            )?);
            townships.push(Township {
                code: target.code.into(),
                name,
                target,
            });
        }
        for (name, kind, points) in TOWN_SITES {
            let order = sites.len() as i64 + 1;
            sites.push(Site {
                town_kind: Some(kind),
                target_e4: points,
                ..site(
                    name.into(),
                    SiteKind::TownSite,
                    order,
                    (359_630_000, 1_057_300_000),
                )
            });
        }
        // Two households where nobody was at home; neither is the only one of its township.
        for at in [9, 71] {
            let mut households = sites.iter_mut().filter(|s| s.kind == SiteKind::Household);
            if let Some(household) = households.nth(at) {
                household.not_entered = true;
            }
        }
        Ok(Self {
            townships,
            sites,
            observers: observers(&mut chance),
            seed,
        })
    }

    /// The sites an inspector visits, in order, and his own township's where he must stand back.
    pub fn route(&self, observer: usize) -> (Vec<usize>, Vec<usize>) {
        let person = &self.observers[observer];
        let on_route = |s: &Site| s.group.is_none_or(|g| g == person.group);
        let route = (0..self.sites.len()).filter(|at| on_route(&self.sites[*at]));
        route.partition(|at| {
            person.home_unit.is_none() || self.sites[*at].township != person.home_unit
        })
    }

    /// The score one inspector's sheet for one site should come near, e4.
    pub fn sheet_target_e4(&self, observer: usize, site: usize) -> i64 {
        let person = &self.observers[observer];
        let mut chance = Chance::part(self.seed, 1_000 + (observer * 1_000 + site) as u64);
        let anger = if chance.percent(ANGRY_PERCENT) {
            ANGRY_E4
        } else {
            0
        };
        let mean = self.sites[site].target_e4[usize::from(person.group == 2)];
        mean + person.leniency_e4 + chance.noise(NOISE_E4) + anger
    }

    /// Short name of a township.
    pub fn short_name(&self, code: &str) -> String {
        let found = self.townships.iter().find(|t| t.code == code);
        found.map_or_else(|| code.to_owned(), |t| t.name.clone())
    }

    /// Chance for one person's doings.
    pub fn chance(&self, part: u64) -> Chance {
        Chance::part(self.seed, part)
    }
}

fn site(name: String, kind: SiteKind, order: i64, position_e7: (i64, i64)) -> Site {
    Site {
        name,
        kind,
        town_kind: None,
        township: None,
        village: None,
        slot: None,
        group: None,
        order,
        nominated: false,
        position_e7,
        target_e4: [0; 2],
        not_entered: false,
    }
}

/// Two villages with two household slots each, one or two route segments, here and there a street.
fn township_sites(
    target: &Target,
    name: &str,
    before: usize,
    chance: &mut Chance,
) -> Result<Vec<Site>> {
    let mut villages: Vec<&Division> = builtin::divisions()
        .iter()
        .filter(|unit| unit.level == Level::Village && unit.parent.as_deref() == Some(target.code))
        .collect();
    chance.shuffle(&mut villages);
    villages.truncate(2);
    let centre = (
        359_700_000 + chance.between(-2_200_000, 2_200_000),
        1_057_200_000 + chance.between(-3_000_000, 3_000_000),
    );
    let mut sites: Vec<Site> = Vec::new();
    let mut add = |site: Site, mean_e4: i64, offset_e4: i64, chance: &mut Chance| {
        let near = (
            centre.0 + chance.between(-300_000, 300_000),
            centre.1 + chance.between(-300_000, 300_000),
        );
        sites.push(Site {
            township: Some(target.code.into()),
            group: Some(target.group),
            order: (before + sites.len()) as i64 + 1,
            position_e7: near,
            target_e4: [mean_e4 + offset_e4; 2],
            ..site
        });
    };
    let blank = |name: String, kind| site(name, kind, 0, centre);
    let spread = chance.between(4_000, 14_000);
    let segments: &[(&str, i64)] = match SECOND_SEGMENT.contains(&target.code) {
        true => &[("进乡路段", 8_000), ("乡村道路段", -8_000)],
        false => &[("沿途路段", 0)],
    };
    for (segment, offset_e4) in segments {
        add(
            blank(format!("{name}{segment}"), SiteKind::RouteSegment),
            target.route_e4,
            *offset_e4,
            chance,
        );
    }
    for (at, village) in villages.iter().enumerate() {
        let label = village.short_name.as_deref().unwrap_or(&village.name);
        let offset_e4 = if at == 0 { spread } else { -spread };
        let place = |kind, name: String| Site {
            village: Some(village.code.clone()),
            ..blank(name, kind)
        };
        let mut demonstration = place(SiteKind::DemonstrationVillage, format!("{name}{label}"));
        demonstration.nominated = true;
        add(demonstration, target.villages_e4, offset_e4, chance);
        for slot in 1..=2 {
            let mut household = place(SiteKind::Household, format!("{name}{label}农户{slot}"));
            household.slot = Some(slot);
            let offset_e4 = if slot == 1 { 9_000 } else { -9_000 };
            add(household, target.households_e4, offset_e4, chance);
        }
    }
    if let Some((_, points)) = STREETS.iter().find(|(code, _)| *code == target.code) {
        add(
            blank(format!("{name}镇区街道"), SiteKind::Street),
            *points,
            0,
            chance,
        );
    }
    anyhow::ensure!(villages.len() == 2, "{name} has fewer than two villages");
    Ok(sites)
}

fn observers(chance: &mut Chance) -> Vec<Observer> {
    let mut people = Vec::new();
    for group in [1, 2] {
        // Evenly spread around 0, so that a whole group is as severe as its figures say.
        let mut leniency: Vec<i64> = (0..GROUP_SIZE as i64)
            .map(|i| SEVERITY_E4 * (2 * i - 11) / 11)
            .collect();
        chance.shuffle(&mut leniency);
        for (no, leniency_e4) in leniency.into_iter().enumerate() {
            let number = people.len() + 1;
            let home_unit = match (group, no) {
                (1, 2) => Some("640422203".to_owned()),
                (2, 4) => Some("640422209".to_owned()),
                _ => None,
            };
            let is_lead = no == 0;
            people.push(Observer {
                name: format!("观摩员{number:02}"),
                role: if is_lead { "county_lead" } else { "observer" },
                group,
                home_unit,
                form: if is_lead { Form::Quick } else { Form::Detailed },
                leniency_e4,
            });
        }
    }
    people
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_tour_has_the_size_of_the_real_one() {
        let tour = Tour::new(1).unwrap();
        assert_eq!(tour.townships.len(), 19);
        assert_eq!(tour.observers.len(), 24);
        let names: BTreeSet<&str> = tour.sites.iter().map(|s| s.name.as_str()).collect();
        assert_eq!(names.len(), tour.sites.len());
        assert!((135..=150).contains(&names.len()), "{}", names.len());
        assert!(names.contains("文垚市场"));
        let sheets: usize = (0..24).map(|o| tour.route(o).0.len()).sum();
        assert!((1_650..=1_850).contains(&sheets), "{sheets}");
    }

    #[test]
    fn nobody_scores_his_own_township() {
        let tour = Tour::new(1).unwrap();
        let (route, own) = tour.route(2);
        assert!(!own.is_empty());
        assert!(
            route
                .iter()
                .all(|at| tour.sites[*at].township.as_deref() != Some("640422203"))
        );
    }

    #[test]
    fn the_awards_of_the_worked_example_come_out_whatever_the_seed() {
        for seed in [1, 2, 20_211_118] {
            let tour = Tour::new(seed).unwrap();
            let outcome = super::super::rehearsal::rehearse(&tour).unwrap();
            let names = |codes: &[String]| -> BTreeSet<String> {
                codes.iter().map(|c| tour.short_name(c)).collect()
            };
            let set = |list: &[&str]| -> BTreeSet<String> {
                list.iter().map(|n| (*n).to_owned()).collect()
            };
            assert_eq!(
                names(&outcome.awards.red_flag),
                set(&["火石寨", "平峰", "偏城", "什字"]),
                "seed {seed}"
            );
            assert_eq!(
                names(&outcome.awards.yellow_card),
                set(&["兴平", "西滩"]),
                "seed {seed}"
            );
        }
    }
}
