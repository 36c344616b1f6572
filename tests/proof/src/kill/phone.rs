//! R7: a phone that is killed while it fills, photographs and syncs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use fastrand::Rng;
use mobile_core::photos::generate::TestPhoto;
use mobile_core::{Form, PhotoTarget, Ports, Replica, SiteFilter};
use rusqlite::Connection;
use uuid::Uuid;

use super::process::{Serving, command, lifted};
use super::tally::{Book, Report};
use crate::county;
use crate::office;

/// Longest a command may run before it is killed: most need a little less.
const PATIENCE: Duration = Duration::from_millis(220);

struct Phone<'p> {
    program: &'p Path,
    dir: PathBuf,
    rng: Rng,
    sheet: Uuid,
    items: Vec<String>,
    /// Issues and photos by name.
    book: Book,
    /// Last number tried and acknowledged of each item.
    notes: BTreeMap<String, (u64, u64)>,
    report: Report,
}

/// Kills a phone `times` times.
///
/// # Errors
/// What cannot be set up; what is lost stands in the report.
pub fn run(program: &Path, times: u64, seed: u64) -> Result<Report> {
    let dir = tempfile::tempdir()?;
    let data = dir.path().join("server");
    let runtime = tokio::runtime::Runtime::new()?;
    let code = runtime.block_on(async {
        let office = office::open(&data, &office::from_now()).await?;
        let county = county::prepare(&office.app).await?;
        let code = office
            .app
            .issue_code(&office::supervisor(), county.accounts[0])
            .await?;
        office.close();
        anyhow::Ok(code)
    })?;
    let serving = Serving::start(program, &data)?;
    let mut phone = Phone::enrolled(program, dir.path().join("phone"), &serving.url, &code, seed)?;
    let mut n = 0;
    while phone.report.killed() < times {
        n += 1;
        phone.attempt(n)?;
        phone.check()?;
    }
    phone.at_the_office(&data, serving)
}

impl<'p> Phone<'p> {
    fn enrolled(program: &'p Path, dir: PathBuf, url: &str, code: &str, seed: u64) -> Result<Self> {
        let mut phone = Self {
            program,
            dir,
            rng: Rng::with_seed(seed),
            sheet: Uuid::nil(),
            items: Vec::new(),
            book: Book::default(),
            notes: BTreeMap::new(),
            report: Report::default(),
        };
        phone.finish(&["enrol", "--server", url, "--code", code, "--name", "一号"])?;
        phone.finish(&["sync"])?;
        let mut replica = phone.replica()?;
        let sites = replica.sites(&SiteFilter::default())?;
        let site = sites.first().context("a site")?.id;
        phone.sheet = replica.open_sheet(site, Form::Quick)?;
        let lines = replica.sheet(phone.sheet)?.lines;
        phone.items = lines.into_iter().map(|l| l.item.id).collect();
        Ok(phone)
    }

    fn replica(&self) -> Result<Replica> {
        Ok(Replica::open(&self.dir, Ports::system())?)
    }

