//! The PIN that keeps a phone's contents from whoever picks it up.
//!
//! Invariant: a try is on disk before it is looked at, so that ending the app wins no further one; nothing is ever
//! erased; a locked phone goes on syncing. Only the office's signed order lets a new PIN be set without the old one.
//! Leaves out: encryption. Whoever reads the phone's storage reads everything, and finds six digits by trying.

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use serde::Serialize;
use uuid::Uuid;

use crate::error::{Error, Refusal, Result};
use crate::replica::{Replica, damaged};
use crate::store::{Tx, key};

/// Digits of a PIN.
pub const PIN_DIGITS: usize = 6;
/// Wrong PINs before the first wait.
const FREE_TRIES: i64 = 5;
/// The first wait; each further wrong PIN doubles it.
const WAIT_MS: i64 = 15 * 60 * 1000;
/// The longest wait.
const MAX_WAIT_MS: i64 = 24 * 3600 * 1000;

/// Whether a phone shows what it holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum PinState {
    /// No PIN is set: everything is shown.
    None,
    /// The PIN was typed.
    Unlocked,
    /// Nothing is shown before the PIN is typed.
    Locked {
        /// Tries before there is a wait; 0 while one lasts and for the single try after it.
        tries_left: u32,
        /// Until when no PIN is looked at, ms UTC by this phone's clock.
        wait_until_ms: Option<i64>,
    },
    /// The office reset it: a new one is to be set, then everything is shown again.
    MustSet,
}

/// How long to wait after so many wrong PINs in a row, ms.
fn wait_ms(failures: i64) -> i64 {
    if failures < FREE_TRIES {
        return 0;
    }
    let doublings = u32::try_from(failures - FREE_TRIES).map_or(10, |n| n.min(10));
    (WAIT_MS << doublings).min(MAX_WAIT_MS)
}

fn is_fit(pin: &str) -> bool {
    let digits = pin.as_bytes();
    let steps: Vec<i16> = digits
        .windows(2)
        .map(|pair| i16::from(pair[1]) - i16::from(pair[0]))
        .collect();
    digits.len() == PIN_DIGITS
        && digits.iter().all(u8::is_ascii_digit)
        // 000000, 123456, 654321 and their like.
        && !(steps.iter().all(|s| *s == steps[0]) && steps[0].abs() <= 1)
}

/// What the database says of the PIN.
struct Kept {
    phc: Option<String>,
    failures: i64,
    wait_until_ms: Option<i64>,
    /// The office reset it since it was set.
    reset: bool,
}

fn resets(tx: &mut Tx, device: Uuid) -> Result<i64> {
    let value = tx.value(device, "pin_reset")?;
    Ok(value.and_then(|v| v.at(0).as_int()).unwrap_or(0))
}

fn kept(tx: &mut Tx, device: Option<Uuid>, now_ms: i64) -> Result<Kept> {
    let phc = tx.meta_bytes(key::PIN)?;
    let phc = phc.map(String::from_utf8).transpose();
    let failures = tx.meta_int(key::PIN_FAILURES)?.unwrap_or(0);
    let known = tx.meta_int(key::PIN_RESETS)?.unwrap_or(0);
    // A clock that was set back must not make the wait longer than it was.
    let latest = now_ms.saturating_add(wait_ms(failures));
    let wait = tx.meta_int(key::PIN_WAIT_UNTIL_MS)?.map(|t| t.min(latest));
    Ok(Kept {
        phc: phc.map_err(|_| damaged("pin"))?,
        failures,
        wait_until_ms: wait.filter(|until| *until > now_ms),
        reset: match device {
            Some(device) => resets(tx, device)? > known,
            None => false,
        },
    })
}

impl Replica {
    /// Whether this phone shows what it holds.
    ///
    /// # Errors
    /// The database's.
    pub fn pin_state(&mut self) -> Result<PinState> {
        let kept = self.kept()?;
        Ok(match kept {
            Kept { phc: None, .. } => PinState::None,
            _ if self.unlocked => PinState::Unlocked,
            Kept { reset: true, .. } => PinState::MustSet,
            Kept {
                failures,
                wait_until_ms,
                ..
            } => PinState::Locked {
                tries_left: u32::try_from(FREE_TRIES - failures).unwrap_or(0),
                wait_until_ms,
            },
        })
    }

    /// Sets a PIN where there is none, or where the office reset it.
    ///
    /// # Errors
    /// `pin_invalid`; `pin_locked` if there is one that was not reset.
    pub fn set_pin(&mut self, pin: &str) -> Result<()> {
        let kept = self.kept()?;
        if kept.phc.is_some() && !kept.reset {
            return Err(Refusal::PinLocked.into());
        }
        self.keep_pin(pin)
    }

    /// Replaces the PIN.
    ///
    /// # Errors
    /// As [`Self::unlock`]; `pin_invalid`.
    pub fn change_pin(&mut self, old: &str, new: &str) -> Result<()> {
        self.unlock(old)?;
        self.keep_pin(new)
    }

