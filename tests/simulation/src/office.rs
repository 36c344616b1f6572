//! The server of a run: the real application behind its real router, on a folder that can be killed and put back.
//!
//! Invariant: requests are answered one after the other, on one thread, so that a run replays; the clock is the
//! world's. Leaves out: sockets, and what the network does to a request (`network`).

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use mobile_core::{
    Entropy, Failure, SeededEntropy, Transport, TransportFuture, TransportRequest,
    TransportResponse,
};
use server::auth::types::Quotas;
use server::backup;
use server::services::verify::VerifyOptions;
use server::{Actor, App, Config};
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt;
use uuid::Uuid;

use crate::books::Books;
use crate::{disk, files};

/// Largest answer read, bytes.
const ANSWER_BYTES: usize = 64 << 20;

/// The office.
pub struct Office {
    rt: Runtime,
    dir: PathBuf,
    clock: Arc<AtomicI64>,
    entropy: Arc<SeededEntropy>,
    running: Option<(Arc<App>, Router)>,
    /// Of its backups.
    key: (backup::Recipient, backup::Identity),
    /// Goes up whenever an older state was put in place of the newest one.
    pub incarnation: u64,
}

/// Who does what the office does.
#[must_use]
pub fn supervisor() -> Actor {
    Actor::new("督查01", "supervisor")
}

/// The key of its backups; what is sealed with it is in no trace.
fn key_beside(dir: &Path) -> (backup::Recipient, backup::Identity) {
    let (recipient, secret) = backup::keygen();
    let file = dir.with_file_name("backup.key");
    std::fs::write(&file, secret).unwrap();
    (recipient, backup::Identity::read(&file).unwrap())
}

impl Office {
    /// Opens the server in `dir`; its random bytes follow from `seed`.
    #[must_use]
    pub fn open(dir: &Path, clock: &Arc<AtomicI64>, seed: u64) -> Self {
        let mut office = Self {
            rt: Builder::new_current_thread().enable_all().build().unwrap(),
            dir: dir.to_owned(),
            clock: Arc::clone(clock),
            entropy: Arc::new(SeededEntropy::new(seed)),
            running: None,
            key: key_beside(dir),
            incarnation: 0,
        };
        office.start();
        office
    }

    /// The world's clock and the seed's random bytes.
    fn outside(&self) -> (server::Clock, server::Entropy) {
        let (clock, entropy) = (Arc::clone(&self.clock), Arc::clone(&self.entropy));
        let bytes = move |bytes: &mut [u8]| {
            entropy.fill(bytes);
            Ok(())
        };
        (
            Arc::new(move || clock.load(Ordering::SeqCst)),
            Arc::new(bytes),
        )
    }

    fn start(&mut self) {
        let mut config = Config::new(&self.dir);
        (config.clock, config.entropy) = self.outside();
        config.blobs.free_disk_reserve_bytes = 0;
        // Counted by the machine's clock, not by the world's.
        let any = (u32::MAX, u32::MAX);
        config.quotas = Quotas {
            login: any,
            device: any,
            photos: any,
        };
        let app = self.rt.block_on(server::open(config)).unwrap();
        let router = server::router(&app);
        self.running = Some((app, router));
    }

    /// The application.
    #[must_use]
    pub fn app(&self) -> &Arc<App> {
        &self.running.as_ref().unwrap().0
    }

    /// Runs what the application does to its end.
    pub fn run<T>(&self, work: impl Future<Output = T>) -> T {
        self.rt.block_on(work)
    }

    /// Answers a request.
    #[must_use]
    pub fn answer(&self, request: &TransportRequest) -> TransportResponse {
        self.rt.block_on(exchange(self.router(), request.clone()))
    }

    /// A way to it without any fault.
    #[must_use]
    pub fn direct(&self) -> Direct {
        Direct(self.router())
    }

    fn router(&self) -> Router {
        self.running.as_ref().unwrap().1.clone()
    }

    /// The folder as it is on the disk now.
    pub fn copy_to(&self, to: &Path) {
        files::copy(&self.dir, to);
    }

    /// Ends the process where it stands and starts it again: what a kill leaves is what is on the disk.
    pub fn kill(&mut self) {
        let left = self.dir.with_extension("left");
        self.copy_to(&left);
        self.put_in_place(&left);
    }

    /// An operator puts an older folder back, without a word to the program.
    pub fn put_back(&mut self, backup: &Path) {
        let staged = self.dir.with_extension("staged");
        files::copy(backup, &staged);
        self.put_in_place(&staged);
        self.incarnation += 1;
    }

    /// Its disk is full, or has room again. Whoever starts it makes room first.
    pub fn set_full(&self, full: bool) {
        if full {
            disk::fill(&self.dir);
        } else {
            disk::make_room(&self.dir);
        }
    }

    /// Whether its disk is full.
    #[must_use]
    pub fn is_full(&self) -> bool {
        disk::is_full(&self.dir)
    }

