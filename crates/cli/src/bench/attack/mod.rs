//! `guanmo bench attack`: how long honest people wait while somebody guesses passwords, sends bodies that grow, or asks
//! without end; and whether a refusal tells by its time that a name exists.
//!
//! Invariant: quiet and attacked turns alternate against one server; each figure has a control that must be worse.
//! Leaves out: that nothing is refused or lost meanwhile (end-to-end `sign_in` and `greedy`, `tests/bombs.rs`).

mod bombs;
mod flood;
mod greedy;
mod guessing;
mod waits;

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use serde::Serialize;
use server::auth::types::Quotas;

use super::desk::{self, Plan};
use super::load::Prepared;
use super::local::Local;
use super::reader::Reader;
use waits::Waits;

/// `guanmo bench attack`.
#[derive(Debug, Args)]
pub struct AttackArgs {
    /// 所在磁盘上的文件夹，缺省为临时文件夹 · Folder on the disk to measure; a temporary one without it
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// 输出 JSON · Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Figures {
    sign_in: Waits,
    /// A browser that never signed in, meanwhile: the control.
    stranger: Waits,
    names: guessing::Names,
    pages: Waits,
    /// While the server's own threads unpack as many: the control.
    pages_while_unpacking: Waits,
    sync: Waits,
    /// With no limit to what a device may ask: the control.
    sync_without_limit: Waits,
}

/// A server with a tour, its phones, and somebody of the office.
struct Stage {
    server: Local,
    phones: Prepared,
    office: Reader,
}

impl Stage {
    fn set(dir: &Path, quotas: Quotas) -> Result<Self> {
        let server = Local::start_under(dir, quotas)?;
        let plan = Plan {
            name: "观摩",
            sites: 2 * greedy::SHEETS,
            observers: 6,
            open: false,
        };
        let (phones, office) = server.run(async {
            let (id, codes) = desk::prepare(&server.app, &plan).await?;
            let campaign = server.app.campaign(id).await?;
            let phones = Prepared::enrol(&server.url, &campaign, &codes).await?;
            anyhow::Ok((phones, Reader::sign_in(&server).await?))
        })?;
        Ok(Self {
            server,
            phones,
            office,
        })
    }
}

/// Attacks, measures, prints.
///
/// # Errors
/// Anything that does not go as it must; a figure that is not reached is no error.
pub fn run(args: &AttackArgs) -> Result<()> {
    let place = match &args.dir {
        Some(dir) => tempfile::tempdir_in(dir)?,
        None => tempfile::tempdir()?,
    };
    let people = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let stage = Stage::set(&place.path().join("limited"), Quotas::default())?;
    eprintln!("猜密码 · guessing …");
    let (sign_in, stranger) = people.block_on(guessing::measure(&stage))?;
    let names = people.block_on(guessing::names(&stage))?;
    eprintln!("会膨胀的内容 · bodies that grow …");
    let (pages, pages_while_unpacking) = people.block_on(bombs::measure(&stage))?;
    eprintln!("不停请求的手机 · a phone that asks without end …");
    let sync = people.block_on(greedy::measure(&stage))?;
    stage.server.stop()?;
    let free = Quotas {
        device: (0, 0),
        ..Quotas::default()
    };
    let stage = Stage::set(&place.path().join("free"), free)?;
    let sync_without_limit = people.block_on(greedy::measure(&stage))?;
    stage.server.stop()?;
    let figures = Figures {
        sign_in,
        stranger,
        names,
        pages,
        pages_while_unpacking,
        sync,
        sync_without_limit,
    };
    let printed = if args.json {
        serde_json::to_string_pretty(&figures)?
    } else {
        table(&figures)
    };
    crate::out::print(&printed).map_err(|failure| anyhow::anyhow!(failure.en))
}

fn table(f: &Figures) -> String {
    let rows = [
        ("T21 登录 · signing in, own browser", &f.sign_in),
        ("T21 对照：陌生浏览器 · control: a stranger's", &f.stranger),
        ("T17 页面 · a page while bodies grow", &f.pages),
        (
            "T17 对照：真去解压 · control: unpacking",
            &f.pages_while_unpacking,
        ),
        ("T26 同步 · sync beside a greedy phone", &f.sync),
        ("T26 对照：不限 · control: no limit", &f.sync_without_limit),
    ];
    let mut table = comfy_table::Table::new();
    table.load_preset(comfy_table::presets::UTF8_FULL_CONDENSED);
    table.set_header([
        "",
        "p50",
        "p99",
        "p50 ×",
        "p99 ×",
        "拒绝 · refused",
        "攻击 · attacks",
    ]);
    for (name, w) in rows {
        table.add_row([
            name.to_owned(),
            format!("{} → {} ms", w.quiet_ms.0, w.attacked_ms.0),
            format!("{} → {} ms", w.quiet_ms.1, w.attacked_ms.1),
            format!("{}", w.ratio.0),
            format!("{}", w.ratio.1),
            format!("{} / {}", w.refused, w.asked),
            w.attacks.to_string(),
        ]);
    }
    let n = &f.names;
    format!(
        "{table}\nT21 {} 次拒绝 · refusals: 已有名称 · known names {} ms, 没有的名称 · unknown {} ms, \
         中位差 · medians differ by {} ms (四分位距 · quartiles {} ms apart); 对照：已锁定 · control: locked {} ms",
        n.refusals, n.known_ms, n.unknown_ms, n.apart_ms, n.spread_ms, n.locked_ms
    )
}
