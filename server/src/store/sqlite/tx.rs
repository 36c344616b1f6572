//! A transaction on SQLite: the ledger and the server's tables behind the port.
//!
//! Invariant: holds no lock of its own; the writer thread or the reader pool owns the transaction.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use ed25519_dalek::VerifyingKey;
use ledger::{
    Admitted, BranchChange, Edit, HistoryEntry, Inspected, Ledger, LedgerError, LiveValue, LogRow,
    Next, RecordView, Seen, Verdict,
};
use merge::{Dot, HybridClock, LogId};
use protocol::chain::{Hash, Header, SignedSegment};
use protocol::ids::Seed;
use protocol::problem::Code;
use protocol::segment::SegmentError;
use protocol::{Scope, digest};
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use super::{
    audit, auth, desk, draw, entries, erase, held, idempotency, issues, photos, server_rows,
};
use crate::auth::types::{AuditEntry, Redeemed};
use crate::config::{Clock, Entropy};
use crate::error::{Error, Result};
use crate::store::Identity;
use crate::store::tx::FeedPage;
use crate::store::{
    Act, Around, ClockFlag, DeviceRow, Entry, EntryFilter, EntryKey, EntryOrder, Erased, Held,
    HeldDecision, IssueFilter, IssueRow, KeptAnswer, KeyState, Left, Photo, PhotoFilter, PhotoRow,
    SavedFilter, Segment, SortKey, StandingCounts, Tx,
};

/// Compression of the server's own segments: they are made once and pulled by every phone.
const LEVEL: i32 = 12;

/// What was appended is longer than any phone takes: told to whoever wrote it.
fn unsealed(error: LedgerError) -> Error {
    match error {
        LedgerError::Segment(SegmentError::TooLarge(what)) => {
            Error::because(Code::RequestTooLarge, what)
        }
        other => other.into(),
    }
}

/// What outlives a transaction: the run that mints ids, and the hybrid clock.
pub(super) struct Minting {
    entropy: Entropy,
    /// Of this run's own logs (ADR 0015).
    epoch: Option<u64>,
    seed: Option<Seed>,
    n: u64,
    clock: Option<HybridClock>,
}

impl Minting {
    pub fn new(entropy: Entropy) -> Self {
        Self {
            entropy,
            epoch: None,
            seed: None,
            n: 0,
            clock: None,
        }
    }
}

pub(super) struct SqliteTx<'a> {
    conn: &'a Connection,
    ledger: &'a mut Ledger,
    identity: &'a Identity,
    clock: &'a Clock,
    minting: &'a mut Minting,
    /// Hybrid time of this job's changes.
    at_ms: Option<i64>,
    /// Scopes with changes that are not sealed yet.
    touched: BTreeSet<Scope>,
}

impl<'a> SqliteTx<'a> {
    pub fn new(
        conn: &'a Connection,
        ledger: &'a mut Ledger,
        identity: &'a Identity,
        clock: &'a Clock,
        minting: &'a mut Minting,
    ) -> Self {
        Self {
            conn,
            ledger,
            identity,
            clock,
            minting,
            at_ms: None,
            touched: BTreeSet::new(),
        }
    }

    pub fn conn(&self) -> &'a Connection {
        self.conn
    }

    /// After an undo: nothing remembered may be relied on.
    pub fn forget(&mut self) {
        self.ledger.rolled_back();
        self.touched.clear();
        self.at_ms = None;
        self.minting.clock = None;
    }

    fn own_epoch(&mut self) -> Result<u64> {
        if let Some(epoch) = self.minting.epoch {
            return Ok(epoch);
        }
        let [high, low] = draw(&self.minting.entropy)?;
        let chance = u64::from(u16::from_be_bytes([high, low]) % 1_000);
        let begun = (self.clock)().max(1) as u64;
        let epoch = begun.max(Tx::generation(self)?).saturating_add(chance);
        Ok(*self.minting.epoch.insert(epoch))
    }

    fn time(&mut self) -> Result<i64> {
        if let Some(at) = self.at_ms {
            return Ok(at);
        }
        let mut clock = match self.minting.clock {
            Some(clock) => clock,
            None => {
                let last = server_rows::meta(self.conn, "clock")?;
                let last = last.and_then(|b| b.try_into().ok()).map(i64::from_be_bytes);
                HybridClock::resume(last.unwrap_or(0))
            }
        };
        let at = clock.tick((self.clock)());
        self.minting.clock = Some(clock);
        self.at_ms = Some(at);
        server_rows::set_meta(self.conn, "clock", &at.to_be_bytes())?;
        Ok(at)
    }

    fn scope_no(&mut self, scope: Scope) -> Result<Option<i64>> {
        Ok(self.ledger.find_scope(self.conn, scope.id())?)
    }

    fn log_no(&mut self, log: LogId) -> Result<Option<i64>> {
        Ok(self.ledger.find_log(self.conn, log)?.map(|l| l.no))
    }

    fn gseq(&self, no: i64) -> Result<i64> {
        let mut query = self
            .conn
            .prepare_cached("SELECT gseq FROM scopes WHERE no = ?1")?;
        Ok(query.query_row([no], |r| r.get(0))?)
    }
}

