//! Files that were checked and wait for "import now".
//!
//! One lies in a folder of its own under the hash of its content; whose it is and what the check said is kept in memory. So
//! a restart forgets them all, as an hour does, and the folder is emptied at the start.
//! Invariant: a file is given back only to the login that checked it, whole, and once. Leaves out: reading it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::{fs, io};

use documents::import::{Format, Kind};
use protocol::chain::sha256;
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::services::imports::Plan;

/// How long a checked file waits, ms.
pub(crate) const KEEP_MS: i64 = 3_600_000;
/// Files that wait of one login at most; the oldest makes room.
const OF_ONE: usize = 5;
/// Files that wait at most; the oldest makes room.
const OF_ALL: usize = 40;

/// A file that was checked.
#[derive(Clone, Debug)]
pub struct Checked {
    /// Names it.
    pub id: Uuid,
    /// Whose it is.
    pub login: Uuid,
    /// The campaign it was checked against.
    pub campaign: Uuid,
    /// What it is about.
    pub kind: Kind,
    /// Its format.
    pub format: Format,
    /// Its name as it was sent; for people, never a path.
    pub name: String,
    /// SHA-256 of its content.
    pub hash: [u8; 32],
    /// When it is forgotten, ms UTC.
    pub until_ms: i64,
    /// What it would do, as the campaign was.
    pub plan: Plan,
}

/// All of them.
pub(crate) struct Kept {
    folder: PathBuf,
    files: Mutex<HashMap<Uuid, Checked>>,
}

fn storage(error: io::Error) -> Error {
    Error::storage(error)
}

