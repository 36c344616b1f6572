//! R11: one bit turns in a folder that lies still, and everything the office may ask afterwards is compared with the truth.
//!
//! Invariant: the truth was asked before; an answer is equal, an error, or wrong; a wrong one must be found by `verify`.
//! The control is the same count without `verify`. Leaves out: bits that turn in memory.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};

use anyhow::{Context, Result, ensure};
use axum::body::{Body, to_bytes};
use axum::http::Request;
use fastrand::Rng;
use serde_json::Value;
use server::backup;
use server::blobs::BlobHash;
use tower::ServiceExt;

use crate::office::{self, MORNING, Office};
use crate::{folder, mutate, story, workers};

/// Everything the office asks that needs no id.
const ASKED: &[&str] = &[
    "/api/v1/board",
    "/api/v1/campaigns",
    "/api/v1/records?limit=200",
    "/api/v1/conflicts",
    "/api/v1/held",
    "/api/v1/issues?limit=200",
    "/api/v1/photos?limit=200",
    "/api/v1/ranking",
    "/api/v1/results",
    "/api/v1/people",
    "/api/v1/prepare/roster",
    "/api/v1/prepare/sites",
    "/api/v1/rules",
    "/api/v1/exports/records.csv",
    "/api/v1/exports/results.csv",
    "/console/ranking",
];

/// What a flip did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Every answer is what it was.
    Equal,
    /// The folder does not open, or some answers are errors; no answer is wrong.
    Error,
    /// An answer is wrong, and `verify` finds the damage.
    WrongFound,
    /// An answer is wrong, and nothing says so.
    Silent,
}

/// What came of a run: outcomes by file, and the silent ones in words.
#[derive(Debug, Default)]
pub struct Report {
    /// Flips by file and outcome.
    pub outcomes: BTreeMap<(&'static str, Outcome), u64>,
    /// Silent ones.
    pub silent: Vec<String>,
}

impl Report {
    /// Flips in all.
    #[must_use]
    pub fn flips(&self) -> u64 {
        self.outcomes.values().sum()
    }

