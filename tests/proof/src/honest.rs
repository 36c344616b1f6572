//! Honest folders: every stage of small tours, as the program leaves them, and as backups, compaction and crashes do.
//!
//! Invariant: nothing here changes what a folder says; `verify` must find nothing in any of them. Leaves out: folders
//! of several versions.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use anyhow::{Result, ensure};
use rusqlite::Connection;
use server::backup;

use crate::office::{self, MORNING};
use crate::{folder, story};

/// How a folder is treated before it is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Treated {
    /// As it lay while the program used it, with its write-ahead log: as after a kill.
    Killed,
    /// Opened and closed again, twice.
    Restarted,
    /// The log written back into the database.
    Checkpointed,
    /// Compacted.
    Vacuumed,
    /// Backed up and restored.
    Restored,
}

const ALL: [Treated; 5] = [
    Treated::Killed,
    Treated::Restarted,
    Treated::Checkpointed,
    Treated::Vacuumed,
    Treated::Restored,
];

/// What came of a run.
#[derive(Debug, Default)]
pub struct Report {
    /// Folders looked at.
    pub folders: u64,
    /// Findings in them, with where.
    pub alarms: Vec<String>,
}

/// Looks at `times` honest folders, from seeds from `seed` on.
///
/// # Errors
/// What the tours or the disk refuse.
pub fn run(seed: u64, times: u64) -> Result<Report> {
    let runtime = tokio::runtime::Runtime::new()?;
    let mut report = Report::default();
    for seed in seed.. {
        let dir = folder::temporary()?;
        let mut stages: Vec<(String, PathBuf)> = Vec::new();
        let kept = dir.path().join("stages");
        let mut keep = |step: &str, server: &Path| {
            let to = kept.join(stages.len().to_string());
            folder::copy(server, &to)?;
            stages.push((step.to_owned(), to));
            Ok(())
        };
        runtime.block_on(story::play(dir.path(), seed, &mut keep))?;
        // With a small number the later stages are looked at first: they hold everything.
        for (n, (step, stage)) in stages.iter().enumerate().rev() {
            for treated in ALL {
                if report.folders == times {
                    return Ok(report);
                }
                let to = dir.path().join("looked-at");
                let _ = std::fs::remove_dir_all(&to);
                folder::copy(stage, &to)?;
                runtime.block_on(treat(&to, treated))?;
                report.folders += 1;
                for f in runtime.block_on(office::verify(&to)) {
                    let (code, place) = (f.code, f.place);
                    let alarm = format!("seed {seed} stage {n} {step} {treated:?}: {code} {place}");
                    report.alarms.push(alarm);
                }
            }
        }
    }
    Ok(report)
}

async fn treat(dir: &Path, treated: Treated) -> Result<()> {
    let database = dir.join("server.db");
    let clock = Arc::new(AtomicI64::new(MORNING + 50 * 86_400_000));
    match treated {
        Treated::Killed => {}
        Treated::Restarted => {
            for _ in 0..2 {
                office::open(dir, &clock).await?.close();
            }
        }
        Treated::Checkpointed => {
            Connection::open(database)?.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
        }
        Treated::Vacuumed => Connection::open(database)?.execute_batch("VACUUM")?,
        Treated::Restored => restored(dir, &clock).await?,
    }
    Ok(())
}

/// Writes a backup, restores it elsewhere, and puts that in the folder's place.
async fn restored(dir: &Path, clock: &Arc<AtomicI64>) -> Result<()> {
    let (to, secret) = backup::keygen();
    let beside = folder::temporary()?;
    let key = beside.path().join("key");
    std::fs::write(&key, &secret)?;
    let order = backup::Order {
        data: dir.to_owned(),
        to: beside.path().join("backup.age"),
        recipient: to,
        photos: true,
        now_ms: MORNING,
    };
    backup::write(&order)?;
    let clock = clock.clone();
    let clock: server::Clock =
        Arc::new(move || clock.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
    let into = beside.path().join("restored");
    let key = backup::Identity::read(&key)?;
    backup::restore(&order.to, &key, &into, clock, server::system_entropy()).await?;
    std::fs::remove_dir_all(dir)?;
    folder::copy(&into, dir)?;
    ensure!(dir.join("server.db").is_file(), "nothing was restored");
    Ok(())
}