    fn args<'a>(&'a self, dir: &'a str, rest: &[&'a str]) -> Vec<&'a str> {
        [&["device", "--phone", dir], rest].concat()
    }

    /// Runs a command to its end, which must be good.
    fn finish(&self, rest: &[&str]) -> Result<()> {
        let dir = self.dir.display().to_string();
        let status = command(self.program, &self.args(&dir, rest), None)?;
        ensure!(status.is_some_and(|s| s.success()), "{rest:?}: {status:?}");
        Ok(())
    }

    /// One command, killed at a random moment unless it is done before.
    fn attempt(&mut self, n: u64) -> Result<()> {
        let (dir, sheet) = (self.dir.display().to_string(), self.sheet.to_string());
        let patience = PATIENCE.mul_f64(self.rng.f64());
        let name = format!("thing-{n}");
        let item = self.items[self.rng.usize(..self.items.len())].clone();
        let note = format!("note-{n}");
        let file = self.dir.join("camera.jpg").display().to_string();
        let what = ["answer", "answer", "issue", "photo", "sync", "sync"][self.rng.usize(..6)];
        let rest: Vec<&str> = match what {
            "answer" => vec!["answer", &sheet, &item, "1", "--note", &note],
            "issue" => vec![
                "issue",
                "--category",
                "exposed_garbage",
                "--township",
                county::TOWNSHIPS[0].0,
                "--description",
                &name,
            ],
            "photo" => {
                let picture = TestPhoto {
                    width: 320,
                    height: 240,
                    ..TestPhoto::new(n)
                };
                std::fs::write(&file, picture.jpeg())?;
                vec!["photo", &sheet, &file, "--caption", &name]
            }
            _ => vec!["sync"],
        };
        match what {
            "answer" => self.notes.entry(item.clone()).or_default().0 = n,
            "issue" | "photo" => self.book.try_one(&name),
            _ => {}
        }
        let status = command(self.program, &self.args(&dir, &rest), Some(patience))?;
        match status {
            None => *self.report.kills.entry(what.to_owned()).or_default() += 1,
            Some(status) => {
                self.report.ended += 1;
                ensure!(status.success(), "{rest:?} ended with {status}");
                match what {
                    "answer" => self.notes.entry(item).or_default().1 = n,
                    "issue" | "photo" => self.book.ack(&name),
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// Usable again, and everything acknowledged is there, once.
    fn check(&mut self) -> Result<()> {
        let since = Instant::now();
        self.finish(&["status", "--json"])?;
        self.report.usable.push(since.elapsed());
        let mut replica = self.replica()?;
        let found = Self::things(&mut replica, self.sheet)?;
        let wrong = self.book.wrong(&found);
        self.report.wrong.extend(wrong);
        for line in replica.sheet(self.sheet)?.lines {
            let note = line.answer.and_then(|a| a.note).unwrap_or_default();
            let shown: u64 = note.trim_start_matches("note-").parse().unwrap_or(0);
            let (tried, acked) = self.notes.get(&line.item.id).copied().unwrap_or_default();
            if shown < acked || shown > tried {
                let item = &line.item.id;
                let what = format!("{item} shows {shown}, acknowledged {acked}, tried {tried}");
                self.report.wrong.push(what);
            }
        }
        Ok(())
    }

    /// Names of every issue and photo the phone holds.
    fn things(replica: &mut Replica, sheet: Uuid) -> Result<Vec<String>> {
        let issues = replica.issues()?;
        let mut all: Vec<String> = issues.into_iter().map(|i| i.description).collect();
        for photo in replica.photos(PhotoTarget::Sheet(sheet))? {
            ensure!(
                replica.photo_bytes(photo.id)?.is_some(),
                "a photo without bytes"
            );
            all.push(photo.caption.unwrap_or_default());
        }
        Ok(all)
    }

    /// In the end everything is at the office, once, and its folder verifies.
    fn at_the_office(mut self, data: &Path, serving: Serving) -> Result<Report> {
        let found = Self::things(&mut self.replica()?, self.sheet)?;
        self.report.acked = self.book.acked.len() as u64;
        let unacked = self.book.tried.difference(&self.book.acked);
        let unacked: Vec<&String> = unacked.collect();
        self.report.unacked = unacked.len() as u64;
        let missing = unacked.iter().filter(|n| !found.contains(n)).count();
        self.report.unacked_missing = missing as u64;
        self.finish(&["sync"])?;
        self.finish(&["sync"])?;
        let status = self.replica()?.status()?;
        ensure!(
            status.unsent_changes == 0,
            "{} unsent",
            status.unsent_changes
        );
        serving.kill()?;
        let (_dir, database) = lifted(&data.join("server.db"))?;
        let conn = Connection::open(database)?;
        let mut there = names(&conn, "SELECT description FROM issues")?;
        let photos = "SELECT count(*) FROM photos WHERE stored IS NOT NULL";
        let photos: i64 = conn.query_row(photos, [], |r| r.get(0))?;
        let captions = found.len() - there.len().min(found.len());
        if photos != captions as i64 {
            let wrong = format!("{photos} photos at the office, {captions} on the phone");
            self.report.wrong.push(wrong);
        }
        let issues: Vec<String> = Self::issues(&mut self.replica()?)?;
        there.sort();
        if there != issues {
            self.report
                .wrong
                .push("other issues at the office".to_owned());
        }
        let runtime = tokio::runtime::Runtime::new()?;
        for f in runtime.block_on(office::verify(data)) {
            self.report
                .wrong
                .push(format!("verify: {} {}", f.code, f.place));
        }
        Ok(self.report)
    }

    fn issues(replica: &mut Replica) -> Result<Vec<String>> {
        let mut all: Vec<String> = replica
            .issues()?
            .into_iter()
            .map(|i| i.description)
            .collect();
        all.sort();
        Ok(all)
    }
}

/// One column of texts.
pub(super) fn names(conn: &Connection, sql: &str) -> Result<Vec<String>> {
    let mut stmt = conn.prepare(sql)?;
    let rows = stmt.query_map([], |r| r.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
