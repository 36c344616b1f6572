//! What phones ask for: enrolment, sync, photos.

use std::sync::PoisonError;

use protocol::enrol::{Certificate, EnrolRequest, EnrolResponse};
use protocol::problem::Code;
use uuid::Uuid;

use super::App;
use crate::auth::logins::valid_ms;
use crate::blobs::{BlobAccess, BlobHash, DeviceIdentity, UploadRefusal};
use crate::error::{Error, Result};
use crate::services::office::Actor;
use crate::services::{devices, photos, sync};

impl App {
    /// Makes an enrolment code for somebody of the roster; shown once.
    ///
    /// # Errors
    /// `NotFound` for an unknown or inactive account.
    pub async fn issue_code(&self, actor: &Actor, account: Uuid) -> Result<String> {
        let actor = actor.clone();
        let ttl_ms = valid_ms(None, &self.settings())?;
        self.write(move |tx, ctx| {
            devices::issue_code(tx, ctx.cache, &actor, account, ttl_ms, ctx.now_ms)
        })
        .await
    }

    /// Enrols a device with a one-time code.
    ///
    /// # Errors
    /// `CodeInvalid`, `BadRequest`.
    pub async fn enrol(&self, request: EnrolRequest) -> Result<EnrolResponse> {
        let enrolled = self
            .write(move |tx, ctx| devices::enrol(tx, ctx, &request))
            .await?;
        enrolled.ok_or_else(|| Code::CodeInvalid.into())
    }

    /// Answers a sync request: header `guanmo-signature` and body as they came.
    ///
    /// # Errors
    /// Those of `services::sync`; nothing was changed then.
    pub async fn sync(&self, signature: Option<&str>, body: &[u8]) -> Result<Vec<u8>> {
        let signed = sync::read(signature, body)?;
        let key = self.device_key(signed.signature.device).await?;
        sync::verify(&signed, &key, &self.shared.identity, body)?;
        // After the signature: nobody uses up somebody else's quota.
        let within = self.auth().limits().device(signed.signature.device);
        within.map_err(Error::too_many)?;
        let response = self
            .write(move |tx, ctx| sync::sync(tx, ctx, &signed))
            .await?;
        Ok(response.to_bytes())
    }

    /// As [`Self::sync`], for a phone that shows the certificate this server gave it before it was restored.
    ///
    /// # Errors
    /// As `sync`; `UnknownDevice` if the certificate is not this server's, or not the sender's.
    pub async fn sync_known_again(
        &self,
        shown: &str,
        signature: Option<&str>,
        body: &[u8],
    ) -> Result<Vec<u8>> {
        let signed = sync::read(signature, body)?;
        let device = signed.signature.device;
        if self.device_key(device).await.is_err() {
            let unknown = || Error::from(Code::UnknownDevice);
            let shown = Certificate::parse(shown).filter(|c| c.device == device);
            let shown = shown.ok_or_else(unknown)?;
            let identity = &self.shared.identity;
            let key = shown
                .verified(identity.server, &identity.key.verifying_key())
                .ok_or_else(unknown)?;
            sync::verify(&signed, &key, identity, body)?;
            self.write(move |tx, ctx| devices::know_again(tx, ctx, &shown, key))
                .await?;
        }
        self.sync(signature, body).await
    }

    /// Revokes a device.
    ///
    /// # Errors
    /// `NotFound`, `ReasonRequired`.
    pub async fn revoke_device(&self, actor: &Actor, device: Uuid, reason: &str) -> Result<()> {
        let (actor, reason) = (actor.clone(), reason.to_owned());
        self.write(move |tx, ctx| {
            devices::revoke(tx, ctx.cache, &actor, device, &reason, ctx.now_ms)
        })
        .await
    }

    async fn device_key(&self, device: Uuid) -> Result<[u8; 32]> {
        if let Some(key) = self.known_key(device) {
            return Ok(key);
        }
        let found = self.read(move |tx, _| match tx.device(device)? {
            Some(row) => Ok(row),
            None => Err(devices::unknown(tx, device)?.into()),
        });
        let row = found.await?;
        let mut known = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(device, row.key);
        Ok(row.key)
    }

    fn known_key(&self, device: Uuid) -> Option<[u8; 32]> {
        let known = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        known.get(&device).copied()
    }

    /// Keeps the cause of a failure in the log and gives no right.
    fn or_log<T>(result: Result<T>, otherwise: T) -> T {
        result.unwrap_or_else(|error| {
            tracing::error!(%error, "a right could not be looked up");
            otherwise
        })
    }
}

impl BlobAccess for App {
    async fn device_for_token(&self, bearer: &str) -> Option<DeviceIdentity> {
        let secret = &self.shared.identity.secret;
        let device = sync::device_of_token(secret, bearer, self.now_ms())?;
        let found = self
            .read(move |tx, ctx| photos::identity(tx, ctx, device))
            .await;
        Self::or_log(found, None)
    }

    fn may_ask(&self, who: DeviceIdentity) -> std::result::Result<(), u32> {
        self.auth().limits().photos(who.device_id)
    }

    fn may_begin(&self, who: DeviceIdentity, length: u64) -> std::result::Result<(), u32> {
        let limits = self.auth().limits();
        let a_day = self.settings().photo_bytes_a_day();
        limits.photo_bytes(who.device_id, length, a_day, self.now_ms())
    }

    fn begun(&self, who: DeviceIdentity, length: u64) {
        let limits = self.auth().limits();
        limits.photo_begun(who.device_id, length, self.now_ms());
    }

    async fn may_read(&self, who: DeviceIdentity, hash: BlobHash) -> bool {
        let may = self
            .read(move |tx, ctx| photos::may_read(tx, ctx, &who, *hash.as_bytes()))
            .await;
        Self::or_log(may, false)
    }

    async fn may_upload(
        &self,
        who: DeviceIdentity,
        hash: BlobHash,
        length: u64,
    ) -> std::result::Result<(), UploadRefusal> {
        let used = self
            .read(move |tx, ctx| photos::may_upload(tx, ctx, &who, *hash.as_bytes(), length))
            .await;
        Self::or_log(used, Err(UploadRefusal::Forbidden))
    }
}
