//! What goes wrong, and when.
//!
//! Invariant: a fault is decided before the disk is changed. Operations are everything a program asks of the disk that
//! can fail, reading included; changes are those among them that would change it. Both count from 1.
//! Leaves out: the power (`disk`).

/// How a broken disk goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// It fails once.
    Once,
    /// It fails from then on, also when it is read.
    ForGood,
}

/// What an operation failed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The disk is broken, or has no power.
    Io,
    /// There is no space.
    Full,
    /// Nothing may be written.
    ReadOnly,
}

/// What an operation asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asks {
    Reading,
    /// A change that takes no more space.
    Changing,
    /// A change that takes this many bytes more.
    Growing(usize),
}

/// The faults of a disk.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults {
    pub io_error_at: Option<(u64, Broken)>,
    pub full_at: Option<u64>,
    pub capacity: Option<usize>,
    pub read_only: bool,
    pub lying: bool,
}

impl Faults {
    /// Whether this operation fails; `used` is asked for only where space is limited.
    pub fn judge(
        &self,
        asks: Asks,
        operation: u64,
        change: u64,
        used: impl FnOnce() -> usize,
    ) -> Result<(), Fault> {
        let broken = self.io_error_at.is_some_and(|(at, how)| match how {
            Broken::Once => operation == at,
            Broken::ForGood => operation >= at,
        });
        if broken {
            return Err(Fault::Io);
        }
        if asks == Asks::Reading {
            return Ok(());
        }
        if self.read_only {
            return Err(Fault::ReadOnly);
        }
        // The change that finds the disk full fails whatever it is; after it, what needs no more space goes through.
        let grows = matches!(asks, Asks::Growing(_));
        if self
            .full_at
            .is_some_and(|at| change == at || (change > at && grows))
        {
            return Err(Fault::Full);
        }
        match (asks, self.capacity) {
            (Asks::Growing(by), Some(capacity)) if used() + by > capacity => Err(Fault::Full),
            _ => Ok(()),
        }
    }
}
