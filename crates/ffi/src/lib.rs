//! mobile-core for native apps: Kotlin, Swift and Python by UniFFI, C by the header that comes with them.
//!
//! [`Phone`] is the facade behind a lock, with the facade's own method names; [`Server`] is the way to the server;
//! `mirror` the core's types, field for field. Invariant: nothing of the model is done again here, no call panics across
//! the border or aborts, and a sync never keeps another thread from filling. Leaves out: screens, the camera, the
//! platform's protected storage and schedulers (docs/howto/native.md).

mod calls;
mod error;
mod mirror;
mod online;
mod phone;
mod scaffolding;
mod server;
mod types;

pub use calls::{PlannedBundle, salvage};
pub use error::{PhoneError, Problem};
pub use mirror::*;
pub use phone::Phone;
pub use scaffolding::*;
pub use server::{ObserverError, Server, SyncObserver};
pub use types::*;
