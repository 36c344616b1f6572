//! Taking in what a phone pushed: whose log, which scope, next in its log, judged, stored, projected.
//!
//! Invariant: runs in the request's transaction; a segment is stored whole with its verdicts ahead of it in the feed;
//! only broken framing, signature or identity fails the request. Leaves out: the reply (`reply`).

use std::collections::{HashMap, HashSet};

use ed25519_dalek::VerifyingKey;
use ledger::{Inspected, LedgerError, Next, Verdict};
use merge::LogId;
use protocol::chain::{Hash, Header, SignedSegment};
use protocol::message::{Fork, Have, SetBack};
use protocol::problem::Code;
use protocol::segment::SegmentError;
use protocol::{Scope, limits};
use uuid::Uuid;

use super::judge::{self, Ruling, judge};
use super::{Context, clocks, forks};
use crate::error::{Error, Result};
use crate::services::campaign::Campaign;
use crate::services::office::{Actor, Office};
use crate::services::{issues, project, relist};
use crate::store::{DeviceRow, Held, Tx};

/// What became of the pushed segments.
#[derive(Default)]
pub struct Intake {
    /// Logs that went different ways.
    pub forks: Vec<Fork>,
    /// Own segments that were held already: seq and chain of each.
    pub repeats: Vec<Have>,
    /// Segments stored.
    pub stored: usize,
    /// True if a new generation was begun.
    pub restarted: bool,
    /// Segments that were here.
    pub repeated: usize,
    /// Of the stored ones, those kept outside the registers: a branch, or in quarantine.
    pub aside: usize,
    /// Segments not stored because what comes before them in their log is not here.
    pub waiting: usize,
    /// True if the sender is not there to write a fork again: its file came by other hands.
    carried: bool,
    /// Logs of which nothing more is stored in this request.
    stopped: HashSet<LogId>,
}

/// A refusal by the ledger in the protocol's words.
fn refusal(error: Error) -> Error {
    let Error::Ledger(cause) = error else {
        return error;
    };
    match cause {
        LedgerError::Segment(SegmentError::Signature) => Code::BadSignature.into(),
        LedgerError::Segment(SegmentError::TooLarge(what)) => {
            Error::because(Code::SegmentTooLarge, what)
        }
        LedgerError::Segment(e) => Error::because(Code::BadSegment, e.to_string()),
        other => other.into(),
    }
}

/// Checks what can be checked without the database: sizes, headers, and that each log's segments follow each other.
pub fn headers(segments: &[SignedSegment]) -> Result<Vec<Header>> {
    let mut ends: HashMap<LogId, (u64, Hash)> = HashMap::new();
    let mut list = Vec::with_capacity(segments.len());
    for s in segments {
        if s.wire_bytes() > limits::SEGMENT_BYTES {
            return Err(Code::SegmentTooLarge.into());
        }
        let bad = |e: SegmentError| Error::because(Code::BadSegment, e.to_string());
        let header = s.header().map_err(bad)?;
        let end = (header.last_seq(), s.chain());
        if let Some((seq, chain)) = ends.insert(header.log(), end)
            && (header.first_seq != seq + 1 || s.prev_chain != chain)
        {
            let detail = format!("{} does not follow {seq}", header.first_seq);
            return Err(Error::because(Code::BadSegment, detail));
        }
        list.push(header);
    }
    Ok(list)
}

/// A log's writer as the server knows it.
enum Author {
    /// A device in good standing.
    Device(Box<DeviceRow>),
    /// This server, at another time.
    Server,
}

/// Takes in the segments of a request of `sender`.
pub fn take_in(
    tx: &mut dyn Tx,
    ctx: &Context,
    c: &Campaign,
    sender: &DeviceRow,
    segments: &[SignedSegment],
    said: &[SetBack],
) -> Result<Intake> {
    take(tx, ctx, c, sender, segments, said, Intake::default())
}

