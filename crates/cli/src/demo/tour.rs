//! The demo, part by part.
//!
//! Leaves out: what each does (`cast`, `desk`), and the words it is told in (`tell`).

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use chrono::{DateTime, FixedOffset};
use mobile_core::{Clock, Entropy, OsEntropy, SystemClock, Value};
use serde::Serialize;
use server::Actor;

use super::cast::Cast;
use super::count::{self, Folder};
use super::desk::Desk;
use super::faults::{self, LATE, TWO_PHONES};
use super::journal::Entry;
use super::office::{self, Office};
use super::plan::Tour;
use super::say::Say;
use super::show::{Faults, Story};
use super::{DemoArgs, tell};
use crate::bench::held;
use crate::bench::local::Local;

/// The name the demo's supervisor signs in with.
pub const SUPERVISOR: &str = "督查员";
/// The name of its administrator.
const ADMINISTRATOR: &str = "系统管理员";
/// Of the contested shared fields, every so many is left open.
const LEAVE_OPEN_EVERY: usize = 3;
const DAY_MS: i64 = 86_400_000;
/// The tour is made and phones are enrolled at six in the evening before the first day, ms before its midnight.
const EVE_MS: i64 = 6 * 3_600_000;

/// The demo when it is over.
pub struct Over<'t> {
    /// Still up.
    pub server: Local,
    /// Everybody's phones.
    pub cast: Cast<'t>,
    /// What came of it.
    pub story: Story,
    /// Who may sign in.
    pub logins: Logins,
}

/// Who may sign in at the console of the demo; it is invented, so this may be printed.
#[derive(Debug, Serialize)]
pub struct Logins {
    /// The supervisor.
    pub supervisor: Login,
    /// Who invites all others.
    pub administrator: Login,
}

/// A name and its password.
#[derive(Debug, Serialize)]
pub struct Login {
    /// Name.
    pub user: &'static str,
    /// Password.
    pub password: String,
}

impl Logins {
    /// Passwords nobody has had before.
    fn random() -> Self {
        let login = |user| Login {
            user,
            password: random_password(),
        };
        Self {
            supervisor: login(SUPERVISOR),
            administrator: login(ADMINISTRATOR),
        }
    }
}

/// Plays it.
///
/// # Errors
/// Anything that does not go as it must.
pub fn play<'t>(args: &DemoArgs, dir: &Path, tour: &'t Tour, say: &mut Say) -> Result<Over<'t>> {
    tell::introduction(tour, say);
    let (midnight_ms, dates) = two_days();
    let mut cast = Cast::new(
        tour,
        args.seed,
        midnight_ms,
        &dir.join("phones"),
        args.photos,
    )?;
    let stage = Stage {
        listen: args.listen,
        server_dir: dir.join("server"),
        logins: Logins::random(),
    };
    let mut story = Story::default();
    let office = stage.set_up(tour, dates, &mut cast, say)?;
    stage.two_days(&mut cast, &mut story.faults, say)?;
    let server = stage.back_in_town(&mut cast, &mut story, say)?;
    let desk = server.run(Desk::sign_in(
        &server.url,
        SUPERVISOR,
        &stage.logins.supervisor.password,
    ))?;
    stage.settle(&server, &desk, &mut cast, &mut story, say)?;
    stage.lock(&server, &desk, &office, &mut cast, &mut story, say)?;
    stage.count(&cast, &mut story, say)?;
    tell::end(&story, &cast, say);
    Ok(Over {
        server,
        cast,
        story,
        logins: stage.logins,
    })
}

/// Where the demo plays.
struct Stage {
    listen: std::net::SocketAddr,
    server_dir: PathBuf,
    logins: Logins,
}

impl Stage {
    fn database(&self) -> PathBuf {
        self.server_dir.join("server.db")
    }

    /// The server runs only to make the tour, its logins and codes; every phone is enrolled. It is the evening before.
    fn set_up(
        &self,
        tour: &Tour,
        dates: (String, String),
        cast: &mut Cast,
        say: &mut Say,
    ) -> Result<Office> {
        say.part(
            "准备：建立活动、发登记码、登记手机",
            "set-up: campaign, codes, enrolment",
        );
        let eve_ms = cast.midnight_ms - EVE_MS;
        let back_ms = SystemClock.now_ms() - eve_ms;
        let clock = Arc::new(move || SystemClock.now_ms() - back_ms);
        let server = Local::start_at(&self.server_dir, self.listen, clock)?;
        let office = server.run(office::prepare(&server.app, tour, dates))?;
        server.run(make_supervisor(&server, &self.logins))?;
        let mut codes = Vec::new();
        for member in &cast.members {
            let account = office.accounts[member.observer];
            codes.push(server.run(server.app.issue_code(&Actor::system(), account))?);
        }
        cast.enrol(&server.url, &codes, SystemClock.now_ms() - back_ms)?;
        server.stop()?;
        Ok(office)
    }

    fn two_days(&self, cast: &mut Cast, faults: &mut Faults, say: &mut Say) -> Result<()> {
        say.part(
            "两天观摩：服务器已停，各记各的",
            "two days on tour: the server is stopped, each phone on its own",
        );
        let happened = cast.fill()?;
        faults.killed_after = happened.killed_after;
        faults.recused_code = happened.recused_code;
        tell::faults(faults, say);
        Ok(())
    }

