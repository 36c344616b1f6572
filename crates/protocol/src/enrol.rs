//! Enrolment of a device by a one-time code: `POST /api/v1/enrol`, JSON.
//!
//! Invariant: the private key never leaves the device; the certificate is signed by the server, so that a restored
//! server knows a device enrolled after its backup.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signature, Signer, SigningKey, Verifier, VerifyingKey};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What the phone sends.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EnrolRequest {
    /// The one-time code of the printed page, as typed or scanned.
    pub code: String,
    /// Ed25519 public key, 64 hex digits.
    pub public_key: String,
    /// What the owner calls the phone.
    pub device_name: String,
}

/// What the server answers.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EnrolResponse {
    /// The server's id (it signs as this device).
    pub server: Uuid,
    /// The server's Ed25519 public key, hex.
    pub server_key: String,
    /// Its generation.
    pub generation: u64,
    /// The campaign.
    pub campaign: Uuid,
    /// The new device's id.
    pub device: Uuid,
    /// The account it works for.
    pub account: Uuid,
    /// The account's name as printed on papers.
    pub account_name: String,
    /// The group's record id, if the account has one.
    pub group: Option<Uuid>,
    /// When, ms UTC.
    pub enrolled_at_ms: i64,
    /// Hex of the server's signature of [`certificate_bytes`].
    pub certificate: String,
    /// The server's clock, ms UTC.
    pub clock_ms: i64,
}

/// What a certificate signs: `"guanmo device v1"` ‖ server ‖ campaign ‖ device ‖ account ‖ public key ‖ time (8 bytes BE).
pub fn certificate_bytes(
    server: Uuid,
    campaign: Uuid,
    device: Uuid,
    account: Uuid,
    public_key: &[u8; 32],
    enrolled_at_ms: i64,
) -> Vec<u8> {
    let mut b = b"guanmo device v1".to_vec();
    for id in [server, campaign, device, account] {
        b.extend_from_slice(id.as_bytes());
    }
    b.extend_from_slice(public_key);
    b.extend_from_slice(&enrolled_at_ms.to_be_bytes());
    b
}

/// Signs a certificate; hex.
pub fn certify(key: &SigningKey, certificate: &[u8]) -> String {
    hex::encode(key.sign(certificate).to_bytes())
}

/// True if a certificate (hex) fits.
pub fn certified(key: &VerifyingKey, certificate: &[u8], signature: &str) -> bool {
    hex::decode(signature)
        .ok()
        .and_then(|s| Signature::from_slice(&s).ok())
        .is_some_and(|s| key.verify(certificate, &s).is_ok())
}

/// A public key from 64 hex digits.
pub fn public_key(hex_digits: &str) -> Option<VerifyingKey> {
    let bytes: [u8; 32] = hex::decode(hex_digits).ok()?.try_into().ok()?;
    VerifyingKey::from_bytes(&bytes).ok()
}

/// A key's fingerprint as people compare it: the first 8 bytes of its SHA-256, in groups of four hex digits.
pub fn fingerprint(public_key: &[u8; 32]) -> String {
    let h = hex::encode_upper(&crate::chain::sha256(public_key)[..8]);
    format!("{}-{}-{}-{}", &h[..4], &h[4..8], &h[8..12], &h[12..])
}

/// Header by which a phone that a restored server does not know shows its certificate with a sync request.
pub const CERTIFICATE_HEADER: &str = "guanmo-certificate";

/// What a phone keeps of its enrolment and shows again; travels as base64url of its JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    /// The campaign.
    pub campaign: Uuid,
    /// The device.
    pub device: Uuid,
    /// The account it works for.
    pub account: Uuid,
    /// Ed25519 public key, hex.
    pub public_key: String,
    /// What its owner calls it (not signed).
    pub device_name: String,
    /// When, ms UTC.
    pub enrolled_at_ms: i64,
    /// Hex of the server's signature of [`certificate_bytes`].
    pub signature: String,
}

impl Certificate {
    /// The header's value.
    pub fn to_header(&self) -> String {
        // Strings and numbers always serialise.
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }

    /// Reads the header's value.
    pub fn parse(header: &str) -> Option<Self> {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).ok()?).ok()
    }

    /// The device's key, if `server` signed all of this with `server_key`.
    pub fn verified(&self, server: Uuid, server_key: &VerifyingKey) -> Option<[u8; 32]> {
        let key = public_key(&self.public_key)?.to_bytes();
        let (device, account, at_ms) = (self.device, self.account, self.enrolled_at_ms);
        let signed = certificate_bytes(server, self.campaign, device, account, &key, at_ms);
        certified(server_key, &signed, &self.signature).then_some(key)
    }
}
