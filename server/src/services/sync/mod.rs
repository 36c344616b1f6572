//! `POST /api/v1/sync`: one round trip.
//!
//! Invariant: one transaction per request; "acknowledged" is only ever `have`; a bad change never fails a batch; a
//! revoked device gets no data; a repeated request changes nothing. Leaves out: HTTP (`routes::sync`).

mod clocks;
mod cursor;
mod forks;
mod intake;
mod judge;
mod reply;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use ed25519_dalek::VerifyingKey;
use protocol::PROTOCOL_VERSION;
use protocol::message::{SET_BACKS, SyncRequest, SyncResponse};
use protocol::problem::Code;
use protocol::request::RequestSignature;

use super::campaign::Cache;
use crate::blobs::BlobStore;
use crate::error::{Error, Refusal, Result};
use crate::settings::Settings;
use crate::store::{Identity, Left, Tx};

pub use cursor::{TOKEN_MS, device_of_token, token};
pub(crate) use intake::QUARANTINED_WHY;
pub use intake::{is_quarantined, own_scopes, store_rulings, take_carried};
pub use judge::{Ruling, judge};

/// What every request needs.
pub struct Context<'a> {
    /// Who the server is.
    pub identity: &'a Identity,
    /// Campaigns.
    pub cache: &'a Cache,
    /// Photos.
    pub blobs: &'a BlobStore,
    /// The office's settings.
    pub settings: Arc<Settings>,
    /// Drawn when the server was started.
    pub started: u32,
    /// Now, ms UTC.
    pub now_ms: i64,
}

/// A body and its signature as they came, read but not believed.
pub struct Signed {
    /// The signature header.
    pub signature: RequestSignature,
    /// The request.
    pub request: SyncRequest,
}

/// Reads a request.
///
/// # Errors
/// `BadSignature` without a header, `RequestTooLarge`, `BadRequest`, `UpgradeRequired`.
pub fn read(header: Option<&str>, body: &[u8]) -> Result<Signed> {
    if body.len() > protocol::limits::REQUEST_BYTES {
        return Err(Code::RequestTooLarge.into());
    }
    let signature = header.and_then(RequestSignature::parse);
    let signature = signature.ok_or_else(|| Error::from(Code::BadSignature))?;
    let request =
        SyncRequest::parse(body).map_err(|e| Error::because(Code::BadRequest, e.to_string()))?;
    if request.protocol != PROTOCOL_VERSION {
        return Err(Code::UpgradeRequired.into());
    }
    Ok(Signed { signature, request })
}

/// Checks the signature of a request with the key of its device.
///
/// # Errors
/// `BadSignature`.
pub fn verify(signed: &Signed, key: &[u8; 32], identity: &Identity, body: &[u8]) -> Result<()> {
    let key = VerifyingKey::from_bytes(key).map_err(|_| Error::from(Code::BadSignature))?;
    let generation = signed.request.generation;
    let fits = signed
        .signature
        .verify(&key, identity.server, generation, body);
    if fits {
        return Ok(());
    }
    Err(Code::BadSignature.into())
}

/// Answers a verified request, in one write transaction.
///
/// # Errors
/// `UnknownDevice`, `Replayed` with the last counter, and what taking in refuses.
pub fn sync(tx: &mut dyn Tx, ctx: &Context, signed: &Signed) -> Result<SyncResponse> {
    let (signature, request) = (&signed.signature, &signed.request);
    let device = tx.device(signature.device)?;
    let Some(device) = device else {
        return Err(super::devices::unknown(tx, signature.device)?.into());
    };
    if signature.counter <= device.counter {
        return Err(Error::Refused(Refusal {
            last_counter: Some(device.counter),
            ..Code::Replayed.into()
        }));
    }
    let skew = request.clock_ms.saturating_sub(ctx.now_ms);
    tx.device_seen(device.id, signature.counter, ctx.now_ms, skew)?;
    let mut set_back = &[][..];
    if let Some(said) = &request.said {
        let left = Left {
            changes: said.changes,
            photos: said.photos,
            photo_bytes: said.photo_bytes,
        };
        tx.device_said(device.id, &left)?;
        set_back = &said.set_back[..said.set_back.len().min(SET_BACKS)];
    }
    let c = ctx.cache.campaign(tx, device.campaign)?;
    // The table alone is not enough: only a device whose enrolment is in the signed log takes part.
    let enrolled = c.devices.get(&device.id);
    if enrolled.is_none_or(|d| (d.key, d.account) != (device.key, device.account)) {
        return Err(Code::UnknownDevice.into());
    }
    let cursor = reply::cursor_of(tx, ctx, request)?;
    let known_heads = reply::heads(tx, device.id)?;
    let pushed = intake::take_in(tx, ctx, &c, &device, &request.segments, set_back)?;
    // Taking in may have changed the configuration (segments handed back after a restore).
    let c = ctx.cache.campaign(tx, device.campaign)?;
    let answer = reply::Answer {
        ctx,
        c: &c,
        device: &device,
        request,
        cursor: cursor.filter(|_| !pushed.restarted),
        copied: known_heads.digest() != request.heads,
    };
    answer.write(tx, pushed)
}