/// Takes in segments of a device that came by other hands (a bundle): what its log contradicts is kept as a branch, as
/// if a colleague's phone had brought it.
pub fn take_carried(
    tx: &mut dyn Tx,
    ctx: &Context,
    c: &Campaign,
    device: &DeviceRow,
    segments: &[SignedSegment],
) -> Result<Intake> {
    let intake = Intake {
        carried: true,
        ..Intake::default()
    };
    take(tx, ctx, c, device, segments, &[], intake)
}

fn take(
    tx: &mut dyn Tx,
    ctx: &Context,
    c: &Campaign,
    sender: &DeviceRow,
    segments: &[SignedSegment],
    said: &[SetBack],
    mut intake: Intake,
) -> Result<Intake> {
    let headers = headers(segments)?;
    for (segment, header) in segments.iter().zip(&headers) {
        if intake.stopped.contains(&header.log()) {
            intake.waiting += 1;
        } else {
            one(tx, ctx, c, sender, (segment, header), said, &mut intake)?;
        }
    }
    Ok(intake)
}

fn one(
    tx: &mut dyn Tx,
    ctx: &Context,
    c: &Campaign,
    sender: &DeviceRow,
    (segment, header): (&SignedSegment, &Header),
    said: &[SetBack],
    intake: &mut Intake,
) -> Result<()> {
    let author = author(tx, ctx, c, sender, header)?;
    let key = match &author {
        Author::Device(device) => VerifyingKey::from_bytes(&device.key).map_err(Error::storage)?,
        Author::Server => ctx.identity.key.verifying_key(),
    };
    let scope = scope(tx, c, &author, header)?;
    let mut seen = tx.inspect(segment, header, scope, &key).map_err(refusal)?;
    if let (Inspected::Fork(..) | Inspected::Gap(..), Author::Device(device)) = (&seen, &author)
        && (device.id != sender.id || intake.carried)
    {
        let branch = tx.inspect_branch(segment, header, scope, &key);
        seen = branch.map_err(refusal)?;
        if let Inspected::Next(next) = &seen {
            intake.stored += 1;
            intake.aside += 1;
            return forks::keep(tx, ctx, c, device, next);
        }
    }
    match seen {
        Inspected::Repeat(log) => {
            intake.repeated += 1;
            if log.device == sender.id {
                intake.repeats.push(Have {
                    scope: log.scope.into_bytes(),
                    epoch: log.epoch,
                    seq: header.last_seq(),
                    chain: segment.chain(),
                });
            }
            Ok(())
        }
        Inspected::Gap(log, _) => {
            intake.waiting += 1;
            intake.stopped.insert(log);
            Ok(())
        }
        Inspected::Fork(log, common_seq, common_chain) => {
            intake.stopped.insert(log);
            if log.device == sender.id {
                intake.forks.push(Fork {
                    scope: log.scope.into_bytes(),
                    epoch: log.epoch,
                    common_seq,
                    common_chain,
                });
            } else {
                tracing::warn!(?log, common_seq, "a log of this server went another way");
            }
            Ok(())
        }
        Inspected::Next(next) => {
            intake.stored += 1;
            match author {
                Author::Device(device) => {
                    // What the sender said of its clock is about its own changes.
                    let own = device.id == sender.id;
                    let set_back = if own { said } else { &[] };
                    intake.aside += usize::from(is_quarantined(c, &device));
                    from_device(tx, ctx, c, &device, set_back, &next)
                }
                Author::Server => from_server(tx, ctx, c, &next, intake),
            }
        }
    }
}

/// Who wrote the segment: the sender, or (handed back after a restore, or carried for a colleague) somebody known.
fn author(
    tx: &mut dyn Tx,
    ctx: &Context,
    c: &Campaign,
    sender: &DeviceRow,
    header: &Header,
) -> Result<Author> {
    let device = Uuid::from_bytes(header.device);
    if device == sender.id {
        return Ok(Author::Device(Box::new(sender.clone())));
    }
    if device == ctx.identity.server {
        return Ok(Author::Server);
    }
    let known = tx.device(device)?.filter(|d| d.campaign == c.id);
    known
        .map(|d| Author::Device(Box::new(d)))
        .ok_or_else(|| Code::WrongDevice.into())
}

