//! Phones in temporary folders.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use mobile_core::sync::Output;
use mobile_core::{
    Answer, Error, FixedClock, Mark, Ports, Replica, SeededEntropy, SteppedClock, SyncReport,
    Transport, TransportRequest,
};
use uuid::Uuid;

use super::{Net, START_MS};

pub fn ports(seed: u64) -> Ports {
    Ports {
        clock: Arc::new(SteppedClock::new(START_MS + 10_000, 7)),
        entropy: Arc::new(SeededEntropy::new(seed)),
    }
}

pub fn wait<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(future)
}

pub struct Folder {
    _dir: tempfile::TempDir,
    pub path: PathBuf,
}

pub fn folder() -> Folder {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("phone");
    Folder { _dir: dir, path }
}

/// Copies what a backup of the app would contain: everything but the install id and the lock.
pub fn copy_database(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for name in ["phone.db", "phone.db-wal"] {
        if from.join(name).exists() {
            std::fs::copy(from.join(name), to.join(name)).unwrap();
        }
    }
}

pub fn open(folder: &Folder, seed: u64) -> Replica {
    Replica::open(&folder.path, ports(seed)).unwrap()
}

/// A phone that goes by this clock.
pub fn open_by(clock: &Arc<FixedClock>, folder: &Folder) -> Replica {
    let ports = Ports {
        clock: clock.clone(),
        ..ports(1)
    };
    Replica::open(&folder.path, ports).unwrap()
}

/// A phone enrolled with `code` and synced once.
pub fn enrolled(folder: &Folder, net: &Net, code: &str, seed: u64) -> Replica {
    let mut phone = open(folder, seed);
    wait(phone.enrol(net, code, "测试机")).unwrap();
    sync(&mut phone, net).unwrap();
    phone
}

pub fn sync(phone: &mut Replica, net: &dyn Transport) -> Result<SyncReport, Error> {
    wait(phone.sync(net, &mut |_| {}))
}

/// What the engine wants to send.
pub fn sent(outputs: Vec<Output>) -> TransportRequest {
    for output in outputs {
        if let Output::Send(request) = output {
            return request;
        }
    }
    panic!("nothing to send")
}

pub fn points(e4: i64) -> Answer {
    Mark::Points(e4).into()
}

/// Answers every line of a sheet with something that fits.
pub fn fill(phone: &mut Replica, sheet: Uuid) {
    use domain::checklist::ItemType;
    let view = phone.sheet(sheet).unwrap();
    for line in view.lines {
        let mark = match line.item.kind {
            ItemType::Score { step_e4 } => Mark::Points(step_e4),
            ItemType::YesNo => Mark::YesNo(true),
            ItemType::Deduct { .. } => Mark::Count(1),
            ItemType::Ratio { .. } => Mark::Ratio { ok: 4, sampled: 5 },
        };
        phone.answer(sheet, &line.item.id, mark.into()).unwrap();
    }
}
