//! What keeps a server going: certificates, backups, restores, a look at its health, manuals.
//!
//! Invariant: none of these needs the server to stop but a restore, which begins a folder of its own.
//! Leaves out: serving.

mod backup;
pub mod cert;
mod doctor;
mod manual;
mod restore;

pub use backup::{BackupArgs, run as backup};
pub use cert::{CertArgs, run as cert};
pub use doctor::{DoctorArgs, run as doctor};
pub use manual::{CompletionsArgs, ManArgs, completions, man};
pub use restore::{RestoreArgs, run as restore};

use std::io::Write;
use std::path::Path;

use crate::exit::{Failure, Outcome};

impl From<server::backup::BackupError> for Failure {
    fn from(error: server::backup::BackupError) -> Self {
        let exit = match error.code() {
            "bad_recipient" | "bad_identity" | "wrong_key" | "exists" | "not_empty" => {
                Some(crate::exit::Exit::BadInput)
            }
            _ => None,
        };
        let failure = Self::new(error.code(), error.message_zh(), error.to_string());
        match exit {
            Some(exit) => failure.with_exit(exit),
            None => failure,
        }
    }
}

/// Makes a new file; one that is there is refused. `secret`: only its owner may read it.
fn new_file(path: &Path, bytes: &[u8], secret: bool) -> Outcome<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, if secret { 0o600 } else { 0o644 });
    let written = options.open(path).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.map_err(|error| {
        let path = path.display();
        if error.kind() == std::io::ErrorKind::AlreadyExists {
            return Failure::bad_input(
                "exists",
                format!("{path} 已存在，未覆盖；请换一个名字或先移走它"),
                format!("{path} is there already and stays; choose another name or move it away"),
            );
        }
        disk(path, &error)
    })
}

/// A disk that failed.
fn disk(path: impl std::fmt::Display, error: &std::io::Error) -> Failure {
    Failure::new(
        "disk",
        format!("{path}：{error}；请检查路径、权限和磁盘空间"),
        format!("{path}: {error}; check path, rights and free space"),
    )
}
