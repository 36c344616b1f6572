//! What every page request passes through.
//!
//! Invariant: a page is never cached, framed or given foreign content; a form from elsewhere changes nothing.
//! Leaves out: sessions (`tower_sessions`) and rights (`auth::allows`).

pub mod density;
pub mod headers;
pub mod language;
pub mod origin;
pub mod problem;
