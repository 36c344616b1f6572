//! The supervision office's pages: rendered here, working without JavaScript, filters in the URL.
//!
//! Invariant: every page is behind the gate of `pages` (who, which right, the form's token) and the origin check; every
//! action, refused ones too, leaves an audit entry. Leaves out: what the pages show and do (`App`).

mod account;
mod assets;
mod audit;
mod board;
mod bundles;
mod choose;
mod conflicts;
mod exports;
mod held;
mod households;
mod issue_tools;
mod issues;
mod lock;
mod logins;
mod menu;
mod once;
mod page;
pub mod pages;
mod people;
mod photo;
mod photos;
mod prepare;
mod qr;
mod ranking;
mod record;
mod records;
pub mod refusal;
mod review;
mod router;
mod saved;
mod second_factor;
pub mod session;
mod settings;
mod settle;
mod sign_in;
mod standing;
mod state;
mod system;
pub mod upload;

pub use router::{console_router, console_rows};
pub use state::{ConsoleConfig, ConsoleState};

#[cfg(test)]
mod tests;
