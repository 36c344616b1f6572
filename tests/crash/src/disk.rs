//! A disk as programs see it.
//!
//! Invariant: one lock around everything, so an operation happens whole or not at all; a file opened before a start of
//! the machine is dead after it. Leaves out: SQLite's side (`vfs`).

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use crate::faults::{Asks, Broken, Fault, Faults};
use crate::files::DiskFiles;
use crate::locks::Locks;
use crate::shared::Shared;
use crate::state::{Change, Image, Node};
use crate::{Random, Recording, vfs};

/// Disks of this process by name.
static DISKS: Mutex<BTreeMap<String, Weak<Mutex<Inner>>>> = Mutex::new(BTreeMap::new());

/// What was done to a disk so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Everything that can fail: opened, read, changed.
    pub operations: u64,
    /// What changed or would have changed it.
    pub changes: u64,
    /// Syncs of files, also those that failed or lied.
    pub syncs: u64,
}

/// A disk. A copy is the same disk; the last one takes it away.
#[derive(Clone, Debug)]
pub struct Disk {
    name: Arc<str>,
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub image: Image,
    pub locks: BTreeMap<Node, Locks>,
    pub shared: BTreeMap<Node, Weak<Shared>>,
    random: Random,
    faults: Faults,
    counts: Counts,
    power_off_at: Option<u64>,
    has_power: bool,
    /// How often the machine was started.
    pub starts: u64,
    handles: u64,
    recorded: Option<Recording>,
}

impl Disk {
    /// An empty disk; everything about it follows from the seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self::holding(Image::default(), seed)
    }

    /// A disk with something on it.
    #[must_use]
    pub fn holding(image: Image, seed: u64) -> Self {
        vfs::register();
        let inner = Arc::new(Mutex::new(Inner {
            image,
            locks: BTreeMap::new(),
            shared: BTreeMap::new(),
            random: Random::new(seed),
            faults: Faults::default(),
            counts: Counts::default(),
            power_off_at: None,
            has_power: true,
            starts: 1,
            handles: 0,
            recorded: None,
        }));
        let mut disks = DISKS.lock().unwrap_or_else(PoisonError::into_inner);
        disks.retain(|_, disk| disk.strong_count() > 0);
        let name = (1..).map(|n| format!("disk-{n}"));
        // invariant: the range is endless, so some name is free.
        let name = name.into_iter().find(|n| !disks.contains_key(n)).unwrap();
        disks.insert(name.clone(), Arc::downgrade(&inner));
        Self {
            name: name.into(),
            inner,
        }
    }

    /// The disk of this name, if it is there.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let disks = DISKS.lock().unwrap_or_else(PoisonError::into_inner);
        let inner = disks.get(name)?.upgrade()?;
        Some(Self {
            name: name.into(),
            inner,
        })
    }

    /// What to open a database of this disk by, with rusqlite's default flags (they allow URIs).
    #[must_use]
    pub fn uri(&self, file: &str) -> PathBuf {
        format!("file:/{}/{file}?vfs={}", self.name, vfs::NAME).into()
    }

    /// A photo folder on it; its files begin with `folder` and a slash.
    #[must_use]
    pub fn files(&self, folder: &str) -> DiskFiles {
        DiskFiles::new(self.clone(), folder)
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner> {
        // An operation is decided before it changes anything: a panic leaves nothing half done.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was done to it so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.lock().counts
    }

    /// What is on it, synced or not.
    #[must_use]
    pub fn snapshot(&self) -> Image {
        self.lock().image.clone()
    }

    /// Puts this on it instead; files open now are dead. Faults and counts stay.
    pub fn restore(&self, image: &Image) {
        let mut inner = self.lock();
        inner.image = image.clone();
        inner.start();
    }

    /// Takes the power away: from now on everything fails and nothing is kept.
    pub fn power_off(&self) {
        self.lock().has_power = false;
    }

    /// Takes the power away just before change number `at` ([`Counts::changes`]).
    pub fn power_off_at(&self, at: u64) {
        self.lock().power_off_at = Some(at);
    }

    /// False once the power went.
    #[must_use]
    pub fn has_power(&self) -> bool {
        self.lock().has_power
    }

    /// Cuts the power if it is on, and starts the machine again: what was not synced is kept, dropped or torn.
    pub fn reboot(&self) {
        let mut inner = self.lock();
        let mut random = inner.random.clone();
        inner.image = inner.image.after_power_cut(&mut random);
        inner.random = random;
        inner.power_off_at = None;
        inner.start();
    }

    /// The program is gone and the machine goes on: what it wrote is there, its open files are dead.
    pub fn kill(&self) {
        self.lock().start();
    }

    /// A disk that promises syncs and does nothing: the control of every power test.
    pub fn lie_about_syncs(&self, lies: bool) {
        self.lock().faults.lying = lies;
    }

    /// Room for this many bytes in all files together; none: any number.
    pub fn capacity(&self, bytes: Option<usize>) {
        self.lock().faults.capacity = bytes;
    }

    /// No space from change number `at` on: that one fails, and after it each that needs more space. None: space again.
    pub fn full_at(&self, at: Option<u64>) {
        self.lock().faults.full_at = at;
    }

    /// An error at operation number `at`; none: healthy again.
    pub fn io_error_at(&self, at: Option<(u64, Broken)>) {
        self.lock().faults.io_error_at = at;
    }

    /// Nothing may be written (or again).
    pub fn read_only(&self, read_only: bool) {
        self.lock().faults.read_only = read_only;
    }

    /// Begins to record changes.
    pub fn record(&self) {
        let mut inner = self.lock();
        inner.recorded = Some(Recording {
            base: inner.image.clone(),
            changes: Vec::new(),
        });
    }

    /// How many changes are recorded: what was told to be done is done after that many.
    #[must_use]
    pub fn recorded_so_far(&self) -> usize {
        self.lock().recorded.as_ref().map_or(0, Recording::len)
    }

    /// Ends recording; none if nothing was begun.
    pub fn recorded(&self) -> Option<Recording> {
        self.lock().recorded.take()
    }
}

