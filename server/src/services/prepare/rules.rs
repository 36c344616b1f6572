//! Weights, correction and awards of one campaign, and their versions.
//!
//! Invariant: before the start they are simply set; after it a new version needs a reason, and every version stays as a
//! record, so that an earlier result still recomputes from its own (F-01). Not while a group is locked.
//! Leaves out: the arithmetic (`domain::score`).

use domain::score::{Component, Rules};
use merge::Value;
use protocol::problem::Code;

use crate::error::{Error, Result};
use crate::services::campaign::Campaign;
use crate::services::office::{Actor, Office};
use crate::store::Tx;

/// What the weights must add up to.
pub const WHOLE: i64 = 100;

/// A version of the rules after the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// From 1: the rules the tour began with.
    pub version: i64,
    /// The rules.
    pub rules: Rules,
    /// Why; empty for the first.
    pub reason: String,
    /// When, ms UTC.
    pub at_ms: i64,
    /// Whose act.
    pub by: String,
}

/// The sum of the weights.
pub fn sum(rules: &Rules) -> i64 {
    Component::ALL.iter().map(|c| rules.weights.of(*c)).sum()
}

/// Checks rules that somebody typed.
///
/// # Errors
/// `Invalid` naming the field.
pub fn check(rules: &Rules) -> Result<()> {
    for c in Component::ALL {
        if !(0..=WHOLE).contains(&rules.weights.of(c)) {
            let field = c.letter().to_lowercase();
            return Err(super::refuse(
                &field,
                "权重应为 0—100",
                "a weight from 0 to 100",
            ));
        }
    }
    if sum(rules) != WHOLE {
        let (zh, en) = (
            format!("权重合计 {}，应为 100", sum(rules)),
            format!("the weights add up to {}, not 100", sum(rules)),
        );
        return Err(super::refuse("weights", &zh, &en));
    }
    for (field, n) in [("red", rules.award.red), ("yellow", rules.award.yellow)] {
        if !(0..=50).contains(&n) {
            return Err(super::refuse(
                field,
                "数量应为 0—50",
                "a number from 0 to 50",
            ));
        }
    }
    let gates = [
        ("red_min", rules.award.red_min_e4),
        ("yellow_max", rules.award.yellow_max_e4),
    ];
    for (field, gate) in gates {
        if gate.is_some_and(|g| !(0..=1_000_000).contains(&g)) {
            return Err(super::refuse(
                field,
                "分数应为 0—100",
                "a score from 0 to 100",
            ));
        }
    }
    Ok(())
}

/// Every version kept, oldest first; none before the first change after the start.
///
/// # Errors
/// The database's.
pub fn versions(tx: &mut dyn Tx, c: &Campaign) -> Result<Vec<Version>> {
    let mut list = Vec::new();
    for id in tx.ids("rules_version", Some(c.scope()))? {
        let live = tx.live(id, "body")?;
        let Some(body) = live.first().map(|l| &l.value) else {
            continue;
        };
        let rules = body.at(1).as_text().unwrap_or_default();
        list.push(Version {
            version: body.at(0).as_int().unwrap_or(0),
            rules: serde_json::from_str(rules).unwrap_or_default(),
            reason: body.at(2).as_text().unwrap_or_default().to_owned(),
            at_ms: body.at(3).as_int().unwrap_or(0),
            by: body.at(4).as_text().unwrap_or_default().to_owned(),
        });
    }
    list.sort_by_key(|v| v.version);
    Ok(list)
}

fn text(rules: &Rules) -> Result<String> {
    String::from_utf8(rules.hash_input()).map_err(Error::storage)
}

/// Sets the rules: freely while preparing, later as a new version with a reason.
///
/// # Errors
/// `Invalid`, `ReasonRequired`, `Locked` while a group is locked, `Frozen` once closed.
pub fn set(
    tx: &mut dyn Tx,
    actor: &Actor,
    c: &Campaign,
    rules: &Rules,
    reason: &str,
    now_ms: i64,
) -> Result<()> {
    check(rules)?;
    if *rules == c.rules {
        return Ok(());
    }
    let new = text(rules)?;
    match c.state.as_str() {
        "preparing" => {
            let mut office = Office::begin(tx, actor, now_ms);
            office.set(c.scope(), "campaign", c.id, "rules", new)?;
            return office.done("set_rules", c.id, "");
        }
        "running" => {}
        _ => return Err(Code::Frozen.into()),
    }
    if c.groups.iter().any(|g| g.locked) {
        return Err(Code::Locked.into());
    }
    let reason = super::reason(reason)?;
    let kept = versions(tx, c)?;
    let by: String = actor.user_name.chars().take(super::NAME_CHARS).collect();
    let mut office = Office::begin(tx, actor, now_ms);
    let mut add = |version: i64, body: String, why: &str| {
        let mut record = office.fresh()?;
        let value = vec![
            version.into(),
            body.into(),
            why.into(),
            now_ms.into(),
            by.as_str().into(),
        ];
        office.put(
            c.scope(),
            "rules_version",
            &mut record,
            "body",
            Value::List(value),
        )
    };
    let last = kept.last().map_or(1, |v| v.version);
    if kept.is_empty() {
        add(1, text(&c.rules)?, "")?;
    }
    add(last + 1, new.clone(), &reason)?;
    office.set(c.scope(), "campaign", c.id, "rules", new)?;
    office.done("change_rules", c.id, &reason)
}
