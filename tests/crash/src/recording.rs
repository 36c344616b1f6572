//! A life recorded once, and the disk as it was after each of its changes.
//!
//! Invariant: what a program did up to a change does not depend on what comes after it, so cutting the power in a
//! replay shows the same disk as cutting it in a life of its own, at a small part of the cost.
//! Leaves out: what a program does after a failure it is told of (`Disk::io_error_at`).

use crate::Random;
use crate::state::{Change, Image};

/// The changes of a disk from one moment on.
#[derive(Clone, Debug)]
pub struct Recording {
    pub(crate) base: Image,
    pub(crate) changes: Vec<Change>,
}

/// A disk after some changes of a recording.
pub struct Moment<'a> {
    /// How many.
    pub changes: usize,
    /// True if the last of them was a sync of a file.
    pub is_synced: bool,
    image: &'a Image,
}

impl Moment<'_> {
    /// What is found if the power goes at this moment.
    #[must_use]
    pub fn after_power_cut(&self, seed: u64) -> Image {
        self.image.after_power_cut(&mut Random::new(seed))
    }

    /// What is found if the program is killed at this moment and the power stays: everything it wrote.
    #[must_use]
    pub fn after_kill(&self) -> Image {
        self.image.clone()
    }
}

impl Recording {
    /// How many changes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.changes.len()
    }

    /// True if nothing was done.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Makes it the life of a disk that lied about every sync: the control of what is shown by it.
    pub fn forget_syncs(&mut self) {
        let nothing = |change: &mut Change| {
            if let Change::Sync { node } = change {
                // A change that changes nothing keeps the numbers.
                *change = Change::Write {
                    node: *node,
                    at: 0,
                    bytes: Vec::new().into(),
                };
            }
        };
        self.changes.iter_mut().for_each(nothing);
        let is_names = |change: &Change| matches!(change, Change::SyncNames);
        for change in self.changes.iter_mut().filter(|c| is_names(c)) {
            *change = Change::Delete {
                name: String::new(),
                durably: false,
            };
        }
    }

    /// Shows the disk after 0, 1, 2, … all changes.
    pub fn replay(&self, mut show: impl FnMut(&Moment<'_>)) {
        let mut image = self.base.clone();
        for changes in 0..=self.changes.len() {
            let last = changes.checked_sub(1).and_then(|n| self.changes.get(n));
            if let Some(change) = last {
                image.apply(change);
            }
            show(&Moment {
                changes,
                is_synced: matches!(last, Some(Change::Sync { .. })),
                image: &image,
            });
        }
    }
}
