//! `guanmo bench link`: a phone's tour over a weak link, over one that is cut, and thirty phones on one uplink.
//!
//! Invariant: enrolment and the tour happen before the link is there; from then on every byte goes over it. What counts is
//! the moment at which the last own change was acknowledged. Each figure has a control that must miss it: a client that
//! sends every answer in a request of its own. Leaves out: a real TCP stack on such a link (`cargo xtask link`).

mod phones;
mod shaper;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Args;
use serde::Serialize;

use super::load::Prepared;
use super::local::Local;
use super::office;
use super::workload::Workload;
use phones::{Done, Phone, Way};
use shaper::{Link, Passed, Shape};

/// P7: records of one phone on the server.
const ONE_WITHIN: Duration = Duration::from_secs(8);
/// F-62: records of all phones on the server.
const ALL_WITHIN: Duration = Duration::from_secs(120);
/// Photos each of the thirty phones has.
const PHOTOS: usize = 2;
/// Answers of one phone's tour.
const ANSWERS: usize = 2_280;

const LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// 256 kbit/s, 300 ms one way, 5 % loss.
const ONE: Shape = Shape {
    rate_bits: 256_000,
    delay: Duration::from_millis(300),
    loss_permille: 50,
    cut_every: None,
};
/// The same, cut every five seconds.
const CUT: Shape = Shape {
    cut_every: Some(Duration::from_secs(5)),
    ..ONE
};
/// One uplink of a hall: 1 Mbit/s for all.
const HALL: Shape = Shape {
    rate_bits: 1_000_000,
    ..ONE
};

/// `guanmo bench link`.
#[derive(Debug, Args)]
pub struct LinkArgs {
    /// 只测一部手机 · One phone only, without the thirty
    #[arg(long)]
    one: bool,
    /// 随机种子：丢失哪些包 · Seed: which segments are lost
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// The network namespace of the phones: they go over what links it with this one, not over the imitated link. Then
    /// `--count` phones, with photos, are all that is measured (`cargo xtask link`).
    #[arg(long, hide = true, requires = "listen")]
    namespace: Option<PathBuf>,
    /// Where the server listens on that link.
    #[arg(long, hide = true)]
    listen: Option<IpAddr>,
    /// Phones over that link.
    #[arg(long, hide = true, default_value_t = 1)]
    count: usize,
    /// 输出 JSON · Print JSON
    #[arg(long)]
    json: bool,
}

/// One way of sending over one link.
#[derive(Clone, Debug, Serialize)]
struct Figure {
    what: &'static str,
    phones: usize,
    /// Until the last own change of the slowest phone was acknowledged; none if that did not happen.
    records_s: Option<f64>,
    /// Until everything was over, photos included.
    all_s: f64,
    /// Own changes acknowledged.
    changes: u64,
    photos: u64,
    requests: u64,
    /// Bytes of request bodies with records, of one phone.
    pushed_bytes: u64,
    /// Bytes of all request bodies.
    sent_bytes: u64,
    /// Of these, what the same phone does not send over the same link without cuts.
    again_bytes: u64,
    up_bytes: u64,
    down_bytes: u64,
    cuts: u64,
    /// Segments sent again by the imitated TCP.
    lost: u64,
    /// Photos begun by a phone before its records were acknowledged: must be 0.
    photos_first: u64,
    reached: bool,
}

