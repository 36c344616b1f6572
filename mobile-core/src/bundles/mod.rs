//! Bundles: what is unsent leaves the phone as a file, and files of other phones travel with this one.
//!
//! Invariant: exporting acknowledges nothing; only the server's `have` does. A carried file is opaque here. Neither needs
//! the PIN: it cannot be read by whoever takes it. Leaves out: the form (`protocol::bundle`), handing it over
//! (`sync::carried`).

mod carry;
mod export;

use protocol::bundle::{BundleError, PhotoFile};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::{Error, Refusal};

pub(crate) use export::note;

/// What goes into a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct BundleOptions {
    /// With photos; without them the file is small, and says how many are missing.
    pub photos: bool,
    /// Everything of this phone, also what the server acknowledged: for a server that lost it.
    pub all: bool,
    /// Bytes of a part, about: one file may be larger by a photo. 0: one file.
    pub part_bytes: u64,
}

impl Default for BundleOptions {
    fn default() -> Self {
        Self {
            photos: true,
            all: false,
            part_bytes: 0,
        }
    }
}

/// What a bundle will hold: made by [`crate::Replica::plan_bundle`], written part by part.
#[derive(Clone, Debug)]
pub struct BundlePlan {
    /// When, ms UTC.
    pub made_ms: i64,
    /// Changes in it.
    pub changes: u64,
    /// Photo files in it (two a photo).
    pub photo_files: u64,
    /// Photo files that wait here and are not in it: left out, or damaged.
    pub photos_left_out: u64,
    parts: Vec<Part>,
    /// Last seq of each log in it.
    ends: Vec<(merge::LogId, u64)>,
}

impl BundlePlan {
    /// How many files it makes.
    #[must_use]
    pub fn parts(&self) -> usize {
        self.parts.len()
    }
}

#[derive(Clone, Debug, Default)]
struct Part {
    /// Rows of segments with their bytes.
    segments: Vec<(i64, u32)>,
    photos: Vec<PhotoFile>,
    bytes: u64,
    segments_bytes: u64,
}

/// The last bundle, as long as the server has not confirmed all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct BundleNote {
    /// When it was made, ms UTC.
    pub made_ms: i64,
    /// Changes in it that the server has not confirmed.
    pub changes: u64,
    /// Photo files in it that the server has not confirmed.
    pub photo_files: u64,
}

/// A bundle of another phone that this one carries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct CarriedBundle {
    /// SHA-256 of the file, hex.
    pub sha256: String,
    /// The phone it is of.
    pub device: Uuid,
    /// When it was made, ms UTC by that phone's clock.
    pub made_ms: i64,
    /// Its size.
    pub size_bytes: u64,
    /// When it was taken along, ms UTC.
    pub taken_ms: i64,
    /// What became of it.
    pub state: Carried,
}

/// What became of a carried bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Carried {
    /// Goes with the next sync.
    Waiting {
        /// Why the last try did not do it, if there was one.
        code: Option<String>,
    },
    /// The server has it; the file is gone from here.
    Delivered,
    /// The server refused it; the file is still here.
    Refused {
        /// The server's code.
        code: String,
    },
}

impl From<BundleError> for Error {
    fn from(error: BundleError) -> Self {
        match error {
            BundleError::NotOne | BundleError::Newer => Refusal::NotABundle.into(),
            BundleError::OtherServer => Refusal::BundleForeign.into(),
            BundleError::TooLarge(what) => Refusal::BundleTooLarge.because(what),
            BundleError::Io(source) => Error::File {
                what: "bundle",
                source,
            },
            other => Refusal::BundleDamaged.because(other.to_string()),
        }
    }
}
