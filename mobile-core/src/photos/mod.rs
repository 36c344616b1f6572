//! Photos on the phone: import, the folder they live in, and their upload.
//!
//! [`import`] turns camera bytes into what is kept and sent (pure, runs in a browser too), with the [`strip`] below
//! the picture in a [`font`] of the system; [`files`] is the content-addressed folder; [`upload`] is the client half
//! of tus 1.0 as a state machine without I/O. Invariant: a picture is known by the SHA-256 of its bytes and by
//! nothing else, and no copy that leaves the phone carries metadata.
//! Left out: who refers to a photo (the change log), in which order photos are sent and over which network (`sync`).

mod chunks;
mod error;
pub mod files;
pub mod font;
pub mod format;
#[cfg(any(test, feature = "testpic"))]
pub mod generate;
pub mod import;
mod jpeg;
mod metadata;
mod pixels;
pub mod strip;
pub mod upload;

pub use error::PhotoError;
pub use font::{PhotoFont, StripFont};
pub use import::{Copies, ImportLimits, Original, PictureCopy};
pub use strip::{Strip, StripOutcome};

use sha2::{Digest, Sha256};

/// SHA-256 of a stored file: its only name, on the phone and at the office.
pub type BlobHash = [u8; 32];

/// The SHA-256 of `bytes`.
#[must_use]
pub fn hash_of(bytes: &[u8]) -> BlobHash {
    Sha256::digest(bytes).into()
}
