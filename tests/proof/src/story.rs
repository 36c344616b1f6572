//! A small tour from the first day to a locked result with everything a data folder may hold: conflicts and their
//! settlement, photos, issues, households, a recusal, a revoked phone, late sheets taken in, left out and undecided.
//!
//! Invariant: after every step the caller may look at the folder; the last thing written is an anchor of the audit.
//! Leaves out: what is done to the folder afterwards.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use anyhow::{Context, Result, ensure};
use fastrand::Rng;
use mobile_core::photos::generate::TestPhoto;
use mobile_core::{
    Answer, Form, Mark, NewIssue, NewOpinion, PhotoMeta, PhotoTarget, Severity, SiteFilter,
    SiteView, Visit,
};
use server::auth::Viewer;
use server::auth::types::{Grant, SetUp};
use server::model::{IssuePatch, IssueQuery, StepRequest};
use server::services::prepare::edit::Basics;
use uuid::Uuid;

use crate::county::{self, County, TOWNSHIPS};
use crate::office::{self, MORNING, Office, Phone, supervisor};

/// Called after each step, with its name and the folder (in use).
pub type After<'a> = &'a mut dyn FnMut(&str, &Path) -> Result<()>;

struct Story<'a> {
    rng: Rng,
    dir: PathBuf,
    clock: Arc<AtomicI64>,
    office: Office,
    county: County,
    phones: Vec<Phone>,
    after: After<'a>,
}

/// Plays a tour of this seed in `dir`; the folder of the server, which was let go of.
///
/// # Errors
/// What the program refuses: nothing of this may be refused.
pub async fn play(dir: &Path, seed: u64, after: After<'_>) -> Result<PathBuf> {
    let clock = Arc::new(AtomicI64::new(MORNING));
    let server = dir.join("server");
    let office = office::open(&server, &clock).await?;
    after("new", &server)?;
    let county = county::prepare(&office.app).await?;
    after("started", &server)?;
    let mut story = Story {
        rng: Rng::with_seed(seed),
        dir: dir.to_owned(),
        clock,
        office,
        county,
        phones: Vec::new(),
        after,
    };
    story.rehearsal().await?;
    story.tour().await?;
    story.desk().await?;
    story.lock().await?;
    story.late().await?;
    story.last().await?;
    story.phones.clear();
    story.office.close();
    Ok(server)
}

