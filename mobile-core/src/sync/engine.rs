//! The sync as a state machine without I/O: inputs in, outputs out, the phone's database in between.
//!
//! One sync: seal all own tails → exchange records until neither side has more → compare digests → photos
//! (`blobs`). Every [`Engine::step`] ends in exactly one `Send`, `WakeAt`, `Done` or `Failed`.
//! Invariant: no transaction outlives a step, so none is open while a request is on its way; everything needed to go
//! on after a kill is in the database. Leaves out: sending and timers (the driver's).

use std::collections::HashMap;

use merge::LogId;
use protocol::message::{SyncResponse, WANT_OWN, WANT_STATE, WANT_TOKEN};
use protocol::problem::{Code, Problem};
use protocol::request::CONTENT_TYPE;

use super::apply::{Applied, Apply, enter_generation};
use super::blobs::Photos;
use super::report::{Agreement, Progress, SyncOptions, SyncReport};
use super::request::{Build, seal_all};
use crate::error::{Error, Refusal, Result};
use crate::replica::Replica;
use crate::store::{Tx, key};
use crate::transport::{Failure, TransportRequest, TransportResponse};

/// How long a lease outlives its last step, ms.
const LEASE_MS: i64 = 120_000;
/// First pause before a retry, ms; doubled each time.
const BACKOFF_MS: u64 = 500;
/// Longest pause, also when the server asks for more, ms.
const MAX_BACKOFF_MS: u64 = 30_000;
/// Times the cursor may be thrown away in one sync.
const MAX_RESTARTS: u32 = 3;
/// Pushes in a row that were not acknowledged before the sync gives up.
const MAX_STALLS: u32 = 2;

/// After a sync a write-ahead log larger than this goes into the database, bytes.
const WAL_BYTES: u64 = 1 << 20;

/// What the driver tells the engine.
#[derive(Clone, Debug)]
pub enum Input {
    /// Begin.
    Start,
    /// The answer to the last `Send`.
    Reply(TransportResponse),
    /// There was no answer to the last `Send`.
    Failed(Failure),
    /// The time of the last `WakeAt` has come.
    Tick,
}

/// What the engine wants of the driver.
#[derive(Debug)]
pub enum Output {
    /// Send this and report the answer.
    Send(TransportRequest),
    /// Call back with `Tick`, not before.
    WakeAt {
        /// ms UTC by the phone's clock.
        at_ms: i64,
        /// How long from now, ms.
        in_ms: u64,
    },
    /// Show this; more outputs follow.
    Progress(Progress),
    /// Over.
    Done(Box<SyncReport>),
    /// Over, with an error; what was acknowledged stays acknowledged.
    Failed(Box<Error>),
}

/// What the last request was.
enum Phase {
    Idle,
    Records { own: usize, flags: u8 },
    Photos,
    Over,
}

/// One sync.
pub struct Engine {
    pub(super) options: SyncOptions,
    pub(super) report: SyncReport,
    pub(super) photos: Photos,
    pub(super) outputs: Vec<Output>,
    owner: i64,
    phase: Phase,
    /// What a `Tick` sends again.
    resend: bool,
    tries: u32,
    stalls: u32,
    restarts: u32,
    more: bool,
    want_state: bool,
    /// Something changed since the last comparison; asked for once more if the replies brought none.
    uncompared: bool,
    asked_again: bool,
    want_token: bool,
    /// The tails were sealed; what is said while the sync runs waits for the next one.
    sealed: bool,
    /// Segments of others the server was seen to hold in this generation.
    seen: HashMap<LogId, u64>,
    hand_back: Vec<i64>,
    handing: usize,
    /// Segments of others in one request; one at a time after the server refused some.
    hand_limit: usize,
    agreement: Option<Agreement>,
}

/// What the next request is to be.
enum Turn {
    Send(Box<super::request::Built>),
    RecordsDone,
}

impl Engine {
    /// A sync that is not begun. `owner` names it: two syncs at once on one phone are one.
    #[must_use]
    pub fn new(options: SyncOptions, owner: i64) -> Self {
        Self {
            options,
            report: SyncReport::default(),
            photos: Photos::default(),
            outputs: Vec::new(),
            owner,
            phase: Phase::Idle,
            resend: false,
            tries: 0,
            stalls: 0,
            restarts: 0,
            more: true,
            want_state: false,
            uncompared: false,
            asked_again: false,
            want_token: false,
            sealed: false,
            seen: HashMap::new(),
            hand_back: Vec::new(),
            handing: 0,
            hand_limit: usize::MAX,
            agreement: None,
        }
    }

