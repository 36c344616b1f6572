//! Passwords: the rule for new ones, argon2id hashes and their check.
//!
//! Invariant: hashing runs off the async threads and only a few at once, since each takes 19 MiB; an unknown user costs
//! the same time as a known one. Strangers (browsers that never signed in) share one place and a short queue, so that a
//! flood of guesses neither fills the memory nor makes anybody else wait. Leaves out: counting failures
//! (`store::sqlite::auth`).

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Fewest characters of a password.
pub const MIN_CHARS: usize = 10;
/// Most bytes of a password: longer ones only cost time.
pub const MAX_BYTES: usize = 200;
/// Hashes computed at the same time for people who are known, and for strangers.
const AT_ONCE: (usize, usize) = (2, 1);
/// Strangers that may wait; a check takes some 30 ms, so the last waits half a second.
const STRANGERS: usize = 16;
/// Shortest user name that a password must not contain.
const NAME_CHARS: usize = 3;

/// Passwords that everybody tries first and that would pass the other rules, in lower case.
const COMMON: &str = include_str!("common_passwords.txt");

/// The hash that an unknown name is checked against: random bytes, so no password is known to fit, with the parameters
/// of ours, so that it costs the same.
const DUMMY: &str = "$argon2id$v=19$m=19456,t=2,p=1$nNa49PARxTINTtX+wMGzfw$Ol0HbJtK0Ac4px1BFb99beIbRKat0iSfTWt+MfsTTSg";

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

/// True if a new password is fit for a user name: at least 10 characters of 3 classes (lower case, upper case, digits,
/// others), without the name, and none of the commonest.
pub fn is_fit(password: &str, user_name: &str) -> bool {
    let classes: [fn(char) -> bool; 4] = [
        |c| c.is_lowercase(),
        |c| c.is_uppercase(),
        |c| c.is_numeric(),
        |c| !c.is_lowercase() && !c.is_uppercase() && !c.is_numeric(),
    ];
    let used = classes.iter().filter(|is| password.chars().any(is)).count();
    let lower = password.to_lowercase();
    let name = user_name.trim().to_lowercase();
    let holds_name = name.chars().count() >= NAME_CHARS && lower.contains(&name);
    password.chars().count() >= MIN_CHARS
        && password.len() <= MAX_BYTES
        && used >= 3
        && !holds_name
        && !COMMON.lines().any(|common| common == lower)
}

/// A place in the strangers' queue.
#[derive(Debug)]
pub struct Seat(#[expect(dead_code, reason = "held until it is dropped")] OwnedSemaphorePermit);

/// Hashes and checks passwords, a few at a time.
#[derive(Clone, Debug)]
pub struct Passwords {
    known: Arc<Semaphore>,
    strangers: Arc<Semaphore>,
    seats: Arc<Semaphore>,
    checks: Arc<AtomicU64>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self {
            known: Arc::new(Semaphore::new(AT_ONCE.0)),
            strangers: Arc::new(Semaphore::new(AT_ONCE.1)),
            seats: Arc::new(Semaphore::new(STRANGERS)),
            checks: Arc::default(),
        }
    }
}

impl Passwords {
    /// A seat for a stranger; none while the queue is full.
    pub fn seat(&self) -> Option<Seat> {
        Arc::clone(&self.seats).try_acquire_owned().ok().map(Seat)
    }

    /// How many passwords were checked since the start, the dummy's too.
    pub fn checks(&self) -> u64 {
        self.checks.load(Ordering::Relaxed)
    }

    /// The PHC string of a new password.
    pub async fn hash(&self, password: String) -> Result<String, PasswordError> {
        run(&self.known, move || hash(&password)).await?
    }

    /// True if the password fits the PHC string; `None` checks against a dummy and is always false.
    pub async fn fits(&self, password: String, phc: Option<String>) -> Result<bool, PasswordError> {
        let checks = Arc::clone(&self.checks);
        run(&self.known, move || fits(&checks, &password, phc)).await?
    }

    /// The same for a stranger.
    pub async fn fits_stranger(
        &self,
        seat: Seat,
        password: String,
        phc: Option<String>,
    ) -> Result<bool, PasswordError> {
        let checks = Arc::clone(&self.checks);
        let done = run(&self.strangers, move || fits(&checks, &password, phc)).await?;
        drop(seat);
        done
    }

    /// True if the password fits one of the hashes.
    pub async fn fits_any(
        &self,
        password: String,
        hashes: Vec<String>,
    ) -> Result<bool, PasswordError> {
        let checks = Arc::clone(&self.checks);
        run(&self.known, move || {
            for phc in hashes {
                if verify(&checks, &password, &phc)? {
                    return Ok(true);
                }
            }
            Ok(false)
        })
        .await?
    }
}

