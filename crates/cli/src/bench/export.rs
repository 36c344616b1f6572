//! `guanmo bench export`: 10,000 sheets of 30 answers out as CSV, XLSX, JSON pages, and the first page of the console.
//!
//! Invariant: the sheets come from real phones by real sync, and every figure is taken over HTTP with rights and audit;
//! beside each stands its processor time, since others may use the machine. Leaves out: photos, of which none are here.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Args;
use domain::points::POINT;
use domain::sheet::{Answer, Form, Mark};
use mobile_core::{FixedClock, HttpTransport, OsEntropy, Ports, Replica, SiteFilter};
use serde_json::{Value, json};

use super::cpu;
use super::desk::{self, Plan};
use super::local::Local;
use super::reader::Reader;

/// Answers of a sheet (`bench.json`).
const ITEMS: usize = 30;
/// Times each figure is taken.
const ROUNDS: usize = 5;
/// 23 November 2026, ms UTC.
const BEGIN_MS: i64 = 1_795_392_000_000;

/// `guanmo bench export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// 点位数，分两组 · Sites, in two groups
    #[arg(long, default_value_t = 400)]
    sites: usize,
    /// 观摩人员数；评分单数为点位数 × 人数 ÷ 2 · Observers; sheets are sites × observers ÷ 2
    #[arg(long, default_value_t = 50)]
    observers: usize,
    /// 所在磁盘上的文件夹，缺省为临时文件夹 · Folder on the disk to measure; a temporary one without it
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// 输出 JSON · Print JSON
    #[arg(long)]
    json: bool,
}

/// One figure: the middle of its rounds.
struct Figure {
    what: &'static str,
    bound: Option<Duration>,
    wall: Duration,
    cpu: Duration,
    bytes: usize,
}

/// Fills, syncs, measures, prints.
///
/// # Errors
/// Anything that does not go as it must; a figure that is not reached is no error.
pub fn run(args: &ExportArgs) -> Result<()> {
    let place = match &args.dir {
        Some(dir) => tempfile::tempdir_in(dir)?,
        None => tempfile::tempdir()?,
    };
    let server = Local::start(&place.path().join("server"), ([127, 0, 0, 1], 0).into())?;
    let plan = Plan {
        name: "导出测试",
        sites: args.sites,
        observers: args.observers,
        open: true,
    };
    let (_, codes) = server.run(desk::prepare(&server.app, &plan))?;
    eprintln!("填写与同步 · filling and syncing …");
    for (no, code) in codes.iter().enumerate() {
        let dir = place.path().join(format!("phone{no:02}"));
        phone(&server, &dir, code)?;
        std::fs::remove_dir_all(&dir)?;
    }
    let figures = server.run(measure(&server, args))?;
    server.stop()?;
    tell(&figures, args)
}

/// One observer fills every site of the group and syncs.
fn phone(server: &Local, dir: &Path, code: &str) -> Result<()> {
    let clock = Arc::new(FixedClock::at(BEGIN_MS));
    let ports = Ports {
        clock: clock.clone(),
        entropy: Arc::new(OsEntropy),
    };
    let mut replica = Replica::open(dir, ports)?;
    let transport = HttpTransport::new(&server.url)?;
    server.run(replica.enrol(&transport, code, "bench"))?;
    server.run(replica.sync(&transport, &mut |_| {}))?;
    for site in replica.sites(&SiteFilter::default())? {
        let sheet = replica.open_sheet(site.id, Form::Detailed)?;
        for item in 1..=ITEMS {
            let points = (item % 4) as i64 * POINT;
            replica.answer(
                sheet,
                &format!("B-{item}"),
                Answer::from(Mark::Points(points)),
            )?;
        }
    }
    server.run(replica.sync(&transport, &mut |_| {}))?;
    ensure!(
        replica.status()?.unsent_changes == 0,
        "a phone has something left"
    );
    Ok(())
}

