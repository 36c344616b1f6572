//! R8: a server that is killed while phones push and upload, while it is backed up, and while it starts and migrates.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use fastrand::Rng;
use mobile_core::photos::PhotoFont;
use mobile_core::photos::generate::TestPhoto;
use mobile_core::{
    Form, HttpTransport, NewIssue, PhotoMeta, PhotoTarget, Ports, Replica, Severity, SiteFilter,
    Transport, TransportFuture, TransportRequest,
};
use rusqlite::Connection;
use uuid::Uuid;

use super::phone::names;
use super::process::{Serving, lifted, serve};
use super::tally::{Book, Report};
use crate::county;
use crate::office;

/// Phones that push at once.
const PHONES: usize = 3;
/// The server is killed at most so long after the phones began.
const WITHIN: Duration = Duration::from_millis(1_200);
/// A server that starts is killed at most so long after.
const STARTING: Duration = Duration::from_millis(60);
/// Every so many kills the whole folder is verified.
const VERIFY_EVERY: u64 = 100;

struct Phone {
    replica: Replica,
    name: String,
    sheet: Uuid,
    written: Vec<String>,
    acked: usize,
}

/// Kills a server `times` times.
///
/// # Errors
/// What cannot be set up; what is lost stands in the report.
pub fn run(program: &Path, times: u64, seed: u64) -> Result<Report> {
    let dir = tempfile::tempdir()?;
    let data = dir.path().join("server");
    let mut rng = Rng::with_seed(seed);
    let (mut book, mut report) = (Book::default(), Report::default());
    let mut seen = BTreeSet::new();
    let (to, _) = server::backup::keygen();
    let mut serving = Some(prepared(program, dir.path(), &data)?);
    let mut phones = Vec::new();
    if let Some((serving, codes)) = &serving {
        for (i, code) in codes.iter().enumerate() {
            phones.push(phone(dir.path(), i, code, &serving.url)?);
        }
    }
    let mut serving = serving.take().map(|(s, _)| s).context("just started")?;
    let mut n = 0;
    while report.killed() < times {
        n += 1;
        if n % 10 == 9 {
            serving.kill()?;
            serving = killed_at_start(program, &data, &mut rng, &mut report)?;
        }
        let backup = (n % 10 == 5).then(|| backing_up(program, &data, dir.path(), n, &to));
        let backup = backup.transpose()?;
        let what = if backup.is_some() {
            "backing up"
        } else {
            "pushing"
        };
        let after = WITHIN.mul_f64(rng.f64());
        push(
            &mut phones,
            n,
            serving.url.clone(),
            after,
            serving,
            &mut book,
        )?;
        *report.kills.entry(what.to_owned()).or_default() += 1;
        if let Some(mut backup) = backup {
            backup.kill()?;
            backup.wait()?;
        }
        look(&data, &book, &mut seen, &mut report)?;
        if n % VERIFY_EVERY == 0 {
            verify(&data, &mut report)?;
        }
        serving = Serving::start(program, &data)?;
        report.usable.push(serving.ready_after);
    }
    report.acked = book.acked.len() as u64;
    // In the end everything arrives.
    for phone in &mut phones {
        sync(phone, &serving.url)?;
        phone.written.iter().for_each(|name| book.ack(name));
    }
    serving.kill()?;
    look(&data, &book, &mut seen, &mut report)?;
    verify(&data, &mut report)?;
    Ok(report)
}

/// A started county, served, and codes for the phones.
fn prepared(program: &Path, dir: &Path, data: &Path) -> Result<(Serving, Vec<String>)> {
    std::fs::create_dir_all(dir)?;
    let runtime = tokio::runtime::Runtime::new()?;
    let codes = runtime.block_on(async {
        let office = office::open(data, &office::from_now()).await?;
        let county = county::prepare(&office.app).await?;
        let mut codes = Vec::new();
        for account in &county.accounts[..PHONES] {
            let me = office::supervisor();
            codes.push(office.app.issue_code(&me, *account).await?);
        }
        office.close();
        anyhow::Ok(codes)
    })?;
    Ok((Serving::start(program, data)?, codes))
}

