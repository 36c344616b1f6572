//! The ranking and the explanation as the office may see them.
//!
//! Invariant: shows what was written down at the last lock, never a number of a group that is not locked; corrected
//! scores and overall awards only once every group is. Leaves out: the arithmetic (`domain::score`).

use domain::score::explain::Node;
use domain::score::{AwardScope, Input, Outcome, TownshipResult};
use protocol::ids;
use protocol::problem::Code;
use uuid::Uuid;

use super::campaign::Campaign;
use super::{lock, results, shown};
use crate::error::{Error, Result};
use crate::model::{
    AwardKind, Bilingual, ExplainNode, Explanation, GroupRanking, RankRow, Ranking, SharedSiteRow,
};
use crate::store::Tx;

/// Input and outcome of the last lock.
///
/// # Errors
/// `NotReady` while no group is locked.
pub fn last(tx: &mut dyn Tx, c: &Campaign) -> Result<(Input, Outcome)> {
    let last = lock::all(tx, c)?.pop();
    let (body, _) = last.ok_or_else(|| Error::from(Code::NotReady))?;
    Ok((body.input, body.outcome))
}

fn all_locked(c: &Campaign) -> bool {
    !c.groups.is_empty() && c.groups.iter().all(|g| g.locked)
}

struct Rows<'a> {
    c: &'a Campaign,
    outcome: &'a Outcome,
    input: &'a Input,
    complete: bool,
}

impl Rows<'_> {
    fn group_number(&self, code: &str) -> i64 {
        let found = self.input.townships.iter().find(|t| t.code == code);
        found.map_or(0, |t| t.group)
    }

    fn award(&self, code: &str) -> Option<AwardKind> {
        let per_group = self.input.rules.award.scope == AwardScope::PerGroup;
        if !per_group && !self.complete {
            return None;
        }
        let lists = &self.outcome.awards;
        if lists.red_flag.iter().any(|c| c == code) {
            return Some(AwardKind::RedFlag);
        }
        let yellow = lists.yellow_card.iter().any(|c| c == code);
        yellow.then_some(AwardKind::YellowCard)
    }

    fn row(&self, t: &TownshipResult, rank: Option<usize>) -> RankRow {
        RankRow {
            code: t.code.clone(),
            name: self.c.township_name(&t.code),
            group_number: self.group_number(&t.code),
            components: t.components_e4.iter().map(|(k, v)| (*k, *v)).collect(),
            raw_e4: t.raw_e4,
            corrected_e4: t.corrected_e4.filter(|_| self.complete),
            rank,
            award: self.award(&t.code),
        }
    }

    fn sorted(&self, group: Option<i64>) -> Vec<RankRow> {
        let of = |t: &&TownshipResult| group.is_none_or(|g| self.group_number(&t.code) == g);
        let towns = self.outcome.townships.iter().filter(of);
        let mut rows: Vec<RankRow> = towns
            .map(|t| {
                let rank = if group.is_some() {
                    t.rank_in_group
                } else {
                    t.rank_corrected
                };
                self.row(t, rank)
            })
            .collect();
        rows.sort_by_key(|r| (r.rank.unwrap_or(usize::MAX), r.code.clone()));
        rows
    }
}

