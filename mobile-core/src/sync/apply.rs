//! Taking a reply in: segments, `have`, forks, cursor, digests, all in one transaction of the caller's.
//!
//! Invariant: a segment is stored only under the right chain and signature; own changes are acknowledged only by a
//! `have` whose chain is this phone's own. Leaves out: what to ask next (`engine`).

use std::collections::HashMap;

use ed25519_dalek::VerifyingKey;
use ledger::Inspected;
use merge::{HybridClock, LogId};
use protocol::Scope;
use protocol::chain::{Hash, Header, SignedSegment};
use protocol::digest::BUCKETS;
use protocol::message::{Have, ORDER_REVOKED, ScopeDigest, SyncResponse};
use uuid::Uuid;

use super::report::Agreement;
use crate::actions::fresh_epoch;
use crate::error::{Error, Result};
use crate::ports::Entropy;
use crate::replica::Identity;
use crate::store::{StoreError, Tx, key};

/// What the transaction needs to know.
pub(super) struct Apply<'a, 't> {
    pub tx: &'a mut Tx<'t>,
    pub me: &'a Identity,
    pub own_key: VerifyingKey,
    pub server_key: VerifyingKey,
    pub clock: &'a mut HybridClock,
    pub entropy: &'a dyn Entropy,
    pub now_ms: i64,
    /// The request asked for own logs.
    pub asked_own: bool,
    /// Segments of others the server was seen to hold, by log.
    pub seen: &'a mut HashMap<LogId, u64>,
}

/// What a reply changed.
#[derive(Debug, Default)]
pub(super) struct Applied {
    pub pulled: u64,
    pub acked: u64,
    pub reissued: u64,
    /// Re-issued changes left out again, because the other branch holds them alike.
    pub thinned: u64,
    pub forked: bool,
    pub contradictions: u64,
    pub gaps: u64,
    pub new_generation: bool,
    /// Photos that were sent are asked about again.
    pub doubts_photos: bool,
    /// The server holds something of own logs that is not here.
    pub lacks_own: bool,
    /// The cursor was thrown away.
    pub restarted: bool,
    pub more: bool,
    pub token: Option<String>,
    pub revoked: bool,
    pub skew_ms: i64,
    pub agreement: Option<Agreement>,
    /// Something a screen shows may have changed.
    pub dirty: bool,
}

/// The key of another phone, as the roster has it.
pub(crate) fn roster_key(tx: &mut Tx, device: Uuid) -> Result<Option<VerifyingKey>, StoreError> {
    let enrolment = tx.value(device, "enrolment")?;
    let bytes = enrolment.as_ref().and_then(|e| e.at(1).as_bytes());
    Ok(bytes
        .and_then(|b| <[u8; 32]>::try_from(b).ok())
        .and_then(|b| VerifyingKey::from_bytes(&b).ok()))
}

fn bad(detail: impl Into<String>) -> Error {
    StoreError::Segment(detail.into()).into()
}

impl Apply<'_, '_> {
    /// Takes the whole reply in.
    pub fn reply(mut self, reply: &SyncResponse) -> Result<Applied> {
        let mut done = Applied {
            more: reply.more,
            skew_ms: self.now_ms.saturating_sub(reply.clock_ms),
            ..Applied::default()
        };
        self.generation(reply.generation, &mut done)?;
        self.started(reply.started, &mut done)?;
        for info in &reply.scopes {
            match info.scope() {
                Some(scope) if scope.campaign() == self.me.campaign => {
                    self.tx.note_scope(info.index, scope)?;
                }
                // A class of a newer server: nothing of it is for this version.
                _ => continue,
            }
        }
        // Forks first: the other branch of an own log may be among the segments.
        self.forks(reply, &mut done)?;
        let mut latest_ms = 0;
        for segment in &reply.segments {
            latest_ms = latest_ms.max(self.segment(segment, &mut done)?);
        }
        if let Some(have) = &reply.have {
            self.have(have, &mut done)?;
        }
        self.cursor(reply, &mut done)?;
        self.rest(reply, latest_ms, &mut done)?;
        done.agreement = self.compare(reply)?;
        Ok(done)
    }

    fn generation(&mut self, generation: u64, done: &mut Applied) -> Result<()> {
        let known = self.tx.meta_int(key::GENERATION)?.unwrap_or(0) as u64;
        if known == generation {
            return Ok(());
        }
        done.new_generation = true;
        done.doubts_photos = true;
        enter_generation(self.tx, generation)
    }

    /// A server that was started again may stand on an older folder, and know nothing of it.
    fn started(&mut self, started: Option<u32>, done: &mut Applied) -> Result<()> {
        let Some(started) = started.map(i64::from) else {
            return Ok(());
        };
        let known = self.tx.meta_int(key::STARTED)?;
        if known == Some(started) {
            return Ok(());
        }
        self.tx.put_meta_int(key::STARTED, started)?;
        done.doubts_photos |= self.tx.doubt_blobs()?;
        Ok(())
    }

