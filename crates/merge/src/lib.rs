//! Change logs, dots and multi-value registers.
//!
//! Invariant: what a register shows is a pure function of the set of changes and verdicts held, whatever the order
//! of their arrival. Time only orders the display; dots alone decide causality.
//! Leaves out: storage, encoding, signatures, and every noun of the domain. The model is `docs/sync-model.md`.

mod clock;
mod id;
mod register;
mod value;

pub use clock::{HybridClock, MAX_ADOPTED_LEAD_MS, SKEW_FLAG_MS};
pub use id::{Dot, LogId};
pub use register::{Change, Live, displayed, is_conflict, resolve, superseded};
pub use value::Value;
