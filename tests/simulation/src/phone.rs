//! A phone of a run: the real core on a folder that can be killed, copied and put back.
//!
//! Invariant: what the people with this phone were told is kept here and nowhere in the program: `holds` are the
//! changes this folder was told to be saved. Leaves out: what they do (`workload`) and the network.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use mobile_core::photos::PhotoFont;
use mobile_core::sync::{Engine, Input, Output};
use mobile_core::{Identity, Ports, Replica, SeededEntropy, SyncOptions};
use uuid::Uuid;

use crate::books::{Books, Change, Dot, Said};
use crate::clock::PhoneClock;
use crate::office::Office;
use crate::{disk, files};

/// A folder as a phone had it at some time, with what its people had been told by then.
#[derive(Clone)]
pub struct Copy {
    folder: PathBuf,
    holds: BTreeSet<usize>,
    photos: BTreeSet<Uuid>,
    known: BTreeSet<(Dot, Said)>,
}

/// A phone.
pub struct Phone {
    /// What the trace calls it.
    pub name: String,
    dir: PathBuf,
    /// Its clock.
    pub clock: Arc<PhoneClock>,
    entropy: Arc<SeededEntropy>,
    replica: Option<Replica>,
    /// Who it is.
    pub me: Identity,
    sessions: BTreeMap<u64, Engine>,
    next_session: u64,
    /// Changes this folder was told to be saved: numbers of `Witness::said`.
    pub holds: BTreeSet<usize>,
    /// Photos likewise.
    pub photos: BTreeSet<Uuid>,
    known: BTreeSet<(Dot, Said)>,
    /// Copies somebody made of it.
    pub copies: Vec<Copy>,
    /// True once it is lost for good.
    pub gone: bool,
    /// No network before this time, ms.
    pub away_until_ms: i64,
    /// Incarnation of the server it last heard of.
    pub heard_of: u64,
}

fn open(dir: &Path, clock: &Arc<PhoneClock>, entropy: &Arc<SeededEntropy>) -> Replica {
    let ports = Ports {
        clock: Arc::clone(clock) as _,
        entropy: Arc::clone(entropy) as _,
    };
    let mut replica = Replica::open(dir, ports).unwrap();
    // The picture is what it is on every machine.
    replica.set_photo_font(PhotoFont::None);
    replica
}

impl Phone {
    /// A new phone of an account, enrolled over a good network.
    #[must_use]
    pub fn enrol(
        office: &Office,
        name: String,
        dir: PathBuf,
        account: Uuid,
        world: &Arc<AtomicI64>,
        seed: u64,
    ) -> Self {
        let clock = Arc::new(PhoneClock::new(world, 0));
        let entropy = Arc::new(SeededEntropy::new(seed));
        let mut replica = open(&dir, &clock, &entropy);
        let code = office.code(account);
        let net = office.direct();
        let me = office.run(replica.enrol(&net, &code, &name)).unwrap();
        Self {
            name,
            dir,
            clock,
            entropy,
            replica: Some(replica),
            me,
            sessions: BTreeMap::new(),
            next_session: 0,
            holds: BTreeSet::new(),
            photos: BTreeSet::new(),
            known: BTreeSet::new(),
            copies: Vec::new(),
            gone: false,
            away_until_ms: i64::MIN,
            heard_of: office.incarnation,
        }
    }

    /// The core.
    pub fn core(&mut self) -> &mut Replica {
        self.replica.as_mut().unwrap()
    }

    /// Its database.
    #[must_use]
    pub fn books(&self) -> Books {
        Books::open(&self.dir.join("phone.db"))
    }

    /// True once it knows that the office revoked it.
    pub fn is_revoked(&mut self) -> bool {
        self.core().status().unwrap().revoked_at_ms.is_some()
    }

    /// Begins a sync; its number and what the engine wants.
    pub fn begin_sync(&mut self, options: SyncOptions) -> (u64, Vec<Output>) {
        self.next_session += 1;
        let no = self.next_session;
        self.sessions.insert(no, Engine::new(options, no as i64));
        (no, self.step(no, Input::Start))
    }

