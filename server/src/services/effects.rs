//! What the result would be with a held entry, and what it is without.
//!
//! Invariant: reads only; the record is imagined by `merge::resolve` over its whole history as if the entry's verdicts
//! were lifted, and then goes the way every sheet goes. Of a group that was never locked nothing is told. Leaves out:
//! what a revoked phone left behind: it is judged when it is taken in.

use std::collections::{BTreeMap, HashMap, HashSet};

use domain::score::{Outcome, Sheet};
use ledger::{LiveValue, RecordView, Verdict};
use merge::{Change, Dot};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::campaign::{Campaign, Group};
use super::forks;
use super::project::{self, Projected};
use super::results::{self, Gathered};
use super::sheets;
use super::versions::{self, Standing, TownshipDiff};
use crate::error::Result;
use crate::store::{Held, Tx};

/// Entries of one list whose effect is computed; the others show theirs on their record.
const MOST: usize = 50;

/// What taking an entry in would change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Its group was never locked: values are sealed.
    Sealed,
    /// It enters no result.
    Nothing,
    /// From a revoked phone: judged like a fresh arrival once it is taken in.
    JudgedAnew,
    /// The sheet's standing without and with it, and the townships whose numbers change.
    Result {
        /// Without it.
        without: Standing,
        /// With it.
        with: Standing,
        /// Townships whose numbers change.
        townships: Vec<TownshipDiff>,
    },
}

/// The results as they are, by the group asked about.
#[derive(Default)]
struct Known(HashMap<Uuid, (Gathered, Outcome)>);

/// The effects of the undecided among some entries, by id.
///
/// # Errors
/// The database's.
pub fn of(tx: &mut dyn Tx, c: &Campaign, held: &[Held]) -> Result<HashMap<Uuid, Effect>> {
    let mut known = Known::default();
    let mut out = HashMap::new();
    for h in held.iter().filter(|h| h.decided.is_none()).take(MOST) {
        out.insert(h.id, one(tx, c, held, h, &mut known)?);
    }
    Ok(out)
}

fn one(
    tx: &mut dyn Tx,
    c: &Campaign,
    all: &[Held],
    held: &Held,
    known: &mut Known,
) -> Result<Effect> {
    if held.code == "quarantined" {
        return Ok(Effect::JudgedAnew);
    }
    let group = c.accounts.get(&held.account).and_then(|a| a.group);
    let (Some(record), Some(group), "sheet") = (held.record, group, held.kind.as_str()) else {
        return Ok(Effect::Nothing);
    };
    if !c.sheets_open && !c.group(group).is_some_and(Group::was_opened) {
        return Ok(Effect::Sealed);
    }
    let together = |h: &&Held| {
        let whole = ["late", "recused"].contains(&h.code.as_str());
        h.id == held.id
            || (whole && h.decided.is_none() && h.code == held.code && h.record == held.record)
    };
    let lifted: HashSet<Uuid> = all.iter().filter(together).map(|h| h.id).collect();
    let view = match held.code.as_str() {
        "forked" => imagine_branch(tx, c, held, record)?,
        _ => imagine(tx, record, &lifted)?,
    };
    let Some(view) = view else {
        return Ok(Effect::Nothing);
    };
    let (now, outcome) = match known.0.remove(&group) {
        Some(found) => found,
        None => {
            let mut groups = results::locked_groups(c);
            groups.insert(group);
            let gathered = results::gather(tx, c, &groups)?;
            let outcome = results::outcome(&gathered.input)?;
            (gathered, outcome)
        }
    };
    let effect = compare(c, group, held, &view, &now, &outcome);
    known.0.insert(group, (now, outcome));
    effect
}