fn phone(dir: &Path, i: usize, code: &str, url: &str) -> Result<Phone> {
    let mut replica = Replica::open(&dir.join(format!("phone{i}")), Ports::system())?;
    replica.set_photo_font(PhotoFont::None);
    let runtime = runtime()?;
    runtime.block_on(async {
        let transport = HttpTransport::new(url)?;
        replica.enrol(&transport, code, "手机").await?;
        replica.sync(&transport, &mut |_| {}).await?;
        anyhow::Ok(())
    })?;
    let site = replica.sites(&SiteFilter::default())?[0].id;
    let sheet = replica.open_sheet(site, Form::Quick)?;
    Ok(Phone {
        replica,
        name: format!("p{i}"),
        sheet,
        written: Vec::new(),
        acked: 0,
    })
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    let built = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    built.context("a runtime")
}

/// The transport of the program but for its patience: a server that was killed is not waited for.
struct Eager(HttpTransport);

impl Transport for Eager {
    fn send(&self, request: TransportRequest) -> TransportFuture<'_> {
        self.0.send(request)
    }
}

fn sync(phone: &mut Phone, url: &str) -> Result<()> {
    let transport = Eager(HttpTransport::new(url)?);
    let report = runtime()?.block_on(phone.replica.sync(&transport, &mut |_| {}))?;
    ensure!(
        report.photos_waiting == 0,
        "{} photos wait",
        report.photos_waiting
    );
    Ok(())
}

/// All phones write and sync at once; the server is killed meanwhile. Acknowledged is what a phone had written before a
/// sync that ended well.
fn push(
    phones: &mut [Phone],
    n: u64,
    url: String,
    after: Duration,
    serving: Serving,
    book: &mut Book,
) -> Result<()> {
    for phone in phones.iter_mut() {
        let name = format!("{}-{n}", phone.name);
        phone.replica.log_issue(NewIssue {
            site: None,
            township_code: Some(county::TOWNSHIPS[0].0.to_owned()),
            place: String::new(),
            category: "exposed_garbage".to_owned(),
            description: name.clone(),
            severity: Severity::default(),
            position: None,
            fixed_on_spot: None,
        })?;
        let picture = TestPhoto {
            width: 160,
            height: 120,
            ..TestPhoto::new(n * 31 + phone.written.len() as u64)
        };
        let target = PhotoTarget::Sheet(phone.sheet);
        phone
            .replica
            .attach_photo(target, None, &picture.jpeg(), PhotoMeta::default())?;
        book.try_one(&name);
        phone.written.push(name);
    }
    std::thread::scope(|scope| {
        let url = url.as_str();
        let running: Vec<_> = phones
            .iter_mut()
            .map(|phone| {
                scope.spawn(move || {
                    if sync(phone, url).is_ok() {
                        phone.acked = phone.written.len();
                    }
                })
            })
            .collect();
        std::thread::sleep(after);
        serving.kill()?;
        for thread in running {
            thread.join().ok().context("a phone panicked")?;
        }
        anyhow::Ok(())
    })?;
    for phone in phones.iter() {
        phone.written[..phone.acked]
            .iter()
            .for_each(|name| book.ack(name));
    }
    Ok(())
}

/// Looks at the folder as the kill left it: nothing acknowledged is missing, nothing is there twice.
fn look(data: &Path, book: &Book, seen: &mut BTreeSet<PathBuf>, report: &mut Report) -> Result<()> {
    let (_dir, database) = lifted(&data.join("server.db"))?;
    let conn = Connection::open(database)?;
    let whole: String = conn.query_row("PRAGMA integrity_check", [], |r| r.get(0))?;
    if whole != "ok" {
        report.wrong.push(whole);
    }
    let found = names(&conn, "SELECT description FROM issues")?;
    report.wrong.extend(book.wrong(&found));
    let unacked = book.tried.difference(&book.acked);
    let missing = unacked.clone().filter(|n| !found.contains(n)).count();
    report.unacked += unacked.count() as u64;
    report.unacked_missing += missing as u64;
    report.wrong.extend(photos(&conn, data, seen)?);
    Ok(())
}

