//! How often one may ask: by login and by device, never by address (a whole office shares one).
//!
//! Invariant: who goes on within the quota never notices; who exceeds it is told when to come back, and nobody else is
//! slowed by it. Leaves out: tries to sign in (`service`), which are counted in the database.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use uuid::Uuid;

use super::types::Quotas;

/// The limits of a running server.
pub struct Limits {
    logins: Option<DefaultKeyedRateLimiter<Uuid>>,
    devices: Option<DefaultKeyedRateLimiter<Uuid>>,
    photos: Option<DefaultKeyedRateLimiter<Uuid>>,
    /// The day counted, and what each device began to upload in it.
    begun: Mutex<(i64, HashMap<Uuid, u64>)>,
    clock: DefaultClock,
}

const DAY_MS: i64 = 24 * 3600 * 1000;
/// The longest anybody is told to wait for the next day: an hour, so that nobody forgets to ask.
const PHOTO_WAIT_S: i64 = 3600;

/// Keys kept before those that rest are forgotten.
const KEPT: usize = 10_000;

fn limiter((per_second, burst): (u32, u32)) -> Option<DefaultKeyedRateLimiter<Uuid>> {
    let (per_second, burst) = (per_second.try_into().ok()?, burst.try_into().ok()?);
    Some(RateLimiter::keyed(
        Quota::per_second(per_second).allow_burst(burst),
    ))
}

impl Limits {
    /// With these quotas; a quota of 0 is no limit.
    pub fn new(quotas: Quotas) -> Self {
        Self {
            logins: limiter(quotas.login),
            devices: limiter(quotas.device),
            photos: limiter(quotas.photos),
            begun: Mutex::default(),
            clock: DefaultClock::default(),
        }
    }

    fn ask(&self, of: Option<&DefaultKeyedRateLimiter<Uuid>>, key: Uuid) -> Result<(), u32> {
        let Some(limiter) = of else {
            return Ok(());
        };
        if limiter.len() > KEPT {
            limiter.retain_recent();
        }
        limiter.check_key(&key).map_err(|not| {
            let wait: Duration = not.wait_time_from(self.clock.now());
            u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).max(1)
        })
    }

    /// One request of a login.
    ///
    /// # Errors
    /// Seconds to wait.
    pub fn login(&self, id: Uuid) -> Result<(), u32> {
        self.ask(self.logins.as_ref(), id)
    }

    /// One request of a device.
    ///
    /// # Errors
    /// Seconds to wait.
    pub fn device(&self, id: Uuid) -> Result<(), u32> {
        self.ask(self.devices.as_ref(), id)
    }

    /// One request of a device about photos.
    ///
    /// # Errors
    /// Seconds to wait.
    pub fn photos(&self, id: Uuid) -> Result<(), u32> {
        self.ask(self.photos.as_ref(), id)
    }

    /// Whether a device may begin to upload so many bytes more today, of `a_day` in all; without, as many as it likes.
    ///
    /// # Errors
    /// Seconds to wait.
    pub fn photo_bytes(
        &self,
        id: Uuid,
        bytes: u64,
        a_day: Option<u64>,
        now_ms: i64,
    ) -> Result<(), u32> {
        let begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        let today = now_ms.div_euclid(DAY_MS);
        let used = begun.1.get(&id).filter(|_| begun.0 == today);
        let wanted = used.unwrap_or(&0).saturating_add(bytes);
        if a_day.is_none_or(|a_day| wanted <= a_day) {
            return Ok(());
        }
        let left_s = (DAY_MS - now_ms.rem_euclid(DAY_MS)) / 1000 + 1;
        Err(u32::try_from(left_s.min(PHOTO_WAIT_S)).unwrap_or(1))
    }

    /// Counts what a device began to upload.
    pub fn photo_begun(&self, id: Uuid, bytes: u64, now_ms: i64) {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        let today = now_ms.div_euclid(DAY_MS);
        if begun.0 != today {
            *begun = (today, HashMap::new());
        }
        let used = begun.1.entry(id).or_insert(0);
        *used = used.saturating_add(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_asks_too_often_waits_and_the_others_do_not() {
        let limits = Limits::new(Quotas {
            login: (1, 5),
            device: (0, 0),
            photos: (0, 0),
        });
        let (loud, quiet) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let let_in = (0..100).filter(|_| limits.login(loud).is_ok()).count();
        assert!((5..=6).contains(&let_in), "{let_in}");
        assert_eq!(limits.login(loud), Err(1));
        assert_eq!(limits.login(quiet), Ok(()));
        assert!((0..1000).all(|_| limits.device(loud).is_ok()));
    }

    #[test]
    fn a_device_begins_so_many_bytes_a_day_and_the_others_as_many() {
        let limits = Limits::new(Quotas {
            login: (0, 0),
            device: (0, 0),
            photos: (0, 0),
        });
        let (loud, quiet) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let noon = DAY_MS / 2;
        assert_eq!(
            limits.photo_bytes(loud, 1_001, Some(1_000), noon),
            Err(3600)
        );
        limits.photo_begun(loud, 900, noon);
        assert_eq!(limits.photo_bytes(loud, 100, Some(1_000), noon), Ok(()));
        assert_eq!(
            limits.photo_bytes(loud, 101, Some(1_000), DAY_MS - 5_000),
            Err(6)
        );
        assert_eq!(limits.photo_bytes(quiet, 1_000, Some(1_000), noon), Ok(()));
        assert_eq!(limits.photo_bytes(loud, 1_000, Some(1_000), DAY_MS), Ok(()));
        limits.photo_begun(loud, 1, DAY_MS);
        assert_eq!(limits.photo_bytes(loud, 999, Some(1_000), DAY_MS), Ok(()));
    }
}