    /// Takes an input; the outputs end in exactly one `Send`, `WakeAt`, `Done` or `Failed`.
    pub fn step(&mut self, phone: &mut Replica, input: Input) -> Vec<Output> {
        if let Err(error) = self.take(phone, input) {
            self.end(phone);
            self.outputs.push(Output::Failed(Box::new(error)));
        }
        std::mem::take(&mut self.outputs)
    }

    fn take(&mut self, phone: &mut Replica, input: Input) -> Result<()> {
        match (&self.phase, input) {
            (Phase::Idle, Input::Start) => self.start(phone),
            (Phase::Over, _) | (_, Input::Start) => Err(Refusal::SyncRunning.into()),
            (_, _) if phone.pause.is_set() => self.pause(phone),
            (_, Input::Tick) if self.resend => {
                self.resend = false;
                match self.phase {
                    Phase::Photos => self.next_photo(phone),
                    _ => self.next_records(phone),
                }
            }
            (Phase::Records { .. }, Input::Reply(answer)) => self.records(phone, &answer),
            (Phase::Photos, Input::Reply(answer)) => self.photo_answer(phone, &answer),
            (Phase::Photos, Input::Failed(failure)) => self.photo_cut(phone, failure),
            (_, Input::Failed(failure)) => self.retry(phone, failure.into(), None),
            (_, _) => Err(Refusal::SyncRunning.into()),
        }
    }

    fn start(&mut self, phone: &mut Replica) -> Result<()> {
        phone.me()?;
        phone.pause.clear();
        let (owner, now_ms, photos) = (self.owner, phone.ports.clock.now_ms(), self.options.photos);
        let (state, token) = phone.store.write(|tx| {
            take_lease(tx, owner, now_ms)?;
            if tx.meta_int(key::HAND_BACK)?.is_some() {
                // Was interrupted: what the server holds is seen only by pulling all of it.
                tx.clear_meta(key::CURSOR)?;
            }
            let agreed = kept_agreement(tx)?.is_some_and(|a| a.agreed);
            let state = tx.knows_no_index()? || !agreed;
            Ok::<_, Error>((state, photos && tx.count_waiting_blobs()? > 0))
        })?;
        (self.want_state, self.want_token) = (state, token);
        self.next_records(phone)
    }

    /// Builds the next request with records, or goes on to photos.
    pub(super) fn next_records(&mut self, phone: &mut Replica) -> Result<()> {
        if phone.pause.is_set() {
            return self.pause(phone);
        }
        let me = phone.me()?.clone();
        let key = phone.key.clone().ok_or(Refusal::NotEnrolled)?;
        let now_ms = phone.ports.clock.now_ms();
        let clock_ms = phone.clock.last_ms();
        let first = matches!(self.phase, Phase::Idle);
        let turn = phone.store.write(|tx| {
            let want_own = tx.meta_int(key::WANT_OWN)?.is_some();
            // In a copy sealing waits until the other branch is here, so that what is alike is not sent twice.
            if !want_own && !self.sealed {
                seal_all(tx, &me, &key, now_ms, clock_ms, self.options.level)?;
                self.sealed = true;
            }
            let unsent = tx.own_heads(me.device)?.iter().any(|l| l.acked < l.head);
            let all_said = !self.more && !unsent && self.hand_back.is_empty();
            if all_said && self.uncompared && !self.asked_again && tx.logs_with_tail()?.is_empty() {
                (self.want_state, self.asked_again) = (true, true);
            }
            let idle = !first && all_said;
            if idle && !self.want_state && !self.want_token && !want_own {
                return Ok(Turn::RecordsDone);
            }
            tx.put_meta_int(key::LEASE_UNTIL_MS, now_ms.saturating_add(LEASE_MS))?;
            let flag = |on: bool, flag: u8| if on { flag } else { 0 };
            let built = Build {
                tx,
                me: &me,
                key: &key,
                now_ms,
                want_bytes: self.options.want_bytes,
                flags: flag(want_own, WANT_OWN)
                    | flag(self.want_token, WANT_TOKEN)
                    | flag(self.want_state, WANT_STATE),
                hand_back: match self.more {
                    true => &[],
                    false => &self.hand_back[..self.hand_limit.min(self.hand_back.len())],
                },
            }
            .request()?;
            Ok::<_, Error>(Turn::Send(Box::new(built)))
        })?;
        match turn {
            Turn::RecordsDone => self.start_photos(phone),
            Turn::Send(built) => {
                if built.bytes_left > 0 {
                    let bytes_left = built.bytes_left;
                    self.tell(Progress::Sending { bytes_left });
                }
                self.handing = built.others;
                self.phase = Phase::Records {
                    own: built.own,
                    flags: built.flags,
                };
                self.report.pushed_bytes += built.request.body.len() as u64;
                self.send(built.request);
                Ok(())
            }
        }
    }

