//! The supervision office's pages: rendered here, working without JavaScript, filters in the URL.
//!
//! Invariant: every page checks `auth::allows` first; every form checks its origin and its session's token; every
//! action, refused ones too, leaves an audit entry. Leaves out: what the pages show (`ConsoleData`).

mod assets;
mod audit;
mod board;
mod conflicts;
pub mod data;
mod held;
mod lock;
mod logins;
pub mod model;
mod page;
mod people;
mod ranking;
mod record;
mod records;
pub mod refusal;
mod router;
pub mod session;
mod settle;
mod sign_in;
mod state;

pub use router::console_router;
pub use state::{ConsoleConfig, ConsoleState};

#[cfg(test)]
mod tests;