/// Measures.
///
/// # Errors
/// Anything that does not go as it must; a figure that is missed, and a control that is not.
pub fn run(args: &LinkArgs) -> Result<()> {
    let place = tempfile::tempdir()?;
    let w = Workload::generate();
    if let Some(namespace) = &args.namespace {
        let listen = args.listen.context("no address to listen on")?;
        let stage = Stage::new("a real link", place.path(), &w, (args.count, 1), listen)?;
        return print(args, &[stage.over_namespace(namespace.clone())?]);
    }
    let mut figures = Vec::new();
    let mut measure = |what, shape, count, photos| -> Result<()> {
        let dir = place.path().join(figures.len().to_string());
        let stage = Stage::new(what, &dir, &w, (count, photos), LOCAL)?;
        figures.push(stage.over_shape(shape, args.seed)?);
        Ok(())
    };
    measure("P7 one phone", ONE, 1, 0)?;
    measure("one phone with a photo", ONE, 1, 1)?;
    measure("the same, cut every 5 s", CUT, 1, 1)?;
    if !args.one {
        measure("F-62 thirty phones", HALL, 30, 0)?;
        measure("F-62 thirty phones with photos", HALL, 30, PHOTOS)?;
    }
    let uncut = figures[1].sent_bytes;
    figures[2].again_bytes = figures[2].sent_bytes.saturating_sub(uncut);
    eprintln!("control …");
    figures.push(control(&place.path().join("control"), &w, args.seed)?);
    print(args, &figures)?;
    let (control, real) = figures.split_last().context("no figure")?;
    ensure!(
        !control.reached,
        "the control reached the figure: nothing is shown"
    );
    for figure in real {
        ensure!(figure.reached, "{} was not reached", figure.what);
    }
    Ok(())
}

fn print(args: &LinkArgs, figures: &[Figure]) -> Result<()> {
    let text = if args.json {
        serde_json::to_string_pretty(figures)?
    } else {
        table(figures)
    };
    crate::out::print(&text).map_err(|failure| anyhow::anyhow!(failure.en))
}

/// A server, and phones that did their tour and have not synced since.
struct Stage {
    what: &'static str,
    server: Local,
    phones: Vec<Phone>,
    photos: usize,
}

impl Stage {
    fn new(
        what: &'static str,
        dir: &Path,
        w: &Workload,
        (count, photos): (usize, usize),
        listen: IpAddr,
    ) -> Result<Self> {
        eprintln!("{what} …");
        let server = Local::start(&dir.join("server"), (listen, 0).into())?;
        let roster = server.run(office::prepare(&server.app, w, false))?;
        let mut phones = Vec::new();
        for (no, device) in w.devices.iter().take(count).enumerate() {
            let dir = dir.join(format!("phone{no:02}"));
            phones.push(Phone::toured(
                &server.url,
                dir,
                &roster,
                no,
                device,
                photos,
            )?);
        }
        Ok(Self {
            what,
            server,
            phones,
            photos,
        })
    }

    /// All sync over an imitated link.
    fn over_shape(mut self, shape: Shape, seed: u64) -> Result<Figure> {
        let address = self.server.url.trim_start_matches("http://").parse()?;
        let link = Link::open(&self.server.handle(), address, shape, seed)?;
        let way = Way {
            url: link.url.clone(),
            namespace: None,
        };
        let done = phones::sync_all(&mut self.phones, &way)?;
        let passed = link.passed();
        drop(link);
        self.figure(shape, &done, passed)
    }

    /// All sync from another network namespace.
    fn over_namespace(mut self, namespace: PathBuf) -> Result<Figure> {
        let way = Way {
            url: self.server.url.clone(),
            namespace: Some(namespace),
        };
        let done = phones::sync_all(&mut self.phones, &way)?;
        self.figure(ONE, &done, Passed::default())
    }

    fn figure(mut self, shape: Shape, done: &[Done], passed: Passed) -> Result<Figure> {
        for phone in &mut self.phones {
            ensure!(phone.nothing_left()?, "a phone still has unsent changes");
        }
        drop(self.phones);
        self.server.stop()?;
        Ok(figure(self.what, shape, done, passed, self.photos))
    }
}

