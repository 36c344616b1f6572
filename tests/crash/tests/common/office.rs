//! The real server, its database on a disk in memory, asked without sockets.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use crash::{Disk, Image};
use domain::score::Rules;
use domain::{SiteKind, TownKind};
use mobile_core::{Failure, Form, Transport, TransportFuture, TransportRequest, TransportResponse};
use server::services::campaign::{NewAccount, NewCampaign, NewGroup, NewSite, NewTownship};
use server::{Actor, App, Config};
use tempfile::TempDir;
use tower::ServiceExt;
use uuid::Uuid;

use super::{DATABASE, MORNING};

/// Largest answer, bytes.
const ANSWER: usize = 64 << 20;
const TOWNSHIP: &str = "640422215";

/// A running office.
pub struct Office {
    pub app: Arc<App>,
    pub router: Router,
    pub disk: Disk,
    answers: Mutex<Vec<usize>>,
    /// Its folder: photos and locks.
    dir: TempDir,
}

pub fn supervisor() -> Actor {
    Actor::new("office", "supervisor")
}

/// Opens the office on a disk.
pub async fn open(disk: &Disk) -> server::Result<Office> {
    let dir = TempDir::new().unwrap();
    let mut config = Config::new(dir.path());
    config.database = Some(disk.uri(DATABASE));
    config.blobs.free_disk_reserve_bytes = 0;
    config.quotas.device = (u32::MAX, u32::MAX);
    config.quotas.photos = (u32::MAX, u32::MAX);
    let clock = AtomicI64::new(MORNING);
    config.clock = Arc::new(move || clock.fetch_add(1, Ordering::Relaxed));
    let app = server::open(config).await?;
    Ok(Office {
        router: server::router(&app),
        app,
        disk: disk.clone(),
        answers: Mutex::default(),
        dir,
    })
}

impl Office {
    /// A started campaign on a disk of its own; account ids of its four observers.
    pub async fn start() -> (Self, Vec<Uuid>) {
        Self::start_on(&Disk::new(0)).await.unwrap()
    }

    /// The same on this disk.
    pub async fn start_on(disk: &Disk) -> server::Result<(Self, Vec<Uuid>)> {
        let office = open(disk).await?;
        let people = office.prepare().await?;
        Ok((office, people))
    }

    /// Notes that something was answered.
    fn note(&self) {
        self.answers
            .lock()
            .unwrap()
            .push(self.disk.recorded_so_far());
    }

    /// After how many changes of its disk something was answered.
    pub fn answered(&self) -> Vec<usize> {
        self.answers.lock().unwrap().clone()
    }

    async fn prepare(&self) -> server::Result<Vec<Uuid>> {
        let (app, me) = (&self.app, supervisor());
        let new = NewCampaign {
            name: "观摩评比".into(),
            tour_kind: "tour".into(),
            dates: ("2021-11-18".into(), "2021-11-20".into()),
            rules: Rules::default(),
            sheets_open: false,
        };
        let id = app.create_campaign(&me, new).await?;
        self.note();
        let all = domain::builtin::divisions().iter();
        let ours = all.filter(|d| d.code.len() <= 6 || d.code.starts_with(TOWNSHIP));
        app.add_divisions(&me, id, ours.cloned().collect()).await?;
        self.note();
        let files = domain::builtin::CHECKLIST_FILES.iter();
        let files = files.map(|(_, json)| (*json).to_owned()).collect();
        app.add_checklists(&me, id, files).await?;
        self.note();
        let group = |number, name: &str| NewGroup {
            number,
            name: name.into(),
        };
        app.set_groups(&me, id, vec![group(1, "第一组")]).await?;
        self.note();
        let township = NewTownship {
            code: TOWNSHIP.into(),
            group: Some(1),
        };
        app.assign_townships(&me, id, vec![township]).await?;
        self.note();
        app.add_sites(&me, id, sites()).await?;
        self.note();
        let person = |n| NewAccount {
            name: format!("观摩员{n:02}"),
            role: "observer".into(),
            group: Some(1),
            home_unit: None,
            form: Form::Quick,
        };
        let people = app
            .add_accounts(&me, id, (1..=4).map(person).collect())
            .await?;
        app.start_campaign(&me, id).await?;
        self.note();
        Ok(people)
    }

    /// A code to enrol a phone with.
    pub async fn code(&self, account: Uuid) -> String {
        self.app.issue_code(&supervisor(), account).await.unwrap()
    }

    /// Its database as it is now.
    pub fn image(&self) -> Image {
        self.disk.snapshot()
    }

    async fn answer(&self, request: TransportRequest) -> Result<TransportResponse, Failure> {
        let mut asked = Request::builder().method(request.method).uri(&request.path);
        for (name, value) in &request.headers {
            asked = asked.header(name, value);
        }
        let asked = asked.body(Body::from(request.body)).unwrap();
        let answer = self.router.clone().oneshot(asked).await.unwrap();
        self.note();
        let (head, body) = answer.into_parts();
        let body = to_bytes(body, ANSWER).await;
        let headers = head.headers.iter();
        Ok(TransportResponse {
            status: head.status.as_u16(),
            headers: headers
                .map(|(n, v)| (n.to_string(), v.to_str().unwrap_or_default().to_owned()))
                .collect(),
            body: body.map_err(|e| Failure::Cut(e.to_string()))?.to_vec(),
        })
    }
}

fn sites() -> Vec<NewSite> {
    let site = |name: &str, kind, order| NewSite {
        name: name.to_owned(),
        kind,
        town_kind: (kind == SiteKind::TownSite).then_some(TownKind::Market),
        township: (kind != SiteKind::TownSite).then(|| TOWNSHIP.to_owned()),
        village: None,
        slot: (kind == SiteKind::Household).then_some(1),
        group: None,
        order,
        nominated: kind == SiteKind::DemonstrationVillage,
        place_e7: None,
    };
    vec![
        site("示范村", SiteKind::DemonstrationVillage, 0),
        site("农户1", SiteKind::Household, 1),
        site("沿途", SiteKind::RouteSegment, 2),
        site("文垚市场", SiteKind::TownSite, 100),
    ]
}

impl Transport for Office {
    fn send(&self, request: TransportRequest) -> TransportFuture<'_> {
        Box::pin(self.answer(request))
    }
}