    fn key_of(&mut self, device: Uuid) -> Result<VerifyingKey> {
        if device == self.me.server {
            return Ok(self.server_key);
        }
        if device == self.me.device {
            return Ok(self.own_key);
        }
        roster_key(self.tx, device)?
            .ok_or_else(|| bad(format!("device {device} is not in the roster")))
    }

    /// Stores and applies one segment; the latest time in it.
    fn segment(&mut self, segment: &SignedSegment, done: &mut Applied) -> Result<i64> {
        let header = segment.header().map_err(|e| bad(e.to_string()))?;
        let id = header.log();
        let scope = self.tx.find_scope(id.scope)?;
        let scope = scope
            .filter(|s| s.campaign() == self.me.campaign)
            .ok_or_else(|| bad(format!("scope {} was not announced", id.scope)))?;
        let key = self.key_of(id.device)?;
        let own = id.device == self.me.device;
        if own && self.tx.tail_of(id)? > 0 {
            self.leave_tail(id, segment, &header, scope, &key, done)?;
        }
        let mut found = self.tx.inspect(segment, &header, scope, &key)?;
        if let Inspected::Fork(log, common, chain) = &found {
            if own {
                self.reissue(*log, *common, chain, done)?;
            } else if id.device != self.me.server {
                // A restored server took another continuation from a restored phone. What this phone holds of the other
                // one goes back to it as a branch, for the office to decide on.
                self.tx.set_aside(*log, *common, chain)?;
                self.tx.put_meta_int(key::HAND_BACK, 1)?;
            } else {
                done.contradictions += 1;
                return Ok(0);
            }
            found = self.tx.inspect(segment, &header, scope, &key)?;
        }
        match found {
            Inspected::Next(next) => {
                let admitted = self.tx.admit(&next, self.now_ms)?;
                if own || self.is_mine(scope) {
                    for (record, kind) in &admitted.records {
                        if kind != "verdict" {
                            self.tx.add_own_record(*record)?;
                        }
                    }
                }
                self.saw(id, header.last_seq());
                done.pulled += u64::from(header.count);
                done.dirty = true;
                Ok(admitted.latest_ms)
            }
            Inspected::Repeat(_) => {
                self.saw(id, header.last_seq());
                Ok(0)
            }
            Inspected::Gap(..) => {
                done.gaps += 1;
                Ok(0)
            }
            Inspected::Fork(..) => {
                done.contradictions += 1;
                Ok(0)
            }
        }
    }

    /// True for the own author's sealed and household scopes.
    fn is_mine(&self, scope: Scope) -> bool {
        matches!(
            scope,
            Scope::Sealed { author, .. } | Scope::Household { author, .. } if author == self.me.account
        )
    }

    /// The server holds a continuation of an own log that has an unsealed tail here: this database is a copy.
    fn leave_tail(
        &mut self,
        id: LogId,
        segment: &SignedSegment,
        header: &Header,
        scope: Scope,
        key: &VerifyingKey,
        done: &mut Applied,
    ) -> Result<()> {
        if let Inspected::Next(_) = self.tx.inspect(segment, header, scope, key)?
            && let Some(log) = self.tx.find_log(id)?
        {
            self.reissue(id, log.head, &log.chain, done)?;
        }
        Ok(())
    }

    fn saw(&mut self, log: LogId, seq: u64) {
        if log.device != self.me.device {
            let last = self.seen.entry(log).or_insert(0);
            *last = (*last).max(seq);
        }
    }

    fn reissue(&mut self, log: LogId, common: u64, chain: &Hash, done: &mut Applied) -> Result<()> {
        let epoch = fresh_epoch(self.entropy);
        done.reissued += self.tx.reissue(log, common, chain, epoch)?;
        done.forked = true;
        done.dirty = true;
        Ok(())
    }

    fn forks(&mut self, reply: &SyncResponse, done: &mut Applied) -> Result<()> {
        for fork in &reply.forks {
            let scope = Uuid::from_bytes(fork.scope);
            let id = LogId::new(self.me.device, scope, fork.epoch);
            self.reissue(id, fork.common_seq, &fork.common_chain, done)?;
        }
        done.lacks_own |= !reply.forks.is_empty() && reply.have.is_none();
        Ok(())
    }

