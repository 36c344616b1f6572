//! The real server in this process, asked without sockets, and phones that sync with it.
//!
//! Invariant: everything goes through the program's own services and routes. Leaves out: what happens there (`story`).

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use anyhow::{Context, Result};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use mobile_core::photos::PhotoFont;
use mobile_core::{
    Failure, FixedClock, Ports, Replica, SeededEntropy, SyncReport, Transport, TransportFuture,
    TransportRequest, TransportResponse,
};
use server::services::verify::{Finding, VerifyOptions};
use server::{Actor, App, Config};
use tower::ServiceExt;
use uuid::Uuid;

/// Largest answer taken, bytes.
const ANSWER: usize = 64 << 20;
/// Morning of the tour, ms UTC.
pub const MORNING: i64 = 1_637_197_200_000;

/// An open data folder.
pub struct Office {
    /// The server's services.
    pub app: Arc<App>,
    /// Its routes.
    pub router: Router,
}

/// A phone with its own clock.
pub struct Phone {
    /// The core.
    pub replica: Replica,
    /// Its clock.
    pub clock: Arc<FixedClock>,
}

/// A clock that begins now, for folders that a program goes on with.
#[must_use]
pub fn from_now() -> Arc<AtomicI64> {
    let now = mobile_core::Clock::now_ms(&mobile_core::SystemClock);
    Arc::new(AtomicI64::new(now))
}

/// Who acts for the office.
#[must_use]
pub fn supervisor() -> Actor {
    Actor::new("督查01", "supervisor")
}

/// Opens a data folder; `clock` ticks with every look.
///
/// # Errors
/// What the server says.
pub async fn open(dir: &Path, clock: &Arc<AtomicI64>) -> server::Result<Office> {
    let mut config = Config::new(dir);
    config.blobs.free_disk_reserve_bytes = 0;
    config.quotas.device = (u32::MAX, u32::MAX);
    config.quotas.photos = (u32::MAX, u32::MAX);
    let clock = clock.clone();
    config.clock = Arc::new(move || clock.fetch_add(1, Ordering::Relaxed));
    let app = server::open(config).await?;
    Ok(Office {
        router: server::router(&app),
        app,
    })
}

/// What `guanmo verify --rebuild --blobs` finds in a folder. One that cannot be opened is found, too.
///
/// # Errors
/// Only the caller's own: none of the folder's.
pub async fn verify(dir: &Path) -> Vec<Finding> {
    let clock = Arc::new(AtomicI64::new(MORNING + 100 * 86_400_000));
    let options = VerifyOptions {
        rebuild: true,
        blobs: true,
    };
    let refused = |what: String| {
        vec![Finding {
            code: "refused",
            place: what,
            zh: String::new(),
            en: String::new(),
        }]
    };
    match open(dir, &clock).await {
        Err(error) => refused(error.to_string()),
        Ok(office) => match office.app.verify(options).await {
            Ok(report) => report.findings,
            Err(error) => refused(error.to_string()),
        },
    }
}

impl Office {
    /// Lets go of the folder.
    pub fn close(self) {
        drop(self.router);
        assert_eq!(Arc::strong_count(&self.app), 1, "somebody holds the app");
    }

    /// A new phone of an account, enrolled and synced once.
    ///
    /// # Errors
    /// What the core or the server says.
    pub async fn phone(&self, dir: &Path, account: Uuid, seed: u64) -> Result<Phone> {
        let clock = Arc::new(FixedClock::at(MORNING));
        let ports = Ports {
            clock: clock.clone(),
            entropy: Arc::new(SeededEntropy::new(seed)),
        };
        let mut replica = Replica::open(dir, ports)?;
        replica.set_photo_font(PhotoFont::None);
        let code = self.app.issue_code(&supervisor(), account).await?;
        replica.enrol(self, &code, "测试机").await?;
        let mut phone = Phone { replica, clock };
        self.sync(&mut phone).await?;
        Ok(phone)
    }

    /// One sync.
    ///
    /// # Errors
    /// What the core says.
    pub async fn sync(&self, phone: &mut Phone) -> Result<SyncReport> {
        phone
            .replica
            .sync(self, &mut |_| {})
            .await
            .context("a sync")
    }

    async fn answer(&self, request: TransportRequest) -> Result<TransportResponse, Failure> {
        let mut asked = Request::builder().method(request.method).uri(&request.path);
        for (name, value) in &request.headers {
            asked = asked.header(name, value);
        }
        let cut = |why: &dyn std::fmt::Display| Failure::Cut(why.to_string());
        let asked = asked.body(Body::from(request.body)).map_err(|e| cut(&e))?;
        let answer = self.router.clone().oneshot(asked).await;
        let (head, body) = answer.map_err(|e| cut(&e))?.into_parts();
        let headers = head.headers.iter();
        Ok(TransportResponse {
            status: head.status.as_u16(),
            headers: headers
                .map(|(n, v)| (n.to_string(), v.to_str().unwrap_or_default().to_owned()))
                .collect(),
            body: to_bytes(body, ANSWER).await.map_err(|e| cut(&e))?.to_vec(),
        })
    }
}

impl Transport for Office {
    fn send(&self, request: TransportRequest) -> TransportFuture<'_> {
        Box::pin(self.answer(request))
    }
}