/// The scope a segment names, if its writer may write there.
fn scope(tx: &mut dyn Tx, c: &Campaign, author: &Author, header: &Header) -> Result<Scope> {
    let id = Uuid::from_bytes(header.scope);
    let device = match author {
        Author::Server => {
            let all = tx.scopes()?.into_iter().chain(every_scope(c));
            let mut own = all.filter(|s| s.id() == id && s.campaign() == c.id);
            return own.next().ok_or_else(|| Code::WrongScope.into());
        }
        Author::Device(device) => device,
    };
    let account = device.account;
    let mut may = own_scopes(c, account);
    // Whoever was moved to another group may still bring what he wrote in the old one.
    may.extend(
        c.groups
            .iter()
            .map(|g| c.group_scope(g.id))
            .filter(|s| s.id() == id),
    );
    let scope = may
        .into_iter()
        .find(|s| s.id() == id && judge::for_phones(s));
    let scope = scope.ok_or_else(|| Error::from(Code::WrongScope))?;
    if let Scope::Group { group, .. } = scope
        && c.accounts.get(&account).and_then(|a| a.group) != Some(group)
        && !was_member(tx, account, group)?
    {
        return Err(Code::WrongScope.into());
    }
    Ok(scope)
}

fn was_member(tx: &mut dyn Tx, account: Uuid, group: Uuid) -> Result<bool> {
    let history = tx.history(account)?;
    let was = |e: &ledger::HistoryEntry| e.field == "group" && e.value.as_id() == Some(group);
    Ok(history.iter().any(was))
}

/// Scopes of an account, the campaign's first.
pub fn own_scopes(c: &Campaign, account: Uuid) -> Vec<Scope> {
    let mut list = vec![c.scope()];
    if let Some(group) = c.accounts.get(&account).and_then(|a| a.group) {
        list.push(c.group_scope(group));
    }
    list.push(c.sealed_scope(account));
    list.push(Scope::Household {
        campaign: c.id,
        author: account,
    });
    list
}

fn every_scope(c: &Campaign) -> Vec<Scope> {
    let mut list = vec![c.scope(), c.office_scope()];
    list.extend(c.groups.iter().map(|g| c.group_scope(g.id)));
    for account in c.accounts.keys() {
        list.extend(own_scopes(c, *account));
    }
    list
}

/// True if what a device sends is kept apart until somebody decides.
pub fn is_quarantined(c: &Campaign, device: &DeviceRow) -> bool {
    let account = c.accounts.get(&device.account);
    device.revoked.is_some() || account.is_none_or(|a| !a.active)
}

fn from_device(
    tx: &mut dyn Tx,
    ctx: &Context,
    c: &Campaign,
    device: &DeviceRow,
    set_back: &[SetBack],
    next: &Next,
) -> Result<()> {
    if is_quarantined(c, device) {
        return quarantine(tx, ctx, c, device, next);
    }
    let rulings = judge(tx, c, device.account, next)?;
    store_rulings(tx, ctx, c, device, next, rulings)?;
    let admitted = tx.admit(next, ctx.now_ms, true)?;
    if admitted.refused > 0 {
        relist::missing(tx, ctx, c, next.scope, Some(next.log))?;
    }
    clocks::note(tx, ctx, device, set_back, next)?;
    forks::sent_again(tx, ctx, c, device, next)?;
    project::records(tx, c, &admitted.records, ctx.now_ms)?;
    issues::give(tx, ctx, c, &admitted.records)
}