    /// The server starts again, on the same data; phones sync, the lost one's copy last; then all fetch the rest.
    fn back_in_town(&self, cast: &mut Cast, story: &mut Story, say: &mut Say) -> Result<Local> {
        say.part(
            "回到县城：服务器启动，全部同步",
            "back in town: the server starts, everybody syncs",
        );
        let server = Local::start(&self.server_dir, self.listen)?;
        cast.sync(&server.url, |m| !m.is_copy)?;
        cast.sync(&server.url, |m| m.is_copy)?;
        cast.sync(&server.url, |m| !m.retired)?;
        let forked = cast.members.iter().filter(|m| m.traffic.forked);
        story.faults.copies_noticed = forked.clone().count();
        story.faults.reissued = forked.map(|m| m.traffic.reissued).sum();
        story.faults.clocks_flagged = cast
            .members
            .iter()
            .filter(|m| m.traffic.skew_flagged)
            .count();
        story.contested = held::contested(&self.database())?;
        tell::sync(cast, &story.faults, say);
        Ok(server)
    }

    fn settle(
        &self,
        server: &Local,
        desk: &Desk,
        cast: &mut Cast,
        story: &mut Story,
        say: &mut Say,
    ) -> Result<()> {
        say.part(
            "争议：督查室裁定，本人确认",
            "conflicts: the office settles, the author settles his own",
        );
        story.settled_by_office = server.run(settle_shared(desk))?;
        story.settled_by_author = settle_own(cast, &server.url)?;
        cast.sync(&server.url, |m| !m.retired)?;
        story.open = held::contested(&self.database())?;
        tell::conflicts(story, say);
        Ok(())
    }

    fn lock(
        &self,
        server: &Local,
        desk: &Desk,
        office: &Office,
        cast: &mut Cast,
        story: &mut Story,
        say: &mut Say,
    ) -> Result<()> {
        say.part(
            "锁定两组，随后到达一份迟交的评分单",
            "both groups are locked, then a late sheet arrives",
        );
        for group in &office.groups {
            server.run(desk.lock(*group, "演示：个别点位未入户或缺一名观摩员"))?;
        }
        let late = std::mem::take(&mut cast.late);
        cast.with_phone(LATE, &server.url, |phone| phone.play(&late))?;
        story.faults.held = server.run(desk.held())?.len();
        tell::late(&story.faults, say);
        cast.sync(&server.url, |m| !m.retired)?;
        story.noop = cast.noop(&server.url)?;
        Ok(())
    }

    fn count(&self, cast: &Cast, story: &mut Story, say: &mut Say) -> Result<()> {
        say.part(
            "清点：逐一核对各手机与服务器的数据库",
            "counting: every phone's database against the server's",
        );
        let folders = cast.members.iter().map(|m| Folder {
            dir: m.dir.clone(),
            readable: m.readable.clone(),
            retired: m.retired,
        });
        let folders: Vec<Folder> = folders.collect();
        let journal: Vec<Entry> = cast
            .members
            .iter()
            .flat_map(|m| m.journal.clone())
            .collect();
        story.count = count::count(&self.database(), &folders, &journal)?;
        say.end();
        story.seconds = say.seconds();
        Ok(())
    }
}

/// Midnight in Shanghai before the tour, ms UTC, and its two days: the last two that are over, so that nothing was
/// written in the future.
fn two_days() -> (i64, (String, String)) {
    let ahead_ms = 8 * 3_600_000;
    let today = (SystemClock.now_ms() + ahead_ms).div_euclid(DAY_MS) * DAY_MS - ahead_ms;
    let midnight_ms = today - 2 * DAY_MS;
    let day = |at_ms: i64| {
        let shanghai = FixedOffset::east_opt(8 * 3600);
        let utc = DateTime::from_timestamp_millis(at_ms).unwrap_or_default();
        let local = shanghai.map(|zone| utc.with_timezone(&zone));
        local.map_or_else(String::new, |t| t.format("%Y-%m-%d").to_string())
    };
    (midnight_ms, (day(midnight_ms), day(midnight_ms + DAY_MS)))
}

/// A random password that can be read aloud. It ends in a digit: by chance alone one in a hundred had none, which the
/// rule for passwords refuses.
fn random_password() -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut bytes = [0; 16];
    OsEntropy.fill(&mut bytes);
    let mut letters = bytes.map(|b| char::from(LETTERS[usize::from(b) % LETTERS.len()]));
    letters[15] = char::from(b'2' + bytes[15] % 8);
    let fours = letters
        .chunks(4)
        .map(|four| four.iter().collect::<String>());
    fours.collect::<Vec<_>>().join("-")
}

/// First set-up over HTTP: the printed secret makes the administrator, who invites the supervisor.
async fn make_supervisor(server: &Local, logins: &Logins) -> Result<()> {
    let secret = server
        .app
        .setup_secret()
        .context("the server gave no set-up secret")?;
    let Login { user, password } = &logins.administrator;
    let administrator = Desk::set_up(&server.url, &secret, user, password).await?;
    let invitation = administrator.invite("supervisor").await?;
    let Login { user, password } = &logins.supervisor;
    Desk::set_up(&server.url, &invitation, user, password).await?;
    Ok(())
}

/// The supervisor settles shared fields, all but every third; how many.
async fn settle_shared(desk: &Desk) -> Result<usize> {
    let mut settled = 0;
    let conflicts = desk.conflicts().await?;
    let shared = conflicts.iter().filter(|c| c["kind"] == "site_facts");
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
    let steps = faults::second_phone(cast.tour)?;
    let first = steps.first().context("the second phone did nothing")?.site;
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
