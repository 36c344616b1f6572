//! A bundle: unsent segments and photos of one phone in one file, for anybody to carry to the server.
//!
//! ```text
//! "guanmo bundle 1\n" ‖ length of the header (2 bytes BE) ‖ header (CBOR, clear: [`Envelope`])
//! ‖ encapsulated key of HPKE (32 bytes) ‖ body in pieces of 65,536 bytes (the last may be shorter), each sealed to the server by HPKE: + 16 bytes
//! ‖ SHA-256 of everything before
//!
//! body: length of the list (4 bytes BE) ‖ list (CBOR: [`List`]) ‖ segments ‖ photos ‖ signature (64 bytes)
//! ```
//! HPKE is RFC 9180, base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305; its info is everything before
//! the key, its AAD empty. The device signs `"guanmo bundle v1" ‖ H(info) ‖ H(body before the signature)`.
//! Invariant: only the server reads the body; whoever carries it can neither drop nor add a part unnoticed. The SHA-256
//! keeps no secret and stops no attacker: by it anybody notices a bad stick. Leaves out: what may be taken in.

mod open;
mod seal;
#[cfg(test)]
mod tests;

use ed25519_dalek::{SigningKey, VerifyingKey};
use minicbor::{Decode, Encode};
use thiserror::Error;

use crate::chain::{Hash, SignedSegment};
use crate::limits;
use crate::segment::SegmentError;

pub use open::{Damage, Opening, check_copy, peek};
pub use seal::Sealing;

/// Media type of a bundle.
pub const CONTENT_TYPE: &str = "application/vnd.guanmo.bundle";
/// How a bundle begins.
pub const MAGIC: &[u8; 16] = b"guanmo bundle 1\n";
/// Ending of its name.
pub const ENDING: &str = "guanmo";

/// Bytes of a piece before it is sealed.
const PIECE: usize = 64 << 10;
/// What sealing adds to a piece.
const TAG: usize = 16;
/// Bytes of the encapsulated key.
const KEY: usize = 32;
/// Bytes of the sum that ends the file.
const SUM: u64 = 32;
/// Bytes of the signature at the end of the body.
const SIGNATURE: u64 = 64;

type Kem = hpke::kem::X25519HkdfSha256;
type Kdf = hpke::kdf::HkdfSha256;
type Aead = hpke::aead::ChaCha20Poly1305;

/// What anybody may read of a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Envelope {
    /// The server it is for.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub server: [u8; 16],
    /// The phone it is of.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub device: [u8; 16],
    /// When it was made, ms UTC by the phone's clock.
    #[n(2)]
    pub made_ms: i64,
    /// The X25519 key it is sealed to ([`seal_key`] of the server's key).
    #[cbor(n(3), with = "minicbor::bytes")]
    pub to: [u8; 32],
    /// Bytes of the body, its signature included.
    #[n(4)]
    pub body_bytes: u64,
    /// Which of several this is, from 1.
    #[n(5)]
    pub part: u32,
    /// How many there are; the records are in the first, photos in the others too.
    #[n(6)]
    pub parts: u32,
}

impl Envelope {
    /// Bytes of the whole file, its header being as long as `header`.
    #[must_use]
    pub fn file_bytes(&self, header: usize) -> u64 {
        let tags = self.body_bytes.div_ceil(PIECE as u64) * TAG as u64;
        (MAGIC.len() + 2 + header + KEY) as u64 + self.body_bytes + tags + SUM
    }
}

/// What a bundle holds, in the order of the body.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct List {
    /// The certificate of the phone's enrolment as in the header `guanmo-certificate`: a restored server knows it by it.
    #[n(0)]
    pub certificate: String,
    /// Bytes of each segment (CBOR of [`SignedSegment`]).
    #[n(1)]
    pub segments: Vec<u32>,
    /// Photo files.
    #[n(2)]
    pub photos: Vec<PhotoFile>,
    /// Photo files that wait on the phone and are in no part.
    #[n(3)]
    pub photos_left_out: u64,
}

