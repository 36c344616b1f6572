//! The phone: local store, photos, sync engine, one method per user action.
//!
//! [`Replica`] is the facade: local work needs neither network nor async; [`Replica::sync`] drives the sans-IO
//! [`sync::Engine`] over a [`Transport`]. Clock, entropy, network and photo folder come in through [`ports`], so the
//! same code runs on a phone, in a test, in a simulator and in a browser worker.
//! Invariant: what an action returned from is on disk (one transaction, one disk sync) and stays until the server holds
//! it. Leaves out: screens, the camera, the platform's protected storage.

mod actions;
mod bundles;
mod error;
#[cfg(not(target_family = "wasm"))]
mod home;
#[cfg(all(
    any(feature = "http", feature = "http-ring"),
    not(target_family = "wasm")
))]
mod http;
#[cfg(not(target_family = "wasm"))]
mod keep;
pub mod photos;
pub mod ports;
mod replica;
#[cfg(not(target_family = "wasm"))]
mod salvage;
mod store;
pub mod sync;
mod transport;
mod values;
pub mod views;

pub use actions::pin::{PIN_DIGITS, PinState};
pub use bundles::{BundleNote, BundleOptions, BundlePlan, Carried, CarriedBundle};
pub use domain::builtin::IssueCategory;
pub use domain::sheet::{Answer, Form, Mark, Visit};
pub use error::{Error, Refusal, Result};
#[cfg(all(
    any(feature = "http", feature = "http-ring"),
    not(target_family = "wasm")
))]
pub use http::{HttpTransport, Patience};
pub use merge::{Dot, LogId, Value};
pub use ports::{Clock, Entropy, FixedClock, Ports, SeededEntropy, SteppedClock};
#[cfg(not(target_family = "wasm"))]
pub use ports::{OsEntropy, SystemClock};
pub use replica::{Identity, Parts, Replica};
#[cfg(all(feature = "testpic", not(target_family = "wasm")))]
pub use salvage::salvage_without_own;
#[cfg(not(target_family = "wasm"))]
pub use salvage::{SalvageReport, SalvageStep, salvage};
pub use store::FileDatabase;
pub use sync::{Agreement, PauseHandle, Progress, SyncOptions, SyncReport};
pub use transport::{
    Counters, Failure, Transport, TransportFuture, TransportRequest, TransportResponse, WaitFuture,
};
pub use views::*;
