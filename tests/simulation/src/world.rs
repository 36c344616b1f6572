//! A whole tour under faults: events in the order of virtual time, all from one seed.
//!
//! Invariant: nothing waits for the machine's clock and nothing is drawn but from the seed's streams, so that a seed
//! always gives the same trace. Leaves out: what is right (`check`).

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use mobile_core::sync::{Input, Output};
use mobile_core::{Failure, SyncOptions, SyncReport, TransportRequest, TransportResponse};
use tempfile::TempDir;
use uuid::Uuid;

use crate::check;
use crate::county::{County, MORNING, OBSERVERS};
use crate::desk::Desk;
use crate::disk;
use crate::faults::{self, Fault};
use crate::files::{self, Places};
use crate::network::{self, Fate, Weather};
use crate::office::Office;
use crate::phone::Phone;
use crate::plant::Plant;
use crate::rng::Rng;
use crate::stranger::Stranger;
use crate::trace::{Trace, short};
use crate::witness::{Held, Witness};
use crate::workload::People;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
/// How long people work and things go wrong.
const STORM: i64 = 24 * HOUR;
/// How long after the last fault everything must agree.
const HEALING: i64 = 4 * HOUR;
/// Phones begin a sync this long after each other while everything heals.
const ROUND: i64 = 20 * MINUTE;
/// How long a phone waits for an answer.
const TIMEOUT: i64 = 30_000;

/// What may go wrong in a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trouble {
    /// Everything that can.
    #[default]
    All,
    /// Only the clocks of phones, which are set wrong again and again.
    Clocks,
    /// Nothing: otherwise the same run as `Clocks`.
    Nothing,
}

/// What a run is to be.
#[derive(Clone, Copy, Debug, Default)]
pub struct Plan {
    /// The seed.
    pub seed: u64,
    /// What may go wrong.
    pub trouble: Trouble,
    /// A fault of the program's own, to see whether the checkers see it.
    pub plant: Option<Plant>,
    /// Print every event.
    pub loud: bool,
}

/// Bytes of a page that holds one or two segments of the simulated tours.
const SMALL_PAGE: u32 = 1_500;

impl Plan {
    /// How much a phone asks for at once (0: what the server thinks right). With every fifth seed nearly everything comes in
    /// pages: whole tours fit into one page of the usual size.
    fn page_bytes(self) -> u32 {
        if self.seed % 5 == 1 { SMALL_PAGE } else { 0 }
    }
}

/// What a run was.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The seed.
    pub seed: u64,
    /// Hash of everything that happened.
    pub trace: String,
    /// What is wrong; nothing if all is well.
    pub wrong: Vec<String>,
    /// How often what happened.
    pub counts: BTreeMap<String, u64>,
    /// What stands in the end and no clock may change ([`Office::stands`]).
    pub stands: Vec<String>,
}

enum Event {
    Act(usize),
    Desk,
    Sync(usize),
    Fault(Fault),
    Arrive(Box<Message>),
    Hear {
        to: (usize, u64),
        answer: Result<TransportResponse, Failure>,
        /// Incarnation of the server that gave it, if it is an answer about records.
        from: Option<u64>,
    },
    Tick(usize, u64),
    /// A phone's disk, or the server's, has room again.
    Room(Option<usize>),
}

struct Message {
    from: (usize, u64),
    request: TransportRequest,
    fate: Fate,
    /// Nobody waits for its answer any more.
    again: bool,
}

/// A run in progress.
pub struct World<'c> {
    county: &'c County,
    plan: Plan,
    now: Arc<AtomicI64>,
    agenda: BTreeMap<(i64, u64), Event>,
    planned: u64,
    office: Office,
    phones: Vec<Phone>,
    stranger: Option<Stranger>,
    people: People,
    desk: Desk,
    net: Rng,
    chance: Rng,
    weather: Weather,
    witness: Witness,
    trace: Trace,
    counts: BTreeMap<String, u64>,
    /// Kills that wait for their point.
    at_server: Option<Fault>,
    at_phone: BTreeMap<usize, Fault>,
    places: Places,
    backup: Option<(PathBuf, Held)>,
    archive: Option<(PathBuf, Held)>,
    /// What the last sync of each phone did, while everything heals.
    reports: BTreeMap<usize, SyncReport>,
    _dir: TempDir,
}

