//! What the server tells about itself: a line and a count for every request, gauges when asked.
//!
//! Invariant: nothing of a person and no secret: a request is its method, the pattern of its route, status, time and
//! sizes; never its path, query, headers or body. Counts are this server's own, not the process's, so tests do not mix.
//! Leaves out: what the gauges are counted from (`app::system`), where the log goes (the command line).

mod observe;
mod ready;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use metrics::{counter, gauge, histogram, with_local_recorder};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusRecorder};

use crate::net::tls::Tls;

pub use observe::observe;
pub use ready::{Readiness, ReadyCache};

/// Slow requests that are remembered.
const SLOW: usize = 20;
/// From when on a request is slow.
const SLOW_FROM: Duration = Duration::from_millis(250);
/// Requests between two tidyings of the recorder, which otherwise grows until somebody asks it.
const UPKEEP: u64 = 512;
/// Upper bounds of the durations counted, seconds.
const BUCKETS: &[f64] = &[
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0,
];

/// A request as it is told of.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// Its method.
    pub method: String,
    /// Pattern of its route; `-` if none fits.
    pub route: String,
    /// HTTP status of the answer.
    pub status: u16,
    /// Time until the answer began.
    pub took: Duration,
    /// Bytes of the request's body.
    pub bytes_in: u64,
    /// Bytes of the answer's body, if known beforehand.
    pub bytes_out: u64,
}

/// A slow request.
#[derive(Clone, Debug, PartialEq)]
pub struct Slow {
    /// When, ms UTC.
    pub at_ms: i64,
    /// What.
    pub seen: Seen,
}

/// A verification of the data folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// When, ms UTC.
    pub at_ms: i64,
    /// How much was found.
    pub findings: u64,
}

/// Counts of one server.
pub struct Telemetry {
    recorder: PrometheusRecorder,
    requests: AtomicU64,
    slow: Mutex<VecDeque<Slow>>,
    started: Instant,
    tls: OnceLock<Arc<Tls>>,
    /// The last verification of the folder; none yet: not verified since the start.
    verified: Mutex<Option<Verified>>,
    /// The last answer of `/readyz`.
    pub(crate) ready: ReadyCache,
}

impl Default for Telemetry {
    fn default() -> Self {
        let builder = PrometheusBuilder::new();
        let builder = match builder.set_buckets(BUCKETS) {
            Ok(builder) => builder,
            // Refused only when there are none.
            Err(_) => PrometheusBuilder::new(),
        };
        Self {
            recorder: builder.build_recorder(),
            requests: AtomicU64::new(0),
            slow: Mutex::default(),
            started: Instant::now(),
            tls: OnceLock::new(),
            verified: Mutex::default(),
            ready: ReadyCache::default(),
        }
    }
}

impl Telemetry {
    /// Keeps what the folder's last verification found.
    pub fn verified(&self, verified: Verified) {
        *self.verified.lock().unwrap_or_else(PoisonError::into_inner) = Some(verified);
    }

    /// The last one; none: not verified since the start.
    #[must_use]
    pub fn last_verified(&self) -> Option<Verified> {
        *self.verified.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a request.
    pub fn count(&self, seen: Seen, now_ms: i64) {
        let (method, route) = (seen.method.clone(), seen.route.clone());
        let status = seen.status.to_string();
        with_local_recorder(&self.recorder, || {
            counter!("guanmo_http_requests_total", "method" => method, "route" => route.clone(), "status" => status)
                .increment(1);
            histogram!("guanmo_http_request_seconds", "route" => route.clone())
                .record(seen.took.as_secs_f64());
            counter!("guanmo_http_request_bytes_total", "route" => route.clone())
                .increment(seen.bytes_in);
            counter!("guanmo_http_response_bytes_total", "route" => route)
                .increment(seen.bytes_out);
        });
        let count = self.requests.fetch_add(1, Ordering::Relaxed);
        if count % UPKEEP == UPKEEP - 1 {
            self.recorder.handle().run_upkeep();
        }
        if seen.took >= SLOW_FROM {
            let mut slow = self.slow.lock().unwrap_or_else(PoisonError::into_inner);
            slow.truncate(SLOW - 1);
            slow.push_front(Slow {
                at_ms: now_ms,
                seen,
            });
        }
    }

    /// The last slow requests, newest first.
    #[must_use]
    pub fn slow(&self) -> Vec<Slow> {
        let slow = self.slow.lock().unwrap_or_else(PoisonError::into_inner);
        slow.iter().cloned().collect()
    }

    /// Requests since the start.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Time since the start.
    #[must_use]
    pub fn uptime(&self) -> Duration {
        self.started.elapsed()
    }

    /// Tells which certificate is in use.
    pub fn set_tls(&self, tls: Arc<Tls>) {
        // The first one stays: it is reloaded in place.
        let _ = self.tls.set(tls);
    }

    /// When the certificate in use ends, ms UTC.
    #[must_use]
    pub fn tls_expires_at_ms(&self) -> Option<i64> {
        self.tls.get().map(|tls| tls.expires_at_ms())
    }

    /// Everything in Prometheus' text form, with these gauges.
    #[must_use]
    pub fn render(&self, gauges: &[(&'static str, f64)]) -> String {
        with_local_recorder(&self.recorder, || {
            for (name, value) in gauges {
                gauge!(*name).set(*value);
            }
            gauge!("guanmo_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
        });
        self.recorder.handle().render()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(route: &str, ms: u64) -> Seen {
        Seen {
            method: "GET".to_owned(),
            route: route.to_owned(),
            status: 200,
            took: Duration::from_millis(ms),
            bytes_in: 3,
            bytes_out: 5,
        }
    }

    #[test]
    fn requests_are_counted_by_route_and_only_slow_ones_are_remembered() {
        let telemetry = Telemetry::default();
        for no in 0..30 {
            telemetry.count(seen("/fast", 1), no);
            telemetry.count(seen("/slow/{id}", 400), no);
        }
        let slow = telemetry.slow();
        assert_eq!((slow.len(), slow[0].at_ms), (SLOW, 29));
        assert!(slow.iter().all(|s| s.seen.route == "/slow/{id}"));
        let text = telemetry.render(&[("guanmo_held_entries", 7.0)]);
        let line = "guanmo_http_requests_total{method=\"GET\",route=\"/fast\",status=\"200\"} 30";
        assert!(text.contains(line), "{text}");
        assert!(text.contains("guanmo_held_entries 7"));
        assert!(
            text.contains("guanmo_http_request_seconds_bucket{route=\"/fast\",le=\"0.0025\"} 30")
        );
    }

    #[test]
    fn two_servers_in_one_process_count_for_themselves() {
        let (one, two) = (Telemetry::default(), Telemetry::default());
        one.count(seen("/a", 1), 0);
        assert!(one.render(&[]).contains("route=\"/a\""));
        assert!(!two.render(&[]).contains("route=\"/a\""));
    }
}
