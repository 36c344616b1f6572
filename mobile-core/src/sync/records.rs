//! What an answer about records means: taken in, refused, or not from our server; and what comes next.
//!
//! Invariant: an answer is checked (status, content type, form) before the database is touched. Leaves out: the
//! transaction that takes a reply in (`apply`).

use std::collections::HashMap;

use merge::LogId;
use protocol::message::{SyncResponse, WANT_OWN, WANT_TOKEN};
use protocol::problem::{Code, Problem};
use protocol::request::CONTENT_TYPE;

use super::apply::{Applied, Apply, enter_generation};
use super::engine::{Engine, Output, Phase};
use super::lease::keep_agreement;
use super::report::Progress;
use crate::error::{Error, Refusal, Result};
use crate::replica::{Identity, Replica};
use crate::store::{Tx, key};
use crate::transport::{Failure, TransportResponse};

/// First pause before a retry, ms; doubled each time.
const BACKOFF_MS: u64 = 500;
/// Longest pause, also when the server asks for more, ms.
const MAX_BACKOFF_MS: u64 = 30_000;
/// The most `narrowed`: pages of 3 and 4 kB.
const MOST_NARROWED: u32 = 6;
/// Times the cursor may be thrown away in one sync.
const MAX_RESTARTS: u32 = 3;
/// Times in one sync that the server may have seen a higher counter (of the phone this one is a copy of).
const MAX_REPLAYS: u32 = 3;
/// Pushes in a row that were not acknowledged before the sync gives up.
const MAX_STALLS: u32 = 2;

impl Engine {
    /// An answer to a request with records.
    pub(super) fn records(
        &mut self,
        phone: &mut Replica,
        answer: &TransportResponse,
    ) -> Result<()> {
        if let Some(problem) = problem_of(answer) {
            return self.refused(phone, problem, retry_after_ms(answer));
        }
        if (502..=504).contains(&answer.status) {
            let failure = Failure::Cut(format!("status {}", answer.status));
            return self.records_cut(phone, failure, retry_after_ms(answer));
        }
        // All of this before the database is touched.
        let reply = parse(answer)?;
        self.tries = 0;
        self.narrowed = self.narrowed.saturating_sub(1);
        self.report.pulled_bytes += answer.body.len() as u64;
        let (own, flags) = match self.phase {
            Phase::Records { own, flags } => (own, flags),
            _ => (0, 0),
        };
        let applied = self.apply(phone, &reply, flags)?;
        if applied.dirty {
            phone.forget();
        }
        self.note(own, flags, applied)?;
        self.next_records(phone)
    }

    /// A request with records did not get through: the link breaks off, or a gateway gave up. Smaller ones may.
    pub(super) fn records_cut(
        &mut self,
        phone: &mut Replica,
        failure: Failure,
        after_ms: Option<u64>,
    ) -> Result<()> {
        self.narrowed = (self.narrowed + 2).min(MOST_NARROWED);
        self.retry(phone, failure.into(), after_ms)
    }

    fn apply(&mut self, phone: &mut Replica, reply: &SyncResponse, flags: u8) -> Result<Applied> {
        let me = phone.itself()?.clone();
        let own_key = phone.key.as_ref().ok_or(Refusal::NotEnrolled)?;
        let own_key = own_key.verifying_key();
        let server_key = phone.server_key.ok_or(Refusal::Certificate)?;
        let now_ms = phone.ports.clock.now_ms();
        let Replica {
            store,
            clock,
            ports,
            ..
        } = phone;
        let mut seen = std::mem::take(&mut self.seen);
        let handed = self.handing;
        let mut hand_back = std::mem::take(&mut self.hand_back);
        let applied = store.write(|tx| {
            let mut applied = Apply {
                tx,
                me: &me,
                own_key,
                server_key,
                clock,
                entropy: &*ports.entropy,
                now_ms,
                asked_own: flags & WANT_OWN != 0,
                seen: &mut seen,
            }
            .reply(reply)?;
            hand_back.drain(..handed.min(hand_back.len()));
            self.settle_own(tx, &me, flags, &mut applied)?;
            plan_hand_back(tx, &me, &seen, &applied, handed, &mut hand_back)?;
            if let Some(agreement) = &applied.agreement {
                keep_agreement(tx, agreement)?;
            } else if applied.dirty {
                tx.clear_meta(key::AGREEMENT)?;
            }
            if !applied.more {
                tx.put_meta_int(key::LAST_SYNC_MS, now_ms)?;
            }
            Ok::<_, Error>(applied)
        });
        self.report.handed_back += applied.as_ref().map_or(0, |_| handed as u64);
        self.uncompared |= handed > 0;
        if applied.as_ref().is_ok_and(|a| a.new_generation) {
            seen.clear();
        }
        (self.seen, self.hand_back, self.handing) = (seen, hand_back, 0);
        applied
    }