fn figure(
    what: &'static str,
    shape: Shape,
    done: &[Done],
    passed: Passed,
    photos: usize,
) -> Figure {
    let sum = |of: fn(&Done) -> u64| done.iter().map(of).sum::<u64>();
    let slowest = done.iter().map(|d| d.records).max().unwrap_or_default();
    let all = done.iter().map(|d| d.all).max().unwrap_or_default();
    let within = if shape.cut_every.is_some() {
        // No figure is asked: it has to get there.
        Duration::MAX
    } else if done.len() == 1 {
        ONE_WITHIN
    } else {
        ALL_WITHIN
    };
    let sent = sum(|d| d.photos_sent);
    // A thumbnail and a copy each.
    let photos_there = sent == (done.len() * photos * 2) as u64;
    let cuts_made = shape.cut_every.is_none() || passed.cuts > 0;
    let photos_first = sum(|d| d.photos_first);
    Figure {
        what,
        phones: done.len(),
        records_s: Some(slowest.as_secs_f64()),
        all_s: all.as_secs_f64(),
        changes: sum(|d| d.changes),
        photos: sent,
        requests: sum(|d| d.requests),
        pushed_bytes: sum(|d| d.pushed_bytes) / done.len().max(1) as u64,
        sent_bytes: sum(|d| d.sent_bytes),
        again_bytes: 0,
        up_bytes: passed.up,
        down_bytes: passed.down,
        cuts: passed.cuts,
        lost: passed.lost,
        photos_first,
        reached: slowest <= within && photos_there && cuts_made && photos_first == 0,
    }
}

/// A client that sends each answer in a request of its own, for as long as P7 allows.
fn control(dir: &Path, w: &Workload, seed: u64) -> Result<Figure> {
    let server = Local::start(dir, SocketAddr::from((LOCAL, 0)))?;
    let roster = server.run(office::prepare(&server.app, w, false))?;
    let address = server.url.trim_start_matches("http://").parse()?;
    let link = Link::open(&server.handle(), address, ONE, seed)?;
    let campaign = server
        .run(server.app.current_campaign())?
        .context("no campaign")?;
    let client = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let (acknowledged, took) = client.block_on(async {
        let prepared = Prepared::enrol(&link.url, &campaign, &roster.codes[..1]).await?;
        let device = prepared.devices.first().context("a phone")?;
        let site = prepared.sites.first().context("a site")?;
        let segments = device.single_answers(site, ANSWERS)?;
        let began = std::time::Instant::now();
        let mut acknowledged = 0_u64;
        for segment in segments {
            if began.elapsed() > ONE_WITHIN {
                break;
            }
            device.send(segment).await?;
            acknowledged += 1;
        }
        anyhow::Ok((acknowledged, began.elapsed()))
    })?;
    let passed = link.passed();
    drop(link);
    server.stop()?;
    let whole = acknowledged == ANSWERS as u64;
    Ok(Figure {
        what: "control: a request an answer",
        phones: 1,
        records_s: whole.then_some(took.as_secs_f64()),
        all_s: took.as_secs_f64(),
        changes: acknowledged,
        photos: 0,
        requests: acknowledged,
        pushed_bytes: passed.up,
        sent_bytes: passed.up,
        again_bytes: 0,
        up_bytes: passed.up,
        down_bytes: passed.down,
        cuts: 0,
        lost: passed.lost,
        photos_first: 0,
        reached: whole,
    })
}

fn table(figures: &[Figure]) -> String {
    let header = [
        "",
        "记录 records s",
        "全部 all s",
        "changes",
        "photos",
        "requests",
        "push B/phone",
        "again B",
        "up B",
        "down B",
        "cuts",
        "lost",
        "",
    ];
    let mut table = crate::out::table(header);
    for f in figures {
        table.add_row([
            f.what.to_owned(),
            f.records_s.map_or("—".into(), |s| format!("{s:.1}")),
            format!("{:.1}", f.all_s),
            f.changes.to_string(),
            f.photos.to_string(),
            f.requests.to_string(),
            f.pushed_bytes.to_string(),
            f.again_bytes.to_string(),
            f.up_bytes.to_string(),
            f.down_bytes.to_string(),
            f.cuts.to_string(),
            f.lost.to_string(),
            if f.reached { "✓" } else { "✗" }.to_owned(),
        ]);
    }
    table.to_string()
}
