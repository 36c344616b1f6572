//! A campaign in a temporary folder and phones to sync with it, for tests beside the code.
//!
//! The phone here is the least that can speak the protocol: it signs what it is told to, right or wrong.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use domain::score::Rules;
use domain::sheet::Form;
use domain::{SiteKind, TownKind};
use ed25519_dalek::SigningKey;
use ledger::Ledger;
use merge::{LogId, Value};
use protocol::chain::{Hash, Header, SignedSegment};
use protocol::message::{SyncRequest, SyncResponse};
use protocol::request::RequestSignature;
use protocol::{
    BatchBuilder, PROTOCOL_VERSION, SCHEMA_VERSION, Scope, enrol::EnrolRequest, ids, segment,
};
use rusqlite::Connection;
use uuid::Uuid;

use crate::auth::types::{AuditEntry, Grant, Login, SetUp};
use crate::backup::{Plan, keygen};
use crate::services::campaign::{
    Campaign, NewAccount, NewCampaign, NewGroup, NewSite, NewTownship, Site,
};
use crate::services::office::Actor;
use crate::{App, Config, Result, open};

/// Of every login here.
pub const PASSWORD: &str = "Observe-2026";

/// 2026-05-01, noon.
pub const START: i64 = 1_777_600_000_000;

/// An office with a running campaign.
pub struct Office {
    pub dir: tempfile::TempDir,
    pub now: Arc<AtomicI64>,
    pub app: Arc<App>,
    pub campaign: Uuid,
    pub groups: Vec<Uuid>,
    /// Four observers of group 1, then four of group 2.
    pub accounts: Vec<Uuid>,
    /// A village and a household of group 1, a village of group 2, three town sites.
    pub sites: Vec<Uuid>,
}

fn fresh_entropy() -> [u8; 16] {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).unwrap();
    bytes
}

pub fn supervisor() -> Actor {
    Actor::new("督查01", "supervisor")
}

pub async fn open_at(dir: &std::path::Path, now: &Arc<AtomicI64>) -> Result<Arc<App>> {
    open_with(dir, now, None).await
}

async fn open_with(
    dir: &std::path::Path,
    now: &Arc<AtomicI64>,
    backup: Option<Plan>,
) -> Result<Arc<App>> {
    let now = Arc::clone(now);
    let mut config = Config::new(dir);
    config.clock = Arc::new(move || now.load(Ordering::SeqCst));
    config.blobs.free_disk_reserve_bytes = 0;
    config.backup = backup;
    open(config).await
}

fn account(name: String, group: i64, home: Option<&str>) -> NewAccount {
    NewAccount {
        name,
        role: "observer".to_owned(),
        group: Some(group),
        home_unit: home.map(str::to_owned),
        form: Form::Detailed,
    }
}

fn site(name: &str, kind: SiteKind, town: Option<TownKind>, code: Option<&str>) -> NewSite {
    NewSite {
        name: name.to_owned(),
        kind,
        town_kind: town,
        township: code.map(str::to_owned),
        village: None,
        slot: None,
        group: None,
        order: 1,
        nominated: true,
        place_e7: None,
    }
}

impl Office {
    /// A server without a campaign.
    pub async fn bare() -> Self {
        Self::bare_with(|_| None).await
    }

    /// The same that makes backups beside its data.
    pub async fn backing_up() -> Self {
        Self::bare_with(|dir| {
            Some(Plan {
                dir: dir.join("backups"),
                recipient: keygen().0,
                every: std::time::Duration::from_secs(3_600),
                keep: 2,
                photos: false,
            })
        })
        .await
    }

    async fn bare_with(plan: impl Fn(&std::path::Path) -> Option<Plan>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let now = Arc::new(AtomicI64::new(START));
        let plan = plan(dir.path());
        let app = open_with(dir.path(), &now, plan).await.unwrap();
        Self {
            dir,
            now,
            app,
            campaign: Uuid::nil(),
            groups: Vec::new(),
            accounts: Vec::new(),
            sites: Vec::new(),
        }
    }

    /// A campaign with nothing in it, which becomes the current one.
    pub async fn empty_campaign(&self) -> Uuid {
        let new = NewCampaign {
            name: "空的".to_owned(),
            tour_kind: "tour".to_owned(),
            dates: ("2026-05-01".to_owned(), "2026-05-02".to_owned()),
            rules: Rules::default(),
            sheets_open: false,
        };
        let made = self.app.create_campaign(&supervisor(), new).await;
        made.unwrap()
    }

    /// A login with [`PASSWORD`]; its name is its role's word.
    pub async fn login(&self, grant: Grant) -> Login {
        let name = grant.role.word();
        self.login_named(grant, name).await
    }

