//! The one thread that writes.
//!
//! Invariant: jobs that wait at the same time share one `BEGIN IMMEDIATE … COMMIT`, each after the first in a savepoint; a
//! job that fails undoes only itself; no answer leaves before the commit; after an undo the ledger forgets its caches.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::tx::{Minting, SqliteTx};
use crate::config::Clock;
use crate::error::{Error, Result};
use crate::store::Identity;

/// Jobs that share a commit at most.
const SHARED: usize = 64;
/// How long a shared transaction takes new jobs in.
const SHARED_FOR: Duration = Duration::from_millis(30);

type Answer = Result<Box<dyn Any + Send>>;
type Run = Box<dyn FnOnce(&mut SqliteTx<'_>) -> Answer + Send>;

struct Waiting {
    run: Run,
    answer: oneshot::Sender<Answer>,
}

/// Handle of the thread; it ends when the handle is dropped.
pub(super) struct Writer {
    jobs: Option<mpsc::Sender<Waiting>>,
    thread: Option<std::thread::JoinHandle<()>>,
    sent: AtomicU64,
    answered: Arc<AtomicU64>,
}

impl Writer {
    pub fn start(
        conn: Connection,
        identity: Identity,
        clock: Clock,
        mut run: Minting,
    ) -> Result<Self> {
        let (jobs, waiting) = mpsc::channel();
        let answered = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&answered);
        let thread = std::thread::Builder::new()
            .name("guanmo-writer".to_owned())
            .spawn(move || serve(conn, &identity, &clock, &mut run, &waiting, &count))?;
        Ok(Self {
            jobs: Some(jobs),
            thread: Some(thread),
            sent: AtomicU64::new(0),
            answered,
        })
    }

    /// Jobs that wait or run.
    pub fn waiting(&self) -> u64 {
        let answered = self.answered.load(Ordering::Relaxed);
        self.sent.load(Ordering::Relaxed).saturating_sub(answered)
    }

    pub async fn run<T, F>(&self, job: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut SqliteTx<'_>) -> Result<T> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let run: Run = Box::new(move |tx| Ok(Box::new(job(tx)?)));
        let gone = || Error::storage("the writer has ended");
        let jobs = self.jobs.as_ref().ok_or_else(gone)?;
        jobs.send(Waiting { run, answer }).map_err(|_| gone())?;
        self.sent.fetch_add(1, Ordering::Relaxed);
        let value = answered.await.map_err(|_| gone())??;
        let value = value.downcast::<T>();
        value
            .map(|v| *v)
            .map_err(|_| Error::storage("a job returned another type"))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs.take();
        if let Some(thread) = self.thread.take() {
            // A panic inside was logged where it happened; there is nothing left to do about it here.
            let _ = thread.join();
        }
    }
}

fn serve(
    conn: Connection,
    identity: &Identity,
    clock: &Clock,
    run: &mut Minting,
    waiting: &mpsc::Receiver<Waiting>,
    answered: &AtomicU64,
) {
    let mut ledger = ledger::Ledger::new();
    while let Ok(first) = waiting.recv() {
        let mut tx = SqliteTx::new(&conn, &mut ledger, identity, clock, run);
        let done = shared(&mut tx, first, waiting);
        answered.fetch_add(done, Ordering::Relaxed);
    }
    // Leaves one file behind when the server stops; a failure only leaves the log file for the next start.
    let _ = conn.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)");
}

/// Runs the first job and those that come meanwhile in one transaction; how many.
fn shared(tx: &mut SqliteTx<'_>, first: Waiting, waiting: &mpsc::Receiver<Waiting>) -> u64 {
    if let Err(error) = step(tx.conn(), "BEGIN IMMEDIATE") {
        tracing::error!(%error, "no write transaction");
        let _ = first.answer.send(Err(error.into()));
        return 1;
    }
    let since = Instant::now();
    // The first job is all there is yet: to undo it is to undo the transaction, and no savepoint copies its pages.
    let answer = caught(tx, first.run);
    if answer.is_err() {
        undo(tx);
        let _ = first.answer.send(answer);
        return 1;
    }
    let mut answers = vec![(first.answer, answer)];
    while answers.len() < SHARED && since.elapsed() <= SHARED_FOR {
        let Ok(job) = waiting.try_recv() else { break };
        answers.push((job.answer, saved(tx, job.run)));
    }
    let committed = step(tx.conn(), "COMMIT");
    if let Err(error) = &committed {
        tracing::error!(%error, "a commit failed");
        undo(tx);
    }
    let done = answers.len() as u64;
    for (to, answer) in answers {
        let answer = match (&committed, answer) {
            (Ok(()), answer) => answer,
            (Err(error), _) => {
                Err(super::by_the_disk(error).unwrap_or_else(|| Error::storage(error.to_string())))
            }
        };
        // Who no longer waits does not need the answer.
        let _ = to.send(answer);
    }
    done
}

fn undo(tx: &mut SqliteTx<'_>) {
    if let Err(error) = step(tx.conn(), "ROLLBACK") {
        tracing::debug!(%error, "nothing to roll back");
    }
    tx.forget();
}

fn saved(tx: &mut SqliteTx<'_>, run: Run) -> Answer {
    step(tx.conn(), "SAVEPOINT job")?;
    let answer = caught(tx, run);
    if answer.is_err() {
        step(tx.conn(), "ROLLBACK TO job")?;
        tx.forget();
    }
    step(tx.conn(), "RELEASE job")?;
    answer
}

fn caught(tx: &mut SqliteTx<'_>, run: Run) -> Answer {
    let caught = std::panic::catch_unwind(AssertUnwindSafe(|| run(tx)));
    caught.unwrap_or_else(|_| Err(Error::storage("a job panicked")))
}

/// One of the few statements around jobs, compiled once.
fn step(conn: &Connection, sql: &str) -> rusqlite::Result<()> {
    conn.prepare_cached(sql)?.execute([]).map(drop)
}
