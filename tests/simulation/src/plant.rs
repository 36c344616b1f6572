//! Faults of the program itself, planted: each must be found, else the checkers are blind.
//!
//! Invariant: a plant changes what the server keeps, as a mistake inside it would. Leaves out: mistakes inside the core.

use std::path::PathBuf;

use mobile_core::{TransportRequest, TransportResponse};

use crate::office::Office;
use crate::rng::Rng;

/// A planted mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plant {
    /// Records are acknowledged before they are on the disk, and now and then the disk never gets them.
    AckBeforeCommit,
    /// A finished photo's last byte is another one.
    SpoiltPhoto,
    /// A finished photo is gone.
    LostPhoto,
    /// A live value goes away by itself.
    VanishedValue,
}

impl Plant {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::AckBeforeCommit,
        Self::SpoiltPhoto,
        Self::LostPhoto,
        Self::VanishedValue,
    ];

    /// What has to be remembered of the time before a request.
    #[must_use]
    pub fn before(self, office: &Office, request: &TransportRequest) -> Option<PathBuf> {
        let acks = self == Self::AckBeforeCommit && request.path.starts_with("/api/v1/sync");
        acks.then(|| {
            let to = office.beside("planted");
            let _ = std::fs::remove_dir_all(&to);
            office.copy_to(&to);
            to
        })
    }

    /// What the mistake does once the request was answered.
    pub fn after(
        self,
        office: &mut Office,
        request: &TransportRequest,
        answer: &mut TransportResponse,
        before: Option<PathBuf>,
        rng: &mut Rng,
    ) {
        match self {
            Self::AckBeforeCommit => {
                if let Some(folder) = before
                    && answer.status == 200
                    && request.body.len() > 300
                    && rng.chance(200)
                {
                    let known = office.incarnation;
                    office.put_back(&folder);
                    office.incarnation = known;
                }
            }
            Self::SpoiltPhoto | Self::LostPhoto => {
                if request.method == "PATCH" && rng.chance(300) {
                    self.spoil(office);
                }
            }
            Self::VanishedValue => {
                if request.body.len() > 300 && rng.chance(100) {
                    let conn = rusqlite::Connection::open(office.database()).unwrap();
                    let sql = "DELETE FROM cells WHERE (record, field, log, seq) IN
                         (SELECT record, field, log, seq FROM cells ORDER BY at_ms DESC LIMIT 1)";
                    conn.execute(sql, []).unwrap();
                }
            }
        }
    }

    fn spoil(self, office: &Office) {
        let folders = std::fs::read_dir(office.photos().join("finished")).unwrap();
        let mut files = folders.flat_map(|f| std::fs::read_dir(f.unwrap().path()).unwrap());
        let Some(file) = files.next() else {
            return;
        };
        let path = file.unwrap().path();
        if self == Self::LostPhoto {
            return std::fs::remove_file(path).unwrap();
        }
        let mut bytes = std::fs::read(&path).unwrap();
        if let Some(last) = bytes.last_mut() {
            *last ^= 1;
        }
        std::fs::write(&path, bytes).unwrap();
    }
}