fn compare(
    c: &Campaign,
    group: Uuid,
    held: &Held,
    view: &RecordView,
    now: &Gathered,
    outcome: &Outcome,
) -> Result<Effect> {
    let Projected::Entry(entry) = project::project(c, view, held.arrived_ms) else {
        return Ok(Effect::Nothing);
    };
    let Some(site) = entry.site else {
        return Ok(Effect::Nothing);
    };
    let unsettled = view.conflicts().any(|(field, _)| sheets::decides(field));
    let why_not = results::why_not(c, group, &entry, unsettled);
    let with = match why_not {
        Some(reason) => Standing::LeftOut(reason.to_owned()),
        None => Standing::Counted(entry.score_e4.unwrap_or(0)),
    };
    let key = (site.to_string(), entry.author.to_string());
    let same = |s: &Sheet| s.site == key.0 && s.observer == key.1;
    let counted = now.input.sheets.iter().find(|s| same(s));
    let left = now.left_out.iter().find(|l| l.sheet == view.id);
    let without = match (counted, left) {
        (Some(sheet), _) => Standing::Counted(sheet.score_e4),
        (None, Some(left)) => Standing::LeftOut(left.reason.clone()),
        (None, None) => Standing::Absent,
    };
    let mut input = now.input.clone();
    input.sheets.retain(|s| !same(s));
    if let Standing::Counted(score_e4) = with {
        input.sheets.push(Sheet {
            site: key.0.clone(),
            observer: key.1.clone(),
            group: c.group(group).map_or(0, |g| g.number),
            score_e4,
        });
    }
    let by_site = |a: &Sheet, b: &Sheet| (&a.site, &a.observer).cmp(&(&b.site, &b.observer));
    input.sheets.sort_by(by_site);
    Ok(Effect::Result {
        without,
        with,
        townships: versions::townships(c, outcome, &results::outcome(&input)?),
    })
}

/// A record as it would be with what a lost branch last said of it.
fn imagine_branch(
    tx: &mut dyn Tx,
    c: &Campaign,
    held: &Held,
    record: Uuid,
) -> Result<Option<RecordView>> {
    let scope = tx.scopes()?.into_iter().find(|s| s.id() == held.log.scope);
    let Some(scope) = scope else {
        return Ok(None);
    };
    // What cannot be taken in changes nothing.
    let Ok(written) = forks::take_over(tx, c, scope, held) else {
        return Ok(None);
    };
    let known = tx.view(record)?;
    let mut view = known.unwrap_or_else(|| RecordView {
        id: record,
        kind: held.kind.clone(),
        scope,
        fields: BTreeMap::new(),
    });
    for w in written {
        let live = view.fields.entry(w.field.into()).or_default();
        live.retain(|l| !w.dots.contains(&l.dot));
        if live.iter().all(|l| l.value != w.value) {
            let dot = Dot {
                log: held.log,
                seq: held.seqs.1,
            };
            live.push(LiveValue {
                dot,
                at_ms: held.written_ms.unwrap_or_default(),
                value: w.value,
            });
        }
    }
    Ok(Some(view))
}

/// A record as it would be if some verdicts were lifted.
fn imagine(tx: &mut dyn Tx, record: Uuid, lifted: &HashSet<Uuid>) -> Result<Option<RecordView>> {
    let Some((scope, kind)) = tx.place(record)? else {
        return Ok(None);
    };
    let mut verdicts = tx.verdicts(Some(scope))?;
    verdicts.retain(|v| v.in_force && !lifted.contains(&v.id));
    let refuses = |v: &Verdict, dot: &Dot| {
        v.log == dot.log
            && (v.first..=v.last).contains(&dot.seq)
            && v.record.is_none_or(|r| r == record)
    };
    let mut rejected: HashSet<Dot> = HashSet::new();
    let mut fields: BTreeMap<String, Vec<Change>> = BTreeMap::new();
    for e in tx.history(record)?.into_iter().filter(|e| e.applied) {
        if verdicts.iter().any(|v| refuses(v, &e.dot)) {
            rejected.insert(e.dot);
        }
        fields.entry(e.field).or_default().push(Change {
            dot: e.dot,
            at_ms: e.at_ms,
            value: e.value,
            supersedes: e.supersedes,
        });
    }
    let live = |changes: Vec<Change>| -> Vec<LiveValue> {
        let live = merge::resolve(&changes, &rejected).into_iter();
        live.map(|l| LiveValue {
            dot: l.dot,
            at_ms: l.at_ms,
            value: l.value,
        })
        .collect()
    };
    let fields = fields
        .into_iter()
        .map(|(field, all)| (field.into(), live(all)));
    Ok(Some(RecordView {
        id: record,
        kind,
        scope,
        fields: fields.filter(|(_, live)| !live.is_empty()).collect(),
    }))
}