    /// Takes the PIN away.
    ///
    /// # Errors
    /// As [`Self::unlock`].
    pub fn remove_pin(&mut self, old: &str) -> Result<()> {
        self.unlock(old)?;
        self.store.write(|tx| tx.clear_meta(key::PIN))?;
        self.has_pin = false;
        self.keep_identity();
        Ok(())
    }

    /// Shows again what the phone holds. Fifteen minutes' wait after five wrong PINs, then twice as long each time.
    ///
    /// # Errors
    /// `pin_wrong` with the tries left, `pin_wait`, `pin_missing`.
    pub fn unlock(&mut self, pin: &str) -> Result<()> {
        let now_ms = self.ports.clock.now_ms();
        let kept = self.kept()?;
        let Some(phc) = kept.phc else {
            return Err(Refusal::PinMissing.into());
        };
        if let Some(until) = kept.wait_until_ms {
            self.store
                .write(|tx| tx.put_meta_int(key::PIN_WAIT_UNTIL_MS, until))?;
            let minutes = (until - now_ms).div_euclid(60_000) + 1;
            return Err(Refusal::PinWait.because(format!("{minutes} min")));
        }
        let failures = kept.failures.saturating_add(1);
        self.store.write(|tx| {
            tx.put_meta_int(key::PIN_FAILURES, failures)?;
            tx.put_meta_int(key::PIN_WAIT_UNTIL_MS, now_ms + wait_ms(failures))
        })?;
        if !fits(pin, &phc)? {
            let left = (FREE_TRIES - failures).max(0);
            return Err(Refusal::PinWrong.because(format!("还可试 {left} 次, {left} tries left")));
        }
        self.store.write(clear_failures)?;
        self.unlocked = true;
        Ok(())
    }

    /// Hides everything again until the PIN is typed; nothing happens without one.
    pub fn lock(&mut self) {
        self.unlocked = false;
        self.forget();
    }

    /// Refuses while the PIN keeps this phone locked.
    pub(crate) fn shown(&self) -> Result<()> {
        if self.has_pin && !self.unlocked {
            return Err(Refusal::PinLocked.into());
        }
        Ok(())
    }

    fn kept(&mut self) -> Result<Kept> {
        let device = self.enrolment.as_ref().map(|e| e.identity.device);
        let now_ms = self.ports.clock.now_ms();
        self.store.read(|tx| kept(tx, device, now_ms))
    }

    fn keep_pin(&mut self, pin: &str) -> Result<()> {
        if !is_fit(pin) {
            return Err(Refusal::PinInvalid.into());
        }
        let mut salt = [0; 16];
        self.ports.entropy.fill(&mut salt);
        let phc: PasswordHash = Argon2::default()
            .hash_password_with_salt(pin.as_bytes(), &salt)
            .map_err(|e| Error::invalid(e.to_string()))?;
        let phc = phc.to_string();
        let device = self.enrolment.as_ref().map(|e| e.identity.device);
        self.store.write(|tx| {
            let known = match device {
                Some(device) => resets(tx, device)?,
                None => 0,
            };
            tx.put_meta_bytes(key::PIN, phc.as_bytes())?;
            tx.put_meta_int(key::PIN_RESETS, known)?;
            clear_failures(tx)?;
            Ok::<_, Error>(())
        })?;
        (self.has_pin, self.unlocked) = (true, true);
        self.keep_identity();
        Ok(())
    }
}

fn clear_failures(tx: &mut Tx) -> Result<(), crate::store::StoreError> {
    tx.clear_meta(key::PIN_FAILURES)?;
    tx.clear_meta(key::PIN_WAIT_UNTIL_MS)
}

fn fits(pin: &str, phc: &str) -> Result<bool> {
    let hash = PasswordHash::new(phc).map_err(|e| damaged(format!("pin: {e}")))?;
    match Argon2::default().verify_password(pin.as_bytes(), &hash) {
        Ok(()) => Ok(true),
        Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
        Err(e) => Err(damaged(format!("pin: {e}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_from_a_quarter_of_an_hour_to_a_day() {
        let minutes: Vec<i64> = (4..=13).map(|n| wait_ms(n) / 60_000).collect();
        assert_eq!(minutes, [0, 15, 30, 60, 120, 240, 480, 960, 1440, 1440]);
        assert_eq!(wait_ms(i64::MAX), MAX_WAIT_MS);
    }

    #[test]
    fn a_pin_has_six_digits_that_are_no_sequence() {
        for good in ["293847", "000001", "135791", "112233"] {
            assert!(is_fit(good), "{good}");
        }
        for bad in [
            "",
            "12345",
            "1234567",
            "000000",
            "123456",
            "987654",
            "29384a",
            "２９３８４７",
        ] {
            assert!(!is_fit(bad), "{bad}");
        }
    }
}