    /// Once the other branch of own logs is here (asked for, or sent along with the fork): what both hold alike is left
    /// out, and sealing may go on.
    fn settle_own(
        &self,
        tx: &mut Tx,
        me: &Identity,
        flags: u8,
        applied: &mut Applied,
    ) -> Result<()> {
        let asked = flags & WANT_OWN != 0 && !applied.more;
        let sent_along = applied.forked && !applied.lacks_own;
        if !asked && !sent_along {
            return Ok(());
        }
        for log in tx.logs_with_tail()? {
            if log.device == me.device {
                applied.thinned += tx.thin_tail(log)?;
            }
        }
        Ok(tx.clear_meta(key::WANT_OWN)?)
    }

    /// Books what a reply brought, and decides what to ask for next.
    fn note(&mut self, own: usize, flags: u8, applied: Applied) -> Result<()> {
        let r = &mut self.report;
        r.pulled_changes += applied.pulled;
        r.pushed_changes += applied.acked;
        r.reissued = (r.reissued + applied.reissued).saturating_sub(applied.thinned);
        r.forked |= applied.forked;
        self.sealed &= !applied.forked;
        r.contradictions += applied.contradictions;
        r.new_generation |= applied.new_generation;
        r.revoked |= applied.revoked;
        r.skew_ms = applied.skew_ms;
        r.skew_flagged = applied.skew_ms.abs() > merge::SKEW_FLAG_MS;
        self.more = applied.more;
        self.want_state &= applied.more;
        self.want_state |= applied.new_generation;
        self.want_token |= applied.doubts_photos && self.options.photos;
        if let Some(token) = applied.token {
            self.photos.token = token;
        }
        if flags & WANT_TOKEN != 0 && !applied.new_generation {
            self.want_token = false;
        }
        self.uncompared |= applied.dirty || applied.new_generation;
        if applied.agreement.is_some() {
            self.agreement = applied.agreement;
            self.uncompared = false;
        }
        if applied.pulled > 0 {
            let changes = self.report.pulled_changes;
            let more = self.more;
            self.tell(Progress::Received { changes, more });
        }
        self.restarts += u32::from(applied.restarted);
        if self.restarts > MAX_RESTARTS {
            self.more = false;
        }
        let moved = applied.acked > 0 || applied.forked || applied.restarted;
        self.stalls = if own > 0 && !moved {
            self.stalls + 1
        } else {
            0
        };
        if self.stalls >= MAX_STALLS || self.restarts > MAX_RESTARTS + 2 {
            let (stalls, restarts) = (self.stalls, self.restarts);
            let detail = format!("{stalls} pushes without answer, {restarts} new beginnings");
            return Err(Refusal::NotAcknowledged.because(detail));
        }
        Ok(())
    }

    /// The server refused the request in its own words.
    fn refused(
        &mut self,
        phone: &mut Replica,
        problem: Problem,
        after_ms: Option<u64>,
    ) -> Result<()> {
        let code = Code::parse(&problem.code);
        let error = Error::Server {
            problem: Box::new(problem.clone()),
        };
        match code {
            Some(Code::Replayed) if self.replays < MAX_REPLAYS => {
                self.replays += 1;
                let last = problem.last_counter.unwrap_or(0) as i64;
                phone.store.write(|tx| {
                    let mine = tx.meta_int(key::COUNTER)?.unwrap_or(0);
                    tx.put_meta_int(key::COUNTER, mine.max(last))
                })?;
                self.next_records(phone)
            }
            Some(Code::UnknownDevice) if !self.showing => {
                // Restored from a backup older than this enrolment: its own certificate tells it.
                self.showing = true;
                self.next_records(phone)
            }
            Some(Code::CampaignWiped) => {
                self.note_wiped(phone)?;
                Err(error)
            }
            Some(Code::WrongServer) if self.restarts < MAX_RESTARTS => {
                let Some(generation) = problem.generation else {
                    return Err(error);
                };
                self.restarts += 1;
                self.report.new_generation = true;
                (self.more, self.want_state, self.uncompared) = (true, true, true);
                self.seen.clear();
                self.hand_back.clear();
                phone.store.write(|tx| enter_generation(tx, generation))?;
                self.next_records(phone)
            }
            Some(Code::Busy | Code::TooManyTries | Code::Internal) => {
                self.retry(phone, error, after_ms)
            }
            Some(Code::WrongDevice | Code::WrongScope | Code::BadSegment | Code::BadSignature)
                if self.handing > 0 =>
            {
                // One that the restored server cannot place must not hold up the rest, nor own changes.
                if self.hand_limit == 1 {
                    self.hand_back.remove(0);
                    self.report.contradictions += 1;
                    if self.hand_back.is_empty() {
                        phone.store.write(|tx| tx.clear_meta(key::HAND_BACK))?;
                    }
                }
                self.hand_limit = 1;
                self.handing = 0;
                self.next_records(phone)
            }
            _ => Err(error),
        }
    }

