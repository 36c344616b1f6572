//! The opaque cursor of a phone, and the token for photos.
//!
//! A cursor is CBOR `[generation, [[scope index, gseq]…], tag]` and 12 bytes of HMAC-SHA-256 under the server's secret.
//! The tag is the first 8 bytes of SHA-256 over the chains of the segments at those positions: a server restored from
//! a backup sees by it that the phone had pulled what it no longer has.
//! Invariant: what does not verify is as good as none. Leaves out: what the positions mean (`reply`).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use minicbor::{Decode, Encode};
use protocol::chain::{Hash, sha256};
use sha2::Sha256;
use uuid::Uuid;

const MAC_BYTES: usize = 12;
/// How long a token for photos is valid.
pub const TOKEN_MS: i64 = 24 * 3600 * 1000;

/// Where a phone stands in the feeds of its scopes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Cursor {
    /// Generation it was given in.
    #[n(0)]
    pub generation: u64,
    /// Scope index and feed position.
    #[n(1)]
    pub at: Vec<(u32, i64)>,
    /// Tag of the chains there.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub tag: [u8; 8],
}

/// The tag of the chains at a cursor's positions, in its order.
pub fn tag(chains: &[Option<Hash>]) -> [u8; 8] {
    let mut bytes = Vec::with_capacity(chains.len() * 33);
    for chain in chains {
        bytes.push(u8::from(chain.is_some()));
        bytes.extend_from_slice(&chain.unwrap_or_default());
    }
    let mut tag = [0; 8];
    tag.copy_from_slice(&sha256(&bytes)[..8]);
    tag
}

fn mac(secret: &[u8; 32], purpose: &[u8], bytes: &[u8]) -> Hmac<Sha256> {
    // invariant: HMAC takes a key of any length.
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).unwrap_or_else(|_| {
        // invariant: as above; a zero key would only make every cursor start anew.
        Hmac::<Sha256>::new(&Default::default())
    });
    mac.update(purpose);
    mac.update(bytes);
    mac
}

impl Cursor {
    /// As it is sent.
    pub fn seal(&self, secret: &[u8; 32]) -> Vec<u8> {
        // Writing to a Vec cannot fail.
        let mut bytes = minicbor::to_vec(self).unwrap_or_default();
        let code = mac(secret, b"cursor", &bytes).finalize().into_bytes();
        bytes.extend_from_slice(&code[..MAC_BYTES]);
        bytes
    }

    /// As it was sent back, if it is one of ours.
    pub fn open(secret: &[u8; 32], bytes: &[u8]) -> Option<Self> {
        let (body, code) = bytes.split_at_checked(bytes.len().checked_sub(MAC_BYTES)?)?;
        mac(secret, b"cursor", body)
            .verify_truncated_left(code)
            .ok()?;
        minicbor::decode(body).ok()
    }

    /// Position in a scope's feed.
    pub fn position(&self, scope: u32) -> i64 {
        let found = self.at.iter().find(|(s, _)| *s == scope);
        found.map_or(0, |(_, gseq)| *gseq)
    }
}

/// A bearer token for photos: device, expiry, and the server's MAC.
pub fn token(secret: &[u8; 32], device: Uuid, now_ms: i64) -> String {
    let mut bytes = device.as_bytes().to_vec();
    bytes.extend_from_slice(&now_ms.saturating_add(TOKEN_MS).to_be_bytes());
    let code = mac(secret, b"token", &bytes).finalize().into_bytes();
    bytes.extend_from_slice(&code[..16]);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The device of a token that is ours and has not expired.
pub fn device_of_token(secret: &[u8; 32], token: &str, now_ms: i64) -> Option<Uuid> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let (body, code) = bytes.split_at_checked(24)?;
    if code.len() != 16 {
        return None;
    }
    mac(secret, b"token", body)
        .verify_truncated_left(code)
        .ok()?;
    let (device, expiry) = body.split_at(16);
    let expiry = i64::from_be_bytes(expiry.try_into().ok()?);
    (expiry > now_ms).then(|| Uuid::from_slice(device).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_with_one_bit_changed_is_no_cursor() {
        let secret = [7; 32];
        let cursor = Cursor {
            generation: 5,
            at: vec![(1, 9), (4, 0)],
            tag: [1; 8],
        };
        let sealed = cursor.seal(&secret);
        assert_eq!(Cursor::open(&secret, &sealed), Some(cursor));
        for i in 0..sealed.len() * 8 {
            let mut bad = sealed.clone();
            bad[i / 8] ^= 1 << (i % 8);
            assert_eq!(Cursor::open(&secret, &bad), None, "bit {i}");
        }
        assert_eq!(Cursor::open(&[8; 32], &sealed), None);
        assert_eq!(Cursor::open(&secret, &[]), None);
    }

    #[test]
    fn a_token_is_good_for_its_device_until_it_expires() {
        let (secret, device) = ([7; 32], Uuid::from_u128(3));
        let t = token(&secret, device, 1_000);
        assert_eq!(device_of_token(&secret, &t, 1_000), Some(device));
        assert_eq!(device_of_token(&secret, &t, 1_000 + TOKEN_MS), None);
        assert_eq!(device_of_token(&[8; 32], &t, 1_000), None);
        assert_eq!(device_of_token(&secret, "not a token", 1_000), None);
    }
}