/// The ranking as far as groups are locked.
///
/// # Errors
/// The database's.
pub fn ranking(tx: &mut dyn Tx, c: &Campaign) -> Result<Ranking> {
    let (input, outcome) = match last(tx, c) {
        Ok(found) => found,
        Err(Error::Refused(_)) => return Ok(nothing_yet(c)),
        Err(e) => return Err(e),
    };
    let complete = all_locked(c);
    let rows = Rows {
        c,
        outcome: &outcome,
        input: &input,
        complete,
    };
    let delta = |number: i64| {
        let found = outcome.groups.iter().find(|g| g.group == number);
        found.map(|g| g.delta_e4).filter(|_| complete)
    };
    let groups = c.groups.iter().map(|g| GroupRanking {
        group: shown::group_head(g),
        result_hash: g.result_hash.clone(),
        delta_e4: delta(g.number),
        rows: if g.locked {
            rows.sorted(Some(g.number))
        } else {
            Vec::new()
        },
    });
    let groups = groups.collect();
    let workings =
        domain::score::work(&input).map_err(|e| Error::because(Code::Invalid, e.message_zh()))?;
    let name = |id: &str| {
        let site = Uuid::try_parse(id).ok().and_then(|id| c.sites.get(&id));
        site.map_or_else(|| id.to_owned(), |s| s.name.clone())
    };
    let shared = workings.shared.iter().map(|s| SharedSiteRow {
        name: name(&s.site),
        scores: s.by_group.iter().map(|(g, e4)| (*g, Some(*e4))).collect(),
    });
    Ok(Ranking {
        rules_hash: c.rules_hash.clone(),
        weights: input.rules.weights.clone(),
        correction: outcome.method,
        award_scope: input.rules.award.scope,
        groups,
        overall: if complete {
            rows.sorted(None)
        } else {
            Vec::new()
        },
        shared: if complete {
            shared.collect()
        } else {
            Vec::new()
        },
        delta_limited: outcome.delta_limited,
    })
}

fn nothing_yet(c: &Campaign) -> Ranking {
    let group = |g| GroupRanking {
        group: shown::group_head(g),
        result_hash: None,
        delta_e4: None,
        rows: Vec::new(),
    };
    Ranking {
        rules_hash: c.rules_hash.clone(),
        weights: c.rules.weights.clone(),
        correction: c.rules.correction,
        award_scope: c.rules.award.scope,
        groups: c.groups.iter().map(group).collect(),
        overall: Vec::new(),
        shared: Vec::new(),
        delta_limited: false,
    }
}

/// How a township's number came about, down to the items.
///
/// # Errors
/// `NotFound`, `NotReady` before its group is locked.
pub fn explain(tx: &mut dyn Tx, c: &Campaign, code: &str) -> Result<Explanation> {
    let township = c.townships.get(code).ok_or(Code::NotFound)?;
    let group = township.group.and_then(|g| c.group(g));
    if !group.is_some_and(|g| g.locked) {
        return Err(Code::NotReady.into());
    }
    let (_, explanation) = results::explain(tx, c, Some(code))?;
    let found = explanation.townships.into_iter().find(|t| t.code == code);
    let found = found.ok_or_else(|| Error::from(Code::NotReady))?;
    let raw = convert(c, &found.raw, 0, None);
    let name = c.township_name(code);
    let tree = if all_locked(c) {
        ExplainNode {
            label: both("校正分 T′", "Adjusted score T′"),
            value_e4: found.corrected_e4,
            how: both(&found.corrected_formula, &found.corrected_formula),
            counted: true,
            record: None,
            children: vec![raw],
        }
    } else {
        raw
    };
    Ok(Explanation {
        code: code.to_owned(),
        name,
        tree,
    })
}

fn both(zh: &str, en: &str) -> Bilingual {
    Bilingual {
        zh: zh.to_owned(),
        en: en.to_owned(),
    }
}

/// Depth 0: township, 1: component, 2: site, 3: sheet.
fn convert(c: &Campaign, node: &Node, depth: usize, site: Option<Uuid>) -> ExplainNode {
    let own = Uuid::try_parse(&node.code).ok();
    let record = match (depth, site, own) {
        (3, Some(site), Some(author)) => Some(ids::sheet(c.id, site, author)),
        _ => None,
    };
    let site = if depth == 2 { own } else { site };
    let children = node.children.iter();
    ExplainNode {
        label: both(&node.label_zh, &node.label_en),
        value_e4: node.value_e4,
        how: both(&node.formula, &node.formula),
        counted: node.counted,
        record,
        children: children.map(|n| convert(c, n, depth + 1, site)).collect(),
    }
}
