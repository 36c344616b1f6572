//! What can go wrong while signing in that is not the person's fault.

use super::password::PasswordError;

/// Refusals are values (`SignIn`, `SetUp`); these are failures.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// The database failed.
    #[error("storage: {0}")]
    Storage(String),
    /// A password could not be hashed or checked.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The system gave no randomness.
    #[error("no entropy: {0}")]
    Entropy(String),
}