/// Every page of the records list, 200 at a time; rows and bytes.
async fn pages(reader: &Reader) -> Result<(usize, usize)> {
    let (mut rows, mut bytes, mut cursor) = (0, 0, String::new());
    loop {
        let from = if cursor.is_empty() {
            String::new()
        } else {
            format!("&cursor={cursor}")
        };
        let body = reader
            .get(&format!("/api/v1/records?limit=200&kind=sheet{from}"))
            .await?;
        let page: Value = serde_json::from_slice(&body)?;
        rows += page["items"].as_array().context("no rows")?.len();
        bytes += body.len();
        match page["next_cursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => return Ok((rows, bytes)),
        }
    }
}

async fn measure(server: &Local, args: &ExportArgs) -> Result<Vec<Figure>> {
    let reader = Reader::sign_in(server).await?;
    let sheets = args.sites * args.observers / 2;
    let (rows, _) = pages(&reader).await?;
    ensure!(
        rows == sheets,
        "{rows} sheets are listed, {sheets} were filled"
    );
    let ms = Duration::from_millis;
    let files: [(&'static str, &str, Option<Duration>); 5] = [
        (
            "records.csv",
            "/api/v1/exports/records.csv?kind=sheet",
            Some(ms(300)),
        ),
        (
            "records.xlsx",
            "/api/v1/exports/records.xlsx?kind=sheet",
            Some(ms(2000)),
        ),
        ("console page", "/console/records", Some(ms(20))),
        ("answers.csv", "/api/v1/exports/answers.csv", None),
        ("answers.xlsx", "/api/v1/exports/answers.xlsx", None),
    ];
    let mut figures = Vec::new();
    for (what, path, bound) in files {
        let (mut wall, mut used, mut bytes) = (vec![], vec![], 0);
        for _ in 0..ROUNDS {
            let (begin, before) = (Instant::now(), cpu::process());
            bytes = reader.get(path).await?.len();
            wall.push(begin.elapsed());
            used.push(cpu::process().saturating_sub(before));
        }
        let (wall, cpu) = (cpu::median(wall), cpu::median(used));
        figures.push(Figure {
            what,
            bound,
            wall,
            cpu,
            bytes,
        });
    }
    let (mut wall, mut used, mut bytes) = (vec![], vec![], 0);
    for _ in 0..ROUNDS {
        let (begin, before) = (Instant::now(), cpu::process());
        bytes = pages(&reader).await?.1;
        wall.push(begin.elapsed());
        used.push(cpu::process().saturating_sub(before));
    }
    figures.push(Figure {
        what: "JSON pages",
        bound: Some(ms(500)),
        wall: cpu::median(wall),
        cpu: cpu::median(used),
        bytes,
    });
    Ok(figures)
}

fn tell(figures: &[Figure], args: &ExportArgs) -> Result<()> {
    let sheets = args.sites * args.observers / 2;
    let seconds = |d: Duration| (d.as_secs_f64() * 1e4).round() / 1e4;
    if args.json {
        let list = figures.iter().map(|f| {
            json!({
                "what": f.what,
                "bound_s": f.bound.map(seconds),
                "wall_s": seconds(f.wall),
                "cpu_s": seconds(f.cpu),
                "bytes": f.bytes,
            })
        });
        let list: Vec<Value> = list.collect();
        println!(
            "{}",
            json!({"sheets": sheets, "items": ITEMS, "figures": list})
        );
        return Ok(());
    }
    println!("{sheets} 张评分单 × {ITEMS} 项 · {sheets} sheets of {ITEMS} answers");
    for f in figures {
        let bound = f
            .bound
            .map_or_else(|| "—".to_owned(), |b| format!("≤ {} s", seconds(b)));
        let mark = match f.bound {
            Some(bound) if f.wall <= bound => "✓",
            Some(_) => "✗",
            None => " ",
        };
        println!(
            "{mark} {:<14} {:>8.4} s  cpu {:>8.4} s  {bound:<10} {} kB",
            f.what,
            seconds(f.wall),
            seconds(f.cpu),
            f.bytes / 1000
        );
    }
    Ok(())
}
