//! `guanmo bench server`: the shipped command as a process of its own: start, memory, sheets a second.
//!
//! Invariant: segments are made (signed, compressed) before the clock starts; after the last answer the server is
//! killed with SIGKILL and every sheet answered must be in its database: the control that none was answered before its
//! commit. Leaves out: sync of whole tours (`bench tour`).

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Args;
use protocol::chain::SignedSegment;
use rusqlite::Connection;
use serde::Serialize;

use super::child::Child;
use super::load::{Device, Prepared};
use super::workload::Workload;
use super::{office, raw};

/// Clients of the largest run.
const CLIENTS: usize = 32;
/// Bytes of a photo.
const PHOTO_BYTES: usize = 5_000_000;

/// `guanmo bench server`.
#[derive(Debug, Args)]
pub struct ServerArgs {
    /// 数据库所在磁盘上的文件夹，缺省为临时文件夹 · Folder on the disk to measure; a temporary one without it
    #[arg(long, value_name = "DIR")]
    dir: Option<std::path::PathBuf>,
    /// 输出 JSON · Print JSON
    #[arg(long)]
    json: bool,
}

/// Sheets by so many clients at once.
#[derive(Clone, Copy, Debug, Serialize)]
struct Sheets {
    clients: usize,
    sent: u64,
    sheets_per_s: f64,
    server_cpu_ms_per_sheet: f64,
    p99_ms: f64,
    /// Sheets in the database after SIGKILL, less those answered: must be 0.
    lost: i64,
}

#[derive(Clone, Debug, Serialize)]
struct Figures {
    start_ms: f64,
    idle_mb: f64,
    uploads_peak_mb: f64,
    raw_commits_per_s: f64,
    raw_commit_cpu_ms: f64,
    sheets: Vec<Sheets>,
}

/// Measures.
///
/// # Errors
/// Anything that does not go as it must.
pub fn run(args: &ServerArgs) -> Result<()> {
    let place = match &args.dir {
        Some(dir) => tempfile::tempdir_in(dir)?,
        None => tempfile::tempdir()?,
    };
    let mut w = Workload::generate();
    while w.devices.len() < CLIENTS {
        let again = w.devices[w.devices.len() - 30].clone();
        w.devices.push(again);
    }
    let client = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut sheets = Vec::new();
    for clients in [1, 8, CLIENTS] {
        eprintln!("{clients} 个客户端 · clients …");
        let dir = place.path().join(format!("sheets{clients}"));
        sheets.push(client.block_on(sheets_by(&dir, &w, clients))?);
    }
    eprintln!("启动与内存 · start and memory …");
    let dir = place.path().join(format!("sheets{CLIENTS}"));
    let (start_ms, idle_mb) = start(&dir)?;
    let dir = place.path().join("uploads");
    let uploads_peak_mb = client.block_on(uploads(&dir, &w))?;
    let (raw_commits_per_s, raw_commit_cpu_ms) = raw::commits(&place.path().join("raw.db"))?;
    let figures = Figures {
        start_ms,
        idle_mb,
        uploads_peak_mb,
        raw_commits_per_s,
        raw_commit_cpu_ms,
        sheets,
    };
    let text = if args.json {
        serde_json::to_string_pretty(&figures)?
    } else {
        table(&figures)
    };
    crate::out::print(&text).map_err(|failure| anyhow::anyhow!(failure.en))?;
    ensure!(
        figures.sheets.iter().all(|s| s.lost == 0),
        "an answered sheet is not in the database"
    );
    Ok(())
}

/// A data folder with a started campaign and the first `count` phones enrolled, and a server on it.
async fn prepared(dir: &Path, w: &Workload, count: usize) -> Result<(Child, Prepared)> {
    let app = server::open(server::Config::new(dir)).await?;
    let roster = office::prepare(&app, w, false).await?;
    let campaign = app.current_campaign().await?.context("no campaign")?;
    drop(app);
    let child = Child::serve(dir)?;
    let prepared = Prepared::enrol(&child.url, &campaign, &roster.codes[..count]).await?;
    Ok((child, prepared))
}

