//! mobile-core in the browser: one command per facade method, SQLite in OPFS, in one dedicated worker.
//!
//! [`commands`] is the table of what a page can ask for, `browser` what the browser brings: storage, `fetch`, clock,
//! entropy. Invariant: nothing of the model is done again here or in TypeScript; every type that crosses is generated
//! from Rust into `server/web/inspector/src/core/types.ts`. Leaves out: which tab has the database, resending
//! (`server/web/inspector/src/core`). Outside a browser only the table exists, so that tests can look at it.

#[cfg(all(target_family = "wasm", target_os = "unknown"))]
mod browser;
pub mod commands;
pub mod face;
pub mod table;
#[cfg(feature = "ts")]
pub mod types;