/// Runs a seed. What panics, phone, office or checker, is wrong with this seed and ends no other.
#[must_use]
pub fn run(county: &County, plan: Plan) -> Outcome {
    let outcome = catch_unwind(AssertUnwindSafe(|| play(county, plan)));
    outcome.unwrap_or_else(|why| {
        let text = why.downcast_ref::<String>().cloned();
        let text = text.or_else(|| why.downcast_ref::<&str>().map(|t| (*t).to_owned()));
        Outcome {
            seed: plan.seed,
            trace: String::new(),
            wrong: vec![format!("panicked: {}", text.unwrap_or_default())],
            counts: BTreeMap::new(),
            stands: Vec::new(),
        }
    })
}

fn play(county: &County, plan: Plan) -> Outcome {
    let mut world = World::begin(county, plan);
    world.storm();
    world.heal();
    let mut wrong = check::everything(&world.office, &mut world.phones, &mut world.witness);
    wrong.truncate(20);
    let counts = std::mem::take(&mut world.counts);
    let looked_up = world.witness.looked_up;
    let said = world.witness.said.len() as u64;
    world
        .trace
        .note(0, &format!("{said} {looked_up} {wrong:?}"));
    let mut counts = counts;
    counts.insert("said".into(), said);
    counts.insert("looked up".into(), looked_up);
    Outcome {
        seed: plan.seed,
        trace: world.trace.hex(),
        wrong,
        counts,
        stands: world.office.stands(county.campaign),
    }
}

impl<'c> World<'c> {
    fn begin(county: &'c County, plan: Plan) -> Self {
        disk::register();
        let dir = files::scratch();
        let folder = dir.path().join("server");
        files::copy(&county.folder(), &folder);
        let now = Arc::new(AtomicI64::new(MORNING));
        let office = Office::open(&folder, &now, plan.seed);
        let mut chance = Rng::stream(plan.seed, "faults");
        let mut world = Self {
            county,
            plan,
            now,
            agenda: BTreeMap::new(),
            planned: 0,
            office,
            phones: Vec::new(),
            stranger: None,
            people: People::new(plan.seed, plan.trouble == Trouble::All),
            desk: Desk::new(plan.seed, county),
            net: Rng::stream(plan.seed, "network"),
            weather: match plan.trouble {
                Trouble::All => Weather::of(&mut chance),
                Trouble::Clocks | Trouble::Nothing => Weather::default(),
            },
            chance,
            witness: Witness::default(),
            trace: Trace::new(plan.loud),
            counts: BTreeMap::new(),
            at_server: None,
            at_phone: BTreeMap::new(),
            places: Places::below(dir.path()),
            backup: None,
            archive: None,
            reports: BTreeMap::new(),
            _dir: dir,
        };
        world.enrol();
        world
    }

    fn enrol(&mut self) {
        let mut draw = Rng::stream(self.plan.seed, "phones");
        let many = 3 + draw.below(3);
        for no in 0..many {
            // Few accounts, so that some have two phones and most share a group.
            let account = self.county.accounts[draw.below(OBSERVERS + 1)];
            let name = format!("p{no}");
            let dir = self.places.fresh(&name);
            let seed = self.plan.seed.wrapping_mul(31).wrapping_add(no as u64);
            let phone = Phone::enrol(&self.office, name, dir, account, &self.now, seed);
            self.phones.push(phone);
            self.sync_now(no);
        }
    }

    fn now_ms(&self) -> i64 {
        self.now.load(Ordering::SeqCst)
    }

    fn count(&mut self, what: &str) {
        *self.counts.entry(what.to_owned()).or_default() += 1;
    }

    fn note(&mut self, what: &str) {
        self.trace.note(self.now_ms() - MORNING, what);
    }