    pub(super) fn send(&mut self, request: TransportRequest) {
        self.report.requests += 1;
        self.outputs.push(Output::Send(request));
    }

    pub(super) fn tell(&mut self, progress: Progress) {
        self.outputs.push(Output::Progress(progress));
    }

    fn records(&mut self, phone: &mut Replica, answer: &TransportResponse) -> Result<()> {
        if let Some(problem) = problem_of(answer) {
            return self.refused(phone, problem, retry_after_ms(answer));
        }
        if (502..=504).contains(&answer.status) {
            let detail = format!("status {}", answer.status);
            return self.retry(phone, Failure::Cut(detail).into(), retry_after_ms(answer));
        }
        // All of this before the database is touched.
        let reply = parse(answer)?;
        self.tries = 0;
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

    fn apply(&mut self, phone: &mut Replica, reply: &SyncResponse, flags: u8) -> Result<Applied> {
        let me = phone.me()?.clone();
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
            Ok::<_, Error>(applied)
        });
        self.report.handed_back += applied.as_ref().map_or(0, |_| handed as u64);
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
        me: &crate::Identity,
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
                applied.reissued -= tx.thin_tail(log)?.min(applied.reissued);
            }
        }
        Ok(tx.clear_meta(key::WANT_OWN)?)
    }

    /// Books what a reply brought, and decides what to ask for next.
    fn note(&mut self, own: usize, flags: u8, applied: Applied) -> Result<()> {
        let r = &mut self.report;
        r.pulled_changes += applied.pulled;
        r.pushed_changes += applied.acked;
        r.reissued += applied.reissued;
        r.forked |= applied.forked;
        self.sealed &= !applied.forked;
        r.contradictions += applied.contradictions;
        r.new_generation |= applied.new_generation;
        r.revoked |= applied.revoked;
        r.skew_ms = applied.skew_ms;
        r.skew_flagged = applied.skew_ms.abs() > merge::SKEW_FLAG_MS;
        self.more = applied.more;
        if flags & WANT_STATE != 0 && !applied.more {
            self.want_state = false;
        }
        self.want_state |= applied.new_generation;
        // What the server held of photos is in doubt then.
        self.want_token |= applied.new_generation && self.options.photos;
        if let Some(token) = applied.token {
            self.photos.token = token;
        }
        if flags & WANT_TOKEN != 0 && !applied.new_generation {
            self.want_token = false;
        }
        self.uncompared |= applied.dirty;
        if applied.agreement.is_some() {
            self.agreement = applied.agreement;
            self.uncompared = false;
        }
        if applied.pulled > 0 {
            let changes = self.report.pulled_changes;
            let more = self.more;
            self.tell(Progress::Received { changes, more });
        }
        let restarted = applied.new_generation || applied.gaps > 0 || applied.lacks_own;
        self.restarts += u32::from(restarted);
        if self.restarts > MAX_RESTARTS {
            self.more = false;
        }
        let moved = applied.acked > 0 || applied.forked || restarted;
        self.stalls = if own > 0 && !moved {
            self.stalls + 1
        } else {
            0
        };
        if self.stalls >= MAX_STALLS || self.restarts > MAX_RESTARTS + 2 {
            return Err(Refusal::NotAcknowledged.into());
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
            Some(Code::Replayed) if self.tries < self.options.retries.max(1) => {
                self.tries += 1;
                let last = problem.last_counter.unwrap_or(0) as i64;
                phone.store.write(|tx| {
                    let mine = tx.meta_int(key::COUNTER)?.unwrap_or(0);
                    tx.put_meta_int(key::COUNTER, mine.max(last))
                })?;
                self.next_records(phone)
            }
            Some(Code::WrongServer) if self.restarts < MAX_RESTARTS => {
                let Some(generation) = problem.generation else {
                    return Err(error);
                };
                self.restarts += 1;
                self.report.new_generation = true;
                (self.more, self.want_state) = (true, true);
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
                }
                self.hand_limit = 1;
                self.handing = 0;
                self.next_records(phone)
            }
            _ => Err(error),
        }
    }

    /// Waits and sends again, or gives up.
    pub(super) fn retry(
        &mut self,
        phone: &mut Replica,
        error: Error,
        after_ms: Option<u64>,
    ) -> Result<()> {
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

    pub(super) fn answered(&mut self) {
        self.tries = 0;
    }

    pub(super) fn enter_photos(&mut self) {
        self.phase = Phase::Photos;
    }

    /// Another token is needed: one more request with records brings it.
    pub(super) fn renew_token(&mut self, phone: &mut Replica) -> Result<()> {
        self.want_token = true;
        self.photos.token.clear();
        self.phase = Phase::Records { own: 0, flags: 0 };
        self.next_records(phone)
    }

    fn pause(&mut self, phone: &mut Replica) -> Result<()> {
        self.report.paused = true;
        self.finish(phone)
    }

    /// The end: counts, lease, housekeeping.
    pub(super) fn finish(&mut self, phone: &mut Replica) -> Result<()> {
        let moved = self.report.pulled_changes + self.report.pushed_changes > 0;
        let status = phone.status()?;
        let kept = phone.store.read(kept_agreement)?;
        let mut agreement = self.agreement.take().or(kept).unwrap_or_default();
        if status.unsent_changes > 0 {
            // Said while the sync ran, or not acknowledged yet.
            (agreement.agreed, agreement.compared) = (false, false);
        }
        agreement.sheets = status.sheets;
        agreement.photos = status.photos;
        let waiting = phone.store.read(|tx| tx.count_waiting_blobs())?;
        let r = &mut self.report;
        r.agreed = agreement;
        r.photos_waiting = waiting;
        r.unread_segments = status.unread_segments;
        r.may_wipe = r.revoked && status.unsent_changes == 0;
        let report = Box::new(std::mem::take(r));
        self.end(phone);
        if moved {
            phone.store.checkpoint_beyond(WAL_BYTES)?;
        }
        self.outputs.push(Output::Done(report));
        Ok(())
    }

    /// Gives the lease back.
    fn end(&mut self, phone: &mut Replica) {
        self.phase = Phase::Over;
        let owner = self.owner;
        // If even this fails, the lease ends by itself.
        let _ = phone.store.write(|tx| {
            if tx.meta_int(key::LEASE_OWNER)? == Some(owner) {
                tx.clear_meta(key::LEASE_UNTIL_MS)?;
            }
            Ok::<_, Error>(())
        });
    }
}

