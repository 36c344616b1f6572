//! Taking in a bundle: received onto the disk, checked whole, then its segments, then its photos.
//!
//! ```text
//! <data>/bundles/tmp/…                       being received; emptied at the start
//! <data>/bundles/<device>.<sha256>.guanmo    not all of it could be taken yet: tried again by itself
//! ```
//! Invariant: nothing is stored of a file before all of it was checked, its signature last; importing again changes
//! nothing, so a stop at any point is mended by importing again. Leaves out: what may come in (`services::bundles`).

use std::fs::{self, File};
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use protocol::bundle::{ENDING, Opening, peek};
use protocol::chain::SignedSegment;
use protocol::limits;
use protocol::problem::Code;
use tokio::io::AsyncWriteExt;
use uuid::Uuid;

use super::{App, free_disk};
use crate::blobs::{BlobError, BlobHash};
use crate::error::{Error, Result};
use crate::services::bundles::{self, Author, TakenIn, Wanted, refusal};
use crate::services::devices;
use crate::services::office::Actor;

/// Bytes of segments in one transaction.
const BATCH_BYTES: usize = limits::REQUEST_BYTES;
/// Files of one phone that are kept.
const KEPT: usize = 20;
/// Bytes after which the free disk is looked at again.
const LOOK_BYTES: u64 = 16 << 20;

/// The folder of bundles.
pub(crate) struct Folder {
    dir: PathBuf,
    /// One at a time: each holds a photo in memory.
    turn: tokio::sync::Mutex<()>,
}

impl Folder {
    /// Removes what was being received when an earlier run ended.
    ///
    /// # Errors
    /// The disk's.
    pub fn open(data_dir: &Path) -> Result<Self> {
        let dir = data_dir.join("bundles");
        match fs::remove_dir_all(dir.join("tmp")) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e.into()),
            _ => {}
        }
        Ok(Self {
            dir,
            turn: tokio::sync::Mutex::default(),
        })
    }

    /// Files of a device, or all, that could not be taken whole yet.
    fn kept(&self, device: Option<Uuid>) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(&self.dir) else {
            return Vec::new();
        };
        let of = device.map(|d| format!("{}.", d.simple()));
        let mut files: Vec<PathBuf> = entries
            .filter_map(|e| Some(e.ok()?.path()))
            .filter(|path| {
                let name = path
                    .file_name()
                    .and_then(|n| n.to_str())
                    .unwrap_or_default();
                name.ends_with(ENDING) && of.as_ref().is_none_or(|of| name.starts_with(of))
            })
            .collect();
        files.sort();
        files
    }

    fn path(&self, taken: &TakenIn) -> PathBuf {
        let device = taken.device.simple();
        self.dir.join(format!("{device}.{}.{ENDING}", taken.sha256))
    }

    /// Keeps a file of which something could not be taken, and lets go of one that is done with.
    /// True if it is kept.
    fn keep(&self, file: &Path, taken: &TakenIn, reserve: u64) -> Result<bool> {
        let kept = self.path(taken);
        if taken.complete {
            return match fs::remove_file(&kept) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e.into()),
                _ => Ok(false),
            };
        }
        if kept.is_file() {
            return Ok(true);
        }
        if self.kept(Some(taken.device)).len() >= KEPT {
            return Ok(false);
        }
        fs::create_dir_all(self.dir.join("tmp"))?;
        has_room(&self.dir, reserve, fs::metadata(file)?.len())?;
        let aside = self.dir.join("tmp").join(&taken.sha256);
        fs::copy(file, &aside)?;
        File::open(&aside)?.sync_all()?;
        fs::rename(aside, kept)?;
        #[cfg(unix)]
        File::open(&self.dir)?.sync_all()?;
        Ok(true)
    }
}

/// A bundle of which something cannot be taken in yet.
#[derive(Clone, Debug)]
pub struct WaitingBundle {
    /// Whose it is.
    pub account_name: String,
    /// What its owner calls the phone.
    pub device_name: String,
    /// When it was made, ms UTC by the phone's clock.
    pub made_ms: i64,
    /// Size of the file.
    pub bytes: u64,
}

/// A bundle being received.
pub struct Receiving {
    path: tempfile::TempPath,
    out: tokio::fs::File,
    bytes: u64,
    most: u64,
    dir: PathBuf,
    reserve: u64,
}