    /// The same with a name.
    pub async fn login_named(&self, grant: Grant, name: &str) -> Login {
        let auth = self.app.auth();
        let entry = AuditEntry {
            at_ms: self.app.now_ms(),
            ..AuditEntry::default()
        };
        let invited = auth.store().invite(grant, 1000, fresh_entropy(), entry);
        let secret = invited.await.unwrap();
        match auth.set_up(&secret, name, PASSWORD.to_owned()).await {
            Ok(SetUp::Done(login)) => login,
            other => panic!("{other:?}"),
        }
    }

    /// Starts a campaign with sealed sheets.
    pub async fn start() -> Self {
        Self::with(false).await
    }

    pub async fn with(sheets_open: bool) -> Self {
        Self::named(sheets_open, "").await
    }

    /// The same; every name that people type ends in `tail`.
    pub async fn named(sheets_open: bool, tail: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let now = Arc::new(AtomicI64::new(START));
        let app = open_at(dir.path(), &now).await.unwrap();
        let by = supervisor();
        let new = NewCampaign {
            name: format!("观摩{tail}"),
            tour_kind: "tour".to_owned(),
            dates: ("2026-05-01".to_owned(), "2026-05-02".to_owned()),
            rules: Rules::default(),
            sheets_open,
        };
        let id = app.create_campaign(&by, new).await.unwrap();
        let divisions: Vec<_> = domain::builtin::divisions().iter().cloned().collect();
        let codes: Vec<String> = divisions
            .iter()
            .filter(|d| d.level.is_township())
            .map(|d| d.code.clone())
            .collect();
        app.add_divisions(&by, id, divisions).await.unwrap();
        let files = domain::builtin::CHECKLIST_FILES.iter();
        let files = files.map(|(_, json)| (*json).to_owned()).collect();
        app.add_checklists(&by, id, files).await.unwrap();
        let group = |number| NewGroup {
            number,
            name: format!("第{number}组{tail}"),
        };
        let groups = app
            .set_groups(&by, id, vec![group(1), group(2)])
            .await
            .unwrap();
        let place = |(i, code): (usize, &String)| NewTownship {
            code: code.clone(),
            group: Some(if i < 10 { 1 } else { 2 }),
        };
        let places = codes.iter().enumerate().map(place).collect();
        app.assign_townships(&by, id, places).await.unwrap();
        let people = (0..8).map(|i| {
            let home = if i == 3 {
                Some(codes[0].as_str())
            } else {
                None
            };
            account(format!("观摩员{:02}{tail}", i + 1), 1 + i / 4, home)
        });
        let accounts = app.add_accounts(&by, id, people.collect()).await.unwrap();
        let sites = vec![
            site(
                "示范村甲",
                SiteKind::DemonstrationVillage,
                None,
                Some(&codes[0]),
            ),
            site("农户1", SiteKind::Household, None, Some(&codes[0])),
            site(
                "示范村乙",
                SiteKind::DemonstrationVillage,
                None,
                Some(&codes[10]),
            ),
            site("市场", SiteKind::TownSite, Some(TownKind::Market), None),
            site("广场", SiteKind::TownSite, Some(TownKind::Road), None),
            site("小区", SiteKind::TownSite, Some(TownKind::Community), None),
        ];
        let named = |s: NewSite| NewSite {
            name: format!("{}{tail}", s.name),
            ..s
        };
        let sites = sites.into_iter().map(named).collect();
        let sites = app.add_sites(&by, id, sites).await.unwrap();
        app.start_campaign(&by, id).await.unwrap();
        Self {
            dir,
            now,
            app,
            campaign: id,
            groups,
            accounts,
            sites,
        }
    }

    pub async fn campaign(&self) -> Arc<Campaign> {
        self.app.campaign(self.campaign).await.unwrap()
    }

    /// A phone of an account (index).
    pub async fn phone(&self, who: usize) -> Phone {
        let key = SigningKey::from_bytes(&[who as u8 + 1; 32]);
        self.phone_with(who, key).await
    }

    pub async fn phone_with(&self, who: usize, key: SigningKey) -> Phone {
        let code = self
            .app
            .issue_code(&supervisor(), self.accounts[who])
            .await
            .unwrap();
        let request = EnrolRequest {
            code,
            public_key: hex::encode(key.verifying_key().to_bytes()),
            device_name: format!("手机{who}"),
        };
        let e = self.app.enrol(request).await.unwrap();
        Phone {
            key,
            server: e.server,
            generation: e.generation,
            campaign: e.campaign,
            device: e.device,
            account: e.account,
            group: e.group.unwrap(),
            counter: 0,
            cursor: Vec::new(),
            want_bytes: 0,
            heads: HashMap::new(),
            held: HashMap::new(),
            now: START,
        }
    }