    fn later(&mut self, in_ms: i64, event: Event) {
        self.planned += 1;
        let at = self.now_ms() + in_ms.max(1);
        self.agenda.insert((at, self.planned), event);
    }

    /// People work, phones sync, things go wrong.
    fn storm(&mut self) {
        let account = self.county.accounts[1];
        self.stranger = Some(Stranger::enrol(&self.office, account, self.plan.seed));
        for (at, fault) in faults::plan(&mut self.chance, STORM) {
            let fault = match self.plan.trouble {
                Trouble::All => fault,
                Trouble::Clocks | Trouble::Nothing => Fault::SetClock,
            };
            self.later(at, Event::Fault(fault));
        }
        for no in 0..self.phones.len() {
            self.plan_phone(no);
        }
        let first = self.chance.between(HOUR, 3 * HOUR);
        self.later(first, Event::Desk);
        self.run_agenda();
    }

    fn plan_phone(&mut self, no: usize) {
        let (act, sync) = (
            self.chance.between(MINUTE, 2 * HOUR),
            self.chance.between(MINUTE, 5 * HOUR),
        );
        self.later(act, Event::Act(no));
        self.later(sync, Event::Sync(no));
    }

    fn run_agenda(&mut self) {
        while let Some(((at, _), event)) = self.agenda.pop_first() {
            self.now.fetch_max(at, Ordering::SeqCst);
            self.happen(event);
        }
    }

