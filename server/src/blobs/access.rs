//! Who may do what with photos, as the routes ask it.
//!
//! Invariant: the routes know no account and no record; they ask this for every request. Leaves out: the answers
//! (`services::photos`), the wire (`routes::blobs`).

use std::future::Future;

use uuid::Uuid;

use super::BlobHash;

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeviceIdentity {
    /// The device, owner of its partial uploads.
    pub device_id: Uuid,
    /// The account the device is enrolled for.
    pub account_id: Uuid,
}

/// Why an upload may not begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UploadRefusal {
    /// Not this device, or not this blob.
    Forbidden,
    /// The record says another size.
    OtherLength,
}

/// The server's part: tokens and rights.
pub trait BlobAccess: Send + Sync + 'static {
    /// The device that holds this bearer token, or `None` if the token is unknown, expired or revoked.
    fn device_for_token(&self, bearer: &str)
    -> impl Future<Output = Option<DeviceIdentity>> + Send;

    /// Whether `who` may ask now, or in how many seconds.
    fn may_ask(&self, _who: DeviceIdentity) -> Result<(), u32> {
        Ok(())
    }

    /// Whether `who` may begin to upload so many bytes more today, or in how many seconds to ask again.
    fn may_begin(&self, _who: DeviceIdentity, _length: u64) -> Result<(), u32> {
        Ok(())
    }

    /// Notes that `who` began to upload so many bytes.
    fn begun(&self, _who: DeviceIdentity, _length: u64) {}

    /// Whether a record that `who` may read refers to this blob.
    fn may_read(&self, who: DeviceIdentity, hash: BlobHash) -> impl Future<Output = bool> + Send;

    /// Whether `who` may begin to upload this blob of `length` bytes. Asked once per creation.
    fn may_upload(
        &self,
        who: DeviceIdentity,
        hash: BlobHash,
        length: u64,
    ) -> impl Future<Output = Result<(), UploadRefusal>> + Send;
}
