//! `guanmo demo`: a whole two-day tour on the real parts, with what goes wrong in one.
//!
//! Everything is entered through `mobile_core` while no server runs; then all sync over HTTP, a supervisor settles and
//! locks, and what came of it is counted from the databases. Invariant: nothing printed at the end is taken from what
//! the demo believes it did. Leaves out: proofs; this is one run, the simulator makes thousands.

mod cast;
mod count;
mod desk;
mod faults;
mod figures;
mod journal;
mod marks;
mod office;
mod phone;
mod plan;
#[cfg(test)]
mod rehearsal;
mod say;
mod show;
mod steps;
mod words;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use chrono::{DateTime, FixedOffset};
use clap::Args;
use mobile_core::{Clock, Entropy, OsEntropy, SystemClock, Value};
use server::Actor;
use server::auth::{Role, SignIn};

use crate::bench::held;
use crate::bench::local::Local;
use cast::{Cast, Happened};
use count::Folder;
use desk::Desk;
use faults::{CLOCK_OFF_MS, LATE, TWO_PHONES};
use plan::Tour;
use say::Say;
use show::Story;

/// Of the contested shared fields, every so many is left open.
const LEAVE_OPEN_EVERY: usize = 3;
const SUPERVISOR: &str = "督查员";
const DAY_MS: i64 = 86_400_000;

/// `guanmo demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// 数据文件夹(须为空),缺省为临时文件夹 · Data folder, which must be empty; a temporary one without it
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// 监听地址 · Address to listen on
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8650")]
    listen: SocketAddr,
    /// 演示后退出 · Exit when it is over
    #[arg(long)]
    once: bool,
    /// 输出一个 JSON 对象,其余到 stderr · Print one JSON object; everything else to stderr
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
/// Anything that does not go as it must; figures that are not as they should be are an error too.
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
    let stage = play(args, dir, &tour, &mut say)?;
    if args.json {
        let report = show::report(&stage.story, &stage.cast);
        crate::out::print(&serde_json::to_string(&report)?).map_err(|f| anyhow::anyhow!(f.en))?;
    }
    let is_clean =
        stage.story.count.lost + stage.story.count.duplicated + stage.story.count.diverging == 0;
    if args.once {
        stage.server.stop()?;
    } else {
        leave_up(stage.server, &stage.password, dir, &say)?;
    }
    ensure!(
        is_clean,
        "数据有缺失、重复或不一致 / something was lost, duplicated or differs"
    );
    Ok(())
}

/// The demo when it is over.
struct Stage<'t> {
    server: Local,
    cast: Cast<'t>,
    story: Story,
    password: String,
}

fn play<'t>(args: &DemoArgs, dir: &Path, tour: &'t Tour, say: &mut Say) -> Result<Stage<'t>> {
    let (midnight_ms, dates) = two_days();
    let server_dir = dir.join("server");
    let server_db = server_dir.join("server.db");
    introduce(tour, say);

    say.part(
        "准备:建立活动、发登记码、登记手机",
        "set-up: campaign, codes, enrolment",
    );
    let server = Local::start(&server_dir, args.listen)?;
    let office = server.run(office::prepare(&server.app, tour, dates))?;
    let password = password();
    server.run(make_supervisor(&server, &password))?;
    let mut cast = Cast::new(
        tour,
        args.seed,
        midnight_ms,
        &dir.join("phones"),
        args.photos,
    )?;
    let codes = cast.members.iter().map(|m| {
        server.run(
            server
                .app
                .issue_code(&Actor::system(), office.accounts[m.observer]),
        )
    });
    let codes = codes.collect::<Result<Vec<String>, _>>()?;
    cast.enrol(&server.url, &codes)?;
    server.stop()?;

    say.part(
        "两天观摩:服务器已停,各记各的",
        "two days on tour: the server is stopped, each phone on its own",
    );
    let happened = cast.fill()?;
    tell_faults(&happened, say);

    say.part(
        "回到县城:服务器启动,全部同步",
        "back in town: the server starts, everybody syncs",
    );
    let server = Local::start(&server_dir, args.listen)?;
    cast.sync(&server.url, |m| !is_copy(&m.dir))?;
    cast.sync(&server.url, |m| is_copy(&m.dir))?;
    cast.sync(&server.url, |m| !m.retired)?;
    tell_sync(&cast, say);
    let contested = held::contested(&server_db)?;

    say.part(
        "争议:督查室裁定,本人确认",
        "conflicts: the office settles, the author settles his own",
    );
    let desk = server.run(Desk::sign_in(&server.url, SUPERVISOR, &password))?;
    let shared = server.run(settle_shared(&desk))?;
    let own = settle_own(&mut cast, &server.url)?;
    let open = held::contested(&server_db)?;
    say.both(
        &format!("有争议的字段 {} 个、值 {} 个;裁定 {shared} 个,本人确认 {own} 个,留待 {} 个", contested.cells, contested.values, open.cells),
        &format!("{} fields with {} values; the office settled {shared}, the author {own}, {} are left open", contested.cells, contested.values, open.cells),
    );
    cast.sync(&server.url, |m| !m.retired)?;

    say.part(
        "锁定两组,随后到达一份迟交的评分单",
        "both groups are locked, then a late sheet arrives",
    );
    for group in &office.groups {
        server.run(desk.lock(*group, "演示:个别点位未入户或缺一名观摩员"))?;
    }
    let late = std::mem::take(&mut cast.late);
    cast.with_phone(LATE, &server.url, |phone| phone.play(&late))?;
    let held_now = server.run(desk.held())?.len();
    say.both(
        &format!("迟交的评分单已收下,未计入,待裁定 {held_now} 件"),
        &format!("the late sheet was taken in but not counted; {held_now} waiting for a decision"),
    );
    cast.sync(&server.url, |m| !m.retired)?;
    let noop = cast.noop(&server.url)?;

    say.part(
        "清点:逐一核对各手机与服务器的数据库",
        "counting: every phone's database against the server's",
    );
    let story = tell(tour, &cast, &server_db, (contested, noop), say)?;
    Ok(Stage {
        server,
        cast,
        story,
        password,
    })
}

