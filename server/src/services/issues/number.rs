//! Numbers of issues: 「西整〔2026〕0001」.
//!
//! Invariant: given once, by the server, in the order of arrival; counted per beginning and year of finding over all
//! campaigns (a rehearsal apart); a number is never used again, also not of a deleted issue. After the server was
//! restored from a backup the count goes on beyond a visible gap, and numbers that phones hand back raise it.
//! Leaves out: the record's own id, which phones make.

use uuid::Uuid;

use super::row;
use crate::error::Result;
use crate::i18n::day;
use crate::services::campaign::Campaign;
use crate::services::office::{Actor, Office};
use crate::services::project;
use crate::services::sync::Context;
use crate::store::Tx;

/// What the numbers of a rehearsal begin with.
const REHEARSAL: &str = "试填";
/// Numbers left out after a restore: those given since the backup may stand on paper that no phone holds.
const GAP: u64 = 1_000;
/// How far a phone's clock may be off before the year of arrival is taken instead.
const CLOCK_MS: i64 = 366 * 86_400_000;

fn year(found_ms: i64, now_ms: i64) -> String {
    let believed = (now_ms - found_ms).abs() <= CLOCK_MS;
    let at = if believed { found_ms } else { now_ms };
    day(at).chars().take(4).collect()
}

/// Where the count is kept; a rehearsal has its own, which is wiped with it.
fn key(c: &Campaign, prefix: &str, year: &str) -> String {
    if c.rehearsal {
        return format!("issue_number/{}/{prefix}/{year}", c.id);
    }
    format!("issue_number/{prefix}/{year}")
}

/// What numbers of a campaign begin with: those of a rehearsal say so, whatever the office chose.
fn prefix(c: &Campaign) -> &str {
    if c.rehearsal {
        return REHEARSAL;
    }
    &c.number_prefix
}

/// The last number given, and the generation of the server that gave it.
#[derive(Clone, Copy, Default)]
struct Count {
    last: u64,
    generation: u64,
}

fn count(tx: &mut dyn Tx, key: &str) -> Result<Option<Count>> {
    let stored: Option<[u8; 16]> = tx.meta(key)?.and_then(|b| b.try_into().ok());
    Ok(stored.map(|both| {
        let both = u128::from_be_bytes(both);
        Count {
            last: (both >> 64) as u64,
            generation: both as u64,
        }
    }))
}

fn set_count(tx: &mut dyn Tx, key: &str, count: Count) -> Result<()> {
    let both = u128::from(count.last) << 64 | u128::from(count.generation);
    tx.set_meta(key, &both.to_be_bytes())
}

/// True if numbers may have been given that the count does not know of.
fn may_lack(tx: &mut dyn Tx, known: Option<Count>, year: &str, now: u64) -> Result<bool> {
    let Some(known) = known else {
        // A generation is named by the time of its beginning: a restore of another year took no number of this one.
        let begun = i64::try_from(now).unwrap_or(i64::MAX);
        return Ok(tx.was_restored()? && day(begun).starts_with(year));
    };
    Ok(known.generation != now)
}

/// The parts of a number: beginning, year, count.
fn parse(number: &str) -> Option<(&str, &str, u64)> {
    let (prefix, rest) = number.split_once('〔')?;
    let (year, n) = rest.split_once('〕')?;
    Some((prefix, year, n.parse().ok()?))
}

/// The next number of an issue found at that time. Used up even if the issue is deleted later.
///
/// # Errors
/// The database's.
pub(super) fn next(tx: &mut dyn Tx, c: &Campaign, found_ms: i64, now_ms: i64) -> Result<String> {
    let year = year(found_ms, now_ms);
    let key = key(c, prefix(c), &year);
    let (known, generation) = (count(tx, &key)?, tx.generation()?);
    let gap = match may_lack(tx, known, &year, generation)? {
        true => GAP,
        false => 0,
    };
    let n = known.unwrap_or_default().last + gap + 1;
    let last = Count {
        last: n,
        generation,
    };
    set_count(tx, &key, last)?;
    Ok(format!("{}〔{year}〕{n:04}", prefix(c)))
}

/// Gives those of the records that are issues without a number theirs.
///
/// # Errors
/// The database's.
pub fn give(
    tx: &mut dyn Tx,
    ctx: &Context,
    c: &Campaign,
    records: &[(Uuid, String)],
) -> Result<()> {
    let mut open = Vec::new();
    for (id, _) in records.iter().filter(|(_, kind)| kind == "issue") {
        let Some(view) = tx.view(*id)? else {
            continue;
        };
        let told = row(c, &view, None);
        let told = told.filter(|i| i.number.is_empty() && !i.description.is_empty());
        open.extend(told.map(|i| (view.scope, i)));
    }
    if open.is_empty() {
        return Ok(());
    }
    let mut office = Office::begin(tx, &Actor::system(), ctx.now_ms);
    let mut touched = Vec::new();
    for (scope, issue) in open {
        let number = next(office.tx, c, issue.found_ms, ctx.now_ms)?;
        office.set(scope, "issue", issue.id, "number", number)?;
        touched.push((issue.id, "issue".to_owned()));
    }
    office.publish()?;
    project::records(tx, c, &touched, ctx.now_ms)
}

/// Takes note of numbers that came back to a restored server, so that none is given again. An issue that got one of
/// them meanwhile gets another.
///
/// # Errors
/// The database's.
pub fn seen(
    tx: &mut dyn Tx,
    ctx: &Context,
    c: &Campaign,
    records: &[(Uuid, String)],
) -> Result<()> {
    for (id, _) in records.iter().filter(|(_, kind)| kind == "issue") {
        let Some(issue) = tx.issue(*id)? else {
            continue;
        };
        let Some((prefix, year, n)) = parse(&issue.number) else {
            continue;
        };
        let key = key(c, prefix, year);
        let known = count(tx, &key)?.unwrap_or_default();
        if known.last < n {
            // Others may be lacking still: the generation stays, and with it the gap.
            set_count(tx, &key, Count { last: n, ..known })?;
        }
        let twice = tx.issues_numbered(c.id, &issue.number)?;
        for other in twice.into_iter().filter(|other| other != id) {
            renumber(tx, ctx, c, other)?;
        }
    }
    Ok(())
}

fn renumber(tx: &mut dyn Tx, ctx: &Context, c: &Campaign, id: Uuid) -> Result<()> {
    let (Some(issue), Some((scope, kind))) = (tx.issue(id)?, tx.place(id)?) else {
        return Ok(());
    };
    let number = next(tx, c, issue.found_ms, ctx.now_ms)?;
    let mut office = Office::begin(tx, &Actor::system(), ctx.now_ms);
    office.set(scope, &kind, id, "number", number)?;
    office.done("renumber_issue", &issue.number, "")?;
    project::records(tx, c, &[(id, kind)], ctx.now_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_year_is_that_of_finding_in_shanghai_unless_the_clock_cannot_be_believed() {
        let new_year = 1_798_732_800_000; // 2027-01-01 00:00 in Shanghai
        assert_eq!(year(new_year, new_year + 1), "2027");
        assert_eq!(year(new_year - 1, new_year + 1), "2026");
        assert_eq!(year(0, new_year + 1), "2027");
    }

    #[test]
    fn a_number_is_read_back_into_its_parts_and_nothing_else_is() {
        assert_eq!(parse("西整〔2026〕0012"), Some(("西整", "2026", 12)));
        for bad in ["", "西整2026-12", "西整〔2026〕", "西整〔2026〕x"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
