//! One inspector's phone: plays his steps through the facade, offline, and keeps the journal.
//!
//! Leaves out: what he does (`steps`), the faults (`faults`), and sync (`sync`).

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use anyhow::{Context, Result, ensure};
use domain::sheet::Form;
use mobile_core::photos::generate::TestPhoto;
use mobile_core::{
    Clock, Identity, NewIssue, NewOpinion, OsEntropy, PhotoMeta, PhotoTarget, Ports, Position,
    Replica, Severity, SiteFilter, SystemClock,
};
use uuid::Uuid;

use super::journal::{Entry, entry};
use super::plan::{Site, Tour};
use super::steps::{FoundIssue, Step, Timed};

/// A phone's clock: in the tour it shows the hour of the step, at home the machine's; wrong by a fixed amount.
#[derive(Debug, Default)]
pub struct TourClock {
    at_ms: AtomicI64,
    off_ms: i64,
}

impl TourClock {
    /// A clock that is wrong by `off_ms`.
    pub fn new(off_ms: i64) -> Self {
        Self {
            at_ms: AtomicI64::new(0),
            off_ms,
        }
    }

    /// Shows this hour, ms UTC; 0: the machine's.
    pub fn set(&self, at_ms: i64) {
        self.at_ms.store(at_ms, Ordering::Relaxed);
    }
}

impl Clock for TourClock {
    fn now_ms(&self) -> i64 {
        let at_ms = match self.at_ms.load(Ordering::Relaxed) {
            0 => SystemClock.now_ms(),
            set => set,
        };
        at_ms + self.off_ms
    }
}

/// A phone in an inspector's hand.
pub struct Phone<'t> {
    /// The facade.
    pub replica: Replica,
    /// What it acknowledged.
    pub journal: Vec<Entry>,
    /// Its clock.
    pub clock: Arc<TourClock>,
    tour: &'t Tour,
    form: Form,
    /// Midnight of the first day, ms UTC.
    midnight_ms: i64,
    sites: HashMap<String, Uuid>,
    sheets: HashMap<usize, Uuid>,
}

impl<'t> Phone<'t> {
    /// Opens a phone's folder. Keys are real, so they come from the machine's entropy.
    ///
    /// # Errors
    /// The facade's.
    pub fn open(
        dir: &Path,
        tour: &'t Tour,
        observer: usize,
        midnight_ms: i64,
        off_ms: i64,
    ) -> Result<Self> {
        let clock = Arc::new(TourClock::new(off_ms));
        let ports = Ports {
            clock: clock.clone(),
            entropy: Arc::new(OsEntropy),
        };
        let replica = Replica::open(dir, ports).with_context(|| dir.display().to_string())?;
        Ok(Self {
            replica,
            journal: Vec::new(),
            clock,
            tour,
            form: tour.observers[observer].form,
            midnight_ms,
            sites: HashMap::new(),
            sheets: HashMap::new(),
        })
    }

    /// Who it is.
    ///
    /// # Errors
    /// Before enrolment.
    pub fn me(&self) -> Result<Identity> {
        self.replica.identity().context("the phone is not enrolled")
    }

    /// The site's id on this phone.
    ///
    /// # Errors
    /// If the phone has not synced since the tour was made.
    pub fn site(&mut self, at: usize) -> Result<Uuid> {
        if self.sites.is_empty() {
            let filter = SiteFilter {
                all_groups: true,
                ..SiteFilter::default()
            };
            let views = self.replica.sites(&filter)?;
            self.sites = views.into_iter().map(|v| (v.planned_name, v.id)).collect();
        }
        let name = &self.tour.sites[at].name;
        self.sites
            .get(name)
            .copied()
            .with_context(|| format!("{name} is not on the phone"))
    }

    /// The own sheet of a site, opened if need be.
    ///
    /// # Errors
    /// The facade's.
    pub fn sheet(&mut self, at: usize) -> Result<Uuid> {
        if let Some(sheet) = self.sheets.get(&at) {
            return Ok(*sheet);
        }
        let site = self.site(at)?;
        let sheet = self.replica.open_sheet(site, self.form)?;
        self.sheets.insert(at, sheet);
        Ok(sheet)
    }

