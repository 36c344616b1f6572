//! What goes wrong beside the network: kills at named points, copies put back, clocks set wrong, phones lost, disks full.
//!
//! Invariant: as `workload`: knows nothing of checkers. Which faults a seed has, and how often, follows from the seed
//! (a swarm: every seed leaves some out, so that none hides behind another).

use crate::rng::Rng;

/// A fault of the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The server is killed between two requests.
    KillServer,
    /// The server is killed after it committed and before it answered: at its next request.
    KillServerBeforeAnswer,
    /// The server is killed while a request is arriving: half of it is read.
    KillServerMidRequest,
    /// A copy of the server's folder is made.
    BackUpServer,
    /// The newest copy is put back in place of the folder, and nobody tells the program.
    RestoreServer,
    /// A backup of the server is made as an office makes it: while it runs, encrypted.
    ArchiveServer,
    /// The newest of these is restored: a new generation.
    RestoreArchive,
    /// An app is killed while its people use it.
    KillPhone,
    /// An app is killed after the engine made a request and before it left.
    KillPhoneBeforeSend,
    /// An app is killed as an answer arrives.
    KillPhoneBeforeApply,
    /// An app is killed after it took an answer in and before it went on.
    KillPhoneAfterApply,
    /// A phone is copied.
    CopyPhone,
    /// A phone is put back to a copy, and the system says so.
    RestorePhone,
    /// A phone is put back to a copy, and nothing says so.
    RestorePhoneSilently,
    /// A phone becomes two.
    ClonePhone,
    /// A phone is lost for good.
    LosePhone,
    /// A clock jumps.
    SetClock,
    /// A phone has no network for a while.
    Partition,
    /// A second sync begins while one runs.
    SecondSync,
    /// A device with a key of its own sends what no app would.
    Poison,
    /// A newer app writes what this version does not know.
    NewerApp,
    /// The server's disk is full for a while.
    FillServerDisk,
    /// A phone's disk is full for a while.
    FillPhoneDisk,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 23] = [
        Self::KillServer,
        Self::KillServerBeforeAnswer,
        Self::KillServerMidRequest,
        Self::BackUpServer,
        Self::RestoreServer,
        Self::ArchiveServer,
        Self::RestoreArchive,
        Self::KillPhone,
        Self::KillPhoneBeforeSend,
        Self::KillPhoneBeforeApply,
        Self::KillPhoneAfterApply,
        Self::CopyPhone,
        Self::RestorePhone,
        Self::RestorePhoneSilently,
        Self::ClonePhone,
        Self::LosePhone,
        Self::SetClock,
        Self::Partition,
        Self::SecondSync,
        Self::Poison,
        Self::NewerApp,
        Self::FillServerDisk,
        Self::FillPhoneDisk,
    ];

    /// How many of it a run may have at most.
    fn most(self) -> usize {
        match self {
            Self::RestoreServer
            | Self::RestoreArchive
            | Self::RestorePhone
            | Self::RestorePhoneSilently => 2,
            Self::ClonePhone | Self::LosePhone => 1,
            Self::KillPhoneBeforeSend | Self::KillPhoneBeforeApply | Self::KillPhoneAfterApply => 4,
            _ => 3,
        }
    }
}

/// The faults of a run, each with its time from the beginning, ms.
#[must_use]
pub fn plan(rng: &mut Rng, lasts_ms: i64) -> Vec<(i64, Fault)> {
    let mut all = Vec::new();
    for fault in Fault::ALL {
        if rng.chance(400) {
            continue;
        }
        for _ in 0..=rng.below(fault.most()) {
            all.push((rng.between(0, lasts_ms), fault));
        }
    }
    all
}