impl Story<'_> {
    fn told(&mut self, step: &str) -> Result<()> {
        let server = self.dir.join("server");
        (self.after)(step, &server).with_context(|| step.to_owned())
    }

    /// A rehearsal beside the tour, with nothing in it.
    async fn rehearsal(&mut self) -> Result<()> {
        let basics = Basics {
            name: "试填".into(),
            tour_kind: "tour".into(),
            dates: ("2021-11-17".into(), "2021-11-17".into()),
            sheets_open: false,
        };
        let (app, me) = (&self.office.app, supervisor());
        app.clone_campaign(&me, self.county.campaign, basics, true)
            .await?;
        self.told("rehearsal")
    }

    async fn enrol(&mut self, account: usize) -> Result<usize> {
        let n = self.phones.len();
        let account = self.county.accounts[account];
        let place = self.dir.join(format!("phone{n}"));
        let seed = self.rng.u64(..);
        let phone = self.office.phone(&place, account, seed).await?;
        self.phones.push(phone);
        Ok(n)
    }

    async fn sync(&mut self, phone: usize) -> Result<()> {
        self.office.sync(&mut self.phones[phone]).await?;
        self.told(&format!("sync {phone}"))
    }

    /// Fills the quick form of a site with points below the best.
    fn fill(&mut self, phone: usize, site: &SiteView, submit: bool) -> Result<Uuid> {
        let p = &mut self.phones[phone];
        let sheet = p.replica.open_sheet(site.id, Form::Quick)?;
        if site.kind == Some(domain::SiteKind::Household) {
            p.replica.set_visit(sheet, Visit::Entered)?;
        }
        for line in p.replica.sheet(sheet)?.lines {
            p.clock.advance(1_500);
            let off = 5_000 * self.rng.i64(0..4);
            let points = Mark::Points((line.item.max_e4 - off).max(0));
            p.replica
                .answer(sheet, &line.item.id, Answer::from(points))?;
        }
        if submit {
            p.replica.submit(sheet)?;
        }
        Ok(sheet)
    }

    fn photo(&mut self, phone: usize, target: PhotoTarget) -> Result<()> {
        let picture = TestPhoto {
            width: 64,
            height: 48,
            ..TestPhoto::new(self.rng.u64(..))
        };
        let bytes = picture.jpeg();
        let p = &mut self.phones[phone];
        p.replica
            .attach_photo(target, None, &bytes, PhotoMeta::default())?;
        Ok(())
    }

    fn sites(&mut self, phone: usize) -> Result<Vec<SiteView>> {
        Ok(self.phones[phone].replica.sites(&SiteFilter::default())?)
    }

    /// The field: everybody fills everything; notes, photos, a conflict, a recusal, a revoked phone.
    async fn tour(&mut self) -> Result<()> {
        for account in 0..self.county.accounts.len() {
            let phone = self.enrol(account).await?;
            for (n, site) in self.sites(phone)?.iter().enumerate() {
                let sheet = self.fill(phone, site, true)?;
                if n == account % 3 {
                    self.photo(phone, PhotoTarget::Sheet(sheet))?;
                }
            }
            self.notes(phone)?;
            self.sync(phone).await?;
        }
        let site = self.sites(0)?[0].id;
        for (phone, text) in [(0, "甲"), (1, "乙")] {
            let p = &mut self.phones[phone];
            p.replica.edit_site_facts(site, "remark", text)?;
            p.replica.edit_site_facts(site, "contact", "同一个人")?;
        }
        for phone in [0, 1, 0] {
            self.sync(phone).await?;
        }
        self.recusal().await?;
        self.revoked().await
    }

    fn notes(&mut self, phone: usize) -> Result<()> {
        let site = self.sites(phone)?[phone % 3].clone();
        let p = &mut self.phones[phone];
        let issue = p.replica.log_issue(NewIssue {
            site: Some(site.id),
            township_code: site.township_code.clone(),
            place: "村口".into(),
            category: domain::builtin::issue_categories().categories[0]
                .code
                .clone(),
            description: format!("垃圾未清 {phone}"),
            severity: Severity::default(),
            position: None,
            fixed_on_spot: (phone == 1).then(|| "已清".to_owned()),
        })?;
        p.replica.add_opinion(NewOpinion {
            site: Some(site.id),
            text: "增设垃圾箱".into(),
            ..NewOpinion::default()
        })?;
        p.replica.add_commendation(site.id, "门前三包")?;
        self.photo(phone, PhotoTarget::Issue(issue))
    }

    /// A sheet filled before its author was recused from the township: it arrives, and does not count.
    async fn recusal(&mut self) -> Result<()> {
        let township = TOWNSHIPS[0].0;
        let phone = self.enrol(2).await?;
        let sites = self.sites(phone)?;
        let own = sites
            .iter()
            .find(|s| s.township_code.as_deref() == Some(township));
        let sheet = own.and_then(|s| s.sheet).context("a filled sheet")?;
        self.phones[phone].replica.amend(sheet, "再看一遍")?;
        let (app, me) = (self.office.app.clone(), supervisor());
        let account = self.county.accounts[2];
        app.recuse(&me, self.county.campaign, account, township, "亲属任职")
            .await?;
        self.told("recused")?;
        self.sync(phone).await
    }

    /// What a phone brings that was reported lost.
    async fn revoked(&mut self) -> Result<()> {
        let phone = self.enrol(4).await?;
        let site = self.sites(phone)?.remove(0);
        let sheet = site.sheet.context("filled by the first phone")?;
        self.phones[phone].replica.amend(sheet, "补看")?;
        let device = self.phones[phone].replica.identity().context("enrolled")?;
        let (app, me) = (self.office.app.clone(), supervisor());
        app.revoke_device(&me, device.device, "手机丢失").await?;
        self.told("revoked")?;
        self.office.sync(&mut self.phones[phone]).await?;
        self.told("quarantined")
    }

    /// The desk: a conflict is settled, an issue goes its way, somebody keeps a filter.
    async fn desk(&mut self) -> Result<()> {
        let (app, me) = (self.office.app.clone(), supervisor());
        for open in app.open_conflicts(self.county.campaign).await? {
            if open.field == "remark" {
                let live = self.phones[0].replica.live_values(open.record, "remark")?;
                let shown = live.iter().map(|l| l.dot).collect();
                app.settle_field(&me, open.record, "remark", "甲".into(), shown, "核对过")
                    .await?;
            }
        }
        self.told("settled")?;
        let viewer = self.login().await?;
        self.told("login")?;
        let page = app.issues(&viewer, &IssueQuery::default()).await?;
        let issue = page.items.first().context("an issue")?.id;
        let patch = IssuePatch {
            lead_unit: Some(TOWNSHIPS[0].0.to_owned()),
            due_on: Some("2021-12-31".to_owned()),
            ..IssuePatch::default()
        };
        let step = StepRequest {
            made: "assign".to_owned(),
            on: None,
            verifier: None,
            reason: String::new(),
        };
        app.change_issue(&viewer, issue, None, &patch, Some(&step))
            .await?;
        app.save_filter(&viewer, "有冲突", "conflict=1").await?;
        self.told("issue")
    }

    async fn login(&mut self) -> Result<Viewer> {
        let app = self.office.app.clone();
        let auth = app.auth();
        let secret = app.setup_secret().context("the first secret")?;
        let made = auth.set_up(&secret, "admin", "Observe-2026".into()).await?;
        let SetUp::Done(admin) = made else {
            anyhow::bail!("{made:?}");
        };
        let grant = Grant::of(server::auth::Role::Supervisor);
        let (secret, _) = auth.invite(&admin, grant, None).await?;
        let made = auth
            .set_up(&secret, "督查02", "Observe-2027".into())
            .await?;
        let SetUp::Done(login) = made else {
            anyhow::bail!("{made:?}");
        };
        Ok(Viewer::new(login, Some(self.county.campaign)))
    }

    async fn lock(&mut self) -> Result<()> {
        let (app, me) = (self.office.app.clone(), supervisor());
        // What is filled now and sent after the lock is late.
        for phone in [0, 1, 3] {
            let site = self.sites(phone)?.remove(1);
            let sheet = site.sheet.context("a filled sheet")?;
            let p = &mut self.phones[phone];
            p.replica.amend(sheet, "漏看一处")?;
            let line = p.replica.sheet(sheet)?.lines.remove(0);
            let mark = Mark::Points(0);
            p.replica.answer(sheet, &line.item.id, mark.into())?;
            p.replica.submit(sheet)?;
        }
        for group in self.county.groups.clone() {
            app.lock_group(&me, self.county.campaign, group, Some("会议在即"))
                .await?;
            self.told("locked")?;
        }
        Ok(())
    }

    /// Late sheets: one taken in, one left out, one that waits.
    async fn late(&mut self) -> Result<()> {
        let (app, me) = (self.office.app.clone(), supervisor());
        for (phone, accept) in [(0, Some(true)), (3, Some(false)), (1, None)] {
            self.sync(phone).await?;
            let held = app.held_entries(self.county.campaign).await?;
            let late = held
                .iter()
                .find(|h| h.code.as_deref() == Some("late") && h.decided.is_none());
            let late = late.context("a late sheet")?;
            if let Some(accept) = accept {
                app.decide_held_entry(&me, late.id.parse()?, accept, "乡镇信号中断")
                    .await?;
                self.told("decided")?;
            }
        }
        Ok(())
    }

    async fn last(&mut self) -> Result<()> {
        self.clock.fetch_add(86_400_000, Ordering::Relaxed);
        ensure!(self.office.app.anchor_audit().await?, "no anchor");
        self.told("anchored")
    }
}
