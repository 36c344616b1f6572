//! The sync as a state machine without I/O: inputs in, outputs out, the phone's database in between.
//!
//! One sync: seal all own tails → exchange records until neither side has more → compare digests → bundles of others
//! (`carried`) → photos (`blobs`). Every [`Engine::step`] ends in exactly one `Send`, `WakeAt`, `Done` or `Failed`.
//! Invariant: no transaction outlives a step, so none is open while a request is on its way; everything needed to go
//! on after a kill is in the database. Leaves out: what an answer means (`records`), sending and timers
//! (the driver's).

use std::collections::HashMap;

use merge::LogId;
use protocol::enrol::CERTIFICATE_HEADER;
use protocol::limits;
use protocol::message::{WANT_OWN, WANT_STATE, WANT_TOKEN};

use super::blobs::Photos;
use super::carried::Bundles;
use super::lease::{LEASE_MS, kept_agreement, take_lease};
use super::report::{Agreement, Progress, SyncOptions, SyncReport};
use super::request::{Build, Built, seal_all};
use crate::error::{Error, Refusal, Result};
use crate::replica::Replica;
use crate::store::key;
use crate::transport::{Failure, TransportRequest, TransportResponse};

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
pub(super) enum Phase {
    Idle,
    Records { own: usize, flags: u8 },
    Bundles,
    Photos,
    Over,
}

/// One sync.
pub struct Engine {
    pub(super) options: SyncOptions,
    pub(super) report: SyncReport,
    pub(super) photos: Photos,
    pub(super) bundles: Bundles,
    pub(super) outputs: Vec<Output>,
    pub(super) owner: i64,
    pub(super) phase: Phase,
    /// What a `Tick` sends again.
    pub(super) resend: bool,
    pub(super) tries: u32,
    /// Pages are a half to the power of this of the usual: a quarter after each request that did not get through, twice
    /// after each answer.
    pub(super) narrowed: u32,
    pub(super) stalls: u32,
    pub(super) replays: u32,
    pub(super) restarts: u32,
    /// True once the server said it does not know this device: the certificate goes with every request.
    pub(super) showing: bool,
    pub(super) more: bool,
    pub(super) want_state: bool,
    /// Something changed since the last comparison; asked for once more if the replies brought none.
    pub(super) uncompared: bool,
    pub(super) asked_again: bool,
    pub(super) want_token: bool,
    /// The tails were sealed; what is said while the sync runs waits for the next one.
    pub(super) sealed: bool,
    /// Segments of others the server was seen to hold in this generation.
    pub(super) seen: HashMap<LogId, u64>,
    pub(super) hand_back: Vec<i64>,
    pub(super) handing: usize,
    /// Segments of others in one request; one at a time after the server refused some.
    pub(super) hand_limit: usize,
    pub(super) agreement: Option<Agreement>,
}

/// What the next request is to be.
enum Turn {
    Send(Box<Built>),
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
            bundles: Bundles::default(),
            outputs: Vec::new(),
            owner,
            phase: Phase::Idle,
            resend: false,
            tries: 0,
            narrowed: 0,
            stalls: 0,
            replays: 0,
            restarts: 0,
            showing: false,
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
            (_, Input::Tick) if self.resend => {
                self.resend = false;
                match self.phase {
                    Phase::Photos => self.next_photo(phone),
                    _ => self.next_records(phone),
                }
            }
            (Phase::Records { .. }, Input::Reply(answer)) => self.records(phone, &answer),
            (Phase::Bundles, Input::Reply(answer)) => self.bundle_answer(phone, &answer),
            (Phase::Bundles, Input::Failed(_)) => self.bundle_cut(phone),
            (Phase::Photos, Input::Reply(answer)) => self.photo_answer(phone, &answer),
            (Phase::Photos, Input::Failed(failure)) => self.photo_cut(phone, failure),
            (_, Input::Failed(failure)) => self.records_cut(phone, failure, None),
            (_, _) => Err(Refusal::SyncRunning.into()),
        }
    }

    fn push_bytes(&self) -> usize {
        let usual = match self.options.page_bytes as usize {
            0 => limits::PUSH_BYTES,
            wanted => wanted.min(limits::PUSH_BYTES),
        };
        usual >> self.narrowed
    }

    fn want_bytes(&self) -> u32 {
        match (self.options.page_bytes, self.narrowed) {
            (0, 0) => 0,
            (0, narrowed) => (limits::PULL_BYTES >> narrowed) as u32,
            (wanted, narrowed) => (wanted >> narrowed).max(1),
        }
    }

    fn start(&mut self, phone: &mut Replica) -> Result<()> {
        phone.itself()?;
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
            let carries = tx.waiting_bundles()? > 0;
            let token = carries || (photos && !tx.waiting_blobs(1)?.is_empty());
            Ok::<_, Error>((state, token))
        })?;
        (self.want_state, self.want_token) = (state, token);
        self.next_records(phone)
    }

    /// Builds the next request with records, or goes on to photos.
    pub(super) fn next_records(&mut self, phone: &mut Replica) -> Result<()> {
        if phone.pause.is_set() {
            return self.pause(phone);
        }
        let me = phone.itself()?.clone();
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
                push_bytes: self.push_bytes(),
                want_bytes: self.want_bytes(),
                flags: flag(want_own, WANT_OWN)
                    | flag(self.want_token, WANT_TOKEN)
                    | flag(self.want_state, WANT_STATE),
                push: !want_own,
                hand_back: match self.more {
                    true => &[],
                    false => &self.hand_back[..self.hand_limit.min(self.hand_back.len())],
                },
            }
            .request()?;
            Ok::<_, Error>(Turn::Send(Box::new(built)))
        })?;
        match turn {
            Turn::RecordsDone => self.next_bundle(phone),
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
                let mut request = built.request;
                if self.showing {
                    let shown = phone.certificate()?.to_header();
                    request.headers.push((CERTIFICATE_HEADER.into(), shown));
                }
                self.send(request);
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

    pub(super) fn answered(&mut self) {
        self.tries = 0;
    }

    pub(super) fn enter_bundles(&mut self) {
        self.phase = Phase::Bundles;
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

    /// Ends early. An answer that is here was taken in; what would be sent after it, or waited for, is not.
    pub(super) fn pause(&mut self, phone: &mut Replica) -> Result<()> {
        self.report.paused = true;
        self.finish(phone)
    }

    /// The end: counts, lease, housekeeping.
    pub(super) fn finish(&mut self, phone: &mut Replica) -> Result<()> {
        let moved = self.report.pulled_changes + self.report.pushed_changes > 0;
        let status = phone.tally()?;
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
