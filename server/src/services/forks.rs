//! What a lost branch holds of a record, and taking it over as the office.
//!
//! Invariant: the branch's segments stay as they are; what its author had last written is written again in the server's
//! log, replacing what the author had replaced, so that what was written meanwhile stands beside it as a conflict.
//! Leaves out: noticing branches (`sync::forks`).

use std::collections::{BTreeMap, BTreeSet};

use ledger::{BranchChange, Next};
use merge::{Dot, Value};
use protocol::problem::Code;
use protocol::{Scope, segment};

use super::campaign::Campaign;
use super::office::Office;
use super::sync::judge;
use crate::error::{Error, Result};
use crate::store::{Held, Tx};

/// What a held branch holds of its record.
///
/// # Errors
/// The database's.
pub fn changes(tx: &mut dyn Tx, held: &Held) -> Result<Vec<BranchChange>> {
    let mut all = tx.branch_changes(held.log)?;
    all.retain(|b| Some(b.record) == held.record);
    Ok(all)
}

/// Seqs of the branch that no acceptance may let in.
fn refused(tx: &mut dyn Tx, c: &Campaign, scope: Scope, held: &Held) -> Result<Vec<(u64, u64)>> {
    let mut bad = Vec::new();
    for stored in tx.segments(held.log, 0)? {
        let header = stored.signed.header().map_err(Error::storage)?;
        let next = Next {
            log: held.log,
            scope,
            batch: segment::decode(&stored.signed.payload, &held.log, header.count).ok(),
            header,
            chain: stored.chain,
            segment: stored.signed.clone(),
        };
        for ruling in judge(tx, c, held.account, &next)? {
            if Some(ruling.record) != held.record || ruling.code == "late" {
                continue;
            }
            if ruling.code == "recused" {
                let why = "填表人应当回避此点位，不能计入 / its author is recused from the site";
                return Err(Error::because(Code::Forbidden, why));
            }
            bad.push(ruling.seqs);
        }
    }
    Ok(bad)
}

/// Writes what the branch last said of the record into the server's log.
///
/// # Errors
/// `Forbidden` if its author is recused, `Invalid` if nothing of it fits.
pub fn take_over(tx: &mut dyn Tx, c: &Campaign, scope: Scope, held: &Held) -> Result<Vec<Written>> {
    let record = held.record.ok_or(Code::NotFound)?;
    let bad = refused(tx, c, scope, held)?;
    let mut fields: BTreeMap<String, (Value, BTreeSet<Dot>)> = BTreeMap::new();
    for b in changes(tx, held)? {
        let seq = b.change.dot.seq;
        if bad
            .iter()
            .any(|(first, last)| (*first..=*last).contains(&seq))
        {
            continue;
        }
        let others = b.change.supersedes.into_iter();
        let others = others.filter(|d| d.log != held.log);
        let field = fields.entry(b.field);
        let field = field.or_insert_with(|| (Value::Null, BTreeSet::new()));
        field.0 = b.change.value;
        field.1.extend(others);
    }
    if fields.is_empty() {
        let why = "这一支的内容都不符合要求 / nothing of the branch fits";
        return Err(Error::because(Code::Invalid, why));
    }
    let written = fields.into_iter().map(|(field, (value, dots))| Written {
        record,
        field,
        value,
        dots: dots.into_iter().collect(),
    });
    Ok(written.collect())
}

/// One field to write.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// The record.
    pub record: uuid::Uuid,
    /// The field.
    pub field: String,
    /// The value.
    pub value: Value,
    /// What it replaces.
    pub dots: Vec<Dot>,
}

/// Writes it, in an act of the office.
///
/// # Errors
/// The database's.
pub fn write(office: &mut Office, scope: Scope, kind: &str, all: Vec<Written>) -> Result<()> {
    for w in all {
        office.settle(scope, kind, w.record, &w.field, w.value, w.dots)?;
    }
    Ok(())
}