fn take_lease(tx: &mut Tx, owner: i64, now_ms: i64) -> Result<()> {
    let until = tx.meta_int(key::LEASE_UNTIL_MS)?.unwrap_or(0);
    let holder = tx.meta_int(key::LEASE_OWNER)?;
    // A lease that ends far in the future was taken by a clock set wrong meanwhile.
    let runs = until > now_ms && until <= now_ms.saturating_add(LEASE_MS);
    if runs && holder != Some(owner) {
        return Err(Refusal::SyncRunning.into());
    }
    tx.put_meta_int(key::LEASE_OWNER, owner)?;
    Ok(tx.put_meta_int(key::LEASE_UNTIL_MS, now_ms.saturating_add(LEASE_MS))?)
}

fn kept_agreement(tx: &mut Tx) -> Result<Option<Agreement>> {
    let kept = tx.meta_bytes(key::AGREEMENT)?;
    // Of an older app, or damaged: it is asked for again.
    Ok(kept.and_then(|json| serde_json::from_slice(&json).ok()))
}

fn keep_agreement(tx: &mut Tx, agreement: &Agreement) -> Result<()> {
    let json = serde_json::to_vec(agreement).map_err(|e| Error::invalid(e.to_string()))?;
    Ok(tx.put_meta_bytes(key::AGREEMENT, &json)?)
}

/// After a restored server was pulled to its end: every segment of others that it did not show goes back to it.
fn plan_hand_back(
    tx: &mut Tx,
    me: &crate::Identity,
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
    }
    if queue.is_empty() {
        tx.clear_meta(key::HAND_BACK)?;
    }
    Ok(())
}

fn problem_of(answer: &TransportResponse) -> Option<Problem> {
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
