//! One method of [`crate::Replica`] per user action, by noun; and what they share.
//!
//! Invariant: every action is one transaction, and is refused before it if it may not be. Leaves out: SQL (`store`).

mod campaign;
mod check;
mod closing;
mod enrol;
#[cfg(not(target_family = "wasm"))]
mod import;
mod notes;
mod once;
mod originals;
mod photos;
pub(crate) mod pin;
mod prepared;
mod settle;
mod sheet_view;
mod sheets;
mod sites;
mod status;
mod strip;
mod writer;

pub(crate) use campaign::CampaignData;
pub(crate) use sheets::SheetContext;
pub(crate) use writer::{Writer, fresh_epoch};
