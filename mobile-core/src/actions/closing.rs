//! Does the lock of the own group say of this phone what this phone knows of itself?
//!
//! Invariant: only lines of the closing set that name this device are judged; a line whose chain this phone does not
//! have at that seq is an alarm: the server counted something this phone never wrote. What was written after the lock,
//! or had not arrived, is no contradiction. Leaves out: everybody else's lines (`guanmo verify`).

use merge::LogId;
use protocol::Scope;
use protocol::chain::Hash;
use protocol::closing::ClosingSet;
use uuid::Uuid;

use crate::error::Result;
use crate::replica::Identity;
use crate::store::Tx;
use crate::views::ClosingCheck;

/// Compares the last closing set of the own group with the own logs; none before the first lock.
pub(crate) fn check(tx: &mut Tx, me: &Identity) -> Result<Option<ClosingCheck>> {
    let scope = Scope::Campaign {
        campaign: me.campaign,
    };
    let mut last: Option<ClosingSet> = None;
    for id in tx.ids("closing_set", Some(scope))? {
        let body = tx.value(id, "body")?;
        let set = body.as_ref().and_then(|b| b.as_text());
        // Of a newer version, or damaged: it says nothing this version could judge.
        let Some(set) = set.and_then(|json| serde_json::from_str::<ClosingSet>(json).ok()) else {
            continue;
        };
        let newer = last.as_ref().is_none_or(|l| l.version < set.version);
        if Some(set.group) == me.group && newer {
            last = Some(set);
        }
    }
    let Some(set) = last else { return Ok(None) };
    let mut differing: Vec<Uuid> = Vec::new();
    let mut lines = 0;
    // A branch is what this phone lost: it cannot know it.
    let own = |l: &&protocol::closing::ClosedLog| l.device == me.device && l.branch == "0";
    for line in set.logs.iter().filter(own) {
        lines += 1;
        let epoch = line.epoch.parse().unwrap_or(0);
        let id = LogId::new(line.device, line.scope, epoch);
        let chain: Option<Hash> = hex::decode(&line.chain)
            .ok()
            .and_then(|b| b.try_into().ok());
        let held = match (tx.find_log(id)?, chain) {
            (Some(log), Some(chain)) => tx.seq_of_chain(log.no, &chain)?,
            _ => None,
        };
        if held != Some(line.seq) {
            differing.push(line.scope);
        }
    }
    Ok(Some(ClosingCheck {
        version: set.version,
        locked_at_ms: set.locked_at_ms,
        lines,
        agrees: differing.is_empty(),
        differing,
    }))
}
