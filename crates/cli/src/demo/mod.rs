//! `guanmo demo`: a whole two-day tour on the real parts, with what goes wrong in one.
//!
//! Everything is entered through `mobile_core` while no server runs; then all sync over HTTP, a supervisor settles and
//! locks, and what came of it is counted from the databases. Invariant: nothing printed at the end is taken from what
//! the demo believes it did; a fault that did not happen, or a figure that must be 0 and is not, is an error.
//! Leaves out: proofs; this is one run, the simulator makes thousands.

mod cast;
mod count;
mod desk;
mod faults;
mod figures;
mod journal;
mod marks;
mod nearby;
mod office;
mod phone;
mod plan;
#[cfg(test)]
mod rehearsal;
mod say;
mod show;
mod steps;
mod tell;
mod tour;
mod trial;
mod words;

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, ensure};
use clap::Args;

use crate::bench::local::Local;
use plan::Tour;
use say::Say;

/// `guanmo demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// 数据文件夹(须为空),缺省为临时文件夹 · Data folder, which must be empty; a temporary one without it
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// 监听地址 · Address to listen on
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8650")]
    listen: SocketAddr,
    /// 供同一网络的手机使用，填本机在该网络的 IP · For a phone of the same network: this machine's IP there
    #[arg(long, value_name = "IP", conflicts_with = "once")]
    phone: Option<IpAddr>,
    /// 演示后退出 · Exit when it is over
    #[arg(long)]
    once: bool,
    /// 输出一个 JSON 对象，其余到 stderr · Print one JSON object; everything else to stderr
    #[arg(long, requires = "once")]
    json: bool,
    /// 种子 · Seed
    #[arg(long, default_value_t = 20_211_118)]
    seed: u64,
    /// 照片至多张数 · Photos at most
    #[arg(long, default_value_t = 300)]
    photos: usize,
    /// Folder of the phone this process is to be until it is killed.
    #[arg(long, hide = true, requires = "child_midnight")]
    child_phone: Option<PathBuf>,
    /// Midnight of the first day, ms UTC.
    #[arg(long, hide = true)]
    child_midnight: Option<i64>,
}

/// Runs the demo.
///
/// # Errors
/// Anything that does not go as it must.
pub fn run(args: &DemoArgs) -> Result<()> {
    if let (Some(dir), Some(midnight_ms)) = (&args.child_phone, args.child_midnight) {
        return faults::child(dir, args.seed, midnight_ms);
    }
    let kept;
    let dir: &Path = match &args.data {
        Some(dir) => {
            std::fs::create_dir_all(dir)?;
            let is_empty = std::fs::read_dir(dir)?.next().is_none();
            ensure!(is_empty, "{} 不是空文件夹 / is not empty", dir.display());
            dir
        }
        None => {
            kept = tempfile::Builder::new().prefix("guanmo-demo-").tempdir()?;
            kept.path()
        }
    };
    let mut say = Say::new(args.json);
    let tour = Tour::new(args.seed)?;
    let over = tour::play(args, dir, &tour, &mut say)?;
    if args.json {
        let report = show::report(&over.story, &over.cast, &over.logins);
        let text = serde_json::to_string(&report)?;
        crate::out::print(&text).map_err(|failure| anyhow!(failure.en))?;
    }
    if args.once {
        over.server.stop()?;
    } else {
        leave_up(args, over.server, &over.logins, dir, &say)?;
    }
    over.story.check()
}

/// Leaves a server up until Ctrl-C.
fn leave_up(
    args: &DemoArgs,
    server: Local,
    logins: &tour::Logins,
    dir: &Path,
    say: &Say,
) -> Result<()> {
    let nearby = args.phone.map(|ip| SocketAddr::new(ip, args.listen.port()));
    let url = nearby.map_or(server.url.clone(), |at| format!("https://{at}"));
    say.line(&format!("\n控制台 · console: {url}/console"));
    for tour::Login { user, password } in [&logins.supervisor, &logins.administrator] {
        say.line(&format!(
            "用户 · user: {user}    口令 · password: {password}"
        ));
    }
    let code = server.run(trial::open(&server.app))?;
    say.line(&format!(
        "检查员应用，试填一遍 · the inspector's app, to try it: {url}/app/enrol#{code}"
    ));
    if !server::has_inspector_app() {
        say.line("……但这个程序没有带上应用：先执行 cargo xtask app · … but this program was compiled without it: cargo xtask app first");
    }
    say.line(&format!("数据 · data: {}", dir.display()));
    if let Some(at) = nearby {
        let data = server.app.config().data_dir.clone();
        say.line(&nearby::prepare(dir, at)?);
        say.line("手机连同一网络，装好后用浏览器打开上面的应用地址 · then open the app's address in the browser of a phone on this network");
        server.stop()?;
        return nearby::serve(dir, &data, at);
    }
    say.line("手机上试用须有 HTTPS：加 --phone 本机IP 再运行一次 · on a phone it needs HTTPS: run it again with --phone and this machine's IP");
    say.line("按 Ctrl-C 结束 · Ctrl-C ends it");
    server.run(tokio::signal::ctrl_c())?;
    server.stop()
}
