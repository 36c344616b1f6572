//! The phone behind its lock: opened, used by one call at a time, opened anew after a fault.
//!
//! Invariant: the lock is held while a call or one step of a sync runs, never while something is waited for, so that any
//! thread may fill while another syncs. A panic inside becomes an error; the phone is opened again from its files at
//! the next call, because nothing in memory is to be trusted, and a PIN must be typed again. Leaves out: what the calls do
//! (`calls`), enrolling and syncing (`online`).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use mobile_core::{BundlePlan, PauseHandle, Ports, Replica};

use crate::error::PhoneError;

/// The phone and what goes with it while it is open.
pub(crate) struct Face {
    pub phone: Replica,
    /// Of the last `plan_bundle`.
    pub plan: Option<BundlePlan>,
    /// Which opening this is: a sync must not go on with another.
    pub opening: u64,
}

/// One phone's folder. Any thread may call it.
#[derive(uniffi::Object)]
pub struct Phone {
    folder: PathBuf,
    ports: Ports,
    /// None after a fault or a wipe, until the next call.
    face: Mutex<Option<Face>>,
    openings: AtomicU64,
    pub(crate) pause: Mutex<PauseHandle>,
    pub(crate) syncing: AtomicBool,
}

#[uniffi::export]
impl Phone {
    /// Opens a phone's folder, or makes it. One process has it at a time.
    ///
    /// # Errors
    /// `Storage`: `database_locked`, `database_newer`, `database_damaged` (then `salvage`), `disk_full`, `file`.
    #[uniffi::constructor]
    pub fn open(folder: String) -> Result<Self, PhoneError> {
        Self::open_with(PathBuf::from(folder), Ports::system())
    }
}

impl Phone {
    /// The same with a clock and entropy of one's own, for tests.
    ///
    /// # Errors
    /// As `open`.
    pub fn open_with(folder: PathBuf, ports: Ports) -> Result<Self, PhoneError> {
        let phone = Self {
            pause: Mutex::default(),
            face: Mutex::default(),
            openings: AtomicU64::new(0),
            syncing: AtomicBool::new(false),
            folder,
            ports,
        };
        phone.guarded(|_| Ok(()))?;
        Ok(phone)
    }

    /// Works on the phone, alone.
    pub(crate) fn with<T>(
        &self,
        work: impl FnOnce(&mut Face) -> mobile_core::Result<T>,
    ) -> Result<T, PhoneError> {
        self.guarded(|face| Ok(work(face)?))
    }

    /// The same for work that has errors of its own.
    pub(crate) fn guarded<T>(
        &self,
        work: impl FnOnce(&mut Face) -> Result<T, PhoneError>,
    ) -> Result<T, PhoneError> {
        self.alone(|held| match held {
            Some(face) => work(face),
            None => work(held.insert(self.open_anew()?)),
        })
    }

    /// Ends the phone by `work`; the next call opens what is in the folder then.
    pub(crate) fn end(
        &self,
        work: impl FnOnce(Replica) -> mobile_core::Result<()>,
    ) -> Result<(), PhoneError> {
        self.alone(|held| {
            let face = match held.take() {
                Some(face) => face,
                None => self.open_anew()?,
            };
            Ok(work(face.phone)?)
        })
    }

    fn alone<T>(
        &self,
        work: impl FnOnce(&mut Option<Face>) -> Result<T, PhoneError>,
    ) -> Result<T, PhoneError> {
        let mut held = locked(&self.face);
        // The phone is not used after a panic, so no half of anything is seen.
        match catch_unwind(AssertUnwindSafe(|| work(&mut held))) {
            Ok(done) => done,
            Err(panic) => {
                *held = None;
                Err(PhoneError::panicked(&*panic))
            }
        }
    }

    fn open_anew(&self) -> Result<Face, PhoneError> {
        let phone = Replica::open(&self.folder, self.ports.clone())?;
        *locked(&self.pause) = phone.pause_handle();
        Ok(Face {
            phone,
            plan: None,
            opening: self.openings.fetch_add(1, Ordering::Relaxed),
        })
    }
}

/// A lock whose holder panicked is as good as any: what it guards is replaced after a panic, or is one word.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
