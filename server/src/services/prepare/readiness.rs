//! What is still missing before a tour can start: the whole list at once, in plain words.
//!
//! Invariant: the start is refused exactly while a point that blocks is open. Leaves out: doing anything about it.

use std::collections::BTreeMap;

use domain::SiteKind;
use protocol::problem::Code;
use serde::Serialize;
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::i18n::plurals;
use crate::services::campaign::{Cache, Campaign};
use crate::services::office::{Actor, Office};
use crate::store::Tx;

/// The steps of preparing, in their order: what the progress strip shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Name, kind and days.
    Campaign,
    /// Weights and awards.
    Rules,
    /// Divisions imported.
    Divisions,
    /// Groups made, each with members.
    Groups,
    /// Every township in exactly one group.
    Townships,
    /// Checklists.
    Checklists,
    /// Sites on the route.
    Sites,
    /// People who score.
    Roster,
    /// Nominations decided.
    Nominations,
}

impl Step {
    /// All, in order.
    pub const ALL: [Self; 9] = [
        Self::Campaign,
        Self::Rules,
        Self::Divisions,
        Self::Groups,
        Self::Townships,
        Self::Checklists,
        Self::Sites,
        Self::Roster,
        Self::Nominations,
    ];
}

/// Something that is missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Lack {
    /// Where it is put right.
    pub step: Step,
    /// True if the start is refused for it; false if it is only worth knowing.
    pub blocks: bool,
    /// What, in Chinese.
    pub zh: String,
    /// What, in English.
    pub en: String,
}

/// How far a campaign's preparation is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Readiness {
    /// Steps without an open point.
    pub done: Vec<Step>,
    /// Steps that nobody began and that need not be.
    pub optional: Vec<Step>,
    /// Everything missing, in the order of the steps.
    pub lacks: Vec<Lack>,
}

impl Readiness {
    /// True if the campaign may start.
    pub fn may_start(&self) -> bool {
        self.lacks.iter().all(|l| !l.blocks)
    }

    /// How many points block the start.
    pub fn must(&self) -> usize {
        self.lacks.iter().filter(|l| l.blocks).count()
    }

    /// What blocks the start, as a refusal says it: all Chinese, then all English.
    fn blocking(&self) -> String {
        let points = || self.lacks.iter().filter(|l| l.blocks);
        let zh: Vec<&str> = points().map(|l| l.zh.as_str()).collect();
        let en: Vec<&str> = points().map(|l| l.en.as_str()).collect();
        format!("{} / {}", zh.join("；"), en.join("; "))
    }

    fn lack(&mut self, step: Step, blocks: bool, zh: impl Into<String>, en: impl Into<String>) {
        self.lacks.push(Lack {
            step,
            blocks,
            zh: zh.into(),
            en: en.into(),
        });
    }
}

/// Looks at everything a tour needs. Whether there are nominations, and how many nobody decided.
pub fn check(c: &Campaign, (nominated, pending): (bool, usize)) -> Readiness {
    let mut r = Readiness::default();
    if c.dates.is_none() {
        r.lack(Step::Campaign, true, "没有日期", "no dates");
    }
    if super::rules::sum(&c.rules) != super::rules::WHOLE {
        let sum = super::rules::sum(&c.rules);
        r.lack(
            Step::Rules,
            false,
            format!("权重合计 {sum}，不是 100"),
            format!("the weights add up to {sum}, not 100"),
        );
    }
    townships(c, &mut r);
    groups(c, &mut r);
    sites(c, &mut r);
    if c.checklists.is_empty() {
        r.lack(Step::Checklists, true, "没有检查表", "no checklist");
    }
    if pending > 0 {
        r.lack(
            Step::Nominations,
            false,
            format!("还有 {pending} 个申报没有审核"),
            plurals(&format!("{pending} nomination(s) not decided")),
        );
    }
    r.lacks.sort_by_key(|l| (l.step, !l.blocks));
    let open = |step: &Step| r.lacks.iter().any(|l| l.step == *step);
    // Nominations that were never opened are not done: they need not be.
    if c.nominations.0.is_none() && !nominated && !open(&Step::Nominations) {
        r.optional.push(Step::Nominations);
    }
    let done = |s: &Step| !open(s) && !r.optional.contains(s);
    r.done = Step::ALL.into_iter().filter(done).collect();
    r
}

fn townships(c: &Campaign, r: &mut Readiness) {
    let mut any = false;
    for d in c.divisions.values().filter(|d| d.level.is_township()) {
        any = true;
        let placed = c.townships.get(&d.code);
        let name = d.label();
        if placed.is_some_and(|t| t.unclear) {
            r.lack(
                Step::Townships,
                true,
                format!("{name}（{}）分在多组", d.code),
                format!("{name} ({}) is in several groups", d.code),
            );
        } else if placed.and_then(|t| t.group).is_none() {
            r.lack(
                Step::Townships,
                true,
                format!("{name}（{}）未分组", d.code),
                format!("{name} ({}) is in no group", d.code),
            );
        }
    }
    if !any {
        r.lack(Step::Divisions, true, "没有乡镇", "no townships");
        r.lack(
            Step::Townships,
            true,
            "没有可分组的乡镇",
            "no townships to assign",
        );
    }
}