async fn run<T: Send + 'static>(
    permits: &Arc<Semaphore>,
    job: impl FnOnce() -> T + Send + 'static,
) -> Result<T, PasswordError> {
    let permit = Arc::clone(permits).acquire_owned().await;
    let permit = permit.map_err(|_| PasswordError::Ended)?;
    tokio::task::spawn_blocking(move || {
        // Held by the work itself: a caller that gives up must not let another one begin.
        let _permit = permit;
        job()
    })
    .await
    .map_err(|_| PasswordError::Ended)
}

fn fits(checks: &AtomicU64, password: &str, phc: Option<String>) -> Result<bool, PasswordError> {
    let known = phc.is_some();
    let phc = phc.unwrap_or_else(|| DUMMY.to_owned());
    // Too long a password is none of anybody's; the check is made all the same, on what is left of it.
    let whole = password.len() <= MAX_BYTES;
    let tried = if whole { password } else { "" };
    Ok(verify(checks, tried, &phc)? && known && whole)
}

fn hash(password: &str) -> Result<String, PasswordError> {
    let hash: PasswordHash = Argon2::default()
        .hash_password(password.as_bytes())
        .map_err(|e| PasswordError::Hash(e.to_string()))?;
    Ok(hash.to_string())
}

fn verify(checks: &AtomicU64, password: &str, phc: &str) -> Result<bool, PasswordError> {
    checks.fetch_add(1, Ordering::Relaxed);
    let hash = PasswordHash::new(phc).map_err(|e| PasswordError::Hash(e.to_string()))?;
    match Argon2::default().verify_password(password.as_bytes(), &hash) {
        Ok(()) => Ok(true),
        Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
        Err(e) => Err(PasswordError::Hash(e.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_needs_ten_characters_of_three_classes() {
        assert!(is_fit("Observe-2026", "ducha01"));
        assert!(is_fit("观摩评比督查室一二Aa3", "督查"));
        assert!(!is_fit("Short-1a", "x"));
        assert!(!is_fit("alllowercaseletters", "x"));
        assert!(!is_fit("onlytwo1234", "x"));
        assert!(!is_fit(&"Aa1-".repeat(60), "x"));
    }

    #[test]
    fn a_password_holds_neither_the_name_nor_is_it_one_of_the_commonest() {
        assert!(!is_fit("My-Ducha01-2026", "ducha01"));
        assert!(!is_fit("DUCHA01-xx-9", " Ducha01 "));
        // Two letters stand in almost any password.
        assert!(is_fit("Observe-2026", "ob"));
        assert!(!is_fit("Password@123", "ducha01"));
        assert!(!is_fit("1qaz@WSX3edc", "ducha01"));
        for common in COMMON.lines() {
            assert_eq!(common, common.to_lowercase());
        }
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
        assert!(!fits(&"x".repeat(MAX_BYTES + 1), Some(&phc)).await.unwrap());
        assert!(fits("Observe-2026", Some("not a hash")).await.is_err());
    }

    #[test]
    fn the_dummy_costs_what_a_real_hash_costs() {
        let cost = |phc: &str| phc.split('$').take(4).collect::<Vec<_>>().join("$");
        let real = hash("Observe-2026").unwrap();
        assert_eq!(cost(DUMMY), cost(&real));
        let bytes = |phc: &str| phc.rsplit('$').next().map(str::len);
        assert_eq!(bytes(DUMMY), bytes(&real));
        assert!(PasswordHash::new(DUMMY).is_ok());
    }

    #[tokio::test]
    async fn strangers_find_the_queue_full_and_the_known_do_not_wait_for_them() {
        let passwords = Passwords::default();
        let seats: Vec<Seat> = std::iter::from_fn(|| passwords.seat()).collect();
        assert_eq!(seats.len(), STRANGERS);
        let phc = passwords.hash("Observe-2026".to_owned()).await.unwrap();
        let known = passwords.fits("Observe-2026".to_owned(), Some(phc)).await;
        assert!(known.unwrap());
        drop(seats);
        assert!(passwords.seat().is_some());
    }

    #[tokio::test]
    async fn one_stranger_is_checked_at_a_time_and_keeps_the_seat_while_the_known_pass_by() {
        let passwords = Passwords::default();
        let phc = hash("Observe-2026").unwrap();
        let place = passwords.strangers.clone().acquire_owned().await.unwrap();
        assert_eq!(passwords.strangers.available_permits(), 0, "one place");
        let (other, seat) = (passwords.clone(), passwords.seat().unwrap());
        let (given, stored) = ("Observe-2026".to_owned(), Some(phc.clone()));
        let waiting = tokio::spawn(async move { other.fits_stranger(seat, given, stored).await });
        let known = passwords.fits("Observe-2026".to_owned(), Some(phc)).await;
        assert!(known.unwrap());
        assert!(!waiting.is_finished());
        assert_eq!(passwords.seats.available_permits(), STRANGERS - 1);
        drop(place);
        assert!(waiting.await.unwrap().unwrap());
        assert_eq!(passwords.seats.available_permits(), STRANGERS);
    }
}
