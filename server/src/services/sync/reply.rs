//! What a phone gets back: how far its logs are held, what it lacks, and whether both sides agree.
//!
//! Invariant: a revoked device gets `have`, its own forks (else a copy could never send what it holds) and an order,
//! nothing else. A phone whose acknowledged heads are not ours
//! may be a copy: it gets its own logs too. Leaves out: what was pushed (`intake`).

use merge::LogId;
use protocol::chain::Hash;
use protocol::limits;
use protocol::message::{
    Have, ORDER_REVOKED, ScopeDigest, SyncRequest, SyncResponse, WANT_OWN, WANT_STATE, WANT_TOKEN,
    heads_digest,
};
use protocol::scope::ScopeInfo;
use protocol::{Scope, digest};
use uuid::Uuid;

use super::Context;
use super::cursor::{Cursor, tag, token};
use super::intake::{Intake, is_quarantined, own_scopes};
use crate::error::Result;
use crate::services::campaign::Campaign;
use crate::store::{DeviceRow, Tx};

/// Heads of a device's logs as held here.
pub struct Heads(Vec<([u8; 16], u64, u64, Hash)>);

impl Heads {
    /// The digest a phone would send.
    pub fn digest(&self) -> u64 {
        heads_digest(&mut self.0.clone())
    }
}

/// Heads of a device's logs.
pub fn heads(tx: &mut dyn Tx, device: Uuid) -> Result<Heads> {
    let logs = tx.logs(Some(device))?;
    let held = logs.iter().filter(|l| l.head > 0);
    Ok(Heads(
        held.map(|l| (l.id.scope.into_bytes(), l.id.epoch, l.head, l.chain))
            .collect(),
    ))
}

/// The cursor of a request, if it still means something here. Begins a new generation if it shows that this server
/// lost what it had given out.
pub fn cursor_of(tx: &mut dyn Tx, ctx: &Context, request: &SyncRequest) -> Result<Option<Cursor>> {
    let generation = tx.generation()?;
    if request.generation > generation {
        tracing::warn!(request.generation, generation, "this server was restored");
        tx.start_generation(request.generation, ctx.now_ms)?;
        return Ok(None);
    }
    let cursor = Cursor::open(&ctx.identity.secret, &request.cursor);
    let Some(cursor) = cursor.filter(|c| c.generation == generation) else {
        return Ok(None);
    };
    let mut chains = Vec::with_capacity(cursor.at.len());
    for (scope, gseq) in &cursor.at {
        chains.push(tx.chain_at(*scope, *gseq)?);
    }
    if tag(&chains) != cursor.tag {
        tracing::warn!(
            generation,
            "a phone had pulled what this server no longer has"
        );
        tx.start_generation(generation, ctx.now_ms)?;
        return Ok(None);
    }
    Ok(Some(cursor))
}

/// Everything a reply depends on.
pub struct Answer<'a> {
    /// Context.
    pub ctx: &'a Context<'a>,
    /// Campaign.
    pub c: &'a Campaign,
    /// Who asked.
    pub device: &'a DeviceRow,
    /// What was asked.
    pub request: &'a SyncRequest,
    /// Where the phone stands; none: at the beginning.
    pub cursor: Option<Cursor>,
    /// True if the phone's own logs are not at the heads held here.
    pub copied: bool,
}