    fn is_storm(&self) -> bool {
        self.now_ms() < MORNING + STORM
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Act(no) => self.act(no),
            Event::Desk => {
                let devices: Vec<Uuid> = self.phones.iter().map(|p| p.me.device).collect();
                let (what, refused) = self.desk.act(&self.office, &devices);
                self.note(&format!("desk {what} {refused:?}"));
                self.count(&format!("desk {what} {}", refused.unwrap_or_default()));
                if self.is_storm() {
                    let next = self.chance.between(20 * MINUTE, 3 * HOUR);
                    self.later(next, Event::Desk);
                }
            }
            Event::Sync(no) => {
                if self.is_storm() {
                    let next = self.chance.between(HOUR, 5 * HOUR);
                    self.later(next, Event::Sync(no));
                }
                if !self.phones[no].gone && !self.phones[no].is_syncing() {
                    self.begin_sync(no);
                }
            }
            Event::Fault(fault) => self.fault(fault),
            Event::Arrive(message) => self.arrive(*message),
            Event::Hear { to, answer, from } => self.hear(to, answer, from),
            Event::Room(whose) => self.set_full(whose, false),
            Event::Tick(no, session) => {
                let outputs = self.phones[no].step(session, Input::Tick);
                self.follow(no, session, outputs);
            }
        }
    }

    fn act(&mut self, no: usize) {
        if self.is_storm() {
            let next = self.chance.between(5 * MINUTE, 90 * MINUTE);
            self.later(next, Event::Act(no));
        }
        if self.phones[no].gone {
            return;
        }
        let act = self.people.act(&mut self.phones[no], &mut self.witness);
        let what = format!("{} {} {:?}", self.phones[no].name, act.what, act.refused);
        self.note(&what);
        let refused = act.refused.unwrap_or_default();
        if ["database_damaged", "file", "storage"].contains(&refused.as_str()) {
            self.witness.wrong.push(what);
        }
        self.count(&format!("{} {refused}", act.what));
    }

    fn begin_sync(&mut self, no: usize) {
        let options = SyncOptions {
            level: 1,
            retries: 2,
            page_bytes: self.plan.page_bytes(),
            ..SyncOptions::default()
        };
        let (session, outputs) = self.phones[no].begin_sync(options);
        self.note(&format!("{} sync {session}", self.phones[no].name));
        self.follow(no, session, outputs);
    }

    /// Does what an engine wants.
    fn follow(&mut self, no: usize, session: u64, outputs: Vec<Output>) {
        for output in outputs {
            match output {
                Output::Progress(_) => {}
                Output::Send(request) => self.send(no, session, request),
                Output::WakeAt { in_ms, .. } => {
                    self.later(in_ms as i64, Event::Tick(no, session));
                }
                Output::Done(report) => {
                    let phone = &mut self.phones[no];
                    self.witness.looks_at(phone, &self.office);
                    let what = format!("{} done {report:?}", self.phones[no].name);
                    self.note(&what);
                    self.count("sync done");
                    for (is, word) in [
                        (report.forked, "forked"),
                        (report.new_generation, "new generation"),
                        (report.handed_back > 0, "handed back"),
                        (report.revoked, "revoked"),
                        (report.unread_segments > 0, "unread"),
                    ] {
                        if is {
                            self.count(&format!("sync {word}"));
                        }
                    }
                    self.reports.insert(no, *report);
                }
                Output::Failed(error) => {
                    let what = format!("{} failed {}", self.phones[no].name, error.code());
                    self.note(&what);
                    self.count(&format!("sync failed {}", error.code()));
                    if ["database_damaged", "storage", "file"].contains(&error.code()) {
                        self.witness.wrong.push(format!("{what}: {error}"));
                    }
                }
            }
        }
    }

    fn send(&mut self, no: usize, session: u64, request: TransportRequest) {
        if self.point(no, Fault::KillPhoneBeforeSend) {
            return;
        }
        let (now, from) = (self.now_ms(), (no, session));
        if self.is_storm() && now < self.phones[no].away_until_ms {
            let answer = Err(Failure::Unreachable("no network".into()));
            let in_ms = self.net.between(100, 5_000);
            return self.later(
                in_ms,
                Event::Hear {
                    to: from,
                    answer,
                    from: None,
                },
            );
        }
        let fate = match self.is_storm() {
            true => Fate::draw(&mut self.net, &self.weather),
            false => Fate::Well,
        };
        if fate != Fate::Well {
            self.count(&format!("network {fate:?}"));
        }
        let mut sent = request;
        match fate {
            Fate::LostRequest => return self.time_out(from),
            Fate::Portal => {
                let answer = Ok(network::portal());
                return self.later(
                    300,
                    Event::Hear {
                        to: from,
                        answer,
                        from: None,
                    },
                );
            }
            Fate::Twice => {
                // Soon, or after everything else has happened in between.
                let most = if self.net.chance(500) {
                    MINUTE
                } else {
                    5 * HOUR
                };
                let in_ms = self.net.between(100, most);
                let copy = Message {
                    from,
                    request: sent.clone(),
                    fate: Fate::Well,
                    again: true,
                };
                self.later(in_ms, Event::Arrive(Box::new(copy)));
            }
            Fate::MangledRequest => network::mangle_request(&mut self.net, &mut sent),
            _ => {}
        }
        let in_ms = self.net.between(50, 4_000);
        let message = Message {
            from,
            request: sent,
            fate,
            again: false,
        };
        self.later(in_ms, Event::Arrive(Box::new(message)));
    }

    fn time_out(&mut self, to: (usize, u64)) {
        let answer = Err(Failure::Cut("no answer in time".into()));
        self.later(
            TIMEOUT,
            Event::Hear {
                to,
                answer,
                from: None,
            },
        );
    }

    fn arrive(&mut self, message: Message) {
        let Message {
            from,
            mut request,
            fate,
            again,
        } = message;
        let is_sync = request.path.starts_with("/api/v1/sync");
        let point = self.at_server.take();
        if point == Some(Fault::KillServerMidRequest) {
            let read = request.body.len() / 2;
            request.body.truncate(read);
        }
        let before = self
            .plan
            .plant
            .map(|plant| plant.before(&self.office, &request));
        let mut answer = self.office.answer(&request);
        // A planted mistake writes into the folder, too.
        if let (Some(plant), Some(before)) = (self.plan.plant, before)
            && !self.office.is_full()
        {
            plant.after(
                &mut self.office,
                &request,
                &mut answer,
                before,
                &mut self.chance,
            );
        }
        // A problem names its request by a number nobody can foretell.
        let said = match answer.status {
            200..300 => short(&answer.body),
            _ => String::new(),
        };
        let line = format!(
            "{} {} {} -> {} {said}",
            request.method,
            request.path.get(..24).unwrap_or(&request.path),
            short(&request.body),
            answer.status,
        );
        self.note(&line);
        self.count(&format!("answered {}", answer.status));
        if answer.status >= 500 && !(answer.status == 507 && self.office.is_full()) {
            self.witness.wrong.push(line);
        }
        let incarnation = self.office.incarnation;
        if let Some(point) = point {
            self.note(&format!("server killed: {point:?}"));
            self.count(&format!("fault {point:?}"));
            self.office.kill();
        }
        if again {
            return;
        }
        if point.is_some() || fate == Fate::LostAnswer {
            return self.time_out(from);
        }
        if fate == Fate::MangledAnswer {
            network::mangle_answer(&mut self.net, &mut answer);
        }
        let in_ms = self.net.between(50, 4_000);
        let heard =
            (is_sync && answer.status == 200 && fate != Fate::MangledAnswer).then_some(incarnation);
        self.later(
            in_ms,
            Event::Hear {
                to: from,
                answer: Ok(answer),
                from: heard,
            },
        );
    }

    fn hear(
        &mut self,
        (no, session): (usize, u64),
        answer: Result<TransportResponse, Failure>,
        from: Option<u64>,
    ) {
        if self.phones[no].gone || self.point(no, Fault::KillPhoneBeforeApply) {
            return;
        }
        let input = match answer {
            Ok(answer) => Input::Reply(answer),
            Err(failure) => Input::Failed(failure),
        };
        let known = self.phones[no].is_in(session);
        let outputs = self.phones[no].step(session, input);
        if let (true, Some(incarnation)) = (known, from) {
            self.phones[no].heard_of = incarnation;
        }
        if self.point(no, Fault::KillPhoneAfterApply) {
            return;
        }
        self.follow(no, session, outputs);
    }

    /// Kills a phone if its kill waits for this point.
    fn point(&mut self, no: usize, point: Fault) -> bool {
        if self.at_phone.get(&no) != Some(&point) {
            return false;
        }
        self.at_phone.remove(&no);
        self.kill_phone(no, point);
        true
    }

    fn kill_phone(&mut self, no: usize, point: Fault) {
        self.note(&format!("{} killed: {point:?}", self.phones[no].name));
        self.count(&format!("fault {point:?}"));
        self.phones[no].kill();
    }

    fn fault(&mut self, fault: Fault) {
        let alive: Vec<usize> = (0..self.phones.len())
            .filter(|no| !self.phones[*no].gone)
            .collect();
        let Some(no) = self.chance.pick(&alive).copied() else {
            return;
        };
        let copies = self.phones[no].copies.len();
        self.note(&format!("{} {fault:?}", self.phones[no].name));
        match fault {
            Fault::KillServerBeforeAnswer | Fault::KillServerMidRequest => {
                self.at_server = Some(fault);
                return;
            }
            Fault::KillPhoneBeforeSend
            | Fault::KillPhoneBeforeApply
            | Fault::KillPhoneAfterApply => {
                self.at_phone.insert(no, fault);
                return;
            }
            Fault::KillServer => self.office.kill(),
            Fault::BackUpServer => {
                let folder = self.places.fresh("backup");
                self.office.copy_to(&folder);
                self.backup = Some((folder, self.witness.server.clone()));
            }
            Fault::RestoreServer => {
                let Some((folder, held)) = self.backup.clone() else {
                    return;
                };
                self.office.put_back(&folder);
                self.witness.server = held;
            }
            Fault::ArchiveServer => {
                let file = self.places.fresh("archive").join("server.age");
                if self.office.archive(&file) {
                    self.archive = Some((file, self.witness.server.clone()));
                }
            }
            Fault::RestoreArchive => {
                let Some((file, held)) = self.archive.clone() else {
                    return;
                };
                self.office.restore(&file);
                self.witness.server = held;
            }
            Fault::KillPhone => self.phones[no].kill(),
            Fault::CopyPhone => {
                let folder = self.places.fresh("copy");
                self.phones[no].make_copy(folder);
            }
            Fault::RestorePhone | Fault::RestorePhoneSilently => {
                if copies == 0 {
                    return;
                }
                let copy = self.chance.below(copies);
                self.phones[no].restore(copy, fault == Fault::RestorePhone);
            }
            Fault::ClonePhone => self.clone_phone(no),
            // Somebody must be left.
            Fault::LosePhone if alive.len() > 2 => self.phones[no].gone = true,
            Fault::LosePhone => return,
            Fault::SetClock => {
                let off = self.chance.between(-72 * HOUR, 72 * HOUR);
                if self.plan.trouble != Trouble::Nothing {
                    self.phones[no].clock.set_off_by(off);
                }
            }
            Fault::Partition => {
                let lasts = self.chance.between(HOUR, 12 * HOUR);
                self.phones[no].away_until_ms = self.now_ms() + lasts;
            }
            Fault::FillServerDisk | Fault::FillPhoneDisk => {
                let whose = (fault == Fault::FillPhoneDisk).then_some(no);
                self.set_full(whose, true);
                let lasts = self.chance.between(10 * MINUTE, 5 * HOUR);
                self.later(lasts, Event::Room(whose));
            }
            Fault::SecondSync => self.begin_sync(no),
            Fault::Poison | Fault::NewerApp => self.strange(fault == Fault::NewerApp),
        }
        self.count(&format!("fault {fault:?}"));
    }

    fn set_full(&self, whose: Option<usize>, full: bool) {
        match whose {
            Some(no) => self.phones[no].set_full(full),
            None => self.office.set_full(full),
        }
    }

    fn clone_phone(&mut self, no: usize) {
        let dir = self.places.fresh("clone");
        let (seed, told) = (self.chance.number(), self.chance.chance(500));
        let twin = self.phones[no].clone_to(dir, &self.now, seed, told);
        self.phones.push(twin);
        self.plan_phone(self.phones.len() - 1);
    }

    fn strange(&mut self, newer: bool) {
        let Some(stranger) = self.stranger.as_mut() else {
            return;
        };
        match stranger.send(&self.office, newer) {
            Ok(said) => self.witness.told(said),
            Err(status) => self.count(&format!("stranger refused {status}")),
        }
    }

    /// One sync over a good network, to its end.
    fn sync_now(&mut self, no: usize) {
        let storm = std::mem::take(&mut self.weather);
        self.begin_sync(no);
        self.run_agenda();
        self.weather = storm;
    }

    /// Everything works again; soon everything must be everywhere.
    fn heal(&mut self) {
        (self.at_server, self.weather) = (None, Weather::default());
        self.set_full(None, false);
        (0..self.phones.len()).for_each(|no| self.set_full(Some(no), false));
        self.at_phone.clear();
        self.now.fetch_max(MORNING + STORM, Ordering::SeqCst);
        let until = self.now_ms() + HEALING;
        let alive: BTreeSet<usize> = (0..self.phones.len())
            .filter(|no| !self.phones[*no].gone)
            .collect();
        self.note("healing");
        loop {
            self.reports.clear();
            for no in &alive {
                self.sync_now(*no);
            }
            let still = |r: &SyncReport| {
                let moved = r.pulled_changes + r.pushed_changes + r.handed_back + r.photos_sent;
                let waits = r.photos_waiting > 0 && !r.revoked;
                moved == 0 && !waits && !r.new_generation && !r.forked
            };
            if self.reports.len() == alive.len() && self.reports.values().all(still) {
                return;
            }
            if self.now_ms() > until {
                let last = format!("{:?}", self.reports);
                self.witness
                    .wrong
                    .push(format!("not at rest after 4 hours: {last}"));
                return;
            }
            self.now.fetch_add(ROUND, Ordering::SeqCst);
        }
    }
}