/// Every photo file with its final name has the bytes it is named by; those seen before are not read again.
fn photos(conn: &Connection, data: &Path, seen: &mut BTreeSet<PathBuf>) -> Result<Vec<String>> {
    let mut stmt = conn.prepare("SELECT stored FROM photos WHERE stored IS NOT NULL")?;
    let rows = stmt.query_map([], |r| r.get::<_, [u8; 32]>(0))?;
    let known: BTreeSet<[u8; 32]> = rows.collect::<rusqlite::Result<_>>()?;
    let mut wrong = Vec::new();
    for file in crate::mutate::files(&data.join("photos"))? {
        let name = file.to_string_lossy().replace('/', "");
        let hash = |h: &&[u8; 32]| {
            name.ends_with(&h.iter().fold(String::new(), |s, b| s + &format!("{b:02x}")))
        };
        if seen.contains(&file) {
            continue;
        }
        if let Some(hash) = known.iter().find(hash) {
            if protocol::chain::sha256(&std::fs::read(&file)?) != *hash {
                wrong.push(format!("{} has other bytes", file.display()));
            }
            seen.insert(file);
        }
    }
    Ok(wrong)
}

/// What the program itself says of the folder.
fn verify(data: &Path, report: &mut Report) -> Result<()> {
    let to = crate::folder::temporary()?;
    let copy = to.path().join("server");
    crate::folder::copy(data, &copy)?;
    for f in runtime_of_server()?.block_on(office::verify(&copy)) {
        report.wrong.push(format!("verify: {} {}", f.code, f.place));
    }
    Ok(())
}

fn runtime_of_server() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Runtime::new().context("a runtime")
}

/// Kills the server while it starts on a folder of the version before, whose migration must be whole or not begun.
fn killed_at_start(
    program: &Path,
    data: &Path,
    rng: &mut Rng,
    report: &mut Report,
) -> Result<Serving> {
    let before = Connection::open(data.join("server.db"))?;
    let step: i64 = before.pragma_query_value(None, "user_version", |r| r.get(0))?;
    before.execute_batch(&format!(
        "BEGIN; DROP TRIGGER audit_entries_end; DROP TABLE audit_end; ALTER TABLE acts DROP COLUMN audit;
         PRAGMA user_version = {}; COMMIT; PRAGMA wal_checkpoint(TRUNCATE)",
        step - 1
    ))?;
    drop(before);
    let mut child = serve(program, data)?;
    std::thread::sleep(STARTING.mul_f64(rng.f64()));
    child.kill()?;
    child.wait()?;
    *report.kills.entry("starting".to_owned()).or_default() += 1;
    let serving = Serving::start(program, data)?;
    report.usable.push(serving.ready_after);
    let after = Connection::open(data.join("server.db"))?;
    let now: i64 = after.pragma_query_value(None, "user_version", |r| r.get(0))?;
    if now != step {
        report
            .wrong
            .push(format!("step {now} after the start, {step} before"));
    }
    Ok(serving)
}

/// A backup beside the running server.
fn backing_up(
    program: &Path,
    data: &Path,
    dir: &Path,
    n: u64,
    to: &server::backup::Recipient,
) -> Result<std::process::Child> {
    let file: PathBuf = dir.join(format!("backup-{n}.age"));
    let child = Command::new(program)
        .args(["backup", "--recipient", &to.to_string(), "--to"])
        .arg(file)
        .arg("--data")
        .arg(data)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    child.context("a backup starts")
}
