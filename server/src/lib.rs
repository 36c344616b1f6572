//! The office: sync, accounts, results, console.
//!
//! [`open`] opens a data folder as an [`App`], whose services are plain async methods used by routes, console and
//! command line alike; [`serve`] puts them on HTTP. `routes` → `services` → `store` and `blobs`.
//! Invariant: SQL only in `store`, status codes only at the edge. Leaves out: what a phone keeps (`mobile-core`).

pub mod app;
pub mod auth;
pub mod backup;
pub mod blobs;
pub mod config;
pub mod console;
pub mod error;
pub mod i18n;
pub mod middleware;
pub mod model;
pub mod net;
pub mod routes;
pub mod services;
pub mod settings;
pub mod store;
pub mod telemetry;
#[cfg(test)]
mod testing;

pub use app::{App, open};
pub use config::{Clock, Config, Entropy, system_clock, system_entropy};
pub use error::{Error, Refusal, Result};
pub use routes::{has_inspector_app, router, serve, serve_metrics, serve_with};
pub use services::office::Actor;
