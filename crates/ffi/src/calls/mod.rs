//! The facade's methods under their own names, by topic.
//!
//! Invariant: each is one facade method and holds no logic; every one returns a `Result`, because Swift turns a panic behind
//! any other into a crash. A test compares the list with the facade. Leaves out: what waits for the network (`online`).

mod bundles;
mod notes;
mod phone;
mod photos;
mod pin;
mod sheets;

pub use bundles::PlannedBundle;
pub use phone::salvage;