impl Tx for SqliteTx<'_> {
    fn meta(&mut self, key: &str) -> Result<Option<Vec<u8>>> {
        server_rows::meta(self.conn, key)
    }

    fn set_meta(&mut self, key: &str, value: &[u8]) -> Result<()> {
        server_rows::set_meta(self.conn, key, value)
    }

    fn device(&mut self, id: Uuid) -> Result<Option<DeviceRow>> {
        server_rows::device(self.conn, id)
    }

    fn devices(&mut self, campaign: Uuid) -> Result<Vec<DeviceRow>> {
        server_rows::devices(self.conn, campaign)
    }

    fn put_device(&mut self, device: &DeviceRow) -> Result<()> {
        server_rows::put_device(self.conn, device)
    }

    fn device_seen(&mut self, id: Uuid, counter: u64, now_ms: i64, skew_ms: i64) -> Result<()> {
        server_rows::device_seen(self.conn, id, counter, now_ms, skew_ms)
    }

    fn device_said(&mut self, id: Uuid, left: &Left) -> Result<()> {
        server_rows::device_said(self.conn, id, left)
    }

    fn log_clock(&mut self, log: LogId) -> Result<Option<i64>> {
        desk::log_clock(self.conn, log)
    }

    fn set_log_clock(&mut self, log: LogId, last_ms: i64) -> Result<()> {
        desk::set_log_clock(self.conn, log, last_ms)
    }

    fn put_clock_flag(&mut self, flag: &ClockFlag) -> Result<()> {
        desk::put_clock_flag(self.conn, flag)
    }

    fn clock_flags(&mut self, record: Uuid) -> Result<Vec<ClockFlag>> {
        desk::clock_flags(self.conn, record)
    }

    fn add_quarantine(&mut self, id: Uuid, bytes: u64) -> Result<()> {
        server_rows::add_quarantine(self.conn, id, bytes)
    }

    fn view(&mut self, id: Uuid) -> Result<Option<RecordView>> {
        Ok(self.ledger.view(self.conn, id)?)
    }

    fn live(&mut self, id: Uuid, field: &str) -> Result<Vec<LiveValue>> {
        Ok(self.ledger.live(self.conn, id, field)?)
    }

    fn ids(&mut self, kind: &str, scope: Option<Scope>) -> Result<Vec<Uuid>> {
        let no = match scope {
            None => None,
            Some(scope) => match self.scope_no(scope)? {
                Some(no) => Some(no),
                None => return Ok(Vec::new()),
            },
        };
        Ok(self.ledger.ids(self.conn, kind, no)?)
    }

    fn place(&mut self, id: Uuid) -> Result<Option<(Scope, String)>> {
        let Some(scope) = self.ledger.scope_of_record(self.conn, id)? else {
            return Ok(None);
        };
        let kind: String = self
            .conn
            .prepare_cached(
                "SELECT n.name FROM records r JOIN names n ON n.no = r.kind WHERE r.id = ?1",
            )?
            .query_row([id], |r| r.get(0))?;
        Ok(Some((self.ledger.scope_of(self.conn, scope)?, kind)))
    }

    fn change_place(&mut self, dot: &Dot) -> Result<Option<(Uuid, String)>> {
        Ok(self.ledger.change_place(self.conn, dot)?)
    }

    fn history(&mut self, id: Uuid) -> Result<Vec<HistoryEntry>> {
        Ok(self.ledger.history(self.conn, id)?)
    }

    fn conflicts(&mut self) -> Result<Vec<(Uuid, String)>> {
        Ok(self.ledger.conflicts(self.conn)?)
    }

    fn compare(&mut self) -> Result<Vec<Uuid>> {
        Ok(self.ledger.compare(self.conn)?)
    }

    fn scopes(&mut self) -> Result<Vec<Scope>> {
        let nos: Vec<i64> = self
            .conn
            .prepare_cached("SELECT no FROM scopes ORDER BY no")?
            .query_map([], |r| r.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        nos.into_iter()
            .map(|no| Ok(self.ledger.scope_of(self.conn, no)?))
            .collect()
    }

    fn position(&mut self, scope: Scope) -> Result<(u32, i64)> {
        let no = match self.scope_no(scope)? {
            Some(no) => no,
            None if self.conn.is_readonly("main")? => return Ok((0, 0)),
            None => self.ledger.scope(self.conn, scope)?,
        };
        Ok((no as u32, self.gseq(no)?))
    }

    fn digest(&mut self, scope: Scope) -> Result<digest::Buckets> {
        match self.scope_no(scope)? {
            Some(no) => Ok(self.ledger.digest(self.conn, no)?),
            None => Ok([0; digest::BUCKETS]),
        }
    }

    fn recount_digest(&mut self, scope: Scope) -> Result<digest::Buckets> {
        let mut buckets = [0u64; digest::BUCKETS];
        let Some(no) = self.scope_no(scope)? else {
            return Ok(buckets);
        };
        let mut query = self.conn.prepare_cached(
            "SELECT r.id, n.name, c.log, c.seq FROM records r JOIN cells c ON c.record = r.no
             JOIN names n ON n.no = c.field WHERE r.scope = ?1",
        )?;
        let mut rows = query.query([no])?;
        while let Some(r) = rows.next()? {
            let id: Uuid = r.get(0)?;
            let field: String = r.get(1)?;
            let log = self.ledger.log_of(self.conn, r.get(2)?)?;
            let cell = digest::cell(
                digest::record_number(&id),
                digest::field_number(&field),
                digest::log_number(&log),
                r.get::<_, i64>(3)? as u64,
            );
            let bucket = &mut buckets[digest::bucket(&id)];
            *bucket = bucket.wrapping_add(cell);
        }
        Ok(buckets)
    }

    fn logs(&mut self, device: Option<Uuid>) -> Result<Vec<LogRow>> {
        Ok(self.ledger.logs(self.conn, device)?)
    }

    fn all_logs(&mut self) -> Result<Vec<LogRow>> {
        let nos: Vec<i64> = self
            .conn
            .prepare_cached("SELECT no FROM logs ORDER BY no")?
            .query_map([], |r| r.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        let mut rows = Vec::with_capacity(nos.len());
        for no in nos {
            let id = self.ledger.log_of(self.conn, no)?;
            rows.extend(self.ledger.find_log(self.conn, id)?);
        }
        Ok(rows)
    }

    fn segments(&mut self, log: LogId, seq: u64) -> Result<Vec<Segment>> {
        let Some(no) = self.log_no(log)? else {
            return Ok(Vec::new());
        };
        let rows = self.ledger.segments(self.conn, no)?;
        let after = rows.into_iter().filter(|r| r.first + r.count > seq + 1);
        after
            .map(|r| {
                Ok(Segment {
                    signed: self.ledger.segment(self.conn, r.no)?,
                    seqs: (r.first, r.first + r.count - 1),
                    chain: r.chain,
                    applied: r.applied,
                    arrived_ms: r.arrived_ms,
                })
            })
            .collect()
    }

    fn seq_of_chain(&mut self, log: LogId, chain: &Hash) -> Result<Option<u64>> {
        match self.log_no(log)? {
            Some(no) => Ok(self.ledger.seq_of_chain(self.conn, no, chain)?),
            None => Ok(None),
        }
    }

    fn feed(
        &mut self,
        scope: Scope,
        after: i64,
        skip: Option<Uuid>,
        max_bytes: usize,
    ) -> Result<FeedPage> {
        let Some(no) = self.scope_no(scope)? else {
            return Ok(FeedPage::default());
        };
        let page = self.ledger.feed(self.conn, no, after, skip, max_bytes)?;
        Ok(FeedPage {
            segments: page.segments,
            gseq: page.gseq,
            bytes: page.bytes,
            more: page.more,
        })
    }

    fn chain_at(&mut self, scope: u32, gseq: i64) -> Result<Option<Hash>> {
        Ok(self
            .conn
            .prepare_cached("SELECT chain FROM segments WHERE scope = ?1 AND gseq = ?2")?
            .query_row(params![scope, gseq], |r| r.get(0))
            .optional()?)
    }

    fn scope_at(&mut self, index: u32) -> Result<Option<Scope>> {
        let known: bool = self
            .conn
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM scopes WHERE no = ?1)")?
            .query_row([index], |r| r.get(0))?;
        if !known {
            return Ok(None);
        }
        Ok(Some(self.ledger.scope_of(self.conn, i64::from(index))?))
    }

    fn inspect(
        &mut self,
        segment: &SignedSegment,
        header: &Header,
        scope: Scope,
        key: &VerifyingKey,
    ) -> Result<Inspected> {
        Ok(self
            .ledger
            .inspect(self.conn, segment, header, scope, key)?)
    }

    fn inspect_branch(
        &mut self,
        segment: &SignedSegment,
        header: &Header,
        scope: Scope,
        key: &ed25519_dalek::VerifyingKey,
    ) -> Result<Inspected> {
        Ok(self
            .ledger
            .inspect_branch(self.conn, segment, header, scope, key)?)
    }

    fn branch_changes(&mut self, branch: LogId) -> Result<Vec<BranchChange>> {
        Ok(self.ledger.branch_changes(self.conn, branch)?)
    }

    fn replaced_before(&mut self, dot: &Dot) -> Result<bool> {
        Ok(self.ledger.replaced_before(self.conn, dot)?)
    }

    fn admit(&mut self, next: &Next, arrived_ms: i64, apply: bool) -> Result<Admitted> {
        let gseq = if apply {
            let no = self.ledger.scope(self.conn, next.scope)?;
            self.ledger.next_gseq(self.conn, no)?
        } else {
            0
        };
        Ok(self
            .ledger
            .admit(self.conn, next, arrived_ms, gseq, apply)?)
    }

    fn accept_quarantined(&mut self, log: LogId, last: u64) -> Result<Admitted> {
        Ok(self.ledger.accept_kept(self.conn, log, last)?)
    }

    fn generation(&mut self) -> Result<u64> {
        let stored = server_rows::meta(self.conn, "generation")?;
        let bytes = stored.and_then(|b| b.try_into().ok());
        let damaged = || Error::storage("the server's generation is damaged");
        bytes.map(u64::from_be_bytes).ok_or_else(damaged)
    }

    fn start_generation(&mut self, beyond: u64, now_ms: i64) -> Result<u64> {
        let next = beyond.saturating_add(1).max(now_ms.max(1) as u64);
        server_rows::set_meta(self.conn, "generation", &next.to_be_bytes())?;
        server_rows::set_meta(self.conn, "restored", &now_ms.to_be_bytes())?;
        Ok(next)
    }

    fn was_restored(&mut self) -> Result<bool> {
        Ok(server_rows::meta(self.conn, "restored")?.is_some())
    }

    fn end_sign_ins(&mut self, now_ms: i64) -> Result<()> {
        Ok(super::copy::end_sign_ins(self.conn, now_ms)?)
    }

    fn own_log(&mut self, scope: Scope) -> Result<LogId> {
        let epoch = self.own_epoch()?;
        Ok(LogId::new(self.identity.server, scope.id(), epoch))
    }

    fn mint(&mut self) -> Result<(Uuid, Option<(Seed, u64)>)> {
        let at = self.time()?;
        let seed = match self.minting.seed {
            Some(seed) => seed,
            None => *self.minting.seed.insert(draw(&self.minting.entropy)?),
        };
        let n = self.minting.n;
        self.minting.n += 1;
        Ok((protocol::ids::mint(&seed, n, at), Some((seed, n))))
    }

    fn append(&mut self, scope: Scope, edit: &Edit) -> Result<Option<RangeInclusive<u64>>> {
        let (at, own) = (self.time()?, self.own_log(scope)?);
        self.touched.insert(scope);
        Ok(self.ledger.append(self.conn, scope, own, at, edit)?)
    }

    fn publish(&mut self) -> Result<()> {
        let now = (self.clock)();
        for scope in std::mem::take(&mut self.touched) {
            let own = self.own_log(scope)?;
            let key = &self.identity.key;
            self.ledger
                .seal(self.conn, own, key, &Seen::default(), now, LEVEL)
                .map_err(unsealed)?;
            if let Some(log) = self.ledger.find_log(self.conn, own)? {
                self.ledger.publish(self.conn, log.no, log.scope)?;
            }
        }
        self.at_ms = None;
        Ok(())
    }

    fn take_verdict(&mut self, scope: Scope, id: Uuid) -> Result<()> {
        let no = self.ledger.scope(self.conn, scope)?;
        self.ledger.take_verdict(self.conn, no, id)?;
        Ok(())
    }

    fn verdicts(&mut self, scope: Option<Scope>) -> Result<Vec<Verdict>> {
        let no = match scope {
            None => None,
            Some(scope) => match self.scope_no(scope)? {
                Some(no) => Some(no),
                None => return Ok(Vec::new()),
            },
        };
        Ok(self.ledger.verdicts(self.conn, no)?)
    }

    fn put_act(&mut self, act: &Act) -> Result<()> {
        server_rows::put_act(self.conn, act)
    }

    fn act(&mut self, dot: &Dot) -> Result<Option<(String, String)>> {
        server_rows::act(self.conn, dot)
    }

    fn acts(&mut self) -> Result<Vec<Act>> {
        server_rows::acts(self.conn, self.identity.server)
    }

    fn put_entry(&mut self, entry: &Entry) -> Result<()> {
        entries::put(self.conn, entry)
    }

    fn remove_entry(&mut self, id: Uuid) -> Result<()> {
        entries::remove(self.conn, id)
    }

    fn entry(&mut self, id: Uuid) -> Result<Option<Entry>> {
        entries::one(self.conn, id)
    }

    fn entries(&mut self, campaign: Uuid, kind: Option<&str>) -> Result<Vec<Entry>> {
        entries::all(self.conn, campaign, kind)
    }

    fn entry_page(
        &mut self,
        filter: &EntryFilter,
        order: &EntryOrder,
        after: Option<&SortKey>,
        limit: u32,
    ) -> Result<(Vec<(SortKey, Entry)>, u64)> {
        entries::page(self.conn, filter, order, after, limit)
    }

    fn entry_around(
        &mut self,
        filter: &EntryFilter,
        order: &EntryOrder,
        id: Uuid,
    ) -> Result<Option<Around>> {
        entries::around(self.conn, filter, order, id)
    }

    fn put_photo(&mut self, photo: &Photo) -> Result<()> {
        photos::put(self.conn, photo)
    }

    fn remove_photo(&mut self, id: Uuid) -> Result<()> {
        photos::remove(self.conn, id)
    }

    fn photos(&mut self, campaign: Uuid, target: Option<Uuid>) -> Result<Vec<Photo>> {
        photos::of(self.conn, campaign, target)
    }

    fn photos_of_original(&mut self, campaign: Uuid, hash: [u8; 32]) -> Result<Vec<Photo>> {
        photos::of_original(self.conn, campaign, hash)
    }

    fn photo_page(
        &mut self,
        filter: &PhotoFilter,
        before: Option<EntryKey>,
        limit: u32,
    ) -> Result<Vec<PhotoRow>> {
        photos::page(self.conn, filter, before, limit)
    }

    fn photos_of_blob(&mut self, hash: [u8; 32]) -> Result<Vec<Photo>> {
        photos::of_blob(self.conn, hash)
    }

    fn put_issue(&mut self, issue: &IssueRow) -> Result<()> {
        issues::put(self.conn, issue)
    }

    fn remove_issue(&mut self, id: Uuid) -> Result<()> {
        issues::remove(self.conn, id)
    }

    fn issue(&mut self, id: Uuid) -> Result<Option<IssueRow>> {
        issues::one(self.conn, id)
    }

    fn issue_page(
        &mut self,
        filter: &IssueFilter,
        after: Option<&(String, Uuid)>,
        limit: u32,
    ) -> Result<Vec<IssueRow>> {
        issues::page(self.conn, filter, after, limit)
    }

    fn issue_counts(&mut self, filter: &IssueFilter) -> Result<StandingCounts> {
        issues::counts(self.conn, filter)
    }

    fn issues_numbered(&mut self, campaign: Uuid, number: &str) -> Result<Vec<Uuid>> {
        issues::numbered(self.conn, campaign, number)
    }

    fn put_held(&mut self, h: &Held) -> Result<()> {
        held::put(self.conn, h)
    }

    fn held(&mut self, id: Uuid) -> Result<Option<Held>> {
        held::one(self.conn, id)
    }

    fn all_held(&mut self, campaign: Uuid) -> Result<Vec<Held>> {
        held::all(self.conn, campaign)
    }

    fn decide_held(&mut self, id: Uuid, decision: &HeldDecision) -> Result<()> {
        held::decide(self.conn, id, decision)
    }

    fn saved_filters(&mut self, login: Uuid, campaign: Uuid) -> Result<Vec<SavedFilter>> {
        desk::saved_filters(self.conn, login, campaign)
    }

    fn put_filter(&mut self, filter: &SavedFilter) -> Result<()> {
        desk::put_filter(self.conn, filter)
    }

    fn remove_filter(&mut self, login: Uuid, id: Uuid) -> Result<bool> {
        desk::remove_filter(self.conn, login, id)
    }

    fn begin_rehearsal(&mut self, campaign: Uuid, now_ms: i64) -> Result<()> {
        erase::begin(self.conn, campaign, now_ms)
    }

    fn is_rehearsal(&mut self, campaign: Uuid) -> Result<bool> {
        erase::is_rehearsal(self.conn, campaign)
    }

    fn erase_rehearsal(&mut self, campaign: Uuid, now_ms: i64) -> Result<Erased> {
        erase::erase(self.conn, self.ledger, campaign, now_ms)
    }

    fn was_wiped(&mut self, device: Uuid) -> Result<bool> {
        erase::was_wiped(self.conn, device)
    }

    fn take_key(
        &mut self,
        login: Uuid,
        key: &str,
        request: [u8; 32],
        now_ms: i64,
    ) -> Result<KeyState> {
        idempotency::take(self.conn, (login, key), request, now_ms)
    }

    fn keep_answer(&mut self, login: Uuid, key: &str, answer: &KeptAnswer) -> Result<()> {
        idempotency::keep(self.conn, login, key, answer)
    }

    fn free_key(&mut self, login: Uuid, key: &str) -> Result<()> {
        idempotency::free(self.conn, login, key)
    }

    fn issue_code(&mut self, account: Uuid, by: &str, ttl_ms: i64, now_ms: i64) -> Result<String> {
        let entropy = draw(&self.minting.entropy)?;
        Ok(auth::issue_code(
            self.conn, account, by, ttl_ms, entropy, now_ms,
        )?)
    }

    fn redeem(&mut self, code: &str, now_ms: i64) -> Result<Redeemed> {
        Ok(auth::redeem(self.conn, code, now_ms)?)
    }

    fn audit(&mut self, entry: &AuditEntry) -> Result<()> {
        Ok(audit::append(self.conn, entry)?)
    }

    fn audit_head(&mut self) -> Result<(i64, Hash)> {
        Ok(audit::head(self.conn)?)
    }

    fn audit_chain(&mut self, id: i64) -> Result<Option<Hash>> {
        Ok(audit::chain_at(self.conn, id)?)
    }

    fn audit_entry(&mut self, id: i64) -> Result<Option<AuditEntry>> {
        Ok(audit::one(self.conn, id)?)
    }

    fn audit_tells(&mut self, user_name: &str, action: &str, detail: &str) -> Result<bool> {
        Ok(audit::tells(self.conn, user_name, action, detail)?)
    }

    fn audit_broken_at(&mut self) -> Result<Option<i64>> {
        Ok(audit::broken_at(self.conn)?)
    }

    fn deleted_photos(&mut self, campaign: Uuid) -> Result<Vec<Photo>> {
        photos::deleted(self.conn, campaign)
    }

    fn listed_ids(&mut self) -> Result<Vec<(&'static str, Uuid)>> {
        server_rows::listed_ids(self.conn)
    }

    fn odd_rows(&mut self) -> Result<Vec<(&'static str, Uuid)>> {
        let mut all = server_rows::odd(self.conn)?;
        all.extend(issues::odd(self.conn)?.into_iter().map(|id| ("issues", id)));
        Ok(all)
    }

    fn rehearsals(&mut self) -> Result<Vec<(Uuid, bool)>> {
        erase::rehearsals(self.conn)
    }

    fn unsound(&mut self) -> Result<Vec<ledger::Unsound>> {
        Ok(self.ledger.unsound(self.conn)?)
    }

    fn misshapen(&mut self) -> Result<BTreeSet<String>> {
        super::migrations::misshapen(self.conn)
    }

    fn damage(&mut self) -> Result<Vec<String>> {
        let mut stmt = self.conn.prepare("PRAGMA integrity_check(20)")?;
        let rows = stmt.query_map([], |r| r.get::<_, String>(0))?;
        let mut found: Vec<String> = rows.collect::<std::result::Result<_, _>>()?;
        found.retain(|r| r != "ok");
        let mut stmt = self.conn.prepare("PRAGMA foreign_key_check")?;
        let rows = stmt.query_map([], |r| r.get::<_, String>(0))?;
        for table in rows {
            found.push(format!("{}: refers to a row that is not there", table?));
        }
        Ok(found)
    }
}