fn groups(c: &Campaign, r: &mut Readiness) {
    if c.groups.is_empty() {
        r.lack(Step::Groups, true, "没有分组", "no groups");
        r.lack(Step::Roster, true, "没有观摩人员", "no observers");
        return;
    }
    for g in &c.groups {
        let name = &g.name;
        let of_group = |a: &&crate::services::campaign::Account| {
            a.active && a.group == Some(g.id) && a.role == "observer"
        };
        let members = c.accounts.values().filter(of_group).count();
        if members == 0 {
            r.lack(
                Step::Roster,
                true,
                format!("{name}没有观摩人员"),
                format!("{name} has no observers"),
            );
        } else if members < domain::score::MIN_SHEETS {
            r.lack(
                Step::Roster,
                false,
                format!("{name}只有 {members} 人评分，不足 3 人的点位没有得分"),
                plurals(&format!(
                    "{name} has {members} observer(s); a site with fewer than 3 sheets has no score"
                )),
            );
        }
        if c.sites_of(g.id).all(|s| s.struck.is_some()) {
            r.lack(
                Step::Sites,
                true,
                format!("{name}没有点位"),
                format!("{name} has no sites"),
            );
        }
        if !c.townships.values().any(|t| t.group == Some(g.id)) {
            r.lack(
                Step::Townships,
                false,
                format!("{name}没有乡镇"),
                format!("{name} has no townships"),
            );
        }
        if g.lead.is_none() {
            r.lack(
                Step::Groups,
                false,
                format!("{name}没有带队领导"),
                format!("{name} has no lead"),
            );
        }
        if g.rapporteur.is_none() {
            r.lack(
                Step::Groups,
                false,
                format!("{name}没有通报人"),
                format!("{name} has no rapporteur"),
            );
        }
    }
}

fn sites(c: &Campaign, r: &mut Readiness) {
    if c.sites.is_empty() {
        r.lack(Step::Sites, true, "没有点位", "no sites");
        return;
    }
    let open = || c.sites.values().filter(|s| s.struck.is_none());
    let mut without: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for s in open().filter(|s| c.checklist_for(s).is_none()) {
        without.entry(s.kind.word()).or_default().push(&s.name);
    }
    for (kind, mut names) in without {
        names.sort_unstable();
        let n = names.len();
        let some = names[..n.min(5)].join("、");
        r.lack(
            Step::Checklists,
            true,
            format!("{n} 个点位没有评分表：{some}"),
            plurals(&format!("no checklist for {n} site(s) ({kind}): {some}")),
        );
    }
    // at least one place that nobody chose must enter the score.
    for t in c.townships.values() {
        let of_it = || open().filter(|s| s.township.as_deref() == Some(t.code.as_str()));
        let name = c.township_name(&t.code);
        if of_it().next().is_none() {
            r.lack(
                Step::Sites,
                false,
                format!("{name}没有点位"),
                format!("{name} has no sites"),
            );
        } else if of_it().all(|s| s.nominated && s.kind == SiteKind::DemonstrationVillage) {
            r.lack(
                Step::Sites,
                false,
                format!("{name}只有申报的示范村，没有沿途、农户或抽取的村"),
                format!("{name} has only nominated villages: no road, household or drawn village"),
            );
        }
    }
    let shared = open().filter(|s| s.township.is_none()).count();
    if c.groups.len() > 1
        && shared < 3
        && c.rules.correction == domain::score::Correction::BenchmarkAdditive
    {
        r.lack(
            Step::Sites,
            false,
            format!("共同点位只有 {shared} 个，不足 3 个时改用二次平均法"),
            plurals(&format!(
                "{shared} common site(s); with fewer than 3 the second average is used"
            )),
        );
    }
}

/// How far a campaign's preparation is.
///
/// # Errors
/// The database's.
pub fn of(tx: &mut dyn Tx, c: &Campaign) -> Result<Readiness> {
    let all = super::nominations::all(tx, c)?;
    let open = all.iter().filter(|n| n.ruling.is_none()).count();
    Ok(check(c, (!all.is_empty(), open)))
}

/// Starts a campaign: from now on checklists and groups of townships are frozen, and rules change only by versions.
///
/// # Errors
/// `Frozen` if it has started; `NotReady` with every point that blocks.
pub fn start(
    tx: &mut dyn Tx,
    actor: &Actor,
    cache: &Cache,
    campaign: Uuid,
    now_ms: i64,
) -> Result<()> {
    let c = cache.campaign(tx, campaign)?;
    c.must_prepare()?;
    let readiness = of(tx, &c)?;
    if !readiness.may_start() {
        return Err(Error::because(Code::NotReady, readiness.blocking()));
    }
    let mut office = Office::begin(tx, actor, now_ms);
    office.set(c.scope(), "campaign", c.id, "state", "running")?;
    office.done("start_campaign", c.id, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_start_says_everything_in_one_language_then_in_the_other() {
        let mut r = Readiness::default();
        r.lack(Step::Campaign, true, "没有日期", "no dates");
        r.lack(Step::Groups, false, "没有通报人", "no rapporteur");
        r.lack(Step::Sites, true, "没有点位", "no sites");
        assert_eq!(r.blocking(), "没有日期；没有点位 / no dates; no sites");
        assert_eq!(r.must(), 2);
    }
}