    /// What the database holds, to show that nothing changed.
    pub async fn fingerprint(&self) -> (usize, u64, usize, usize, u64) {
        let id = self.campaign;
        self.app
            .read(move |tx, _| {
                let logs = tx.all_logs()?;
                let heads = logs.iter().map(|l| l.head).sum();
                let counters = tx.devices(id)?.iter().map(|d| d.counter).sum();
                Ok((
                    logs.len(),
                    heads,
                    tx.entries(id, None)?.len(),
                    tx.all_held(id)?.len(),
                    counters,
                ))
            })
            .await
            .unwrap()
    }

    /// Codes of all held entries, oldest first.
    pub async fn verdicts(&self) -> Vec<String> {
        let id = self.campaign;
        let held = self.app.read(move |tx, _| tx.all_held(id)).await.unwrap();
        held.into_iter().rev().map(|h| h.code).collect()
    }

    pub async fn entry(&self, id: Uuid) -> Option<crate::store::Entry> {
        self.app.read(move |tx, _| tx.entry(id)).await.unwrap()
    }

    pub async fn value(&self, id: Uuid, field: &'static str) -> Option<Value> {
        let live = self
            .app
            .read(move |tx, _| tx.live(id, field))
            .await
            .unwrap();
        live.into_iter().next().map(|l| l.value)
    }
}

/// The least a phone can be.
pub struct Phone {
    pub key: SigningKey,
    pub server: Uuid,
    pub generation: u64,
    pub campaign: Uuid,
    pub device: Uuid,
    pub account: Uuid,
    pub group: Uuid,
    pub counter: u64,
    pub cursor: Vec<u8>,
    /// How much it asks for at once; 0: what the server thinks right.
    pub want_bytes: u32,
    /// Head of each own log as written.
    pub heads: HashMap<LogId, (u64, Hash)>,
    /// Head of each own log as the server said.
    pub held: HashMap<LogId, (u64, Hash)>,
    pub now: i64,
}

/// One change to write: kind, record, field, value, own seqs it replaces.
pub type Write<'a> = (&'a str, Uuid, &'a str, Value, Vec<(LogId, u64)>);

impl Phone {
    pub fn sealed(&self) -> Scope {
        Scope::Sealed {
            campaign: self.campaign,
            author: self.account,
        }
    }

    pub fn group_scope(&self) -> Scope {
        Scope::Group {
            campaign: self.campaign,
            group: self.group,
        }
    }

    pub fn log(&self, scope: Scope) -> LogId {
        LogId::new(self.device, scope.id(), 1)
    }

    /// The next segment of a log.
    pub fn write(&mut self, scope: Scope, changes: &[Write]) -> SignedSegment {
        let log = self.log(scope);
        let origin = protocol::chain::origin(self.campaign, &log);
        let (head, chain) = self.heads.get(&log).copied().unwrap_or((0, origin));
        let s = self.segment_at(scope, head + 1, chain, changes);
        self.heads
            .insert(log, (head + changes.len() as u64, s.chain()));
        s
    }

    /// A segment at any place of a log.
    pub fn segment_at(
        &mut self,
        scope: Scope,
        first: u64,
        prev: Hash,
        changes: &[Write],
    ) -> SignedSegment {
        let log = self.log(scope);
        let mut b = BatchBuilder::default();
        for (kind, record, field, value, supersedes) in changes {
            self.now += 1;
            b.push_value(log, self.now, (kind, *record), field, value, supersedes);
        }
        let payload = segment::encode(&b.finish(), &[scope.id()], 3).unwrap();
        let header = Header::of(&log, first, changes.len() as u32);
        SignedSegment::sign(&self.key, prev, &header, payload)
    }

    pub fn sheet(&self, site: Uuid) -> Uuid {
        ids::sheet(self.campaign, site, self.account)
    }

