//! Where the audit stands, written where phones keep it.
//!
//! The audit's chain shows a changed entry, but not that the last ones were deleted or the whole was written anew. So
//! its head goes into every closing set, and once a day into the campaign scope as a change that the server signs and
//! every phone receives. Invariant: an anchor is only written if the one before is still in the audit: what was cut off
//! is never covered up by a later one. Leaves out: entries after the last anchor that a phone has.

use merge::Value;
use protocol::closing::AuditHead;
use protocol::ids;
use uuid::Uuid;

use super::campaign::Campaign;
use super::office::{Actor, Office};
use super::verify::VerifyReport;
use crate::error::Result;
use crate::store::Tx;

/// Milliseconds from UTC to Asia/Shanghai.
const SHANGHAI_MS: i64 = 8 * 3600 * 1000;
const DAY_MS: i64 = 24 * 3600 * 1000;

/// The head as a closing set carries it.
///
/// # Errors
/// The database's.
pub fn head(tx: &mut dyn Tx) -> Result<AuditHead> {
    let (count, chain) = tx.audit_head()?;
    Ok(AuditHead {
        count: u64::try_from(count).unwrap_or(0),
        chain: hex::encode(chain),
    })
}

/// The record of a campaign's anchors.
fn record(c: &Campaign) -> Uuid {
    ids::coded(c.id, "audit_anchor", "")
}

/// An anchor's value taken apart: entries, chain, when.
fn parts(value: &Value) -> Option<(i64, [u8; 32], i64)> {
    let chain = value.at(1).as_bytes()?.try_into().ok()?;
    Some((value.at(0).as_int()?, chain, value.at(2).as_int()?))
}

fn day(at_ms: i64) -> i64 {
    (at_ms + SHANGHAI_MS).div_euclid(DAY_MS)
}

/// Writes today's anchor unless there is one; true if it did. False, too, if the audit no longer holds the last one:
/// that stays for `verify` to show.
///
/// # Errors
/// The database's.
pub fn write(tx: &mut dyn Tx, c: &Campaign, now_ms: i64) -> Result<bool> {
    let live = tx.live(record(c), "head")?;
    if let Some((count, chain, at_ms)) = live.first().and_then(|l| parts(&l.value)) {
        if day(at_ms) >= day(now_ms) {
            return Ok(false);
        }
        if count > 0 && tx.audit_chain(count)? != Some(chain) {
            tracing::error!(
                count,
                "the audit no longer holds what was anchored; run guanmo verify"
            );
            return Ok(false);
        }
    }
    let (count, chain) = tx.audit_head()?;
    let value = Value::List(vec![
        count.into(),
        Value::Bytes(chain.to_vec()),
        now_ms.into(),
    ]);
    let mut office = Office::begin(tx, &Actor::system(), now_ms);
    office.set(c.scope(), "audit_anchor", record(c), "head", value)?;
    office.done("anchor_audit", c.id, "")?;
    Ok(true)
}

/// Compares every anchor there ever was, and every closing set's, with the audit.
///
/// # Errors
/// The database's; findings are no errors.
pub(super) fn check(
    tx: &mut dyn Tx,
    c: &Campaign,
    closed: &[(String, AuditHead)],
    report: &mut VerifyReport,
) -> Result<()> {
    let mut marks: Vec<(String, i64, Option<[u8; 32]>)> = Vec::new();
    for change in tx.history(record(c))? {
        if let Some((count, chain, at_ms)) = parts(&change.value) {
            marks.push((format!("anchor {at_ms}"), count, Some(chain)));
        }
    }
    for (place, head) in closed {
        let chain = hex::decode(&head.chain).ok();
        let chain = chain.and_then(|bytes| bytes.try_into().ok());
        marks.push((
            place.clone(),
            i64::try_from(head.count).unwrap_or(i64::MAX),
            chain,
        ));
    }
    for (place, count, chain) in marks {
        report.audit_anchors += 1;
        if count > 0 && (chain.is_none() || tx.audit_chain(count)? != chain) {
            report.find(
                "audit_anchor_differs",
                place,
                "审计记录与手机和锁定清单中留存的链头不符：有条目被删除或重写",
                "the audit is not the one whose head phones and locks keep: entries were deleted or written anew",
            );
        }
    }
    Ok(())
}
