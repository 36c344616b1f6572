//! A disk in memory that can lose its power, run full or break at any operation, and the suites that do so.
//!
//! | suite (`tests/crash/tests`) | what it guards |
//! |---|---|
//! | `disk` | the disk itself: what is synced survives, what is not may not, and a lying one damages databases |
//! | `phone_power` | power loss at every change of a phone's life and of the making of its database; one sync an autosave |
//! | `phone_faults` | a phone's storage full, broken or read-only at any operation |
//! | `server_power` | power loss at every change of the server's database; the copy a backup is made of |
//! | `server_faults` | the server's disk full or broken at any operation |
//!
//! Each prints its seed, attempts and control. `CRASH_SEED=n` draws anew, `CRASH_TIMES=n` makes n times as many attempts.
//!
//! [`Disk`] is a disk; SQLite reaches it by [`Disk::uri`], photos by [`Disk::files`]. A process-wide SQLite file
//! system (`vfs`) finds the disk by the first part of a path. Everything is drawn from the disk's seed, so a run can
//! be repeated. [`Recording`] replays one life and stops the power after each of its changes.
//! Invariant: what was written since the last sync of a file is apart from what is durable; what is issued after the
//! power died is recorded nowhere. Leaves out: files that are not SQLite's or photos, memory-mapped reading.

mod disk;
mod faults;
mod files;
mod locks;
mod random;
mod recording;
mod shared;
mod state;
mod vfs;

pub use disk::{Counts, Disk};
pub use faults::{Broken, Fault};
pub use files::DiskFiles;
pub use random::Random;
pub use recording::{Moment, Recording};
pub use state::Image;
