//! The network as the core sees it: one request, one answer.
//!
//! Invariant: an implementation passes bodies on untouched and follows no redirect (a captive portal answers with
//! one). Leaves out: retries and what the answers mean (`sync`).

use std::future::Future;
use std::pin::Pin;

use thiserror::Error;

/// A request to the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransportRequest {
    /// HTTP method.
    pub method: &'static str,
    /// Path on the server, from `/`.
    pub path: String,
    /// Headers to set.
    pub headers: Vec<(String, String)>,
    /// Body; empty for none.
    pub body: Vec<u8>,
}

/// The answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TransportResponse {
    /// HTTP status.
    pub status: u16,
    /// Headers, names in any case.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
}

impl TransportResponse {
    /// The first header of this name, in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self
            .headers
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// True if the content type begins with `kind`.
    #[must_use]
    pub fn is_of_type(&self, kind: &str) -> bool {
        self.header("content-type")
            .is_some_and(|t| t.trim().to_ascii_lowercase().starts_with(kind))
    }
}

/// Why no answer came.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Failure {
    /// No connection.
    #[error("no connection: {0}")]
    Unreachable(String),
    /// Connected, but no (whole) answer in time.
    #[error("the connection was lost: {0}")]
    Cut(String),
    /// The answer is larger than any of ours.
    #[error("the answer is too large")]
    TooLarge,
}

/// Requests and body bytes, counted where they leave and arrive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Requests sent.
    pub requests: u64,
    /// Bytes of request bodies.
    pub sent_bytes: u64,
    /// Bytes of answer bodies.
    pub received_bytes: u64,
}

/// What [`Transport::send`] returns.
#[cfg(not(target_family = "wasm"))]
pub type TransportFuture<'a> =
    Pin<Box<dyn Future<Output = Result<TransportResponse, Failure>> + Send + 'a>>;
/// What [`Transport::send`] returns.
#[cfg(target_family = "wasm")]
pub type TransportFuture<'a> =
    Pin<Box<dyn Future<Output = Result<TransportResponse, Failure>> + 'a>>;

/// What [`Transport::wait`] returns.
#[cfg(not(target_family = "wasm"))]
pub type WaitFuture<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;
/// What [`Transport::wait`] returns.
#[cfg(target_family = "wasm")]
pub type WaitFuture<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// The way to one server.
pub trait Transport: Send + Sync {
    /// Sends a request and waits for the whole answer.
    fn send(&self, request: TransportRequest) -> TransportFuture<'_>;

    /// Waits before a retry, by the timer of the runtime at hand. The default does not wait: for tests.
    fn wait(&self, _ms: u64) -> WaitFuture<'_> {
        Box::pin(std::future::ready(()))
    }

    /// What went over it so far; zeros if it does not count.
    fn counters(&self) -> Counters {
        Counters::default()
    }
}