impl Receiving {
    /// Adds bytes.
    ///
    /// # Errors
    /// `RequestTooLarge`, `DiskFull`, the disk's.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let before = self.bytes;
        self.bytes += bytes.len() as u64;
        if self.bytes > self.most {
            return Err(Code::RequestTooLarge.into());
        }
        if before / LOOK_BYTES != self.bytes / LOOK_BYTES {
            has_room(&self.dir, self.reserve, bytes.len() as u64)?;
        }
        self.out.write_all(bytes).await.map_err(full)
    }

    /// All bytes are there.
    ///
    /// # Errors
    /// The disk's.
    pub async fn done(mut self) -> Result<tempfile::TempPath> {
        self.out.flush().await.map_err(full)?;
        Ok(self.path)
    }
}

fn has_room(dir: &Path, reserve: u64, bytes: u64) -> Result<()> {
    if free_disk(dir) < reserve.saturating_add(bytes) {
        let what = "没有导入任何内容，请保留离线包 / nothing was taken in; keep the bundle";
        return Err(Error::because(Code::DiskFull, what));
    }
    Ok(())
}

fn full(error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Code::DiskFull.into(),
        _ => error.into(),
    }
}

type Open = Opening<BufReader<File>>;

/// What one thread does with a file after another has done its part.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(Error::storage)?
}

/// The next segments, up to a batch.
fn batch(open: &mut Open) -> Result<Vec<SignedSegment>> {
    let (mut list, mut bytes) = (Vec::new(), 0);
    while bytes < BATCH_BYTES && list.len() < limits::REQUEST_SEGMENTS {
        let Some(segment) = open.segment().map_err(refusal)? else {
            break;
        };
        bytes += segment.wire_bytes();
        list.push(segment);
    }
    Ok(list)
}

impl App {
    /// Begins to receive a bundle of at most `most` bytes; `announced`: what the sender says it has.
    ///
    /// # Errors
    /// `RequestTooLarge`, `DiskFull`, the disk's.
    pub async fn receive_bundle(&self, announced: Option<u64>, most: u64) -> Result<Receiving> {
        if announced.is_some_and(|bytes| bytes > most) {
            return Err(Code::RequestTooLarge.into());
        }
        let dir = self.bundles.dir.join("tmp");
        fs::create_dir_all(&dir)?;
        let reserve = self.blobs().reserve_bytes();
        has_room(&dir, reserve, announced.unwrap_or(0))?;
        let (file, path) = tempfile::NamedTempFile::new_in(&dir)?.into_parts();
        Ok(Receiving {
            path,
            out: tokio::fs::File::from_std(file),
            bytes: 0,
            most,
            dir,
            reserve,
        })
    }

    /// Takes in a bundle: whole if it is whole, nothing of one that is not. What cannot be taken yet (quarantine, a
    /// beginning that is missing) is kept and tried again after a decision and with the phone's next bundle.
    ///
    /// # Errors
    /// `NotABundle`, `BundleDamaged`, `BundleForged`, `BundleForeign`, `UnknownDevice`, `CampaignWiped`, `BadSegment`,
    /// `RequestTooLarge`, `DiskFull`, and what a sync refuses. A stop after something was taken is no error.
    pub async fn import_bundle(
        &self,
        actor: &Actor,
        carrier: Option<Uuid>,
        file: &Path,
    ) -> Result<TakenIn> {
        let _turn = self.bundles.turn.lock().await;
        let taken = self.import_one(actor, carrier, file).await?;
        self.import_kept(Some(taken.device), Some(&taken.sha256))
            .await;
        Ok(taken)
    }

    /// Tries again what was kept: a decision may have made records count that photos wait for.
    pub(super) async fn retry_bundles(&self) {
        let _turn = self.bundles.turn.lock().await;
        self.import_kept(None, None).await;
    }

    async fn import_kept(&self, device: Option<Uuid>, but: Option<&str>) {
        for file in self.bundles.kept(device) {
            let name = file.to_string_lossy();
            if but.is_some_and(|but| name.contains(but)) {
                continue;
            }
            if let Err(error) = self.import_one(&Actor::system(), None, &file).await {
                tracing::warn!(%error, file = %file.display(), "a kept bundle still waits");
            }
        }
    }

    async fn import_one(
        &self,
        actor: &Actor,
        carrier: Option<Uuid>,
        file: &Path,
    ) -> Result<TakenIn> {
        let mut taken = TakenIn::default();
        let done = self.take_in(file, &mut taken).await;
        let any = taken.segments_new + taken.segments_there + taken.photos_new > 0;
        if let Err(error) = done {
            if !any {
                let (actor, device, code) = (actor.clone(), taken.device, error.code());
                self.write(move |tx, ctx| bundles::refused(tx, ctx, &actor, device, code))
                    .await?;
                return Err(error);
            }
            tracing::error!(%error, "a bundle was taken in part");
            taken.stopped = Some(error.code().to_owned());
        }
        let actor = actor.clone();
        let mut taken = self
            .write(move |tx, ctx| bundles::done(tx, ctx, &actor, carrier, taken))
            .await?;
        match self
            .bundles
            .keep(file, &taken, self.blobs().reserve_bytes())
        {
            Ok(kept) => taken.kept = kept,
            Err(error) => tracing::error!(%error, "a bundle to be tried again could not be kept"),
        }
        Ok(taken)
    }

