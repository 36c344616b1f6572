//! What one inspector does in two days, step by step, before any phone exists.
//!
//! Invariant: a pure function of the tour and the inspector, so that a phone that was killed can go on where it was.
//! Leaves out: how a step is done (`phone`), and the faults (`faults`).

use anyhow::{Context, Result};
use domain::checklist::{Item, PhotoRule, SiteChecklist};
use domain::sheet::{Answer, Mark, Visit, item_points};
use domain::{SiteKind, builtin};

use super::marks::marks;
use super::plan::{GROUP_SIZE, Site, Tour};
use super::words;
use crate::bench::random::Chance;

/// Length of the tour: from 8:00 of the first day to 18:00 of the second, ms.
const DAY_MS: i64 = 86_400_000;
const HOURS_MS: i64 = 3_600_000;
const MORNING_MS: i64 = 8 * HOURS_MS;
/// Working hours of a day, ms.
const WORK_MS: i64 = 10 * HOURS_MS;
/// Of 100 sites, so many an inspector misses.
const MISSED_PERCENT: usize = 4;
const SHEET_PHOTO_PERCENT: usize = 23;
const ISSUE_PHOTO_PERCENT: usize = 45;
/// Of 100 issues, so many are fixed on the spot (domain.md §1.5).
const FIXED_PERCENT: usize = 56;
/// Every so many household slots, two phones name it differently.
const DISPUTED_EVERY: usize = 6;

/// An issue found.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundIssue {
    /// Category code.
    pub category: String,
    /// Where, in words.
    pub place: String,
    /// What.
    pub description: String,
    /// `minor`, `major` or `grave`.
    pub severity: &'static str,
    /// What was done at once, if it was fixed.
    pub fixed: Option<&'static str>,
    /// Seed of its photo, if any.
    pub photo: Option<u64>,
}