    /// Goes on with a sync; nothing if it died meanwhile.
    pub fn step(&mut self, session: u64, input: Input) -> Vec<Output> {
        let (Some(engine), Some(core)) = (self.sessions.get_mut(&session), self.replica.as_mut())
        else {
            return Vec::new();
        };
        let outputs = engine.step(core, input);
        let over = |o: &Output| matches!(o, Output::Done(_) | Output::Failed(_));
        if outputs.iter().any(over) {
            self.sessions.remove(&session);
        }
        outputs
    }

    /// True while this sync runs.
    #[must_use]
    pub fn is_in(&self, session: u64) -> bool {
        self.sessions.contains_key(&session)
    }

    /// True while a sync runs.
    #[must_use]
    pub fn is_syncing(&self) -> bool {
        !self.sessions.is_empty()
    }

    /// Changes in the tail that were not there when last asked.
    pub fn fresh_changes(&mut self) -> Vec<Change> {
        let mut fresh = self.books().tail();
        let now = fresh.iter().map(|c| (c.dot, c.said.clone())).collect();
        let before = std::mem::replace(&mut self.known, now);
        fresh.retain(|c| !before.contains(&(c.dot, c.said.clone())));
        fresh
    }

    /// Ends the app where it stands and starts it again: what a kill leaves is what is on the disk.
    pub fn kill(&mut self) {
        let left = self.dir.with_extension("left");
        files::copy(&self.dir, &left);
        self.put_in_place(&left);
    }

    /// Its disk is full, or has room again. Whoever opens the app again makes room first.
    pub fn set_full(&self, full: bool) {
        if full {
            disk::fill(&self.dir);
        } else {
            disk::make_room(&self.dir);
        }
    }

    fn put_in_place(&mut self, folder: &Path) {
        self.set_full(false);
        self.sessions.clear();
        self.replica = None;
        files::replace(&self.dir, folder);
        self.replica = Some(open(&self.dir, &self.clock, &self.entropy));
    }

    /// A backup program copies the phone.
    pub fn make_copy(&mut self, folder: PathBuf) {
        files::copy(&self.dir, &folder);
        self.copies.push(Copy {
            folder,
            holds: self.holds.clone(),
            photos: self.photos.clone(),
            known: self.known.clone(),
        });
    }

    /// The phone is as it was when a copy was made. If `told`, the system says so (the install id is not in the backup);
    /// else nothing on the phone tells it.
    pub fn restore(&mut self, copy: usize, told: bool) {
        let copy = self.copies[copy].clone();
        let staged = self.dir.with_extension("staged");
        files::copy(&copy.folder, &staged);
        if told {
            std::fs::remove_file(staged.join("install-id")).unwrap();
        }
        (self.holds, self.photos, self.known) = (copy.holds, copy.photos, copy.known);
        self.put_in_place(&staged);
    }

    /// A second phone with everything this one has, the key included.
    #[must_use]
    pub fn clone_to(&self, dir: PathBuf, world: &Arc<AtomicI64>, seed: u64, told: bool) -> Self {
        files::copy(&self.dir, &dir);
        if told {
            std::fs::remove_file(dir.join("install-id")).unwrap();
        }
        let clock = Arc::new(PhoneClock::new(world, self.clock.skew_ms()));
        let entropy = Arc::new(SeededEntropy::new(seed));
        Self {
            name: format!("{}'", self.name),
            replica: Some(open(&dir, &clock, &entropy)),
            dir,
            clock,
            entropy,
            me: self.me.clone(),
            sessions: BTreeMap::new(),
            next_session: 0,
            holds: self.holds.clone(),
            photos: self.photos.clone(),
            known: self.known.clone(),
            copies: Vec::new(),
            gone: false,
            away_until_ms: self.away_until_ms,
            heard_of: self.heard_of,
        }
    }
}