    /// Makes a backup of it as an office does; false if the disk has no room for it.
    #[must_use]
    pub fn archive(&self, to: &Path) -> bool {
        let made = backup::write(&backup::Order {
            data: self.dir.clone(),
            to: to.to_owned(),
            recipient: self.key.0.clone(),
            photos: true,
            now_ms: self.clock.load(Ordering::SeqCst),
        });
        assert!(made.is_ok() || self.is_full(), "{made:?}");
        made.is_ok()
    }

    /// Restores a backup on a bare machine and goes on with it: a new generation.
    pub fn restore(&mut self, archive: &Path) {
        let into = self.dir.with_extension("restored");
        let (clock, entropy) = self.outside();
        let restored = backup::restore(archive, &self.key.1, &into, clock, entropy);
        self.run(restored).unwrap();
        self.put_in_place(&into);
        self.incarnation += 1;
    }

    fn put_in_place(&mut self, folder: &Path) {
        self.set_full(false);
        self.running = None;
        files::replace(&self.dir, folder);
        self.start();
    }

    /// A place beside its folder.
    #[must_use]
    pub fn beside(&self, name: &str) -> PathBuf {
        self.dir.with_file_name(name)
    }

    /// Its database.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.dir.join("server.db")
    }

    /// The folder of its photos.
    #[must_use]
    pub fn photos(&self) -> PathBuf {
        self.dir.join("photos")
    }

    /// What `guanmo verify --rebuild --blobs` finds.
    #[must_use]
    pub fn verify(&self) -> Vec<String> {
        let options = VerifyOptions {
            rebuild: true,
            blobs: true,
        };
        let report = self.run(self.app().verify(options)).unwrap();
        let lines = report.findings.iter();
        lines
            .map(|f| format!("{} {} {}", f.code, f.place, f.en))
            .collect()
    }

    /// What stands where nobody wrote beside anybody: sheets, facts of sites line by line, and the locked results if every
    /// sheet is such. Where two wrote, a clock orders what people are shown, and by that they choose, also what to do with
    /// another line of the sheet.
    #[must_use]
    pub fn stands(&self, campaign: Uuid) -> Vec<String> {
        let books = Books::open(&self.database());
        let mut writers: BTreeMap<(Uuid, String), BTreeSet<Uuid>> = BTreeMap::new();
        let mut kinds = BTreeMap::new();
        for change in books.sealed() {
            let place = (change.said.0, change.said.1);
            kinds.insert(place.0, change.kind);
            writers.entry(place).or_default().insert(change.dot.0.0);
        }
        // Other records have ids that tell when they were made.
        writers.retain(|(record, _), _| ["sheet", "site_facts"].contains(&kinds[record].as_str()));
        let mut in_sheets: BTreeMap<Uuid, BTreeSet<Uuid>> = BTreeMap::new();
        for ((record, _), by) in &writers {
            if kinds[record] == "sheet" {
                in_sheets.entry(*record).or_default().extend(by);
            }
        }
        let alone = |place: &(Uuid, String)| {
            let by = in_sheets.get(&place.0).or_else(|| writers.get(place));
            by.is_some_and(|by| by.len() == 1)
        };
        let live = books.registers().into_values().flatten();
        let mut lines: Vec<String> = live
            .map(|(_, (record, field, value))| ((record, field), value))
            .filter(|(place, _)| alone(place))
            .map(|((record, field), value)| format!("{record} {field} {}", hex::encode(value)))
            .collect();
        lines.sort();
        if in_sheets.values().all(|by| by.len() == 1)
            && let Ok(results) = self.run(self.app().results(campaign))
        {
            lines.push(format!("{results:?}"));
        }
        lines
    }

    /// An enrolment code.
    #[must_use]
    pub fn code(&self, account: Uuid) -> String {
        self.run(self.app().issue_code(&supervisor(), account))
            .unwrap()
    }
}

async fn exchange(router: Router, request: TransportRequest) -> TransportResponse {
    let mut built = Request::builder().method(request.method).uri(&request.path);
    // Else the server draws one, it stands in its refusals, and what a broken box makes of them is left to chance.
    built = built.header("x-request-id", "simulation");
    for (name, value) in &request.headers {
        built = built.header(name, value);
    }
    let Ok(built) = built.body(Body::from(request.body)) else {
        // What the network made of it is no HTTP any more.
        return TransportResponse {
            status: 400,
            ..TransportResponse::default()
        };
    };
    let answer = router.oneshot(built).await.unwrap();
    let (head, body) = answer.into_parts();
    let headers = head.headers.iter();
    TransportResponse {
        status: head.status.as_u16(),
        headers: headers
            .map(|(n, v)| (n.to_string(), v.to_str().unwrap_or_default().to_owned()))
            .collect(),
        body: to_bytes(body, ANSWER_BYTES).await.unwrap().to_vec(),
    }
}

/// The network as it never is: every request arrives and is answered.
pub struct Direct(Router);

impl Transport for Direct {
    fn send(&self, request: TransportRequest) -> TransportFuture<'_> {
        let router = self.0.clone();
        Box::pin(async move { Ok::<_, Failure>(exchange(router, request).await) })
    }
}
