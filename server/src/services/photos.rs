//! Who may read and send which photo.
//!
//! Invariant: a blob is given only to who may read a record that refers to it; a revoked device gets nothing.
//! Leaves out: the bytes (`blobs`).

use uuid::Uuid;

use super::campaign::Campaign;
use super::sync::{Context, is_quarantined, own_scopes};
use crate::blobs::{BlobHash, DeviceIdentity, UploadRefusal};
use crate::error::Result;
use crate::store::{Photo, Tx};

/// The device behind a token, unless it was revoked since.
///
/// # Errors
/// The database's.
pub fn identity(tx: &mut dyn Tx, ctx: &Context, device: Uuid) -> Result<Option<DeviceIdentity>> {
    let Some(row) = tx.device(device)? else {
        return Ok(None);
    };
    let c = ctx.cache.campaign(tx, row.campaign)?;
    if is_quarantined(&c, &row) {
        return Ok(None);
    }
    Ok(Some(DeviceIdentity {
        device_id: row.id,
        account_id: row.account,
    }))
}

fn readable(tx: &mut dyn Tx, ctx: &Context, who: &DeviceIdentity, hash: [u8; 32]) -> Result<bool> {
    let photos = tx.photos_of_blob(hash)?;
    let Some(first) = photos.first() else {
        return Ok(false);
    };
    let c = ctx.cache.campaign(tx, first.campaign)?;
    let own: Vec<Uuid> = own_scopes(&c, who.account_id)
        .iter()
        .map(protocol::Scope::id)
        .collect();
    Ok(photos.iter().any(|p| own.contains(&p.scope)))
}

/// Whether a record that the device may read refers to the blob.
///
/// # Errors
/// The database's.
pub fn may_read(
    tx: &mut dyn Tx,
    ctx: &Context,
    who: &DeviceIdentity,
    hash: [u8; 32],
) -> Result<bool> {
    readable(tx, ctx, who, hash)
}

/// Whether the device may begin to upload the blob: records come first, so one of its own must refer to it, with the
/// size that is announced now (a longer upload would only fill the disk).
///
/// # Errors
/// The database's.
pub fn may_upload(
    tx: &mut dyn Tx,
    ctx: &Context,
    who: &DeviceIdentity,
    hash: [u8; 32],
    length: u64,
) -> Result<std::result::Result<(), UploadRefusal>> {
    if !readable(tx, ctx, who, hash)? {
        return Ok(Err(UploadRefusal::Forbidden));
    }
    let all = tx.photos_of_blob(hash)?;
    let mut said = all.iter().filter_map(|p| match p.stored == Some(hash) {
        true => p.stored_bytes,
        false => p.thumb_bytes,
    });
    // A record that says no size promises nothing.
    let fits = said.clone().next().is_none() || said.any(|bytes| bytes == length);
    Ok(fits.then_some(()).ok_or(UploadRefusal::OtherLength))
}

/// Whether the bytes of a photo are here; a photo declared without bytes counts as arrived.
pub fn arrived(ctx: &Context, photo: &Photo) -> bool {
    let Some(hash) = photo.stored else {
        return true;
    };
    let found = ctx.blobs.finished_size(BlobHash::from_bytes(hash));
    matches!(found, Ok(Some(_)))
}

/// Photos of a record or of a campaign: how many are here, how many are referred to.
pub fn counts(ctx: &Context, photos: &[Photo]) -> (u32, u32) {
    let promised = photos.iter().filter(|p| p.stored.is_some());
    let here = promised.clone().filter(|p| arrived(ctx, p)).count();
    (here as u32, promised.count() as u32)
}

/// True if the office may look at a photo's content now.
pub fn open_to_office(c: &Campaign, photo: &Photo) -> bool {
    let sealed = |account: &Uuid| c.sealed_scope(*account).id() == photo.scope;
    match c.accounts.keys().find(|a| sealed(a)) {
        Some(author) => c.group_of(*author).is_none_or(|g| g.was_opened()),
        None => true,
    }
}