    /// The changes of a whole sheet, every item at its best less `less` steps on the first.
    pub fn filled(&self, c: &Campaign, site: Uuid, less: i64) -> Vec<Write<'static>> {
        let found: &Site = &c.sites[&site];
        let entry = c.checklist_for(found).unwrap();
        let form = entry.for_site(found).unwrap();
        let id = self.sheet(site);
        let mut changes: Vec<Write> = vec![("sheet", id, "opened", opened(c, site), vec![])];
        let mut less = less;
        for item in &form.items {
            use domain::checklist::ItemType;
            let mark: Value = match item.kind {
                ItemType::Score { step_e4 } if less > 0 => {
                    (item.max_e4 - std::mem::take(&mut less) * step_e4).into()
                }
                ItemType::Score { .. } => item.max_e4.into(),
                ItemType::Deduct { .. } => 0.into(),
                ItemType::YesNo => true.into(),
                ItemType::Ratio { .. } => Value::List(vec![5.into(), 5.into()]),
            };
            let field: &'static str = Box::leak(format!("answer/{}", item.id).into_boxed_str());
            let value = Value::List(vec![mark, Value::Null]);
            changes.push(("sheet", id, field, value, vec![]));
        }
        let state = Value::List(vec!["submitted".into(), Value::Null]);
        changes.push(("sheet", id, "state", state, vec![]));
        changes
    }

    pub fn request(&self, segments: Vec<SignedSegment>, flags: u8) -> SyncRequest {
        let mut heads = self
            .held
            .iter()
            .map(|(l, (seq, chain))| (l.scope.into_bytes(), l.epoch, *seq, *chain))
            .collect();
        SyncRequest {
            protocol: PROTOCOL_VERSION,
            schema: SCHEMA_VERSION,
            generation: self.generation,
            heads: protocol::message::heads_digest(&mut heads),
            cursor: self.cursor.clone(),
            segments,
            want_bytes: self.want_bytes,
            clock_ms: START,
            flags,
            said: None,
        }
    }

    /// Signs a request as its own, with the next counter.
    pub fn sign(&mut self, body: &[u8]) -> String {
        self.counter += 1;
        let (device, server) = (self.device, self.server);
        RequestSignature::sign(
            &self.key,
            device,
            server,
            self.generation,
            self.counter,
            body,
        )
        .to_header()
    }

    /// Sends segments and takes over what the server answers.
    pub async fn sync(&mut self, app: &App, segments: Vec<SignedSegment>) -> Result<SyncResponse> {
        self.sync_with(app, segments, 0).await
    }

    pub async fn sync_with(
        &mut self,
        app: &App,
        segments: Vec<SignedSegment>,
        flags: u8,
    ) -> Result<SyncResponse> {
        let body = self.request(segments, flags).to_bytes();
        let signature = self.sign(&body);
        let reply = match app.sync(Some(&signature), &body).await {
            Ok(reply) => SyncResponse::parse(&reply).unwrap(),
            Err(e) => {
                self.counter -= 1;
                return Err(e);
            }
        };
        self.generation = reply.generation;
        if !reply.cursor.is_empty() {
            self.cursor = reply.cursor.clone();
        }
        if let Some(have) = &reply.have {
            let log = |h: &protocol::message::Have| {
                LogId::new(self.device, Uuid::from_bytes(h.scope), h.epoch)
            };
            self.held = have.iter().map(|h| (log(h), (h.seq, h.chain))).collect();
        }
        Ok(reply)
    }
}

/// The value of `opened` for a site by its latest checklist.
pub fn opened(c: &Campaign, site: Uuid) -> Value {
    let entry = c.checklist_for(&c.sites[&site]).unwrap();
    Value::List(vec![
        site.into(),
        entry.checklist.code.as_str().into(),
        i64::from(entry.checklist.version).into(),
        "detailed".into(),
    ])
}

/// A phone's copy of what it pulled.
pub struct Mirror {
    pub conn: Connection,
    pub ledger: Ledger,
}

impl Mirror {
    pub fn new() -> Self {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(ledger::SCHEMA).unwrap();
        Self {
            conn,
            ledger: Ledger::new(),
        }
    }

    /// Applies segments of known scopes; `keys` are those of their writers.
    pub fn apply(
        &mut self,
        segments: &[SignedSegment],
        scopes: &[Scope],
        keys: &HashMap<Uuid, ed25519_dalek::VerifyingKey>,
    ) {
        for s in segments {
            let header = s.header().unwrap();
            let log = header.log();
            let scope = scopes.iter().find(|x| x.id() == log.scope).unwrap();
            let seen = self
                .ledger
                .inspect(&self.conn, s, &header, *scope, &keys[&log.device]);
            match seen.unwrap() {
                ledger::Inspected::Next(next) => {
                    self.ledger.admit(&self.conn, &next, 0, 0, true).unwrap();
                }
                ledger::Inspected::Repeat(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    pub fn digest(&mut self, scope: Scope) -> Vec<u8> {
        let no = self.ledger.scope(&self.conn, scope).unwrap();
        let digest = self.ledger.digest(&self.conn, no).unwrap();
        digest.iter().flat_map(|b| b.to_be_bytes()).collect()
    }
}