/// Counts, and shows what came of it.
fn tell(
    tour: &Tour,
    cast: &Cast,
    server_db: &Path,
    (contested, noop): (crate::bench::Contested, (u64, u64)),
    say: &mut Say,
) -> Result<Story> {
    let folders = cast.members.iter().map(|m| Folder {
        dir: m.dir.clone(),
        readable: m.readable.clone(),
        retired: m.retired,
    });
    let folders: Vec<Folder> = folders.collect();
    let journal: Vec<journal::Entry> = cast
        .members
        .iter()
        .flat_map(|m| m.journal.clone())
        .collect();
    let count = count::count(server_db, &folders, &journal)?;
    let open = held::contested(server_db)?;
    say.end();
    let story = Story {
        count,
        contested,
        open,
        noop,
        seconds: say.seconds(),
    };
    say.line(&format!("\n{}", show::ranking(&story, tour)));
    say.line(&format!("\n{}", show::totals(&story, cast)));
    let minutes = story.seconds / 60.0;
    say.line(&format!(
        "\n全程 {:.1} s({minutes:.1} 分钟)· in all {:.1} s",
        story.seconds, story.seconds
    ));
    Ok(story)
}

fn introduce(tour: &Tour, say: &Say) {
    let (sites, people) = (tour.sites.len(), tour.observers.len());
    say.line("观摩通演示 · Guanmo demo");
    say.both(
        &format!("西吉县 {} 个乡镇,{sites} 个点位,两组共 {people} 名观摩员;得分、位置、照片均为虚构", tour.townships.len()),
        &format!("Xiji County: {} townships, {sites} sites, {people} inspectors in two groups; scores, positions and photos are invented", tour.townships.len()),
    );
    if office::are_proposals() {
        say.both(
            "所用评分表为建议稿,须经县里确认后方可正式使用",
            "the checklists are proposals; the county must confirm them before real use",
        );
    }
}

fn is_copy(dir: &Path) -> bool {
    dir.to_string_lossy().ends_with("-copy")
}

/// Yesterday's midnight in Shanghai, ms UTC, and the two days of the tour.
fn two_days() -> (i64, (String, String)) {
    let ahead_ms = 8 * 3_600_000;
    let today = (SystemClock.now_ms() + ahead_ms).div_euclid(DAY_MS) * DAY_MS - ahead_ms;
    let midnight_ms = today - DAY_MS;
    let day = |at_ms: i64| {
        let shanghai = FixedOffset::east_opt(8 * 3600);
        let utc = DateTime::from_timestamp_millis(at_ms).unwrap_or_default();
        shanghai.map_or_else(String::new, |zone| {
            utc.with_timezone(&zone).format("%Y-%m-%d").to_string()
        })
    };
    (midnight_ms, (day(midnight_ms), day(today)))
}

/// A random password that can be read aloud.
fn password() -> String {
    const LETTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";
    let mut bytes = [0; 16];
    OsEntropy.fill(&mut bytes);
    let letters: Vec<char> = bytes
        .iter()
        .map(|b| char::from(LETTERS[usize::from(*b) % LETTERS.len()]))
        .collect();
    letters
        .chunks(4)
        .map(|four| four.iter().collect::<String>())
        .collect::<Vec<_>>()
        .join("-")
}

