//! Bundles: what one phone had not sent, brought by other hands. Whose it is, its segments, which of its photos.
//!
//! Invariant: segments go the way a sync's go (`sync::take_carried`), so repeats, verdicts, forks and quarantine are the
//! same; a photo comes in only if a record that counts refers to it; nothing here acknowledges but what the next sync
//! says. Leaves out: reading the file (`app::bundles`), its form (`protocol::bundle`).

use std::sync::Arc;

use protocol::bundle::{BundleError, Damage, Envelope, List, PhotoFile};
use protocol::chain::SignedSegment;
use protocol::enrol::Certificate;
use protocol::problem::Code;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::campaign::Campaign;
use super::office::Actor;
use super::sync::{Context, take_carried};
use super::{devices, photos};
use crate::auth::types::AuditEntry;
use crate::blobs::{BlobHash, DeviceIdentity};
use crate::error::{Error, Result};
use crate::store::{DeviceRow, Tx};

/// What became of a bundle.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct TakenIn {
    /// SHA-256 of the file, hex.
    pub sha256: String,
    /// The phone it is of.
    pub device: Uuid,
    /// What its owner calls that phone.
    pub device_name: String,
    /// Whose it is.
    pub account_name: String,
    /// When it was made, ms UTC by the phone's clock.
    pub made_ms: i64,
    /// Which of several parts, from 1.
    pub part: u32,
    /// How many parts there are.
    pub parts: u32,
    /// Segments of changes that are new here.
    pub segments_new: usize,
    /// Segments that were here.
    pub segments_there: usize,
    /// Of the new ones, those that wait for a decision: the phone or person was revoked, or its log went another way.
    pub segments_held: usize,
    /// Segments not taken because earlier ones of the phone are not here: a bundle with everything is needed.
    pub segments_waiting: usize,
    /// Photo files that are new here.
    pub photos_new: usize,
    /// Photo files that were here.
    pub photos_there: usize,
    /// Photo files not taken: no record that counts refers to them yet.
    pub photos_waiting: usize,
    /// Photo files that are only on the phone, in no part of this bundle.
    pub photos_left_out: u64,
    /// Undecided entries of this phone in the list of what is held.
    pub held_entries: usize,
    /// True if the server keeps the file and tries the rest again by itself.
    pub kept: bool,
    /// Why it stopped before its end, a problem's code; what is counted above is safe, importing again goes on.
    pub stopped: Option<String>,
    /// True if nothing of the file is needed any more.
    pub complete: bool,
}

/// A device as a bundle names it.
#[derive(Clone, Debug)]
pub enum Author {
    /// Known, with this key.
    Known([u8; 32]),
    /// Enrolled after the backup this server was restored from.
    Again(Box<Certificate>, [u8; 32]),
}

impl Author {
    /// Its key.
    pub fn key(&self) -> &[u8; 32] {
        match self {
            Self::Known(key) | Self::Again(_, key) => key,
        }
    }
}

/// Whose bundle it is.
///
/// # Errors
/// `BundleForeign`, `UnknownDevice`, `CampaignWiped`.
pub fn author(tx: &mut dyn Tx, ctx: &Context, envelope: &Envelope, list: &List) -> Result<Author> {
    let server = ctx.identity.server;
    if envelope.server != server.into_bytes() {
        return Err(Code::BundleForeign.into());
    }
    let device = Uuid::from_bytes(envelope.device);
    if let Some(row) = tx.device(device)? {
        return Ok(Author::Known(row.key));
    }
    let unknown = devices::unknown(tx, device)?;
    let shown = Certificate::parse(&list.certificate).filter(|c| c.device == device);
    let shown = shown.ok_or_else(|| Error::from(unknown))?;
    let key = shown.verified(server, &ctx.identity.key.verifying_key());
    let key = key.ok_or_else(|| Error::from(unknown))?;
    Ok(match unknown {
        Code::CampaignWiped => return Err(unknown.into()),
        _ => Author::Again(Box::new(shown), key),
    })
}

/// The device of a bundle with its campaign, if its enrolment is in the signed log.
fn enrolled(tx: &mut dyn Tx, ctx: &Context, device: Uuid) -> Result<(DeviceRow, Arc<Campaign>)> {
    let unknown = || Error::from(Code::UnknownDevice);
    let row = tx.device(device)?.ok_or_else(unknown)?;
    let c = ctx.cache.campaign(tx, row.campaign)?;
    let signed = c.devices.get(&device);
    if signed.is_none_or(|d| (d.key, d.account) != (row.key, row.account)) {
        return Err(unknown());
    }
    Ok((row, c))
}

