//! Photos on the phone: import, the folder they live in, and their upload.
//!
//! [`import`] turns camera bytes into what is kept and sent, with the [`strip`] below the picture in a [`font`] of the
//! system; in a browser the browser does that, and [`facts`] reads and checks; [`files`] is the content-addressed folder; [`upload`] is the client half
//! of tus 1.0 as a state machine without I/O. Invariant: a picture is known by the SHA-256 of its bytes and by
//! nothing else, and no copy that leaves the phone carries metadata.
//! Left out: who refers to a photo (the change log), in which order photos are sent and over which network (`sync`).

mod chunks;
mod error;
pub mod facts;
pub mod files;
#[cfg(not(target_family = "wasm"))]
pub mod font;
pub mod format;
#[cfg(all(any(test, feature = "testpic"), not(target_family = "wasm")))]
pub mod generate;
#[cfg(not(target_family = "wasm"))]
pub mod import;
mod jpeg;
mod metadata;
#[cfg(not(target_family = "wasm"))]
mod pixels;
#[cfg(not(target_family = "wasm"))]
pub mod strip;
pub mod style;
pub mod upload;

pub use error::PhotoError;
pub use facts::{Facts, ImportLimits, MadeCopies};
#[cfg(not(target_family = "wasm"))]
pub use font::{PhotoFont, StripFont};
#[cfg(not(target_family = "wasm"))]
pub use import::{Copies, Original, PictureCopy};
#[cfg(not(target_family = "wasm"))]
pub use strip::Strip;
pub use style::StripOutcome;

use sha2::{Digest, Sha256};

/// SHA-256 of a stored file: its only name, on the phone and at the office.
pub type BlobHash = [u8; 32];

/// The SHA-256 of `bytes`.
#[must_use]
pub fn hash_of(bytes: &[u8]) -> BlobHash {
    Sha256::digest(bytes).into()
}

/// Any failure of a picture's reader, as the user meets it.
fn damaged(cause: impl ToString) -> PhotoError {
    PhotoError::Damaged {
        detail: cause.to_string(),
    }
}
