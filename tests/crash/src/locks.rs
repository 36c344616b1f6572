//! SQLite's locks on a database file, within this process.
//!
//! Invariant: many may read or one write; who waits to write lets no new reader in. Leaves out: locks of the
//! write-ahead log (`shared`).

use std::collections::BTreeSet;

/// How far a connection has locked a file; the order is SQLite's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    None,
    Shared,
    Reserved,
    Pending,
    Exclusive,
}

impl Level {
    pub fn of(number: i32) -> Self {
        let all = [
            Self::None,
            Self::Shared,
            Self::Reserved,
            Self::Pending,
            Self::Exclusive,
        ];
        let at = usize::try_from(number).unwrap_or(0);
        all.get(at).copied().unwrap_or(Self::Exclusive)
    }
}

/// The locks of one file.
#[derive(Debug, Default)]
pub(crate) struct Locks {
    readers: BTreeSet<u64>,
    /// Who holds more than a reader, and how much.
    writer: Option<(u64, Level)>,
}

impl Locks {
    /// Raises the lock of `who`; the level it has then. Less than wanted: somebody else is in the way.
    pub fn raise(&mut self, who: u64, wanted: Level) -> Level {
        let held = self.held(who);
        if held >= wanted {
            return held;
        }
        let other = self.writer.filter(|(id, _)| *id != who).map(|(_, l)| l);
        if wanted == Level::Shared {
            if other.is_none_or(|level| level < Level::Pending) {
                self.readers.insert(who);
            }
        } else if other.is_none() {
            let alone = self.readers.iter().all(|id| *id == who);
            let reached = match wanted {
                Level::Exclusive if !alone => Level::Pending,
                wanted => wanted,
            };
            self.writer = Some((who, reached));
        }
        self.held(who)
    }

    /// Lowers the lock of `who` to reading or nothing.
    pub fn lower(&mut self, who: u64, to: Level) {
        if to < Level::Reserved && self.writer.is_some_and(|(id, _)| id == who) {
            self.writer = None;
        }
        if to == Level::None {
            self.readers.remove(&who);
        }
    }

    pub fn is_reserved(&self) -> bool {
        self.writer.is_some()
    }

    fn held(&self, who: u64) -> Level {
        match self.writer {
            Some((id, level)) if id == who => level,
            _ if self.readers.contains(&who) => Level::Shared,
            _ => Level::None,
        }
    }
}
