//! A weak link in this process: a TCP proxy with a shared rate, a delay, losses and cuts.
//!
//! What TCP does on such a link is imitated for each connection and direction: segments of [`SEGMENT`] bytes, a window that
//! begins at ten of them, doubles each round trip, is halved by a loss and then grows by one; a lost segment is sent again
//! (and takes the link again) and all behind it waits a round trip; the last of a burst lost waits a second. All
//! connections share one link each way, in the order in which they ask.
//! Invariant: bytes are neither changed nor lost nor reordered; a cut closes both ends at once. Leaves out: what only a
//! real stack shows; `cargo xtask link` uses one.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::bench::random::Chance;

/// Bytes of a segment, as on Ethernet with time stamps.
const SEGMENT: usize = 1_448;
/// Bytes of headers a segment brings.
const HEADERS: usize = 52;
/// Segments of a fresh window.
const FIRST_WINDOW: usize = 10;
/// What a loss nobody notices costs: the first timeout of a retransmission.
const RETRANSMISSION: Duration = Duration::from_secs(1);

/// A link.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Bits a second, each way.
    pub rate_bits: u64,
    /// One way.
    pub delay: Duration,
    /// Segments lost of a thousand.
    pub loss_permille: usize,
    /// All connections are cut so often, if at all.
    pub cut_every: Option<Duration>,
}

/// What went over a link.
#[derive(Clone, Copy, Debug, Default)]
pub struct Passed {
    /// Bytes from the phones, headers of HTTP included, those sent again by TCP left out.
    pub up: u64,
    /// Bytes to the phones.
    pub down: u64,
    /// Connections that were cut.
    pub cuts: u64,
    /// Segments sent again.
    pub lost: u64,
}

#[derive(Default)]
struct Counts {
    up: AtomicU64,
    down: AtomicU64,
    cuts: AtomicU64,
    lost: AtomicU64,
}

/// One direction of the link: free again at that time, and its dice.
struct Way {
    free: Instant,
    dice: Chance,
}

/// A running proxy.
pub struct Link {
    /// Where phones connect to.
    pub url: String,
    counts: Arc<Counts>,
    task: JoinHandle<()>,
}

impl Link {
    /// A link of this shape to `server`; `seed` decides what is lost.
    ///
    /// # Errors
    /// If no port is free.
    pub fn open(runtime: &Handle, server: SocketAddr, shape: Shape, seed: u64) -> Result<Self> {
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
        let url = format!("http://{}", listener.local_addr()?);
        let counts = Arc::<Counts>::default();
        let task = runtime.spawn(accept(listener, server, shape, seed, counts.clone()));
        Ok(Self { url, counts, task })
    }