    /// Believed only if the signed configuration on this phone says that it was a rehearsal: nobody else's answer may
    /// offer to remove what was filled in for a real tour.
    fn note_wiped(&self, phone: &mut Replica) -> Result<()> {
        if !phone.campaign()?.rehearsal {
            return Ok(());
        }
        let now_ms = phone.ports.clock.now_ms();
        phone
            .store
            .write(|tx| match tx.meta_int(key::WIPED_AT_MS)? {
                Some(_) => Ok(()),
                None => tx.put_meta_int(key::WIPED_AT_MS, now_ms),
            })?;
        Ok(())
    }

    /// Waits and sends again, or gives up; a pause is not waited out.
    pub(super) fn retry(
        &mut self,
        phone: &mut Replica,
        error: Error,
        after_ms: Option<u64>,
    ) -> Result<()> {
        if phone.pause.is_set() {
            return self.pause(phone);
        }
        if self.tries >= self.options.retries {
            return Err(error);
        }
        let backoff = BACKOFF_MS.saturating_mul(1 << self.tries.min(10));
        let ms = after_ms.unwrap_or(backoff).min(MAX_BACKOFF_MS);
        self.tries += 1;
        self.report.retries += 1;
        self.resend = true;
        self.handing = 0;
        self.tell(Progress::Waiting { ms });
        let at_ms = phone.ports.clock.now_ms().saturating_add(ms as i64);
        self.outputs.push(Output::WakeAt { at_ms, in_ms: ms });
        Ok(())
    }
}

/// After a restored server was pulled to its end: every segment of others that it did not show goes back to it.
fn plan_hand_back(
    tx: &mut Tx,
    me: &Identity,
    seen: &HashMap<LogId, u64>,
    applied: &Applied,
    handed: usize,
    queue: &mut Vec<i64>,
) -> Result<()> {
    if tx.meta_int(key::HAND_BACK)?.is_none() || applied.more || applied.new_generation {
        return Ok(());
    }
    if queue.is_empty() && handed == 0 {
        let campaign = protocol::Scope::Campaign {
            campaign: me.campaign,
        };
        let mut logs = tx.logs(None)?;
        logs.retain(|l| l.id.device != me.device);
        // The roster first: by it the server knows whose the rest is.
        logs.sort_by_key(|l| (l.id.device != me.server, l.id.scope != campaign.id(), l.no));
        for log in logs {
            let held = seen.get(&log.id).copied().unwrap_or(0);
            queue.extend(tx.segments_after(log.no, held)?.iter().map(|s| s.no));
        }
        queue.extend(tx.branch_segments(me.device)?);
    }
    if queue.is_empty() {
        tx.clear_meta(key::HAND_BACK)?;
    }
    Ok(())
}

pub(super) fn problem_of(answer: &TransportResponse) -> Option<Problem> {
    if !answer.is_of_type("application/problem+json") {
        return None;
    }
    serde_json::from_slice(&answer.body).ok()
}

pub(super) fn retry_after_ms(answer: &TransportResponse) -> Option<u64> {
    let seconds: u64 = answer.header("retry-after")?.trim().parse().ok()?;
    Some(seconds.saturating_mul(1_000))
}

/// The reply, if it is one: status, content type and form. A captive portal answers 200 with a page.
fn parse(answer: &TransportResponse) -> Result<SyncResponse> {
    let foreign = |detail: String| Error::NotOurServer { detail };
    if answer.status != 200 || !answer.is_of_type(CONTENT_TYPE) {
        let kind = answer.header("content-type").unwrap_or("no content type");
        return Err(foreign(format!("status {}, {kind}", answer.status)));
    }
    SyncResponse::parse(&answer.body).map_err(|e| foreign(e.to_string()))
}