impl Inner {
    fn start(&mut self) {
        self.locks.clear();
        self.shared.clear();
        self.starts += 1;
        self.has_power = true;
    }

    pub fn handle(&mut self) -> u64 {
        self.handles += 1;
        self.handles
    }

    pub fn has_power_now(&self) -> bool {
        self.has_power
    }

    /// Asks for memory that on a real disk is a file: no change of the disk, and full when the disk is.
    pub fn ask_for_memory(&mut self, bytes: usize) -> Result<(), Fault> {
        self.ask(Asks::Reading)?;
        let is_full = self
            .faults
            .full_at
            .is_some_and(|at| self.counts.changes >= at);
        let room = self.faults.capacity.unwrap_or(usize::MAX);
        if self.faults.read_only {
            Err(Fault::ReadOnly)
        } else if is_full || self.image.size().saturating_add(bytes) > room {
            Err(Fault::Full)
        } else {
            Ok(())
        }
    }

    pub fn is_read_only(&self) -> bool {
        self.faults.read_only
    }

    /// Counts an operation and decides whether it may go on.
    pub fn ask(&mut self, asks: Asks) -> Result<(), Fault> {
        if !self.has_power {
            return Err(Fault::Io);
        }
        self.counts.operations += 1;
        let operation = self.counts.operations;
        if asks != Asks::Reading {
            self.counts.changes += 1;
            if self
                .power_off_at
                .is_some_and(|at| self.counts.changes >= at)
            {
                self.has_power = false;
                return Err(Fault::Io);
            }
        }
        let used = || self.image.size();
        self.faults
            .judge(asks, operation, self.counts.changes, used)
    }

    /// Does a change or fails; a failing one may have been done in part.
    pub fn change(&mut self, change: Change) -> Result<(), Fault> {
        let grows = |node: Node, end: usize| {
            let by = end.saturating_sub(self.image.read(node).len());
            if by > 0 {
                Asks::Growing(by)
            } else {
                Asks::Changing
            }
        };
        let asks = match &change {
            Change::Write { node, at, bytes } => grows(*node, at + bytes.len()),
            Change::Size { node, size } => grows(*node, *size),
            _ => Asks::Changing,
        };
        let is_sync = matches!(change, Change::Sync { .. } | Change::SyncNames);
        self.counts.syncs += u64::from(matches!(change, Change::Sync { .. }));
        let answer = self.ask(asks);
        match (&answer, change) {
            (Ok(()), change) if is_sync && self.faults.lying => drop(change),
            (Ok(()), change) => self.note(change),
            // A disk that runs full or breaks while it writes has written a part.
            (Err(Fault::Full | Fault::Io), Change::Write { node, at, bytes }) if self.has_power => {
                let bytes = bytes[..bytes.len() / 2].into();
                self.note(Change::Write { node, at, bytes });
            }
            (Err(Fault::Io), Change::Sync { node }) if self.has_power => {
                self.note(Change::SyncFailed { node });
            }
            (Err(_), _) => {}
        }
        answer
    }

    fn note(&mut self, change: Change) {
        self.image.apply(&change);
        if let Some(recording) = &mut self.recorded {
            recording.changes.push(change);
        }
    }
}
