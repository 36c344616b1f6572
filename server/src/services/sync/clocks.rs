//! Clocks that were wrong: changes from the future, clocks that are off, clocks that went back.
//!
//! Invariant: a flag is shown and nothing else: no change is refused, ordered or counted by it. Leaves out: a clock set
//! back and forth again between two changes, of which nothing is known.

use ledger::Next;
use merge::{Dot, MAX_ADOPTED_LEAD_MS, SKEW_FLAG_MS};
use protocol::message::SetBack;

use super::Context;
use crate::error::Result;
use crate::store::{ClockFlag, DeviceRow, Tx};

/// Notes what is wrong with the clock behind a segment: in each of its records once if it is off, and at the change
/// before which it went back. The hybrid time of our phones never goes back, so they say it; that of another program is
/// compared by seq.
pub fn note(
    tx: &mut dyn Tx,
    ctx: &Context,
    device: &DeviceRow,
    set_back: &[SetBack],
    next: &Next,
) -> Result<()> {
    let Some(batch) = &next.batch else {
        return Ok(());
    };
    // Its clock as it was in this request; of what a colleague carries nothing newer is known.
    let seen = tx.device(device.id)?.map_or(0, |d| d.skew_ms);
    let mut before = tx.log_clock(next.log)?;
    let mut noted = vec![false; batch.records.len()];
    for (i, row) in batch.rows.iter().enumerate() {
        let record = batch.records[row.record as usize].1;
        let dot = Dot {
            log: next.log,
            seq: next.header.first_seq + i as u64,
        };
        let said = set_back.iter().find(|s| s.at_ms == row.at_ms);
        let told = said.map_or(0, |s| s.by_ms);
        let by_ms = told.max(before.map_or(0, |b| b.saturating_sub(row.at_ms)));
        if by_ms > 0 {
            tx.put_clock_flag(&ClockFlag {
                record,
                dot,
                kind: "back",
                by_ms,
            })?;
        }
        before = Some(row.at_ms);
        let ahead = row.at_ms.saturating_sub(ctx.now_ms);
        // A time learnt from others may lead by 5 minutes, and the way here takes a moment.
        let off = match seen.abs() > SKEW_FLAG_MS {
            true => Some(seen),
            false => Some(ahead).filter(|ms| *ms > SKEW_FLAG_MS.max(MAX_ADOPTED_LEAD_MS)),
        };
        if let Some(by_ms) = off.filter(|_| !noted[row.record as usize]) {
            noted[row.record as usize] = true;
            tx.put_clock_flag(&ClockFlag {
                record,
                dot,
                kind: "off",
                by_ms,
            })?;
        }
    }
    match before {
        Some(last_ms) => tx.set_log_clock(next.log, last_ms),
        None => Ok(()),
    }
}
