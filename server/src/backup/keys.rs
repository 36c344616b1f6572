//! The key pair of backups: the public half on the server, the secret half on paper or a stick in a drawer.
//!
//! Invariant: the secret half is made once, shown once and never kept by this program. Leaves out: passphrases.

use std::path::Path;
use std::str::FromStr;

use age::secrecy::ExposeSecret;
use age::x25519;

use super::{BackupError, Result};

/// For whom a backup is encrypted: `age1…`.
#[derive(Clone, Debug)]
pub struct Recipient(pub(super) x25519::Recipient);

impl FromStr for Recipient {
    type Err = BackupError;

    fn from_str(text: &str) -> Result<Self> {
        let key = x25519::Recipient::from_str(text.trim());
        key.map(Self)
            .map_err(|_| BackupError::Recipient(text.trim().chars().take(80).collect()))
    }
}

impl std::fmt::Display for Recipient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// The secret key that opens a backup.
pub struct Identity(pub(super) x25519::Identity);

impl Identity {
    /// Reads it from a file as `keygen` prints it.
    ///
    /// # Errors
    /// `Io`, `Identity`.
    pub fn read(file: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(file).map_err(BackupError::io(file))?;
        let found = text
            .lines()
            .find_map(|line| x25519::Identity::from_str(line.trim()).ok());
        found
            .map(Self)
            .ok_or_else(|| BackupError::Identity(file.to_owned()))
    }

    /// One that is thrown away: it reads a backup back before that counts.
    pub(super) fn fleeting() -> Self {
        Self(x25519::Identity::generate())
    }

    pub(super) fn recipient(&self) -> Recipient {
        Recipient(self.0.to_public())
    }
}

/// A new pair: recipient and the text of the secret key file.
#[must_use]
pub fn keygen() -> (Recipient, String) {
    let identity = x25519::Identity::generate();
    let recipient = identity.to_public();
    let secret = identity.to_string();
    let text = format!("# public key: {recipient}\n{}\n", secret.expose_secret());
    (Recipient(recipient), text)
}