async fn sheets_by(dir: &Path, w: &Workload, clients: usize) -> Result<Sheets> {
    // The same phones and sheets however many send at once: what a server does but once must not weigh on few sheets.
    let (child, prepared) = prepared(dir, w, CLIENTS).await?;
    let mut shares: Vec<Vec<(Arc<Device>, Vec<SignedSegment>)>> = vec![Vec::new(); clients];
    for (no, device) in prepared.devices.into_iter().enumerate() {
        let segments = device.sheets(&prepared.sites)?;
        shares[no % clients].push((device, segments));
    }
    let before = child.cpu()?;
    let mut tasks = tokio::task::JoinSet::new();
    for share in shares {
        tasks.spawn(send_all(share));
    }
    // Every segment is made and signed by now; the tasks wait for this thread's first await.
    let began = Instant::now();
    let mut times = Vec::new();
    while let Some(done) = tasks.join_next().await {
        times.extend(done??);
    }
    let wall = began.elapsed().as_secs_f64();
    let cpu = child.cpu()? - before;
    child.kill()?;
    let held: i64 = {
        let conn = Connection::open(dir.join("server.db"))?;
        let sql = "SELECT count(*) FROM entries WHERE kind = 'sheet' AND state = 'submitted'";
        conn.query_row(sql, [], |r| r.get(0))?
    };
    let sent = times.len();
    times.sort();
    let p99 = times.get(sent * 99 / 100).copied().unwrap_or_default();
    Ok(Sheets {
        clients,
        sent: sent as u64,
        sheets_per_s: sent as f64 / wall,
        server_cpu_ms_per_sheet: cpu.as_secs_f64() * 1_000.0 / sent.max(1) as f64,
        p99_ms: p99.as_secs_f64() * 1_000.0,
        lost: sent as i64 - held,
    })
}

/// Sends one request after another, phone by phone; how long each took.
async fn send_all(share: Vec<(Arc<Device>, Vec<SignedSegment>)>) -> Result<Vec<Duration>> {
    let mut times = Vec::new();
    for (device, segments) in share {
        for segment in segments {
            let began = Instant::now();
            device.send(segment).await?;
            times.push(began.elapsed());
        }
    }
    Ok(times)
}

/// Milliseconds from the start of the process to its first answer (median of five), and its memory idle, MB.
fn start(dir: &Path) -> Result<(f64, f64)> {
    let (mut times, mut idle) = (Vec::new(), 0.0);
    for _ in 0..5 {
        let child = Child::serve(dir)?;
        times.push(child.first_answer);
        std::thread::sleep(Duration::from_secs(1));
        idle = child.memory_mb("VmRSS")?;
        child.kill()?;
    }
    Ok((super::cpu::median(times).as_secs_f64() * 1_000.0, idle))
}

/// The most memory while 32 phones upload a photo of 5 MB each at once, MB.
async fn uploads(dir: &Path, w: &Workload) -> Result<f64> {
    let (child, prepared) = prepared(dir, w, CLIENTS).await?;
    let mut tasks = tokio::task::JoinSet::new();
    for (no, device) in prepared.devices.into_iter().enumerate() {
        tasks.spawn(async move { device.upload(no, PHOTO_BYTES).await });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    let peak = child.memory_mb("VmHWM")?;
    child.kill()?;
    Ok(peak)
}

fn table(f: &Figures) -> String {
    let mut table = crate::out::table(["", "测得 · measured", "目标 · reach", ""]);
    let mark = |reached: bool| if reached { "✓" } else { "✗" };
    let mut row = |what: String, measured: String, reach: &str, reached: &str| {
        table.add_row([what, measured, reach.to_owned(), reached.to_owned()]);
    };
    row(
        "P10 start to first answer".into(),
        format!("{:.0} ms", f.start_ms),
        "≤ 300 ms",
        mark(f.start_ms <= 300.0),
    );
    row(
        "P10 memory, idle".into(),
        format!("{:.1} MB", f.idle_mb),
        "≤ 30 MB",
        mark(f.idle_mb <= 30.0),
    );
    row(
        "P10 memory, 32 uploads of 5 MB".into(),
        format!("{:.1} MB", f.uploads_peak_mb),
        "≤ 120 MB",
        mark(f.uploads_peak_mb <= 120.0),
    );
    row(
        "raw one-row commits".into(),
        format!(
            "{:.0}/s · {:.2} ms CPU",
            f.raw_commits_per_s, f.raw_commit_cpu_ms
        ),
        "",
        "",
    );
    for s in &f.sheets {
        let many = s.clients == CLIENTS;
        let what = format!("P8 {} clients, {} sheets", s.clients, s.sent);
        let measured = format!(
            "{:.0}/s · {:.2} ms CPU · p99 {:.1} ms · lost {}",
            s.sheets_per_s, s.server_cpu_ms_per_sheet, s.p99_ms, s.lost
        );
        let reached = s.server_cpu_ms_per_sheet <= 0.4 && (!many || s.sheets_per_s >= 2_400.0);
        let reach = if many {
            "≤ 0.4 ms, ≥ 2,400/s"
        } else {
            "≤ 0.4 ms"
        };
        row(what, measured, reach, mark(reached));
    }
    table.to_string()
}