impl Kept {
    /// None yet; what an earlier run left is removed.
    ///
    /// # Errors
    /// The disk's.
    pub fn open(data_dir: &Path) -> Result<Self> {
        let folder = data_dir.join("imports");
        match fs::remove_dir_all(&folder) {
            Ok(()) => {}
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) => return Err(storage(e)),
        }
        Ok(Self {
            folder,
            files: Mutex::default(),
        })
    }

    fn files(&self) -> MutexGuard<'_, HashMap<Uuid, Checked>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn path(&self, hash: [u8; 32]) -> PathBuf {
        self.folder.join(hex::encode(hash))
    }

    /// Keeps a file. The oldest of the login's, and of all, make room.
    ///
    /// # Errors
    /// The disk's.
    pub fn put(&self, checked: Checked, bytes: &[u8], now_ms: i64) -> Result<()> {
        self.expire(now_ms);
        // Held from here on: nobody sweeps away what is not on the list yet.
        let mut files = self.files();
        fs::create_dir_all(&self.folder).map_err(storage)?;
        let path = self.path(checked.hash);
        if !path.exists() {
            // Whole or not at all: a crash leaves a name that nobody asks for.
            let half = path.with_extension("part");
            fs::write(&half, bytes).map_err(storage)?;
            fs::rename(&half, &path).map_err(storage)?;
        }
        let login = checked.login;
        files.insert(checked.id, checked);
        for (most, own) in [(OF_ONE, Some(login)), (OF_ALL, None)] {
            let fits = |f: &&Checked| own.is_none_or(|login| f.login == login);
            let mut found: Vec<_> = files
                .values()
                .filter(fits)
                .map(|f| (f.until_ms, f.id))
                .collect();
            found.sort_unstable();
            let over = found.len().saturating_sub(most);
            for (_, id) in found.into_iter().take(over) {
                files.remove(&id);
            }
        }
        drop(files);
        self.sweep();
        Ok(())
    }

    /// A file of a login with its content; none if it is gone or somebody else's.
    pub fn get(&self, id: Uuid, login: Uuid, now_ms: i64) -> Option<(Checked, Vec<u8>)> {
        let found = self.files().get(&id).cloned();
        let found = found.filter(|f| f.login == login && f.until_ms > now_ms)?;
        let bytes = fs::read(self.path(found.hash)).ok()?;
        // What lies there is what was checked, or nothing.
        (sha256(&bytes) == found.hash).then_some((found, bytes))
    }

    /// Writes down what a file would do by now.
    pub fn plan_anew(&self, id: Uuid, plan: Plan) {
        if let Some(found) = self.files().get_mut(&id) {
            found.plan = plan;
        }
    }

    /// Forgets a file.
    pub fn remove(&self, id: Uuid) {
        self.files().remove(&id);
        self.sweep();
    }

    /// Forgets what has waited too long; for an hourly job. Returns how many wait.
    pub fn expire(&self, now_ms: i64) -> usize {
        let mut files = self.files();
        files.retain(|_, f| f.until_ms > now_ms);
        let left = files.len();
        drop(files);
        self.sweep();
        left
    }

    /// Removes the files nobody waits for.
    fn sweep(&self) {
        let files = self.files();
        let Ok(there) = fs::read_dir(&self.folder) else {
            return;
        };
        let needed: Vec<PathBuf> = files.values().map(|f| self.path(f.hash)).collect();
        for entry in there.flatten() {
            let path = entry.path();
            let is_half = path.extension().is_some();
            if !is_half
                && !needed.contains(&path)
                && let Err(error) = fs::remove_file(&path)
            {
                tracing::warn!(%error, "a checked file could not be removed");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(n: u128, login: u128, hash: [u8; 32], until_ms: i64) -> Checked {
        Checked {
            id: Uuid::from_u128(n),
            login: Uuid::from_u128(login),
            campaign: Uuid::nil(),
            kind: Kind::Roster,
            format: Format::Csv,
            name: "../../x.csv".to_owned(),
            hash,
            until_ms,
            plan: Plan::default(),
        }
    }

    fn names(dir: &Path) -> Vec<String> {
        let there = fs::read_dir(dir.join("imports")).unwrap();
        there
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    #[test]
    fn a_file_is_given_back_to_its_login_alone_until_it_expires() {
        let dir = tempfile::tempdir().unwrap();
        let kept = Kept::open(dir.path()).unwrap();
        let hash = sha256(b"a");
        kept.put(checked(1, 7, hash, 100), b"a", 0).unwrap();
        kept.put(checked(2, 8, hash, 200), b"a", 0).unwrap();
        assert_eq!(
            names(dir.path()),
            [hex::encode(hash)],
            "one content, one file"
        );
        let mine = |id, login, now| kept.get(Uuid::from_u128(id), Uuid::from_u128(login), now);
        assert_eq!(mine(1, 7, 99).unwrap().1, b"a");
        assert!(mine(1, 8, 99).is_none() && mine(1, 7, 100).is_none());
        assert_eq!(kept.expire(100), 1);
        assert_eq!(mine(2, 8, 199).unwrap().1, b"a");
        fs::write(dir.path().join("imports").join(hex::encode(hash)), "b").unwrap();
        assert!(
            mine(2, 8, 199).is_none(),
            "another content than was checked"
        );
        kept.remove(Uuid::from_u128(2));
        assert!(names(dir.path()).is_empty());
    }

    #[test]
    fn the_oldest_make_room_and_a_start_forgets_all() {
        let dir = tempfile::tempdir().unwrap();
        let kept = Kept::open(dir.path()).unwrap();
        for n in 0..60_u8 {
            let login = if n < 8 { 1 } else { u128::from(n) };
            let file = checked(n.into(), login, sha256(&[n]), 100 + i64::from(n));
            kept.put(file, &[n], 0).unwrap();
            if n == 7 {
                assert_eq!(names(dir.path()).len(), OF_ONE);
                let first = kept.get(Uuid::from_u128(2), Uuid::from_u128(1), 0);
                assert!(first.is_none(), "the oldest of his own made room");
            }
        }
        assert_eq!(names(dir.path()).len(), OF_ALL);
        drop(kept);
        Kept::open(dir.path()).unwrap();
        assert!(!dir.path().join("imports").exists());
    }
}