    /// What the server holds of own logs. Only equal chains acknowledge; less than before is a restored server. Of a log
    /// the server holds beyond this phone nothing new is known until it was pulled; of one with another chain nothing
    /// counts as safe, and all of it is offered, so that the server finds the fork.
    fn have(&mut self, have: &[Have], done: &mut Applied) -> Result<()> {
        let mut held: HashMap<LogId, u64> = HashMap::new();
        for h in have {
            let id = LogId::new(self.me.device, Uuid::from_bytes(h.scope), h.epoch);
            let Some(log) = self.tx.find_log(id)? else {
                done.lacks_own = true;
                continue;
            };
            if self.tx.seq_of_chain(log.no, &h.chain)? == Some(h.seq) {
                held.insert(id, h.seq);
            } else {
                held.insert(id, if h.seq > log.head { log.acked } else { 0 });
                done.lacks_own = true;
            }
        }
        for log in self.tx.logs(Some(self.me.device))? {
            let seq = held.get(&log.id).copied().unwrap_or(0);
            if seq != log.acked {
                done.acked += seq.saturating_sub(log.acked);
                done.dirty = true;
                self.tx.set_acked(log.no, seq)?;
            }
        }
        Ok(())
    }

    fn cursor(&mut self, reply: &SyncResponse, done: &mut Applied) -> Result<()> {
        // A revoked phone is sent nothing, its own logs included: asking would never end.
        let wants_own = done.lacks_own && !self.asked_own && reply.order != ORDER_REVOKED;
        if wants_own {
            self.tx.put_meta_int(key::WANT_OWN, 1)?;
        }
        // From the start again: what was skipped as own, or lost, lies somewhere before the cursor.
        done.restarted = done.gaps > 0 || wants_own || done.new_generation;
        if done.restarted {
            self.tx.clear_meta(key::CURSOR)?;
            done.more = true;
        } else if !reply.cursor.is_empty() {
            self.tx.put_meta_bytes(key::CURSOR, &reply.cursor)?;
        }
        Ok(())
    }

    fn rest(&mut self, reply: &SyncResponse, latest_ms: i64, done: &mut Applied) -> Result<()> {
        if latest_ms > 0 {
            self.clock.adopt(latest_ms, reply.clock_ms);
            self.tx.put_meta_int(key::CLOCK_MS, self.clock.last_ms())?;
        }
        let minute = |ms: i64| ms / 60_000;
        let before = self.tx.meta_int(key::SKEW_MS)?;
        if before.is_none_or(|b| minute(b) != minute(done.skew_ms)) {
            self.tx.put_meta_int(key::SKEW_MS, done.skew_ms)?;
        }
        if !reply.token.is_empty() {
            done.token = Some(reply.token.clone());
        }
        if reply.order == ORDER_REVOKED {
            done.revoked = true;
            if self.tx.meta_int(key::REVOKED_AT_MS)?.is_none() {
                self.tx.put_meta_int(key::REVOKED_AT_MS, self.now_ms)?;
            }
        }
        Ok(())
    }

    /// Compares digests once nothing is on its way in either direction; rebuilds what differs and compares again.
    fn compare(&mut self, reply: &SyncResponse) -> Result<Option<Agreement>> {
        let unsaid = self.tx.unsent_changes(self.me.device)? > 0
            || self.tx.meta_int(key::HAND_BACK)?.is_some();
        if reply.digests.is_empty() || reply.more || unsaid {
            return Ok(None);
        }
        let mut agreement = Agreement {
            compared: true,
            ..Agreement::default()
        };
        for theirs in &reply.digests {
            let Some(scope) = self.tx.scope_by_index(theirs.index)? else {
                return Ok(None);
            };
            if self.tx.unread_segments(Some(scope.id()))? > 0 {
                agreement.unread.push(scope.id());
            } else if !self.agrees(scope, theirs)? {
                self.tx.rebuild_scope(scope)?;
                if !self.agrees(scope, theirs)? {
                    agreement.differing.push(scope.id());
                }
            }
        }
        agreement.agreed = agreement.differing.is_empty() && agreement.unread.is_empty();
        Ok(Some(agreement))
    }

    fn agrees(&mut self, scope: Scope, theirs: &ScopeDigest) -> Result<bool> {
        let mine = self.tx.digest(scope)?;
        let mut bytes = Vec::with_capacity(BUCKETS * 8);
        for bucket in mine {
            bytes.extend_from_slice(&bucket.to_be_bytes());
        }
        Ok(bytes == theirs.buckets)
    }
}

/// The server is in a new generation: everything is pulled again, and given back where it is missing there.
pub(super) fn enter_generation(tx: &mut Tx, generation: u64) -> Result<()> {
    tx.put_meta_int(key::GENERATION, generation as i64)?;
    tx.put_meta_int(key::HAND_BACK, 1)?;
    tx.clear_meta(key::CURSOR)?;
    tx.clear_meta(key::AGREEMENT)?;
    tx.forget_indexes()?;
    tx.doubt_blobs()?;
    Ok(())
}
