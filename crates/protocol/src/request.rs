//! The signature of a sync request.
//!
//! Header `guanmo-signature: DEVICE;COUNTER;BASE64URL` where the Ed25519 signature is over
//! `"guanmo request v1" ‖ server id ‖ generation ‖ counter ‖ SHA-256(body)` (integers 8 bytes big endian; generation is
//! the one in the request). The counter only grows, per device; there is no bearer token and no clock in it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signature, Signer, SigningKey, Verifier, VerifyingKey};
use uuid::Uuid;

use crate::chain::sha256;

/// Name of the header.
pub const HEADER: &str = "guanmo-signature";
/// Content type of sync bodies.
pub const CONTENT_TYPE: &str = "application/vnd.guanmo.sync";

/// The parts of the header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestSignature {
    /// Who sends.
    pub device: Uuid,
    /// Grows with every request of the device.
    pub counter: u64,
    /// Ed25519.
    pub signature: [u8; 64],
}

fn message(server: Uuid, generation: u64, counter: u64, body: &[u8]) -> Vec<u8> {
    let mut m = b"guanmo request v1".to_vec();
    m.extend_from_slice(server.as_bytes());
    m.extend_from_slice(&generation.to_be_bytes());
    m.extend_from_slice(&counter.to_be_bytes());
    m.extend_from_slice(&sha256(body));
    m
}

impl RequestSignature {
    /// Signs a body.
    pub fn sign(
        key: &SigningKey,
        device: Uuid,
        server: Uuid,
        generation: u64,
        counter: u64,
        body: &[u8],
    ) -> Self {
        let signature = key
            .sign(&message(server, generation, counter, body))
            .to_bytes();
        Self {
            device,
            counter,
            signature,
        }
    }

    /// True if it fits.
    pub fn verify(&self, key: &VerifyingKey, server: Uuid, generation: u64, body: &[u8]) -> bool {
        let m = message(server, generation, self.counter, body);
        key.verify(&m, &Signature::from_bytes(&self.signature))
            .is_ok()
    }

    /// The header's value.
    pub fn to_header(&self) -> String {
        format!(
            "{};{};{}",
            self.device.simple(),
            self.counter,
            URL_SAFE_NO_PAD.encode(self.signature)
        )
    }

    /// Reads the header's value.
    pub fn parse(s: &str) -> Option<Self> {
        let mut parts = s.splitn(3, ';');
        let device = Uuid::try_parse(parts.next()?).ok()?;
        let counter = parts.next()?.parse().ok()?;
        let signature = URL_SAFE_NO_PAD
            .decode(parts.next()?)
            .ok()?
            .try_into()
            .ok()?;
        Some(Self {
            device,
            counter,
            signature,
        })
    }
}
