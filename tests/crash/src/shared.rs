//! The memory that connections to one write-ahead log share: its index, and the locks on it.
//!
//! Invariant: a region's address never changes while anybody has it; Rust never looks inside, only SQLite does, under
//! its own locks. It is gone when its last user is, as it is after a start of the machine.

#![expect(unsafe_code, reason = "SQLite wants raw memory shared by connections")]

use std::ffi::c_void;
use std::sync::Mutex;

const SLOTS: usize = 8;

/// What connections to one database share.
#[derive(Debug, Default)]
pub(crate) struct Shared(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    regions: Vec<Region>,
    slots: [Slot; SLOTS],
}

#[derive(Debug, Default)]
struct Slot {
    readers: Vec<u64>,
    writer: Option<u64>,
}

#[derive(Debug)]
struct Region {
    words: *mut u64,
    count: usize,
}

// SAFETY: the pointer is only handed out; whoever follows it is SQLite, which orders its accesses by its own locks.
unsafe impl Send for Region {}

impl Region {
    fn new(bytes: usize) -> Self {
        let words = vec![0_u64; bytes.div_ceil(8)].into_boxed_slice();
        let count = words.len();
        Self {
            words: Box::into_raw(words).cast::<u64>(),
            count,
        }
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        let words = std::ptr::slice_from_raw_parts_mut(self.words, self.count);
        // SAFETY: the pointer and the length are those of the box that `new` took apart; nobody uses it any more,
        // because every connection that mapped it holds the `Shared` it is in.
        drop(unsafe { Box::from_raw(words) });
    }
}

impl Shared {
    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        // Every change is one statement: a panic leaves nothing half done.
        self.0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// True if region `at` is there.
    pub fn has(&self, at: usize) -> bool {
        self.inner().regions.len() > at
    }

    /// Region `at`, made if `extend` and need be; null if it is not there.
    pub fn region(&self, at: usize, bytes: usize, extend: bool) -> *mut c_void {
        let mut inner = self.inner();
        while extend && inner.regions.len() <= at {
            inner.regions.push(Region::new(bytes));
        }
        let found = inner.regions.get(at);
        found.map_or(std::ptr::null_mut(), |r| r.words.cast())
    }

    /// Locks slots for reading or alone; false if somebody is in the way.
    pub fn lock(&self, who: u64, slots: std::ops::Range<usize>, alone: bool) -> bool {
        let mut inner = self.inner();
        let Some(slots) = inner.slots.get_mut(slots) else {
            return false;
        };
        let free = |slot: &Slot| {
            let written = slot.writer.is_some_and(|id| id != who);
            let read = slot.readers.iter().any(|id| *id != who);
            !(written || alone && read)
        };
        if !slots.iter().all(free) {
            return false;
        }
        for slot in slots {
            if alone {
                slot.writer = Some(who);
            } else if !slot.readers.contains(&who) {
                slot.readers.push(who);
            }
        }
        true
    }

    /// Gives slots back.
    pub fn unlock(&self, who: u64, slots: std::ops::Range<usize>) {
        let mut inner = self.inner();
        for slot in inner.slots.get_mut(slots).into_iter().flatten() {
            slot.readers.retain(|id| *id != who);
            slot.writer = slot.writer.filter(|id| *id != who);
        }
    }

    /// Gives everything of a connection back.
    pub fn leave(&self, who: u64) {
        self.unlock(who, 0..SLOTS);
    }
}
