//! `guanmo bench result`: the result of a tour from the registers, and again after one more sheet.
//!
//! Invariant: what is timed is what a lock does with every answer in the database, in one thread; the outcome must equal
//! the one the lock wrote down, and leaving out one site's sheets (the control) must change it. Leaves out: writing it down.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Args;
use domain::score::Outcome;
use serde_json::json;
use server::services::campaign::Cache;
use server::services::{project, ranking, results};
use server::store::sqlite::SqliteStore;
use server::store::{self, Tx};
use uuid::Uuid;

use super::cpu;
use super::local::Local;
use super::tours;

/// Times each figure is taken.
const ROUNDS: usize = 9;
/// What P11 asks.
const WHOLE: Duration = Duration::from_millis(50);
const ONE_MORE: Duration = Duration::from_millis(5);

/// `guanmo bench result`.
#[derive(Debug, Args)]
pub struct ResultArgs {
    /// 所在磁盘上的文件夹，缺省为临时文件夹 · Folder on the disk to measure; a temporary one without it
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// 输出 JSON · Print JSON
    #[arg(long)]
    json: bool,
}

/// Wall and processor time.
#[derive(Clone, Copy, Default)]
struct Took {
    wall: Duration,
    cpu: Duration,
}

/// Fills, measures, prints.
///
/// # Errors
/// Anything that does not go as it must; a figure that is not reached is no error.
pub fn run(args: &ResultArgs) -> Result<()> {
    let place = match &args.dir {
        Some(dir) => tempfile::tempdir_in(dir)?,
        None => tempfile::tempdir()?,
    };
    let dir = place.path().join("server");
    let server = Local::start(&dir, ([127, 0, 0, 1], 0).into())?;
    let campaign = server.run(tours::play(&server, "观摩"))?;
    server.stop()?;
    let store = SqliteStore::open(&dir, server::system_clock())?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let whole = runtime.block_on(store::read(&store, move |tx| {
        let taken: server::Result<Vec<Took>> = (0..ROUNDS)
            .map(|_| took(|| from_nothing(tx, campaign)))
            .collect();
        Ok((middle(taken?), from_nothing(tx, campaign)?))
    }));
    let (whole, (sheets, answers, outcome, without_one)) = whole?;
    let more = runtime.block_on(store::write(&store, move |tx| {
        let sheet = tx.entries(campaign, Some("sheet"))?.pop().map(|e| e.id);
        let sheet = sheet.unwrap_or_default();
        let cache = Cache::default();
        let c = cache.campaign(tx, campaign)?;
        let taken: server::Result<Vec<Took>> = (0..ROUNDS)
            .map(|_| {
                took(|| {
                    project::records(tx, &c, &[(sheet, "sheet".to_owned())], 0)?;
                    let gathered = results::gather(tx, &c, &results::locked_groups(&c))?;
                    results::outcome(&gathered.input)
                })
            })
            .collect();
        let (_, last) = ranking::last(tx, &c)?;
        Ok((middle(taken?), last))
    }));
    let (more, locked) = more?;
    ensure!(outcome == locked, "the result is not the one of the lock");
    ensure!(outcome != without_one, "a site left out changed nothing");
    tell(args, (sheets, answers), whole, more)
}

fn took<T>(work: impl FnOnce() -> server::Result<T>) -> server::Result<Took> {
    let (began, before) = (Instant::now(), cpu::thread());
    work()?;
    Ok(Took {
        wall: began.elapsed(),
        cpu: cpu::thread().saturating_sub(before),
    })
}

fn middle(taken: Vec<Took>) -> Took {
    Took {
        wall: cpu::median(taken.iter().map(|t| t.wall).collect()),
        cpu: cpu::median(taken.iter().map(|t| t.cpu).collect()),
    }
}

/// Reads the configuration and every sheet's answers, scores each, and ranks: sheets, answers, the outcome, and the
/// outcome without the first site.
fn from_nothing(tx: &mut dyn Tx, campaign: Uuid) -> server::Result<(usize, u64, Outcome, Outcome)> {
    let c = Cache::default().campaign(tx, campaign)?;
    let mut answers = 0;
    let mut gathered = results::gather(tx, &c, &results::locked_groups(&c))?;
    let mut scores = std::collections::BTreeMap::new();
    for (key, sheet) in &gathered.sheets {
        let Some(view) = tx.view(*sheet)? else {
            continue;
        };
        if let project::Projected::Entry(entry) = project::project(&c, &view, 0) {
            answers += u64::from(entry.answered);
            scores.insert(key.clone(), entry.score_e4);
        }
    }
    for sheet in &mut gathered.input.sheets {
        let key = (sheet.site.clone(), sheet.observer.clone());
        let score = scores.get(&key).copied().flatten();
        sheet.score_e4 = score.unwrap_or_default();
    }
    let outcome = results::outcome(&gathered.input)?;
    let sheets = gathered.input.sheets.len();
    // Every observer gives a site the same marks here, so one sheet less would show nothing.
    let first = gathered.input.sheets.first().map(|s| s.site.clone());
    let other = |s: &domain::score::Sheet| Some(&s.site) != first.as_ref();
    gathered.input.sheets.retain(other);
    Ok((sheets, answers, outcome, results::outcome(&gathered.input)?))
}

fn tell(args: &ResultArgs, counts: (usize, u64), whole: Took, more: Took) -> Result<()> {
    let ms = |time: Duration| (time.as_secs_f64() * 1e5).round() / 100.0;
    let (sheets, answers) = counts;
    let printed = if args.json {
        json!({
            "sheets": sheets, "answers": answers,
            "whole_ms": ms(whole.wall), "whole_cpu_ms": ms(whole.cpu),
            "one_more_ms": ms(more.wall), "one_more_cpu_ms": ms(more.cpu),
        })
        .to_string()
    } else {
        let mark = |reached: bool| if reached { "✓" } else { "✗" };
        format!(
            "{sheets} 张评分单 · sheets, {answers} 项 · answers\n\
             {} P11 从头算 · from nothing {} ms, cpu {} ms (≤ {})\n\
             {} P11 多一张后 · after one more sheet {} ms, cpu {} ms (≤ {})",
            mark(whole.wall <= WHOLE),
            ms(whole.wall),
            ms(whole.cpu),
            ms(WHOLE),
            mark(more.wall <= ONE_MORE),
            ms(more.wall),
            ms(more.cpu),
            ms(ONE_MORE),
        )
    };
    let printed = crate::out::print(&printed);
    printed
        .map_err(|failure| anyhow::anyhow!(failure.en))
        .context("printing")
}
