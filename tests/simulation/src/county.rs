//! What every run begins with: a started campaign with two groups, made once and copied.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use domain::score::Rules;
use domain::{SiteKind, TownKind};
use mobile_core::Form;
use server::services::campaign::{NewAccount, NewCampaign, NewGroup, NewSite, NewTownship};
use tempfile::TempDir;
use uuid::Uuid;

use crate::files;
use crate::office::{Office, supervisor};

/// Morning of the tour, ms UTC.
pub const MORNING: i64 = 1_777_600_000_000;
/// Townships of group 1 and group 2.
const TOWNSHIPS: [(&str, i64); 2] = [("640422215", 1), ("640422102", 2)];
/// Observers of each group.
pub const OBSERVERS: usize = 3;
/// Seed of the server's own random bytes while it is set up.
const SERVER: u64 = 1;

/// A prepared data folder.
pub struct County {
    dir: TempDir,
    /// The campaign.
    pub campaign: Uuid,
    /// Its groups.
    pub groups: Vec<Uuid>,
    /// Its observers, group by group.
    pub accounts: Vec<Uuid>,
}

impl County {
    /// Prepares it.
    #[must_use]
    pub fn prepare() -> Self {
        let dir = files::scratch();
        let clock = Arc::new(AtomicI64::new(MORNING - 3_600_000));
        let office = Office::open(&dir.path().join("server"), &clock, SERVER);
        let (campaign, groups, accounts) = office.run(fill(&office));
        drop(office);
        Self {
            dir,
            campaign,
            groups,
            accounts,
        }
    }

    /// Its folder.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.dir.path().join("server")
    }
}

async fn fill(office: &Office) -> (Uuid, Vec<Uuid>, Vec<Uuid>) {
    let (app, me) = (office.app(), supervisor());
    let new = NewCampaign {
        name: "观摩评比".into(),
        tour_kind: "tour".into(),
        dates: ("2026-05-01".into(), "2026-05-02".into()),
        rules: Rules::default(),
        sheets_open: false,
    };
    let id = app.create_campaign(&me, new).await.unwrap();
    let ours = |code: &str| code.len() <= 6 || TOWNSHIPS.iter().any(|(t, _)| code == *t);
    let divisions = domain::builtin::divisions().iter();
    let divisions = divisions.filter(|d| ours(&d.code)).cloned().collect();
    app.add_divisions(&me, id, divisions).await.unwrap();
    let files = domain::builtin::CHECKLIST_FILES.iter();
    let files = files.map(|(_, json)| (*json).to_owned()).collect();
    app.add_checklists(&me, id, files).await.unwrap();
    let group = |number, name: &str| NewGroup {
        number,
        name: name.into(),
    };
    let groups = vec![group(1, "第一组"), group(2, "第二组")];
    let groups = app.set_groups(&me, id, groups).await.unwrap();
    let rows = TOWNSHIPS.map(|(code, group)| NewTownship {
        code: code.into(),
        group: Some(group),
    });
    app.assign_townships(&me, id, rows.to_vec()).await.unwrap();
    app.add_sites(&me, id, sites()).await.unwrap();
    let people = (0..OBSERVERS * 2).map(|i| NewAccount {
        name: format!("观摩员{:02}", i + 1),
        role: "observer".into(),
        group: Some(1 + (i / OBSERVERS) as i64),
        home_unit: None,
        form: Form::Quick,
    });
    let accounts = app.add_accounts(&me, id, people.collect()).await.unwrap();
    app.start_campaign(&me, id).await.unwrap();
    (id, groups, accounts)
}

fn sites() -> Vec<NewSite> {
    let mut all = Vec::new();
    let kinds = [
        ("示范村", SiteKind::DemonstrationVillage),
        ("农户", SiteKind::Household),
        ("沿途", SiteKind::RouteSegment),
    ];
    for (code, _) in TOWNSHIPS {
        for (name, kind) in kinds {
            all.push(site(name, kind, Some(code), all.len()));
        }
    }
    all.push(site("集贸市场", SiteKind::TownSite, None, all.len()));
    all
}

fn site(name: &str, kind: SiteKind, township: Option<&str>, order: usize) -> NewSite {
    NewSite {
        name: name.to_owned(),
        kind,
        town_kind: township.is_none().then_some(TownKind::Market),
        township: township.map(str::to_owned),
        village: None,
        slot: (kind == SiteKind::Household).then_some(1),
        group: None,
        order: order as i64,
        nominated: kind == SiteKind::DemonstrationVillage,
        place_e7: None,
    }
}
