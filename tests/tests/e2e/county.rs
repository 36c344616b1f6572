//! A small county: two groups, four townships, three town sites, phones in folders, a server that can be stopped,
//! copied and started again.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use domain::score::Rules;
use domain::{SiteKind, TownKind};
use mobile_core::{
    Answer, FixedClock, Form, HttpTransport, Mark, OsEntropy, Ports, Replica, SiteFilter, SiteView,
    SyncReport,
};
use server::auth::types::Quotas;
use server::services::campaign::{NewAccount, NewCampaign, NewGroup, NewSite, NewTownship};
use server::{Actor, App, Config};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::logs;

/// Morning of the tour, ms UTC.
pub const MORNING: i64 = 1_637_197_200_000;
/// Townships of group 1 and group 2.
pub const TOWNSHIPS: [(&str, i64); 4] = [
    ("640422215", 1),
    ("640422206", 1),
    ("640422102", 2),
    ("640422205", 2),
];

/// The office with its data folder.
pub struct County {
    pub dir: TempDir,
    pub campaign: Uuid,
    pub groups: Vec<Uuid>,
    pub accounts: Vec<Uuid>,
    pub clock: Arc<AtomicI64>,
    quotas: Quotas,
    running: Option<Running>,
    phones: usize,
}

struct Running {
    app: Arc<App>,
    url: String,
    stop: oneshot::Sender<()>,
    done: tokio::task::JoinHandle<()>,
}

/// A phone with its own clock.
pub struct Phone {
    pub replica: Replica,
    pub clock: Arc<FixedClock>,
    pub dir: PathBuf,
}

pub fn office() -> Actor {
    Actor::new("office", "supervisor")
}

fn site(name: &str, kind: SiteKind, township: Option<&str>, order: i64) -> NewSite {
    NewSite {
        name: name.to_owned(),
        kind,
        town_kind: township.is_none().then_some(TownKind::Market),
        township: township.map(str::to_owned),
        village: None,
        slot: (kind == SiteKind::Household).then_some(1),
        group: None,
        order,
        nominated: kind == SiteKind::DemonstrationVillage,
        place_e7: None,
    }
}

impl County {
    /// A started campaign with `per_group` observers in each group.
    pub async fn start(per_group: usize) -> Self {
        Self::start_with(per_group, false).await
    }

    pub async fn start_with(per_group: usize, sheets_open: bool) -> Self {
        Self::start_under(per_group, sheets_open, Quotas::default()).await
    }

    /// The same with limits of its own for logins and devices.
    pub async fn start_under(per_group: usize, sheets_open: bool, quotas: Quotas) -> Self {
        let mut county = Self {
            dir: TempDir::new().unwrap(),
            campaign: Uuid::nil(),
            groups: Vec::new(),
            accounts: Vec::new(),
            clock: Arc::new(AtomicI64::new(MORNING)),
            quotas,
            running: None,
            phones: 0,
        };
        county.open().await;
        county.prepare(per_group, sheets_open).await;
        county
    }

    async fn prepare(&mut self, per_group: usize, sheets_open: bool) {
        let (app, me) = (self.app().clone(), office());
        let new = NewCampaign {
            name: "观摩评比".into(),
            tour_kind: "tour".into(),
            dates: ("2021-11-18".into(), "2021-11-20".into()),
            rules: Rules::default(),
            sheets_open,
        };
        let id = app.create_campaign(&me, new).await.unwrap();
        self.campaign = id;
        let ours =
            |code: &str| code.len() <= 6 || TOWNSHIPS.iter().any(|(t, _)| code.starts_with(t));
        let divisions = domain::builtin::divisions()
            .iter()
            .filter(|d| ours(&d.code))
            .cloned()
            .collect();
        app.add_divisions(&me, id, divisions).await.unwrap();
        let files = domain::builtin::CHECKLIST_FILES
            .iter()
            .map(|(_, json)| (*json).to_owned())
            .collect();
        app.add_checklists(&me, id, files).await.unwrap();
        let groups = vec![
            NewGroup {
                number: 1,
                name: "第一组".into(),
            },
            NewGroup {
                number: 2,
                name: "第二组".into(),
            },
        ];
        self.groups = app.set_groups(&me, id, groups).await.unwrap();
        let rows = TOWNSHIPS.map(|(code, group)| NewTownship {
            code: code.into(),
            group: Some(group),
        });
        app.assign_townships(&me, id, rows.to_vec()).await.unwrap();
        let mut sites = Vec::new();
        for (code, _) in TOWNSHIPS {
            for (i, (name, kind)) in [
                ("示范村", SiteKind::DemonstrationVillage),
                ("农户1", SiteKind::Household),
                ("沿途", SiteKind::RouteSegment),
            ]
            .into_iter()
            .enumerate()
            {
                sites.push(site(name, kind, Some(code), i as i64));
            }
        }
        for (i, name) in ["文垚市场", "金通汽贸物流园", "秀屿广场"]
            .into_iter()
            .enumerate()
        {
            sites.push(site(name, SiteKind::TownSite, None, 100 + i as i64));
        }
        app.add_sites(&me, id, sites).await.unwrap();
        let people = (0..per_group * 2)
            .map(|i| NewAccount {
                name: format!("观摩员{:02}", i + 1),
                role: "observer".into(),
                group: Some(1 + (i / per_group) as i64),
                home_unit: None,
                form: Form::Quick,
            })
            .collect();
        self.accounts = app.add_accounts(&me, id, people).await.unwrap();
        app.start_campaign(&me, id).await.unwrap();
    }