    /// The bundles that wait to be taken in whole.
    ///
    /// # Errors
    /// The database's.
    pub async fn waiting_bundles(&self) -> Result<Vec<WaitingBundle>> {
        let files = self.bundles.kept(None);
        self.read(move |tx, ctx| {
            let mut list = Vec::new();
            for file in files {
                // It may have come in just now.
                let Some((envelope, bytes)) = File::open(&file).ok().and_then(|f| peek(f).ok())
                else {
                    continue;
                };
                let device = tx.device(Uuid::from_bytes(envelope.device))?;
                let Some(device) = device else { continue };
                let c = ctx.cache.campaign(tx, device.campaign)?;
                let account = c.accounts.get(&device.account);
                list.push(WaitingBundle {
                    account_name: account.map_or_else(String::new, |a| a.name.clone()),
                    device_name: device.name,
                    made_ms: envelope.made_ms,
                    bytes,
                });
            }
            Ok(list)
        })
        .await
    }

    fn open_bundle(&self, file: &Path) -> Result<Open> {
        let file = BufReader::with_capacity(64 << 10, File::open(file)?);
        Opening::begin(file, &self.shared.identity.key).map_err(refusal)
    }

    /// Two passes over the file: the first believes nothing and stores nothing.
    async fn take_in(&self, file: &Path, taken: &mut TakenIn) -> Result<()> {
        let first = self.open_bundle(file)?;
        let (envelope, list) = (first.envelope().clone(), first.list().clone());
        let device = Uuid::from_bytes(envelope.device);
        *taken = TakenIn {
            device,
            made_ms: envelope.made_ms,
            part: envelope.part,
            parts: envelope.parts,
            photos_left_out: list.photos_left_out,
            ..TakenIn::default()
        };
        let author = self.read(move |tx, ctx| bundles::author(tx, ctx, &envelope, &list));
        let author = author.await?;
        let key = ed25519_dalek::VerifyingKey::from_bytes(author.key());
        let key = key.map_err(|_| Error::from(Code::BundleForged))?;
        let sum = blocking(move || first.check(&key).map_err(refusal)).await?;
        taken.sha256 = hex::encode(sum);
        if let Author::Again(shown, key) = author {
            self.write(move |tx, ctx| devices::know_again(tx, ctx, &shown, key))
                .await?;
        }
        let mut open = self.open_bundle(file)?;
        loop {
            let (back, found) = blocking(move || {
                let found = batch(&mut open)?;
                Ok((open, found))
            })
            .await?;
            open = back;
            if found.is_empty() {
                break;
            }
            let mut booked = taken.clone();
            *taken = self
                .write(move |tx, ctx| {
                    bundles::segments(tx, ctx, device, &found, &mut booked)?;
                    Ok(booked)
                })
                .await?;
        }
        self.take_photos(open, taken).await
    }

    async fn take_photos(&self, mut open: Open, taken: &mut TakenIn) -> Result<()> {
        let (device, files) = (taken.device, open.list().photos.clone());
        let wanted = self.read(move |tx, ctx| bundles::wanted(tx, ctx, device, &files));
        for wanted in wanted.await? {
            let blobs = Arc::clone(self.blobs());
            let server = self.server_id();
            open = blocking(move || {
                let mut bytes = Vec::new();
                let photo = open.photo(|piece| {
                    if wanted == Wanted::New {
                        bytes.extend_from_slice(piece);
                    }
                    Ok(())
                });
                if let (Wanted::New, Some(photo)) = (wanted, photo.map_err(refusal)?) {
                    let hash = BlobHash::from_bytes(photo.hash);
                    let put = blobs.put(server, hash, &bytes);
                    put.map_err(|e| match e {
                        BlobError::DiskReserve => Code::DiskFull.into(),
                        other => Error::from(other),
                    })?;
                }
                Ok(open)
            })
            .await?;
            match wanted {
                Wanted::New => taken.photos_new += 1,
                Wanted::There => taken.photos_there += 1,
                Wanted::Not => taken.photos_waiting += 1,
            }
        }
        Ok(())
    }
}
