//! The supervision office's pages: rendered here, working without JavaScript, filters in the URL.
//!
//! Invariant: every page checks `auth::allows` first; every form checks its origin and its session's token; every
//! action, refused ones too, leaves an audit entry. Leaves out: what the pages show (`ConsoleData`).

pub mod data;
pub mod model;