/// A photo file in a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct PhotoFile {
    /// SHA-256 of its bytes.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub hash: Hash,
    /// How many they are.
    #[n(1)]
    pub size_bytes: u64,
}

impl List {
    /// Its bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        // Encoding to a Vec cannot fail.
        minicbor::to_vec(self).unwrap_or_default()
    }

    /// Reads a list and checks what it promises against the limits.
    ///
    /// # Errors
    /// `Damaged`, `TooLarge`.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        let list: Self = minicbor::decode(bytes).map_err(|_| Damage::Changed)?;
        list.check()?;
        Ok(list)
    }

    /// Bytes of the body with this list.
    #[must_use]
    pub fn body_bytes(&self) -> u64 {
        let segments: u64 = self.segments.iter().map(|n| u64::from(*n)).sum();
        let photos = self.photos.iter().map(|p| p.size_bytes);
        let photos = photos.fold(0, u64::saturating_add);
        (4 + self.to_bytes().len() as u64 + segments + SIGNATURE).saturating_add(photos)
    }

    /// Checks what it promises against the limits.
    ///
    /// # Errors
    /// `TooLarge`.
    pub fn check(&self) -> Result<()> {
        let too_large = |what| Err(BundleError::TooLarge(what));
        if self.segments.len() > limits::BUNDLE_SEGMENTS {
            return too_large("segments");
        }
        let most = limits::SEGMENT_BYTES + SEGMENT_FRAME;
        if self.segments.iter().any(|n| *n as usize > most) {
            return too_large("a segment");
        }
        let segments: u64 = self.segments.iter().map(|n| u64::from(*n)).sum();
        if segments > limits::BUNDLE_SEGMENTS_BYTES {
            return too_large("bytes of segments");
        }
        if self.photos.len() > limits::BUNDLE_PHOTOS {
            return too_large("photos");
        }
        let whole = |p: &PhotoFile| p.size_bytes <= limits::PHOTO_BYTES;
        if !self.photos.iter().all(whole) {
            return too_large("a photo");
        }
        Ok(())
    }
}

/// What CBOR adds to a segment at most.
const SEGMENT_FRAME: usize = 128;

/// A segment as it stands in a bundle.
#[must_use]
pub fn segment_bytes(segment: &SignedSegment) -> Vec<u8> {
    // Encoding to a Vec cannot fail.
    minicbor::to_vec(segment).unwrap_or_default()
}

/// The key a bundle for a server is sealed to: its Ed25519 key as an X25519 key (RFC 7748), so that every phone that
/// ever enrolled knows it, and a server restored from a backup still opens what was sealed before.
#[must_use]
pub fn seal_key(server: &VerifyingKey) -> [u8; 32] {
    server.to_montgomery().to_bytes()
}

/// The secret half of [`seal_key`].
fn open_key(server: &SigningKey) -> zeroize::Zeroizing<[u8; 32]> {
    zeroize::Zeroizing::new(server.to_scalar_bytes())
}

/// What the device signs.
fn signed_bytes(header: &Hash, body: &Hash) -> Vec<u8> {
    [&b"guanmo bundle v1"[..], header, body].concat()
}

/// Why a bundle is not taken.
#[derive(Debug, Error)]
pub enum BundleError {
    /// It does not begin as one.
    #[error("not a bundle")]
    NotOne,
    /// A later program made it.
    #[error("a bundle of a newer version")]
    Newer,
    /// It is for another server, or another key of this one.
    #[error("sealed to another server")]
    OtherServer,
    /// Cut off, longer than it says, or changed.
    #[error("damaged: {0}")]
    Damaged(Damage),
    /// Over a limit.
    #[error("too large: {0}")]
    TooLarge(&'static str),
    /// The device's signature of the whole does not fit.
    #[error("the signature of the whole does not fit")]
    Signature,
    /// A segment of another device.
    #[error("a segment of another device")]
    OtherDevice,
    /// A segment that is none.
    #[error("segment: {0}")]
    Segment(#[from] SegmentError),
    /// The disk's, or the caller's.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// Result of a bundle's operation.
pub type Result<T, E = BundleError> = std::result::Result<T, E>;
