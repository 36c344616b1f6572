//! The office: sync, accounts, console.

pub mod auth;
pub mod console;