impl Answer<'_> {
    /// Writes the reply.
    pub fn write(self, tx: &mut dyn Tx, pushed: Intake) -> Result<SyncResponse> {
        let heads = heads(tx, self.device.id)?;
        let mut response = SyncResponse {
            generation: tx.generation()?,
            clock_ms: self.ctx.now_ms,
            have: (heads.digest() != self.request.heads).then(|| have(&heads)),
            forks: pushed.forks,
            started: Some(self.ctx.started),
            ..SyncResponse::default()
        };
        if is_quarantined(self.c, self.device) {
            response.order = ORDER_REVOKED;
            // A copy is not sent how its log went on, so it cannot see by the head that its own part is here.
            if let Some(have) = &mut response.have {
                have.extend(pushed.repeats);
            }
            return Ok(response);
        }
        let stored = pushed.stored > 0;
        let mut budget = self.budget();
        self.own_branches(tx, &mut response, &mut budget)?;
        self.pull(tx, &mut response, budget)?;
        let asked = self.request.flags & WANT_STATE != 0;
        let moved = stored || !response.segments.is_empty();
        if (moved || asked) && !response.more {
            response.digests = self.digests(tx)?;
        }
        if self.request.flags & WANT_TOKEN != 0 {
            response.token = token(&self.ctx.identity.secret, self.device.id, self.ctx.now_ms);
        }
        Ok(response)
    }

    fn budget(&self) -> usize {
        match self.request.want_bytes as usize {
            0 => limits::PULL_BYTES,
            wanted => wanted.min(limits::RESPONSE_BYTES / 2),
        }
    }

    fn scopes(&self) -> Vec<Scope> {
        own_scopes(self.c, self.device.account)
    }

    /// After a fork: what the server holds of that log beyond the common point, so that the phone can re-issue at once.
    fn own_branches(
        &self,
        tx: &mut dyn Tx,
        response: &mut SyncResponse,
        budget: &mut usize,
    ) -> Result<()> {
        for fork in response.forks.clone() {
            let scope = Uuid::from_bytes(fork.scope);
            let log = LogId::new(self.device.id, scope, fork.epoch);
            for segment in tx.segments(log, fork.common_seq)? {
                *budget = budget.saturating_sub(segment.signed.wire_bytes());
                response.segments.push(segment.signed);
            }
        }
        Ok(())
    }

    fn pull(&self, tx: &mut dyn Tx, response: &mut SyncResponse, budget: usize) -> Result<()> {
        let with_own =
            self.copied || self.request.flags & WANT_OWN != 0 || !response.forks.is_empty();
        let skip = (!with_own).then_some(self.device.id);
        let old = self.cursor.clone().unwrap_or_default();
        let mut cursor = Cursor {
            generation: response.generation,
            ..Cursor::default()
        };
        let mut left = budget;
        let mut infos = Vec::new();
        for scope in self.scopes() {
            let (index, last) = tx.position(scope)?;
            infos.push(ScopeInfo::new(index, scope));
            let mut at = old.position(index);
            if at < last && left == 0 {
                response.more = true;
            } else if at < last {
                let page = tx.feed(scope, at, skip, left)?;
                // A first segment larger than what is left is sent only if nothing else was. What is left of a scope comes
                // before the next one: the campaign's names the devices that wrote in the others.
                if page.bytes > left && !response.segments.is_empty() {
                    response.more = true;
                    left = 0;
                } else {
                    at = page.gseq;
                    left = if page.more {
                        0
                    } else {
                        left.saturating_sub(page.bytes)
                    };
                    response.more |= page.more;
                    response.segments.extend(page.segments);
                }
            }
            cursor.at.push((index, at));
        }
        let changed = cursor.at.len() != old.at.len()
            || cursor.at.iter().any(|a| !old.at.contains(a))
            || self.cursor.is_none();
        if changed {
            let mut chains = Vec::new();
            for (scope, gseq) in &cursor.at {
                chains.push(tx.chain_at(*scope, *gseq)?);
            }
            cursor.tag = tag(&chains);
            response.cursor = cursor.seal(&self.ctx.identity.secret);
        }
        let known = |info: &ScopeInfo| old.at.iter().any(|(s, _)| *s == info.index);
        let asked = self.request.flags & WANT_STATE != 0;
        if asked || old.at.len() != infos.len() || !infos.iter().all(known) {
            response.scopes = infos;
        }
        Ok(())
    }

    fn digests(&self, tx: &mut dyn Tx) -> Result<Vec<ScopeDigest>> {
        let mut list = Vec::new();
        for scope in self.scopes() {
            let (index, _) = tx.position(scope)?;
            let buckets: digest::Buckets = tx.digest(scope)?;
            list.push(ScopeDigest {
                index,
                buckets: buckets.iter().flat_map(|b| b.to_be_bytes()).collect(),
            });
        }
        Ok(list)
    }
}

fn have(heads: &Heads) -> Vec<Have> {
    let one = |(scope, epoch, seq, chain): &([u8; 16], u64, u64, Hash)| Have {
        scope: *scope,
        epoch: *epoch,
        seq: *seq,
        chain: *chain,
    };
    heads.0.iter().map(one).collect()
}