    /// Opens the data folder and listens.
    pub async fn open(&mut self) {
        logs::keep();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut config = Config::new(self.dir.path().join("server"));
        config.listen = listener.local_addr().unwrap();
        config.quotas = self.quotas;
        let clock = self.clock.clone();
        config.clock = Arc::new(move || clock.fetch_add(1, Ordering::Relaxed));
        let url = config.url();
        let app = server::open(config).await.unwrap();
        let (stop, stopped) = oneshot::channel();
        let serving = server::serve(app.clone(), listener, async move {
            let _ = stopped.await;
        });
        let done = tokio::spawn(async move { serving.await.unwrap() });
        self.running = Some(Running {
            app,
            url,
            stop,
            done,
        });
    }

    /// Stops the server and lets go of its folder.
    pub async fn close(&mut self) {
        let Running {
            app, stop, done, ..
        } = self.running.take().unwrap();
        let _ = stop.send(());
        done.await.unwrap();
        assert_eq!(Arc::strong_count(&app), 1, "somebody still holds the app");
    }

    pub fn app(&self) -> &Arc<App> {
        &self.running.as_ref().unwrap().app
    }

    /// The address it listens on.
    pub fn url(&self) -> &str {
        &self.running.as_ref().unwrap().url
    }

    pub fn transport(&self) -> HttpTransport {
        HttpTransport::new(self.url()).unwrap()
    }

    /// A new phone of an account, enrolled and synced once.
    pub async fn phone(&mut self, account: usize) -> Phone {
        self.phones += 1;
        let dir = self.dir.path().join(format!("phone{}", self.phones));
        let mut phone = Phone::open(&dir);
        let code = self
            .app()
            .issue_code(&office(), self.accounts[account])
            .await
            .unwrap();
        logs::never(&code);
        phone
            .replica
            .enrol(&self.transport(), &code, "测试机")
            .await
            .unwrap();
        self.sync(&mut phone).await;
        phone
    }

    pub async fn sync(&self, phone: &mut Phone) -> SyncReport {
        phone
            .replica
            .sync(&self.transport(), &mut |_| {})
            .await
            .unwrap()
    }

    /// A read-only look into the server's database.
    pub fn count(&self, sql: &str) -> i64 {
        count(&self.dir.path().join("server/server.db"), sql)
    }
}

impl Drop for County {
    /// What its server logged is looked over, whatever the test was about.
    fn drop(&mut self) {
        logs::look_over();
    }
}

/// One number of a database, by its own connection.
pub fn count(path: &Path, sql: &str) -> i64 {
    let conn =
        rusqlite::Connection::open_with_flags(path, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)
            .unwrap();
    conn.query_row(sql, [], |r| r.get(0)).unwrap()
}

impl Phone {
    pub fn open(dir: &Path) -> Self {
        Self::open_at(dir, Arc::new(FixedClock::at(MORNING)))
    }

    fn open_at(dir: &Path, clock: Arc<FixedClock>) -> Self {
        let ports = Ports {
            clock: clock.clone(),
            entropy: Arc::new(OsEntropy),
        };
        Self {
            replica: Replica::open(dir, ports).unwrap(),
            clock,
            dir: dir.to_owned(),
        }
    }

    /// Closes and opens it again, as after a restart of the phone.
    pub fn reopen(self) -> Self {
        let Self {
            replica,
            clock,
            dir,
        } = self;
        drop(replica);
        Self::open_at(&dir, clock)
    }

    pub fn sites(&mut self) -> Vec<SiteView> {
        self.replica.sites(&SiteFilter::default()).unwrap()
    }

    /// Fills the quick form of one site; every line gets its maximum less `off` points (in e4).
    pub fn fill(&mut self, site: &SiteView, off: i64, submit: bool) -> Uuid {
        let sheet = self.replica.open_sheet(site.id, Form::Quick).unwrap();
        let view = self.replica.sheet(sheet).unwrap();
        for line in view.lines {
            self.clock.advance(1_500);
            let points = Mark::Points((line.item.max_e4 - off).max(0));
            self.replica
                .answer(sheet, &line.item.id, Answer::from(points))
                .unwrap();
        }
        if submit {
            self.replica.submit(sheet).unwrap();
        }
        sheet
    }

    pub fn database(&self) -> PathBuf {
        self.dir.join("phone.db")
    }
}

/// Copies a folder as a backup program would.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