/// One thing done; sites by their place in the tour.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Opens the sheet.
    Open,
    /// Nobody was let in.
    Visit(Visit),
    /// Answers one line.
    Answer(String, Answer),
    /// Takes a photo of a line.
    Photo(String, u64),
    /// Submits the sheet.
    Submit,
    /// Writes a shared field of the site.
    Facts(&'static str, String),
    /// Logs an issue.
    Issue(FoundIssue),
    /// Opinion: category, text, unit.
    Opinion(&'static str, &'static str, &'static str),
    /// Commendation.
    Commendation(&'static str),
}

/// A step with its place and time.
#[derive(Clone, Debug, PartialEq)]
pub struct Timed {
    /// Milliseconds after midnight (Asia/Shanghai) of the first day.
    pub at_ms: i64,
    /// Place in `Tour::sites`.
    pub site: usize,
    /// What.
    pub step: Step,
}

/// The two days of an inspector.
///
/// # Errors
/// If a kind of site has no checklist.
pub fn steps(tour: &Tour, observer: usize) -> Result<Vec<Timed>> {
    let mut chance = tour.chance(10_000 + observer as u64);
    let (route, _) = tour.route(observer);
    let a_site_ms = 2 * WORK_MS / route.len() as i64;
    let mut all = Vec::new();
    for (stop, at) in route.into_iter().enumerate() {
        let worked = stop as i64 * a_site_ms;
        let day = worked / WORK_MS;
        let mut now = day * DAY_MS + MORNING_MS + worked % WORK_MS + chance.between(0, 60_000);
        if chance.percent(MISSED_PERCENT) {
            continue;
        }
        for step in at_site(tour, observer, at, &mut chance)? {
            now += chance.between(1_500, 9_000);
            all.push(Timed {
                at_ms: now,
                site: at,
                step,
            });
        }
    }
    Ok(all)
}

fn at_site(tour: &Tour, observer: usize, at: usize, chance: &mut Chance) -> Result<Vec<Step>> {
    let (site, person) = (&tour.sites[at], &tour.observers[observer]);
    let mut steps = vec![Step::Open];
    if site.not_entered {
        steps.push(Step::Visit(Visit::Absent));
        return Ok(steps);
    }
    steps.extend(shared_facts(tour, observer, at));
    let checklist = checklist(site)?;
    let lines = checklist.lines(person.form);
    let found = marks(lines, tour.sheet_target_e4(observer, at), chance);
    let lossy: Vec<(&Item, Mark)> = lines
        .iter()
        .zip(found.iter().copied())
        .filter(|(l, m)| loses(l, *m))
        .collect();
    for (line, mark) in lines.iter().zip(&found) {
        steps.push(Step::Answer(line.id.clone(), answer(line, *mark, chance)));
    }
    let shown: Vec<&Item> = lossy
        .iter()
        .filter(|(l, _)| l.photo == PhotoRule::OnLoss)
        .map(|(l, _)| *l)
        .collect();
    let is_outdoors = matches!(
        site.kind,
        SiteKind::DemonstrationVillage | SiteKind::Street | SiteKind::TownSite
    );
    if is_outdoors && !shown.is_empty() && chance.percent(SHEET_PHOTO_PERCENT) {
        steps.push(Step::Photo(chance.pick(&shown).id.clone(), chance.next()));
    }
    steps.push(Step::Submit);
    let categories: Vec<&str> = lossy
        .iter()
        .map(|(l, _)| l.issue_category.as_str())
        .collect();
    if !categories.is_empty() && chance.percent(issue_percent(site.kind)) {
        steps.push(Step::Issue(issue(chance.pick(&categories), chance)));
    }
    if site.kind == SiteKind::DemonstrationVillage && chance.percent(12) {
        steps.push(Step::Commendation(chance.pick(words::COMMENDATIONS)));
    }
    if chance.percent(2) {
        let (category, text) = chance.pick(words::OPINIONS);
        steps.push(Step::Opinion(category, text, chance.pick(words::UNITS)));
    }
    Ok(steps)
}

/// The checklist of a site.
///
/// # Errors
/// If its kind has none.
pub fn checklist(site: &Site) -> Result<SiteChecklist> {
    let list = builtin::checklist_for(site.kind).context("no checklist for this kind of site")?;
    Ok(list.for_site(site.kind, site.town_kind)?)
}

fn loses(line: &Item, mark: Mark) -> bool {
    matches!(item_points(line, &mark), Ok(Some(points)) if points < line.max_e4)
}

fn answer(line: &Item, mark: Mark, chance: &mut Chance) -> Answer {
    let note = if loses(line, mark) {
        chance
            .percent(22)
            .then(|| chance.pick(words::NOTES).to_owned())
    } else {
        chance
            .percent(2)
            .then(|| chance.pick(words::PRAISE).to_owned())
    };
    Answer {
        note,
        ..Answer::from(mark)
    }
}

fn issue_percent(kind: SiteKind) -> usize {
    match kind {
        SiteKind::DemonstrationVillage | SiteKind::TownSite => 45,
        SiteKind::Street => 60,
        SiteKind::RouteSegment => 20,
        SiteKind::Household => 0,
    }
}

fn issue(category: &str, chance: &mut Chance) -> FoundIssue {
    let place = chance.pick(words::ISSUES);
    let what = builtin::issue_category(category).map_or(category, |c| c.zh.as_str());
    FoundIssue {
        category: category.to_owned(),
        place: place.to_owned(),
        description: format!("{place}：{what}"),
        severity: chance.pick(&["minor", "minor", "minor", "major"]),
        fixed: chance
            .percent(FIXED_PERCENT)
            .then(|| chance.pick(words::FIXED)),
        photo: chance.percent(ISSUE_PHOTO_PERCENT).then(|| chance.next()),
    }
}

/// Two phones of the group name each household slot from the village's list, now and then differently; two others
/// remark on every village, always in their own words.
fn shared_facts(tour: &Tour, observer: usize, at: usize) -> Vec<Step> {
    let site = &tour.sites[at];
    let in_group = observer % GROUP_SIZE;
    match (site.kind, in_group) {
        (SiteKind::Household, 3 | 6) => {
            let is_disputed = at.is_multiple_of(DISPUTED_EVERY) && in_group == 6;
            let number = 1 + at * 7 % 60 + usize::from(is_disputed);
            let village = site
                .village
                .as_deref()
                .and_then(|code| builtin::divisions().get(code));
            let label = village.map_or("", |v| v.label());
            vec![Step::Facts("name", words::household_code(label, number))]
        }
        (SiteKind::DemonstrationVillage, 8) if at.is_multiple_of(4) => {
            vec![Step::Facts(
                "remark",
                "村委会院内可停车，建议从东口进村".into(),
            )]
        }
        (SiteKind::DemonstrationVillage, 9) if at.is_multiple_of(4) => {
            vec![Step::Facts("remark", "东口修路，车队请走北口".into())]
        }
        _ => vec![],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_steps_of_all_inspectors_have_the_size_of_a_real_tour() {
        let tour = Tour::new(1).unwrap();
        let all: Vec<Timed> = (0..24).flat_map(|o| steps(&tour, o).unwrap()).collect();
        let count = |is: fn(&Step) -> bool| all.iter().filter(|t| is(&t.step)).count();
        let sheets = count(|s| matches!(s, Step::Open));
        let answers = count(|s| matches!(s, Step::Answer(..)));
        let issues = count(|s| matches!(s, Step::Issue(_)));
        let fixed = count(|s| matches!(s, Step::Issue(i) if i.fixed.is_some()));
        let photos = count(|s| matches!(s, Step::Photo(..)))
            + count(|s| matches!(s, Step::Issue(i) if i.photo.is_some()));
        assert!((1_600..=1_850).contains(&sheets), "{sheets} sheets");
        assert!((40_000..=44_000).contains(&answers), "{answers} answers");
        assert!((250..=450).contains(&issues), "{issues} issues");
        assert!(
            (45..=67).contains(&(fixed * 100 / issues)),
            "{fixed} of {issues} fixed"
        );
        assert!((240..=360).contains(&photos), "{photos} photos");
    }

    #[test]
    fn steps_go_forward_in_time_and_stay_within_two_days() {
        let tour = Tour::new(1).unwrap();
        let all = steps(&tour, 5).unwrap();
        assert!(all.is_sorted_by_key(|t| t.at_ms));
        assert!(all.iter().all(|t| t.at_ms > 0 && t.at_ms < 2 * DAY_MS));
        assert_eq!(all, steps(&tour, 5).unwrap());
    }
}