    /// Does steps one after the other.
    ///
    /// # Errors
    /// The facade's, naming the step.
    pub fn play<'s>(&mut self, steps: impl IntoIterator<Item = &'s Timed>) -> Result<()> {
        for timed in steps {
            self.step(timed).with_context(|| format!("{timed:?}"))?;
        }
        Ok(())
    }

    /// Does one step; the id of what it made, if it made a record of its own.
    ///
    /// # Errors
    /// The facade's.
    pub fn step(&mut self, timed: &Timed) -> Result<Option<Uuid>> {
        self.clock.set(self.midnight_ms + timed.at_ms);
        let (site, plan) = (self.site(timed.site)?, &self.tour.sites[timed.site]);
        let minted = match &timed.step {
            Step::Open => self.sheet(timed.site).map(|_| None)?,
            Step::Visit(visit) => {
                let sheet = self.sheet(timed.site)?;
                self.replica.set_visit(sheet, *visit)?;
                None
            }
            Step::Answer(item, answer) => {
                let sheet = self.sheet(timed.site)?;
                self.replica.answer(sheet, item, answer.clone())?;
                None
            }
            Step::Submit => {
                let sheet = self.sheet(timed.site)?;
                self.replica.submit(sheet)?;
                None
            }
            Step::Facts(field, text) => {
                let saved = self.replica.edit_site_facts(site, field, text)?;
                ensure!(saved.changed, "a fact was not saved");
                None
            }
            Step::Photo(item, seed) => {
                let target = PhotoTarget::Sheet(self.sheet(timed.site)?);
                Some(self.photo(target, Some(item), plan, *seed)?)
            }
            Step::Issue(issue) => Some(self.issue(site, plan, issue)?),
            Step::Opinion(category, text, unit) => Some(self.replica.add_opinion(NewOpinion {
                site: Some(site),
                category: (*category).into(),
                text: (*text).into(),
                addressed: Some((*unit).into()),
            })?),
            Step::Commendation(what) => Some(self.replica.add_commendation(site, what)?),
        };
        let me = self.me()?;
        self.journal.extend(entry(&me, site, &timed.step, minted));
        Ok(minted)
    }

    /// Notes what a process that was killed had acknowledged.
    ///
    /// # Errors
    /// If the phone does not know a site.
    pub fn note_acknowledged<'s>(&mut self, steps: impl Iterator<Item = &'s Timed>) -> Result<()> {
        let me = self.me()?;
        for timed in steps {
            let site = self.site(timed.site)?;
            self.journal.extend(entry(&me, site, &timed.step, None));
        }
        Ok(())
    }

    fn issue(&mut self, site: Uuid, plan: &Site, found: &FoundIssue) -> Result<Uuid> {
        let issue = self.replica.log_issue(NewIssue {
            site: Some(site),
            township_code: plan.township.clone(),
            place: found.place.clone(),
            category: found.category.clone(),
            description: found.description.clone(),
            severity: Severity::parse(found.severity).unwrap_or_default(),
            position: Some(position(plan)),
            fixed_on_spot: found.fixed.map(str::to_owned),
        })?;
        if let Some(seed) = found.photo {
            let photo = self.photo(PhotoTarget::Issue(issue), None, plan, seed)?;
            self.journal.push(Entry {
                record: photo,
                field: "image".into(),
                value: None,
            });
        }
        Ok(issue)
    }

    fn photo(
        &mut self,
        target: PhotoTarget,
        item: Option<&str>,
        plan: &Site,
        seed: u64,
    ) -> Result<Uuid> {
        let picture = TestPhoto {
            // As many phones hand them out: shrunk by the camera app, held upright or sideways.
            width: 1_280,
            height: 960,
            orientation: if seed.is_multiple_of(3) { 6 } else { 1 },
            taken_at_ms: Some(self.clock.now_ms()),
            position_e7: Some(plan.position_e7),
            ..TestPhoto::new(seed)
        };
        let meta = PhotoMeta {
            caption: Some(plan.name.clone()),
            position: Some(position(plan)),
            ..PhotoMeta::default()
        };
        Ok(self
            .replica
            .attach_photo(target, item, &picture.jpeg(), meta)?)
    }
}

fn position(plan: &Site) -> Position {
    let (lat_e7, lon_e7) = plan.position_e7;
    Position {
        lat_e7,
        lon_e7,
        accuracy_m: Some(12),
    }
}
