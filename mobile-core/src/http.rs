//! [`Transport`] over HTTP(S) with reqwest.
//!
//! Invariant: no redirect is followed, no answer beyond the protocol's limit is read. Leaves out: retries.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use protocol::limits;

use crate::transport::{
    Counters, Failure, Transport, TransportFuture, TransportRequest, TransportResponse, WaitFuture,
};

/// A weak uplink needs patience, a dead one must be noticed.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
const READ_TIMEOUT: Duration = Duration::from_secs(60);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(300);

/// The way to one server over HTTP. Needs a tokio runtime.
pub struct HttpTransport {
    client: reqwest::Client,
    base: String,
    requests: AtomicU64,
    sent_bytes: AtomicU64,
    received_bytes: AtomicU64,
}

impl HttpTransport {
    /// A transport to `base`, e.g. `https://guanmo.example.gov.cn`.
    ///
    /// # Errors
    /// `Unreachable` if `base` is no address or TLS cannot be set up.
    pub fn new(base: &str) -> Result<Self, Failure> {
        let url = reqwest::Url::parse(base).map_err(unreachable)?;
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            .timeout(REQUEST_TIMEOUT);
        let host = url.host_str().unwrap_or_default();
        if ["127.0.0.1", "localhost", "[::1]"].contains(&host) {
            // A proxy set for the world must not catch the server on this machine.
            builder = builder.no_proxy();
        }
        Ok(Self {
            client: builder.build().map_err(unreachable)?,
            base: base.trim_end_matches('/').to_owned(),
            requests: AtomicU64::new(0),
            sent_bytes: AtomicU64::new(0),
            received_bytes: AtomicU64::new(0),
        })
    }

    async fn exchange(&self, request: TransportRequest) -> Result<TransportResponse, Failure> {
        let method = reqwest::Method::from_bytes(request.method.as_bytes()).map_err(unreachable)?;
        let url = format!("{}{}", self.base, request.path);
        let mut builder = self.client.request(method, url);
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.sent_bytes
            .fetch_add(request.body.len() as u64, Ordering::Relaxed);
        let sent = builder.body(request.body).send().await;
        let mut answer = sent.map_err(|e| {
            if e.is_connect() {
                unreachable(e)
            } else {
                Failure::Cut(e.to_string())
            }
        })?;
        let status = answer.status().as_u16();
        let headers = answer
            .headers()
            .iter()
            .filter_map(|(n, v)| Some((n.to_string(), v.to_str().ok()?.to_owned())))
            .collect();
        let mut body = Vec::new();
        while let Some(piece) = answer
            .chunk()
            .await
            .map_err(|e| Failure::Cut(e.to_string()))?
        {
            if body.len() + piece.len() > limits::RESPONSE_BYTES {
                return Err(Failure::TooLarge);
            }
            body.extend_from_slice(&piece);
        }
        self.received_bytes
            .fetch_add(body.len() as u64, Ordering::Relaxed);
        Ok(TransportResponse {
            status,
            headers,
            body,
        })
    }
}

fn unreachable(error: impl std::fmt::Display) -> Failure {
    Failure::Unreachable(error.to_string())
}

impl Transport for HttpTransport {
    fn send(&self, request: TransportRequest) -> TransportFuture<'_> {
        Box::pin(self.exchange(request))
    }

    fn wait(&self, ms: u64) -> WaitFuture<'_> {
        Box::pin(tokio::time::sleep(Duration::from_millis(ms)))
    }

    fn counters(&self) -> Counters {
        Counters {
            requests: self.requests.load(Ordering::Relaxed),
            sent_bytes: self.sent_bytes.load(Ordering::Relaxed),
            received_bytes: self.received_bytes.load(Ordering::Relaxed),
        }
    }
}