    /// Flips with an outcome.
    #[must_use]
    pub fn count(&self, outcome: Outcome) -> u64 {
        let own = self.outcomes.iter().filter(|((_, o), _)| *o == outcome);
        own.map(|(_, n)| n).sum()
    }
}

/// Status and body of each answer.
type Answers = BTreeMap<String, (u16, Vec<u8>)>;

struct Base {
    _dir: tempfile::TempDir,
    /// The folder after an orderly end, and as a kill leaves it: with its write-ahead log.
    closed: PathBuf,
    killed: PathBuf,
    backup: PathBuf,
    key: backup::Identity,
    token: String,
    /// What is answered of the closed folder and of the killed one, which went on a little.
    truths: [Answers; 2],
}

/// When the flipped folders are opened: always the same moment.
fn afterwards() -> Arc<AtomicI64> {
    Arc::new(AtomicI64::new(MORNING + 2 * 86_400_000))
}

/// Plays a tour, and flips `times` bits, each in a copy of its own.
///
/// # Errors
/// What cannot be set up.
pub fn run(seed: u64, times: u64, threads: usize) -> Result<Report> {
    let runtime = tokio::runtime::Runtime::new()?;
    let base = runtime.block_on(base(seed))?;
    let report = Mutex::new(Report::default());
    workers::share(times, threads, |runtime, n| {
        let mut rng = Rng::with_seed(seed ^ n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let (file, outcome, what) = runtime.block_on(flip(&base, n, &mut rng))?;
        if let Ok(mut report) = report.lock() {
            *report.outcomes.entry((file, outcome)).or_default() += 1;
            if outcome == Outcome::Silent {
                report.silent.push(what);
            }
        }
        Ok(())
    })?;
    let report = report.into_inner().unwrap_or_default();
    ensure!(report.flips() == times, "flips were lost");
    Ok(report)
}

async fn base(seed: u64) -> Result<Base> {
    let dir = folder::temporary()?;
    let closed = story::play(dir.path(), seed, &mut |_, _| Ok(())).await?;
    let killed = dir.path().join("killed");
    let office = office::open(&closed, &afterwards()).await?;
    let body = r#"{"user_name": "督查02", "password": "Observe-2027"}"#;
    let (status, body) = ask(&office, "POST", "/api/v1/session", None, body).await?;
    ensure!(status == 200, "signing in: {status}");
    let said: Value = serde_json::from_slice(&body)?;
    let token = said["token"].as_str().context("a token")?.to_owned();
    office.close();
    let office = office::open(&closed, &afterwards()).await?;
    let before = dir.path().join("closed");
    folder::copy(&closed, &before)?;
    go_on(&office).await?;
    folder::copy(&closed, &killed)?;
    office.close();
    let closed = before;
    let (to, secret) = backup::keygen();
    let key = dir.path().join("key");
    std::fs::write(&key, secret)?;
    let order = backup::Order {
        data: closed.clone(),
        to: dir.path().join("backup/backup.age"),
        recipient: to,
        photos: true,
        now_ms: MORNING,
    };
    backup::write(&order)?;
    let mut base = Base {
        _dir: dir,
        closed,
        killed,
        backup: order.to,
        key: backup::Identity::read(&key)?,
        token,
        truths: Default::default(),
    };
    for (i, dir) in [base.closed.clone(), base.killed.clone()]
        .iter()
        .enumerate()
    {
        // First the lists, then what stands in them, too; then whether the same is answered twice.
        for _ in 0..2 {
            base.truths[i] = base.answers(i, dir).await.context("the truth")?;
        }
        let again = base.answers(i, dir).await.context("the truth again")?;
        for (path, answer) in &again {
            ensure!(
                Some(answer) == base.truths[i].get(path),
                "{path} differs by itself"
            );
        }
        ensure!(again.len() > 30, "only {} answers", again.len());
    }
    ensure!(base.truths[0] != base.truths[1], "going on changed nothing");
    Ok(base)
}

/// Something for the write-ahead log: a group is unlocked and locked anew, several times.
async fn go_on(office: &Office) -> Result<()> {
    let me = office::supervisor();
    let campaign = office.app.current_campaign().await?;
    let campaign = office
        .app
        .campaigns()
        .await?
        .into_iter()
        .find(|c| !c.rehearsal)
        .or(campaign);
    let campaign = campaign.context("a campaign")?;
    for n in 0..3 {
        for group in &campaign.groups {
            office
                .app
                .unlock_group(&me, campaign.id, group.id, "核对")
                .await?;
            let township = campaign
                .townships
                .values()
                .find(|t| t.group == Some(group.id));
            let township = township.context("a township")?;
            office
                .app
                .set_ledger(&me, campaign.id, &township.code, (9, n, 0))
                .await?;
            office
                .app
                .lock_group(&me, campaign.id, group.id, Some("核对完毕"))
                .await?;
        }
    }
    Ok(())
}

async fn ask(
    office: &Office,
    method: &str,
    path: &str,
    token: Option<&str>,
    body: &str,
) -> Result<(u16, Vec<u8>)> {
    let mut asked = Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", "application/json");
    if let Some(token) = token {
        asked = asked.header("authorization", format!("Bearer {token}"));
    }
    let asked = asked.body(Body::from(body.to_owned()))?;
    let (head, body) = office.router.clone().oneshot(asked).await?.into_parts();
    let body = to_bytes(body, 64 << 20).await?.to_vec();
    Ok((head.status.as_u16(), body))
}

impl Base {
    /// Everything asked of a folder; none if it does not open.
    async fn answers(&self, truth: usize, dir: &Path) -> Option<Answers> {
        let looked = folder::temporary().ok()?;
        let copy = looked.path().join("server");
        folder::copy(dir, &copy).ok()?;
        let office = office::open(&copy, &afterwards()).await.ok()?;
        let mut answers = Answers::new();
        for path in self.paths(truth) {
            if let Ok(answer) = ask(&office, "GET", &path, Some(&self.token), "").await {
                answers.insert(path, answer);
            }
        }
        for file in mutate::files(&self.closed.join("photos")).ok()? {
            let name = file.file_name()?.to_string_lossy().into_owned();
            let parent = file.parent()?.file_name()?.to_string_lossy().into_owned();
            for name in [name.clone(), format!("{parent}{name}")] {
                if let Ok(hash) = name.parse::<BlobHash>() {
                    let served = office.app.blobs().verified_path(hash);
                    let bytes = served.ok().flatten().and_then(|p| std::fs::read(p).ok());
                    let answer = bytes.map_or((404, Vec::new()), |b| (200, b));
                    answers.insert(format!("photo {name}"), answer);
                }
            }
        }
        office.close();
        Some(answers)
    }

    /// The list, and each record and issue that the truth knows.
    fn paths(&self, truth: usize) -> Vec<String> {
        let mut all: Vec<String> = ASKED.iter().map(|p| (*p).to_owned()).collect();
        for (list, one) in [
            ("/api/v1/records?limit=200", "/api/v1/records/"),
            ("/api/v1/issues?limit=200", "/api/v1/issues/"),
        ] {
            let said = self.truths[truth]
                .get(list)
                .map(|(_, body)| body.as_slice());
            let said: Value = serde_json::from_slice(said.unwrap_or_default()).unwrap_or_default();
            let items = said["items"].as_array().into_iter().flatten();
            let ids = items.filter_map(|i| i["id"].as_str()).take(15);
            all.extend(ids.map(|id| format!("{one}{id}")));
        }
        all
    }

    /// Answers of a flipped folder against the truth.
    async fn compare(&self, truth: usize, dir: &Path) -> (Outcome, String) {
        let Some(answers) = self.answers(truth, dir).await else {
            return (Outcome::Error, String::new());
        };
        let mut worst = (Outcome::Equal, String::new());
        for (path, truth) in &self.truths[truth] {
            let found = answers.get(path);
            if found == Some(truth) {
                continue;
            }
            let error = found.is_none_or(|(status, _)| *status != 200) && truth.0 == 200;
            if !error {
                return (Outcome::Silent, path.clone());
            }
            worst = (Outcome::Error, path.clone());
        }
        worst
    }
}

/// One flip: which file, what came of it, in words.
async fn flip(base: &Base, n: u64, rng: &mut Rng) -> Result<(&'static str, Outcome, String)> {
    let dir = folder::temporary()?;
    let copy = dir.path().join("server");
    let (kind, from) = match n % 10 {
        0 => return flip_backup(base, rng).await,
        1 | 2 => ("wal", &base.killed),
        3 => ("photo", &base.closed),
        _ => ("database", &base.closed),
    };
    folder::copy(from, &copy)?;
    let file = match kind {
        "wal" => copy.join("server.db-wal"),
        "photo" => {
            let photos = mutate::files(&copy.join("photos"))?;
            photos[rng.usize(..photos.len())].clone()
        }
        _ => copy.join("server.db"),
    };
    let what = mutate::turn(&file, rng, true)?;
    let (mut outcome, path) = base.compare(usize::from(kind == "wal"), &copy).await;
    if outcome == Outcome::Silent && !office::verify(&copy).await.is_empty() {
        outcome = Outcome::WrongFound;
    }
    Ok((kind, outcome, format!("{what}: {path}")))
}

/// A backup either says that it is damaged or restores to the same answers.
async fn flip_backup(base: &Base, rng: &mut Rng) -> Result<(&'static str, Outcome, String)> {
    let dir = folder::temporary()?;
    let from = base.backup.parent().context("a folder")?;
    folder::copy(from, dir.path())?;
    let all = mutate::files(dir.path())?;
    let all: Vec<_> = all
        .iter()
        .filter(|f| f.extension().is_some_and(|e| e == "age"))
        .collect();
    let file = all[rng.usize(..all.len())];
    let what = mutate::turn(file, rng, true)?;
    let backup = dir.path().join("backup.age");
    let outcome = match backup::verify(&backup, &base.key) {
        Err(_) => Outcome::Error,
        // A photo that is damaged in the backup is named.
        Ok(checked) if !checked.lacking.is_empty() => Outcome::Error,
        // A flip that changes nothing of what is restored.
        Ok(_) => {
            let into = dir.path().join("restored");
            let clock = afterwards();
            let clock: server::Clock = Arc::new(move || clock.fetch_add(1, Ordering::Relaxed));
            match backup::restore(&backup, &base.key, &into, clock, server::system_entropy()).await
            {
                Err(_) => Outcome::Error,
                Ok(_) if crate::judge::same(&into, &base.closed)? => Outcome::Equal,
                Ok(_) => Outcome::Silent,
            }
        }
    };
    Ok(("backup", outcome, what))
}
