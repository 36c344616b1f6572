//! How often one may ask: by login and by device, never by address (a whole office shares one).
//!
//! Invariant: who goes on within the quota never notices; who exceeds it is told when to come back, and nobody else is
//! slowed by it. Leaves out: tries to sign in (`service`), which are counted in the database.

use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use uuid::Uuid;

use super::types::Quotas;

/// The limits of a running server.
pub struct Limits {
    logins: Option<DefaultKeyedRateLimiter<Uuid>>,
    devices: Option<DefaultKeyedRateLimiter<Uuid>>,
    clock: DefaultClock,
}

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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_asks_too_often_waits_and_the_others_do_not() {
        let limits = Limits::new(Quotas {
            login: (1, 5),
            device: (0, 0),
        });
        let (loud, quiet) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let let_in = (0..100).filter(|_| limits.login(loud).is_ok()).count();
        assert!((5..=6).contains(&let_in), "{let_in}");
        assert_eq!(limits.login(loud), Err(1));
        assert_eq!(limits.login(quiet), Ok(()));
        assert!((0..1000).all(|_| limits.device(loud).is_ok()));
    }
}