/// Writes the verdicts into the server's log of the same scope, ahead of the segment.
pub fn store_rulings(
    tx: &mut dyn Tx,
    ctx: &Context,
    c: &Campaign,
    device: &DeviceRow,
    next: &Next,
    rulings: Vec<Ruling>,
) -> Result<()> {
    if rulings.is_empty() {
        return Ok(());
    }
    let mut ids = Vec::with_capacity(rulings.len());
    let mut office = Office::begin(tx, &Actor::system(), ctx.now_ms);
    for ruling in &rulings {
        let mut record = office.fresh()?;
        let verdict = Verdict {
            id: record.id,
            log: next.log,
            first: ruling.seqs.0,
            last: ruling.seqs.1,
            record: ruling.target,
            code: ruling.code.to_owned(),
            in_force: true,
        };
        let why: String = ruling.why.chars().take(400).collect();
        ids.push(record.id);
        let target = verdict.target_value();
        office.put(next.scope, "verdict", &mut record, "target", target)?;
        let value = verdict.ruling_value(Some(&why), None);
        office.put(next.scope, "verdict", &mut record, "ruling", value)?;
    }
    office.publish()?;
    for (id, ruling) in ids.iter().zip(rulings) {
        tx.take_verdict(next.scope, *id)?;
        tx.put_held(&Held {
            id: *id,
            campaign: c.id,
            code: ruling.code.to_owned(),
            log: next.log,
            seqs: ruling.seqs,
            record: Some(ruling.record),
            kind: ruling.kind,
            site: ruling.site,
            account: device.account,
            why: ruling.why,
            changes: ruling.changes,
            written_ms: Some(ruling.written_ms),
            arrived_ms: ctx.now_ms,
            decided: None,
        })?;
    }
    Ok(())
}

/// Why the list holds what a revoked device sends: no verdict stands behind it that would say so.
pub(crate) const QUARANTINED_WHY: &str = "设备或人员已停用 / the device or person was revoked";

/// One entry per log: what a revoked device sends is decided as a whole.
fn quarantine(
    tx: &mut dyn Tx,
    ctx: &Context,
    c: &Campaign,
    device: &DeviceRow,
    next: &Next,
) -> Result<()> {
    let bytes = next.segment.wire_bytes() as u64;
    let used = tx.device(device.id)?.map_or(0, |d| d.quarantine_bytes);
    if used + bytes > ctx.settings.quarantine_bytes() {
        return Err(Error::because(
            Code::DiskFull,
            "隔离区已满 / the quarantine is full",
        ));
    }
    tx.admit(next, ctx.now_ms, false)?;
    tx.add_quarantine(device.id, bytes)?;
    let open = tx
        .all_held(c.id)?
        .into_iter()
        .find(|h| h.code == "quarantined" && h.log == next.log && h.decided.is_none());
    let times = next
        .batch
        .iter()
        .flat_map(|b| b.rows.iter().map(|r| r.at_ms));
    let id = match open {
        Some(held) => held.id,
        None => tx.mint()?.0,
    };
    tx.put_held(&Held {
        id,
        campaign: c.id,
        code: "quarantined".to_owned(),
        log: next.log,
        seqs: (next.header.first_seq, next.header.last_seq()),
        record: None,
        kind: String::new(),
        site: None,
        account: device.account,
        why: QUARANTINED_WHY.to_owned(),
        changes: next.header.count,
        written_ms: times.min(),
        arrived_ms: ctx.now_ms,
        decided: None,
    })
}

/// A segment of the server's own that the server no longer had: it was restored from a backup.
fn from_server(
    tx: &mut dyn Tx,
    ctx: &Context,
    c: &Campaign,
    next: &Next,
    intake: &mut Intake,
) -> Result<()> {
    if next.log.epoch > tx.own_log(next.scope)?.epoch {
        tx.start_generation(next.log.epoch, ctx.now_ms)?;
        intake.restarted = true;
    }
    let admitted = tx.admit(next, ctx.now_ms, true)?;
    // What was configured may have changed just now.
    let fresh = ctx.cache.campaign(tx, c.id)?;
    if admitted.records.iter().any(|(_, kind)| kind == "verdict") {
        relist::missing(tx, ctx, &fresh, next.scope, None)?;
    }
    project::records(tx, &fresh, &admitted.records, ctx.now_ms)?;
    issues::seen(tx, ctx, &fresh, &admitted.records)
}
