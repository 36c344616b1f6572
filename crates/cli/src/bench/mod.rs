//! `guanmo bench`: the figures of `docs/benchmarks.md`, measured on the real parts.
//!
//! Invariant: our side and the bound run in the same process on the same disk; each figure has a control.
//! Leaves out: what is compared with others' programs (`docs/benchmarks.md`).

mod attack;
mod autosave;
mod child;
mod cpu;
mod desk;
mod export;
mod fill;
pub mod held;
mod link;
mod load;
pub mod local;
mod office;
mod pages;
mod photo;
mod process;
pub mod random;
mod raw;
mod reader;
mod report;
mod result;
mod syncs;
mod tour;
mod tours;
mod workload;

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{Args, Subcommand};

pub use autosave::copy_folder;
use report::{Figures, Measured};
pub use workload::Contested;
use workload::Workload;

/// `guanmo bench`.
#[derive(Debug, Args)]
pub struct BenchArgs {
    /// 测什么 · What to measure
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// 两天观摩的同步、自动保存与磁盘 · Sync, autosave and disk of a two-day tour
    Tour(TourArgs),
    /// 服务器进程：启动、内存、每秒评分单 · The server as a process: start, memory, sheets a second
    Server(process::ServerArgs),
    /// 一万张评分单的导出与列表 · Exports and lists of ten thousand sheets
    Export(export::ExportArgs),
    /// 存有十次观摩时各页面的时间 · Pages of the console with ten tours stored
    Pages(pages::PagesArgs),
    /// 一次观摩的结果：从头算、多一张评分单后再算 · The result of a tour: from nothing, and after one more sheet
    Result(result::ResultArgs),
    /// 照片入库的处理器时间 · Processor time of taking in a photo
    Photo(photo::PhotoArgs),
    /// 弱网、断网下的同步 · Sync over weak and broken links
    Link(link::LinkArgs),
    /// 有人攻击时别人等多久 · How long others wait while somebody attacks
    Attack(attack::AttackArgs),
    /// The process in which disk syncs are counted.
    #[command(hide = true)]
    Autosave(autosave::ChildArgs),
}

#[derive(Debug, Args)]
struct TourArgs {
    /// 工作量文件夹(sites.jsonl, devNN.jsonl),缺省为内置 · Folder of the workload; built in without it
    #[arg(long, value_name = "DIR")]
    workload: Option<PathBuf>,
    /// 数据库所在磁盘上的文件夹，缺省为临时文件夹 · Folder on the disk to measure; a temporary one without it
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// 留下数据库以便查看 · Keep the databases to look at
    #[arg(long)]
    keep: bool,
    /// 输出 JSON · Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs a measurement.
///
/// # Errors
/// Anything that does not go as it must; a figure that is not reached is no error.
pub fn run(args: &BenchArgs) -> Result<()> {
    match &args.what {
        What::Tour(args) => tour(args),
        What::Server(args) => process::run(args),
        What::Export(args) => export::run(args),
        What::Pages(args) => pages::run(args),
        What::Result(args) => result::run(args),
        What::Photo(args) => photo::run(args),
        What::Link(args) => link::run(args),
        What::Attack(args) => attack::run(args),
        What::Autosave(args) => autosave::child(args),
    }
}

fn raw_fan_out(dir: &Path, w: &Workload) -> Result<raw::Bound> {
    eprintln!("裸写入 · raw fan-out …");
    raw::fan_out(dir, w)
}

fn tour(args: &TourArgs) -> Result<()> {
    let mut place = match &args.dir {
        Some(dir) => tempfile::tempdir_in(dir)?,
        None => tempfile::tempdir()?,
    };
    if args.keep {
        place.disable_cleanup(true);
        eprintln!("{}", place.path().display());
    }
    let w = match &args.workload {
        Some(dir) => Workload::load(dir)?,
        None => Workload::generate(),
    };
    let counts = w.counts();
    eprintln!("W: {} · {counts:?}", w.source);
    let dir = |name: &str| place.path().join(name);
    // The bound is taken before, between and after, so that a busy machine weighs on both sides alike.
    let mut bounds = vec![raw_fan_out(&dir("raw0"), &w)?];
    eprintln!("公开评分单 · open sheets …");
    let open = tour::run(&dir("open"), &w, true)?;
    bounds.push(raw_fan_out(&dir("raw1"), &w)?);
    eprintln!("密封评分单 · sealed sheets …");
    let sealed = tour::run(&dir("sealed"), &w, false)?;
    bounds.push(raw_fan_out(&dir("raw2"), &w)?);
    let cpu = cpu::median(bounds.iter().map(|b| b.cpu).collect());
    let bound = raw::Bound {
        cpu,
        ..bounds.pop().unwrap_or_default()
    };
    eprintln!("落盘次数 · disk syncs …");
    let syncs = autosave::count(&sealed.phone_dir, &dir("syncs"))?;
    let (source, expected) = (w.source.clone(), w.contested());
    let figures = Figures::new(&Measured {
        source,
        counts,
        expected,
        bound,
        open,
        sealed,
        syncs,
    });
    let printed = if args.json {
        serde_json::to_string_pretty(&figures)?
    } else {
        report::table(&figures)
    };
    crate::out::print(&printed).map_err(|failure| anyhow::anyhow!(failure.en))?;
    Ok(())
}
