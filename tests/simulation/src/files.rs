//! Folders as a backup program or a kill sees them: the files as they are, whoever has them open.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A folder in memory where the system has one: a simulated disk need not be a slow one.
#[must_use]
pub fn scratch() -> TempDir {
    let memory = Path::new("/dev/shm");
    let builder = tempfile::Builder::new().prefix("guanmo-sim-").to_owned();
    if memory.is_dir()
        && let Ok(dir) = builder.tempdir_in(memory)
    {
        return dir;
    }
    builder.tempdir().unwrap()
}

/// Copies a folder whole.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Puts a copy in a folder's place.
pub fn replace(folder: &Path, by: &Path) {
    std::fs::remove_dir_all(folder).unwrap();
    std::fs::rename(by, folder).unwrap();
}

/// Numbered names below a folder.
pub struct Places {
    root: PathBuf,
    next: usize,
}

impl Places {
    /// Names below `root`.
    #[must_use]
    pub fn below(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            next: 0,
        }
    }

    /// A name nobody used.
    pub fn fresh(&mut self, what: &str) -> PathBuf {
        self.next += 1;
        self.root.join(format!("{what}-{}", self.next))
    }
}
