//! Who may sign in to the console, and what they may do there.
//!
//! Invariant: deny by default: what `allows` does not name is refused. Passwords, codes and secrets are stored only as
//! hashes, and each one-time secret is shown once. Leaves out: what phones may read and write (their scopes) and HTTP.

pub mod access;
pub mod codes;
mod error;
mod familiar;
mod limits;
pub mod logins;
pub mod password;
#[cfg(test)]
mod queue_tests;
mod refusals;
pub mod roles;
pub mod second_factor;
mod service;
mod sessions;
pub mod types;
mod viewer;

pub use access::Access;
pub use error::AuthError;
pub use limits::Limits;
pub use roles::{Action, Role, allows};
pub use service::{Auth, Pending, SignIn};
pub use sessions::{Sessions, session_hash};
pub use viewer::{On, Reach, Viewer, may};
