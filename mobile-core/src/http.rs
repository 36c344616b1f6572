//! [`Transport`] over HTTP(S) with reqwest.
//!
//! Invariant: no redirect is followed, no answer beyond the protocol's limit is read. A link that moves, however slowly,
//! is not given up; one that is silent is. Leaves out: retries.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use protocol::limits;

use crate::transport::{
    Counters, Failure, Transport, TransportFuture, TransportRequest, TransportResponse, WaitFuture,
};

/// Idle connections are not used again after this: the server closes them at 30 s, networks on the way forget them.
const POOL_IDLE: Duration = Duration::from_secs(20);

/// How long is waited: a weak link needs patience, a dead one must be noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// For a connection.
    pub connect: Duration,
    /// For the next bytes of an answer; where the system can tell (Linux, Android), also for any sign that what was
    /// sent arrives.
    pub silence: Duration,
    /// A body that is sent may take as long as at this rate beside `silence`, bytes a second. There is no limit for a
    /// whole request: 192 kB at 16 kbit/s take a minute and a half, and arrive.
    pub slowest: u32,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(15),
            silence: Duration::from_secs(60),
            slowest: 2_000,
        }
    }
}

impl Patience {
    /// From the beginning of a request with such a body to the head of its answer.
    fn until_head(&self, body_bytes: usize) -> Duration {
        let sending_ms = body_bytes as u64 * 1_000 / u64::from(self.slowest.max(1));
        self.connect + self.silence + Duration::from_millis(sending_ms)
    }
}

/// The way to one server over HTTP. Needs a tokio runtime.
pub struct HttpTransport {
    client: reqwest::Client,
    patience: Patience,
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
        Self::patient(base, Patience::default())
    }

    /// The same with another patience.
    ///
    /// # Errors
    /// Those of [`Self::new`].
    pub fn patient(base: &str, patience: Patience) -> Result<Self, Failure> {
        Self::build(base, patience, None)
    }

    /// A transport that trusts these authorities and no others: a county's own, or where the system's cannot be asked.
    /// `pem`: one or more certificates.
    ///
    /// # Errors
    /// Those of [`Self::new`]; also if there is no certificate in `pem`.
    pub fn trusting(base: &str, pem: &[u8]) -> Result<Self, Failure> {
        let roots = reqwest::Certificate::from_pem_bundle(pem).map_err(unreachable)?;
        if roots.is_empty() {
            return Err(unreachable("no certificate"));
        }
        Self::build(base, Patience::default(), Some(roots))
    }

    fn build(
        base: &str,
        patience: Patience,
        roots: Option<Vec<reqwest::Certificate>>,
    ) -> Result<Self, Failure> {
        let url = reqwest::Url::parse(base).map_err(unreachable)?;
        #[cfg(all(feature = "http-ring", not(feature = "http")))]
        {
            // Somebody else of this process may have chosen one: theirs is as good.
            let _ = rustls::crypto::ring::default_provider().install_default();
        }
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            // Not reqwest's read timeout: before the head of the answer it counts the time of sending, too.
            .connect_timeout(patience.connect)
            .pool_idle_timeout(POOL_IDLE)
            .tcp_keepalive(POOL_IDLE);
        #[cfg(any(target_os = "android", target_os = "linux"))]
        {
            builder = builder.tcp_user_timeout(patience.silence);
        }
        if let Some(roots) = roots {
            builder = builder.tls_certs_only(roots);
        }
        let host = url.host_str().unwrap_or_default();
        if ["127.0.0.1", "localhost", "[::1]"].contains(&host) {
            // A proxy set for the world must not catch the server on this machine.
            builder = builder.no_proxy();
        }
        Ok(Self {
            client: builder.build().map_err(unreachable)?,
            patience,
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
        let until_head = self.patience.until_head(request.body.len());
        let sent = tokio::time::timeout(until_head, builder.body(request.body).send());
        let mut answer = sent.await.map_err(|_| silent())?.map_err(|e| {
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
        while let Some(piece) = tokio::time::timeout(self.patience.silence, answer.chunk())
            .await
            .map_err(|_| silent())?
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

fn silent() -> Failure {
    Failure::Cut("nothing came for too long".into())
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