/// First set-up: the printed secret makes the administrator, who invites the supervisor.
async fn make_supervisor(server: &Local, password: &str) -> Result<()> {
    let secret = server
        .app
        .setup_secret()
        .context("the server gave no set-up secret")?;
    let (user, own) = ("系统管理员", self::password());
    Desk::set_up(&server.url, &secret, user, &own).await?;
    let SignIn::Done(administrator) = server.app.auth().sign_in(user, own).await? else {
        anyhow::bail!("the administrator cannot sign in");
    };
    let invitation = server
        .app
        .auth()
        .invite(&administrator, Role::Supervisor)
        .await?;
    Desk::set_up(&server.url, &invitation, SUPERVISOR, password).await?;
    Ok(())
}

/// The supervisor settles shared fields, all but every third; how many.
async fn settle_shared(desk: &Desk) -> Result<usize> {
    let mut settled = 0;
    let conflicts = desk.conflicts().await?;
    let shared = conflicts
        .iter()
        .filter(|c| c["record"]["kind"] == "site_facts");
    for (no, conflict) in shared.enumerate() {
        if no % LEAVE_OPEN_EVERY + 1 < LEAVE_OPEN_EVERY {
            desk.settle(conflict, "与村委会核对后确定").await?;
            settled += 1;
        }
    }
    Ok(settled)
}

/// The inspector with two phones settles the first of his two sheets; how many answers.
fn settle_own(cast: &mut Cast, url: &str) -> Result<usize> {
    let sites: Vec<usize> = faults::second_phone(cast.tour)?
        .iter()
        .map(|t| t.site)
        .collect();
    let first = *sites.first().context("the second phone did nothing")?;
    cast.with_phone(TWO_PHONES, url, |phone| {
        let sheet = phone.sheet(first)?;
        let differing = phone.replica.sheet(sheet)?.siblings;
        for (field, siblings) in &differing {
            let shown: Vec<_> = siblings.iter().map(|s| s.dot).collect();
            let value: Value = siblings.first().context("no sibling")?.value.clone();
            phone.replica.settle(sheet, field, value, &shown)?;
        }
        Ok(differing.len())
    })
}

fn tell_faults(happened: &Happened, say: &Say) {
    let after = happened.killed_after;
    say.both(
        &format!("一台手机写入中被强行终止(已确认 {after} 步),重新打开后继续"),
        &format!("one phone was killed while writing (after {after} acknowledged steps), opened again and went on"),
    );
    say.both(
        &format!("一名观摩员给本乡评分被拒(回避,{})", happened.recused_code),
        &format!(
            "one inspector was refused a sheet for his own township ({})",
            happened.recused_code
        ),
    );
    let days = CLOCK_OFF_MS / DAY_MS;
    say.both(
        &format!("一台时钟快 {days} 天;一台中途被复制,之后原机与副本各写各的;一人用两台手机填同两份评分单"),
        &format!("one clock is {days} days fast; one phone was copied, then both went on; one inspector filled two sheets on two phones"),
    );
}

fn tell_sync(cast: &Cast, say: &Say) {
    let forked: Vec<u64> = cast
        .members
        .iter()
        .filter(|m| m.traffic.forked)
        .map(|m| m.traffic.reissued)
        .collect();
    let flagged = cast
        .members
        .iter()
        .filter(|m| m.traffic.skew_flagged)
        .count();
    let active: Vec<_> = cast.members.iter().filter(|m| !m.retired).collect();
    let agreed = active.iter().filter(|m| m.traffic.agreed).count();
    let reissued: u64 = forked.iter().sum();
    say.both(
        &format!("{agreed}/{} 台与服务器一致;副本 {} 台被发现,重发 {reissued} 处改动;时钟不准 {flagged} 台已标出", active.len(), forked.len()),
        &format!("{agreed}/{} phones agree with the server; {} copy was noticed and issued {reissued} changes again; {flagged} wrong clock is flagged", active.len(), forked.len()),
    );
}

/// Leaves the server up until Ctrl-C.
fn leave_up(server: Local, password: &str, dir: &Path, say: &Say) -> Result<()> {
    say.line(&format!("\n控制台 · console: {}/console", server.url));
    say.line(&format!(
        "用户 · user: {SUPERVISOR}    口令 · password: {password}"
    ));
    say.line(&format!("数据 · data: {}", dir.display()));
    say.line("按 Ctrl-C 结束 · Ctrl-C ends it");
    server.run(tokio::signal::ctrl_c())?;
    server.stop()
}