    /// What went over it so far.
    pub fn passed(&self) -> Passed {
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Passed {
            up: of(&self.counts.up),
            down: of(&self.counts.down),
            cuts: of(&self.counts.cuts),
            lost: of(&self.counts.lost),
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(
    listener: TcpListener,
    server: SocketAddr,
    shape: Shape,
    seed: u64,
    counts: Arc<Counts>,
) {
    let began = Instant::now();
    let way = |seed| {
        let (free, dice) = (Instant::now(), Chance::new(seed));
        Arc::new(Mutex::new(Way { free, dice }))
    };
    let (up, down) = (way(seed), way(seed ^ 1));
    while let Ok((phone, _)) = listener.accept().await {
        let (up, down, counts) = (up.clone(), down.clone(), counts.clone());
        let cut_at = shape.cut_every.map(|every| {
            let past = began.elapsed().as_millis() / every.as_millis().max(1) + 1;
            began + every * u32::try_from(past).unwrap_or(u32::MAX)
        });
        tokio::spawn(async move {
            let carried = carry(phone, server, shape, [up, down], counts.clone());
            let Some(at) = cut_at else {
                return carried.await.unwrap_or_default();
            };
            if timeout_at(at, carried).await.is_err() {
                // Both ends are dropped with what was on its way.
                counts.cuts.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
}

async fn carry(
    phone: TcpStream,
    server: SocketAddr,
    shape: Shape,
    [up, down]: [Arc<Mutex<Way>>; 2],
    counts: Arc<Counts>,
) -> Result<()> {
    phone.set_nodelay(true)?;
    // The handshake: a round trip before the first byte leaves, longer where it is lost.
    let mut handshake = shape.delay * 2;
    while lost(&up, shape) {
        counts.lost.fetch_add(1, Ordering::Relaxed);
        handshake += RETRANSMISSION;
    }
    tokio::time::sleep(handshake).await;
    let server = TcpStream::connect(server).await?;
    server.set_nodelay(true)?;
    let ((phone_reads, phone_writes), (server_reads, server_writes)) =
        (phone.into_split(), server.into_split());
    let way = |way, up| Direction {
        shape,
        way,
        counts: counts.clone(),
        up,
        window: FIRST_WINDOW,
        threshold: usize::MAX,
    };
    tokio::try_join!(
        way(up, true).run(phone_reads, server_writes),
        way(down, false).run(server_reads, phone_writes),
    )?;
    Ok(())
}

fn lost(way: &Mutex<Way>, shape: Shape) -> bool {
    let mut way = way.lock().unwrap_or_else(PoisonError::into_inner);
    way.dice.below(1_000) < shape.loss_permille
}

/// One connection's way through the link in one direction.
struct Direction {
    shape: Shape,
    way: Arc<Mutex<Way>>,
    counts: Arc<Counts>,
    up: bool,
    window: usize,
    threshold: usize,
}

impl Direction {
    async fn run(mut self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf) -> Result<()> {
        let mut buffer = vec![0; 1 << 20];
        loop {
            let most = (self.window * SEGMENT).min(buffer.len());
            let read = from.read(&mut buffer[..most]).await?;
            if read == 0 {
                // Half closed: the other direction goes on.
                return Ok(to.shutdown().await?);
            }
            let is_full = read == most;
            let arrives = self.send(read);
            sleep_until(arrives).await;
            to.write_all(&buffer[..read]).await?;
            let count = if self.up {
                &self.counts.up
            } else {
                &self.counts.down
            };
            count.fetch_add(read as u64, Ordering::Relaxed);
            if is_full {
                // The window is open again when the last of it was acknowledged.
                sleep_until(arrives + self.shape.delay).await;
            }
        }
    }

    /// Puts so many bytes on the link; when all of them are at the other end.
    fn send(&mut self, bytes: usize) -> Instant {
        let segments = bytes.div_ceil(SEGMENT);
        let mut way = self.way.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut waits, mut again, mut tail) = (0, segments, false);
        let mut on_wire = bytes + segments * HEADERS;
        loop {
            let mut missing = 0;
            for number in 0..again {
                if way.dice.below(1_000) < self.shape.loss_permille {
                    missing += 1;
                    tail |= number + 1 == again;
                }
            }
            if missing == 0 {
                break;
            }
            self.counts
                .lost
                .fetch_add(missing as u64, Ordering::Relaxed);
            on_wire += missing * (SEGMENT + HEADERS);
            (waits, again) = (waits + 1, missing);
        }
        let on_link =
            Duration::from_nanos(on_wire as u64 * 8 * 1_000_000_000 / self.shape.rate_bits);
        way.free = way.free.max(Instant::now()) + on_link;
        let mut arrives = way.free + self.shape.delay + self.shape.delay * 2 * waits;
        if tail {
            arrives += RETRANSMISSION;
        }
        if waits > 0 {
            self.threshold = (self.window / 2).max(2);
            self.window = self.threshold;
        } else if self.window < self.threshold {
            self.window *= 2;
        } else {
            self.window += 1;
        }
        self.window = self.window.min(512);
        arrives
    }
}
