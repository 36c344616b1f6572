//! What can go wrong while signing in that is not the person's fault.

use super::password::PasswordError;
use crate::error::Error;

/// Refusals are values (`SignIn`, `SetUp`); these are failures.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// The database failed, or its disk takes nothing.
    #[error(transparent)]
    Storage(Box<Error>),
    /// A password could not be hashed or checked.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The system gave no randomness.
    #[error("no entropy: {0}")]
    Entropy(String),
}

impl From<Error> for AuthError {
    fn from(error: Error) -> Self {
        Self::Storage(Box::new(error))
    }
}

impl From<AuthError> for Error {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::Storage(error) => *error,
            other => Error::storage(other),
        }
    }
}