/// Takes in a run of segments, whole or not at all, and books them.
///
/// # Errors
/// What a sync refuses; `DiskFull` if the quarantine is full.
pub fn segments(
    tx: &mut dyn Tx,
    ctx: &Context,
    device: Uuid,
    segments: &[SignedSegment],
    taken: &mut TakenIn,
) -> Result<()> {
    let (row, c) = enrolled(tx, ctx, device)?;
    let intake = take_carried(tx, ctx, &c, &row, segments)?;
    taken.segments_new += intake.stored;
    taken.segments_there += intake.repeated;
    taken.segments_held += intake.aside;
    taken.segments_waiting += intake.waiting;
    Ok(())
}

/// What to do with a photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// It is here.
    There,
    /// Take it in.
    New,
    /// No record that counts refers to it, or not to one of that size.
    Not,
}

/// What to do with each photo of a bundle: the rule of an upload by the phone itself.
///
/// # Errors
/// The database's and the disk's.
pub fn wanted(
    tx: &mut dyn Tx,
    ctx: &Context,
    device: Uuid,
    files: &[PhotoFile],
) -> Result<Vec<Wanted>> {
    let (row, _) = enrolled(tx, ctx, device)?;
    let who = DeviceIdentity {
        device_id: device,
        account_id: row.account,
    };
    let mut list = Vec::with_capacity(files.len());
    for file in files {
        let hash = BlobHash::from_bytes(file.hash);
        let there = ctx.blobs.finished_size(hash)?.is_some();
        let mut may = || photos::may_upload(tx, ctx, &who, file.hash, file.size_bytes);
        list.push(match there {
            true => Wanted::There,
            false if may()?.is_ok() => Wanted::New,
            false => Wanted::Not,
        });
    }
    Ok(list)
}

/// Names the people, counts what is held, and writes the audit entry.
///
/// # Errors
/// The database's.
pub fn done(
    tx: &mut dyn Tx,
    ctx: &Context,
    actor: &Actor,
    carrier: Option<Uuid>,
    mut taken: TakenIn,
) -> Result<TakenIn> {
    let (row, c) = enrolled(tx, ctx, taken.device)?;
    let held = tx.all_held(c.id)?;
    let open = |h: &&crate::store::Held| h.log.device == row.id && h.decided.is_none();
    taken.held_entries = held.iter().filter(open).count();
    taken.account_name = c.accounts.get(&row.account).map_or("", |a| &a.name).into();
    taken.device_name = row.name;
    taken.complete = taken.segments_waiting + taken.photos_waiting == 0 && taken.stopped.is_none();
    let t = &taken;
    let mut detail = format!(
        "sha256 {}; segments {} new, {} there, {} held, {} waiting; photos {} new, {} there, {} waiting",
        &t.sha256[..16],
        t.segments_new,
        t.segments_there,
        t.segments_held,
        t.segments_waiting,
        t.photos_new,
        t.photos_there,
        t.photos_waiting
    );
    if let Some(carrier) = carrier {
        detail.push_str(&format!("; carried by {carrier}"));
    }
    if let Some(why) = &t.stopped {
        detail.push_str(&format!("; stopped: {why}"));
    }
    tx.audit(&entry(ctx, actor, t.device, t.stopped.is_none(), detail))?;
    Ok(taken)
}

/// Notes in the audit that a bundle was refused.
///
/// # Errors
/// The database's.
pub fn refused(
    tx: &mut dyn Tx,
    ctx: &Context,
    actor: &Actor,
    device: Uuid,
    code: &str,
) -> Result<()> {
    tx.audit(&entry(ctx, actor, device, false, code.to_owned()))
}

fn entry(ctx: &Context, actor: &Actor, device: Uuid, ok: bool, detail: String) -> AuditEntry {
    AuditEntry {
        at_ms: ctx.now_ms,
        user_name: actor.user_name.clone(),
        role: actor.role.clone(),
        action: "import_bundle".to_owned(),
        object: device.to_string(),
        ok,
        detail,
    }
}

/// Why a file is not taken, in the office's words.
pub fn refusal(error: BundleError) -> Error {
    let why = |zh: &str, en: &str| format!("{zh} / {en}");
    match error {
        BundleError::NotOne | BundleError::Newer => Code::NotABundle.into(),
        BundleError::OtherServer => Code::BundleForeign.into(),
        BundleError::Damaged(damage) => {
            let what = match damage {
                Damage::Short => why("文件没有复制完", "the file ends too early"),
                Damage::Long => why("文件末尾多出内容", "the file goes on after its end"),
                Damage::Changed => why("文件内容有变", "bytes of the file were changed"),
            };
            Error::because(Code::BundleDamaged, what)
        }
        BundleError::Signature | BundleError::OtherDevice => Code::BundleForged.into(),
        BundleError::Segment(e) => Error::because(Code::BadSegment, e.to_string()),
        BundleError::TooLarge(what) => Error::because(Code::RequestTooLarge, what),
        BundleError::Io(e) => Error::Io(e),
    }
}
