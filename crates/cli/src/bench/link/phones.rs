//! Phones that did their tour without network and now sync over a link, all at once.
//!
//! Invariant: a phone that loses the link tries again until it is through, as the app does; what it sent is counted by the
//! transport. Leaves out: the link (`shaper`).

use std::path::PathBuf;
use std::sync::{Arc, Barrier, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use mobile_core::photos::generate::TestPhoto;
use mobile_core::{
    Error, FixedClock, HttpTransport, OsEntropy, PhotoMeta, PhotoTarget, Ports, Replica, Transport,
    TransportFuture, TransportRequest, WaitFuture,
};
use tokio::runtime::Builder;

use crate::bench::fill::Filler;
use crate::bench::office::Roster;
use crate::bench::workload::{Device, Op};

/// Syncs begun before a phone is given up.
const TRIES: usize = 200;

/// Where phones find the server.
#[derive(Clone, Debug)]
pub struct Way {
    /// Its address as they see it.
    pub url: String,
    /// The network namespace they are in, if not this process's.
    pub namespace: Option<PathBuf>,
}

impl Way {
    /// Moves this thread there; what it connects from now on goes that way.
    #[cfg(target_os = "linux")]
    fn enter(&self) -> Result<()> {
        use rustix::fd::AsFd;
        use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
        if let Some(path) = &self.namespace {
            let file = std::fs::File::open(path)?;
            move_into_link_name_space(file.as_fd(), Some(LinkNameSpaceType::Network))?;
        }
        Ok(())
    }

    #[cfg(not(target_os = "linux"))]
    fn enter(&self) -> Result<()> {
        ensure!(
            self.namespace.is_none(),
            "only Linux has network namespaces"
        );
        Ok(())
    }
}

/// Records go here.
const SYNC: &str = "/api/v1/sync";

/// What a sync was seen to do on its way.
#[derive(Default)]
struct Seen {
    /// The last answer about records so far.
    records: Option<Duration>,
    /// Requests about photos before one.
    photos_first: u64,
}

/// The phone's way to the server, looked at.
struct Watched {
    inner: HttpTransport,
    began: Instant,
    seen: Mutex<Seen>,
}

impl Transport for Watched {
    fn send(&self, request: TransportRequest) -> TransportFuture<'_> {
        let is_records = request.path == SYNC;
        Box::pin(async move {
            let answer = self.inner.send(request).await;
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            if !is_records && seen.records.is_none() {
                seen.photos_first += 1;
            }
            if is_records && answer.as_ref().is_ok_and(|a| a.status == 200) {
                seen.records = Some(self.began.elapsed());
            }
            answer
        })
    }

    fn wait(&self, ms: u64) -> WaitFuture<'_> {
        self.inner.wait(ms)
    }
}

/// A phone.
pub struct Phone {
    replica: Replica,
}

/// How its sync went.
#[derive(Clone, Debug, Default)]
pub struct Done {
    /// Until its last own change was acknowledged.
    pub records: Duration,
    /// Until all was over.
    pub all: Duration,
    /// Own changes acknowledged.
    pub changes: u64,
    /// Requests.
    pub requests: u64,
    /// Bytes of request bodies with records, of syncs that came through.
    pub pushed_bytes: u64,
    /// Bytes of all request bodies.
    pub sent_bytes: u64,
    /// Files of photos sent.
    pub photos_sent: u64,
    /// Photos begun before the records were acknowledged.
    pub photos_first: u64,
}

impl Phone {
    /// Enrols, fetches, does its part of W and takes photos, all over `url`, a good link.
    ///
    /// # Errors
    /// The phone's or the server's.
    pub fn toured(
        url: &str,
        dir: PathBuf,
        roster: &Roster,
        no: usize,
        device: &Device,
        photos: usize,
    ) -> Result<Self> {
        let clock = Arc::new(FixedClock::at(device.ops.first().map_or(0, Op::ts)));
        let ports = Ports {
            clock: clock.clone(),
            entropy: Arc::new(OsEntropy),
        };
        let mut replica = Replica::open(&dir, ports)?;
        let transport = HttpTransport::new(url)?;
        let client = Builder::new_current_thread().enable_all().build()?;
        client.block_on(replica.enrol(&transport, &roster.codes[no], "bench"))?;
        client.block_on(replica.sync(&transport, &mut |_| {}))?;
        let mut filler = Filler::new(&mut replica, &clock, &roster.names)?;
        device.ops.iter().try_for_each(|op| filler.play(op))?;
        let sheet = filler.a_sheet().context("no sheet")?;
        for photo in 0..photos {
            let picture = TestPhoto {
                width: 640,
                height: 480,
                ..TestPhoto::new((no * 100 + photo) as u64)
            };
            let target = PhotoTarget::Sheet(sheet);
            replica.attach_photo(target, None, &picture.jpeg(), PhotoMeta::default())?;
        }
        Ok(Self { replica })
    }

    /// Whether the server acknowledged everything.
    ///
    /// # Errors
    /// The phone's.
    pub fn nothing_left(&mut self) -> Result<bool> {
        Ok(self.replica.status()?.unsent_changes == 0)
    }

    fn sync(&mut self, way: &Way, start: &Barrier) -> Result<Done> {
        way.enter()?;
        let client = Builder::new_current_thread().enable_all().build()?;
        let unsent = self.replica.status()?.unsent_changes;
        ensure!(unsent > 0, "a phone with nothing to send");
        start.wait();
        let (began, mut done) = (Instant::now(), Done::default());
        // Each try connects anew, as an app does that was told of a lost network.
        for _ in 0..TRIES {
            let transport = Watched {
                inner: HttpTransport::new(&way.url)?,
                began,
                seen: Mutex::default(),
            };
            let ended = client.block_on(self.replica.sync(&transport, &mut |_| {}));
            let seen = transport
                .seen
                .lock()
                .map_err(|_| anyhow!("a phone panicked"))?;
            let counters = transport.inner.counters();
            done.requests += counters.requests;
            done.sent_bytes += counters.sent_bytes;
            done.photos_first += seen.photos_first;
            let left = self.replica.status()?.unsent_changes;
            if left == 0 && done.records.is_zero() {
                done.records = seen.records.unwrap_or_else(|| began.elapsed());
            }
            match ended {
                Ok(report) => {
                    done.pushed_bytes += report.pushed_bytes;
                    done.photos_sent += report.photos_sent;
                    if report.photos_waiting == 0 && left == 0 {
                        (done.all, done.changes) = (began.elapsed(), unsent);
                        return Ok(done);
                    }
                }
                Err(Error::Network(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(anyhow!(
            "{} changes are still on the phone",
            self.replica.status()?.unsent_changes
        ))
    }
}

/// All phones sync at once.
///
/// # Errors
/// The first phone's that does not get through.
pub fn sync_all(phones: &mut [Phone], way: &Way) -> Result<Vec<Done>> {
    let start = Barrier::new(phones.len());
    std::thread::scope(|scope| {
        let running: Vec<_> = phones
            .iter_mut()
            .map(|phone| scope.spawn(|| phone.sync(way, &start)))
            .collect();
        let ended = running.into_iter().map(|one| one.join());
        ended
            .map(|one| one.map_err(|_| anyhow!("a phone panicked"))?)
            .collect()
    })
}
