//! What a route asks of who calls it, written down where the route is added.
//!
//! Invariant: a route cannot be added without one of these (`routes::Routes`, `console::Pages`), and the rows are kept,
//! so that a test walks every route with every role.

use std::fmt;

use super::Action;

/// Who may call a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody: signing in, setting up, what is public.
    Open,
    /// A phone, by its signature or token; the handler checks it.
    Phone,
    /// Anybody who is signed in.
    SignedIn,
    /// Who has this right.
    May(Action),
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open => f.write_str("open"),
            Self::Phone => f.write_str("phone"),
            Self::SignedIn => f.write_str("signed_in"),
            Self::May(action) => f.write_str(action.word()),
        }
    }
}

/// A route with what it asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// `GET`, `POST`, …
    pub method: &'static str,
    /// Its pattern.
    pub path: String,
    /// Who may call it.
    pub access: Access,
}
