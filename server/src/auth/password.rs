//! Passwords: the rule for new ones, argon2id hashes and their check.
//!
//! Invariant: hashing runs off the async threads and only a few at once, since each takes 19 MiB; an unknown user costs
//! the same time as a known one. Leaves out: counting failures (`store::sqlite::auth`).

use std::sync::{Arc, OnceLock};

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;

/// Fewest characters of a password.
pub const MIN_CHARS: usize = 10;
/// Most bytes of a password: longer ones only cost time.
pub const MAX_BYTES: usize = 200;
/// Hashes computed at the same time.
const AT_ONCE: usize = 2;

/// Why hashing failed.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// The hash could not be computed or read.
    #[error("password hash: {0}")]
    Hash(String),
    /// The task was ended.
    #[error("password task ended")]
    Ended,
}

/// True if a new password is long and mixed enough: at least 10 characters of 3 classes (lower case, upper case,
/// digits, others).
pub fn is_strong(password: &str) -> bool {
    let classes: [fn(char) -> bool; 4] = [
        |c| c.is_lowercase(),
        |c| c.is_uppercase(),
        |c| c.is_numeric(),
        |c| !c.is_lowercase() && !c.is_uppercase() && !c.is_numeric(),
    ];
    let used = classes.iter().filter(|is| password.chars().any(is)).count();
    password.chars().count() >= MIN_CHARS && password.len() <= MAX_BYTES && used >= 3
}

/// Hashes and checks passwords, a few at a time.
#[derive(Clone, Debug)]
pub struct Passwords {
    permits: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self {
            permits: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }
}

impl Passwords {
    /// The PHC string of a new password.
    pub async fn hash(&self, password: String) -> Result<String, PasswordError> {
        self.run(move || hash(&password)).await?
    }

    /// True if the password fits the PHC string; `None` checks against a dummy and is always false.
    pub async fn fits(&self, password: String, phc: Option<String>) -> Result<bool, PasswordError> {
        self.run(move || {
            let known = phc.is_some();
            let phc = match phc {
                Some(phc) => phc,
                None => dummy()?.to_owned(),
            };
            let fits = password.len() <= MAX_BYTES && verify(&password, &phc)?;
            Ok(fits && known)
        })
        .await?
    }

    async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PasswordError> {
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        let _permit = permit.map_err(|_| PasswordError::Ended)?;
        tokio::task::spawn_blocking(job)
            .await
            .map_err(|_| PasswordError::Ended)
    }
}

fn hash(password: &str) -> Result<String, PasswordError> {
    let hash: PasswordHash = Argon2::default()
        .hash_password(password.as_bytes())
        .map_err(|e| PasswordError::Hash(e.to_string()))?;
    Ok(hash.to_string())
}

fn verify(password: &str, phc: &str) -> Result<bool, PasswordError> {
    let hash = PasswordHash::new(phc).map_err(|e| PasswordError::Hash(e.to_string()))?;
    match Argon2::default().verify_password(password.as_bytes(), &hash) {
        Ok(()) => Ok(true),
        Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
        Err(e) => Err(PasswordError::Hash(e.to_string())),
    }
}

/// A hash nobody knows the password of, made once.
fn dummy() -> Result<&'static str, PasswordError> {
    static DUMMY: OnceLock<String> = OnceLock::new();
    if let Some(phc) = DUMMY.get() {
        return Ok(phc);
    }
    let phc = hash("nobody has this password")?;
    Ok(DUMMY.get_or_init(|| phc))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_needs_ten_characters_of_three_classes() {
        assert!(is_strong("Observe-2026"));
        assert!(is_strong("观摩评比督查室一二Aa3"));
        assert!(!is_strong("Short-1a"));
        assert!(!is_strong("alllowercaseletters"));
        assert!(!is_strong("onlytwo1234"));
        assert!(!is_strong(&"Aa1-".repeat(60)));
    }

    #[tokio::test]
    async fn only_the_right_password_fits_and_a_dummy_never_does() {
        let passwords = Passwords::default();
        let phc = passwords.hash("Observe-2026".to_owned()).await.unwrap();
        assert!(phc.starts_with("$argon2id$"));
        let fits =
            |p: &str, phc: Option<&str>| passwords.fits(p.to_owned(), phc.map(str::to_owned));
        assert!(fits("Observe-2026", Some(&phc)).await.unwrap());
        assert!(!fits("observe-2026", Some(&phc)).await.unwrap());
        assert!(!fits("nobody has this password", None).await.unwrap());
        assert!(fits("Observe-2026", Some("not a hash")).await.is_err());
    }
}
