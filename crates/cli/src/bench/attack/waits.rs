//! How long somebody waited, quiet and attacked.
//!
//! Invariant: a refusal counts as one and not as a time. Leaves out: why.

use std::time::Duration;

use anyhow::Result;
use serde::Serialize;

use super::flood::{Attack, Flood};

/// Turns of each kind, and what is asked in each.
const TURNS: usize = 4;
pub const IN_A_TURN: usize = 25;
/// What one measurement asks.
pub const ASKED: usize = 2 * TURNS * IN_A_TURN;

/// Median and 99th percentile in ms, quiet and attacked.
#[derive(Debug, Serialize)]
pub struct Waits {
    pub quiet_ms: (f64, f64),
    pub attacked_ms: (f64, f64),
    /// Attacked by quiet.
    pub ratio: (f64, f64),
    /// Asked while attacked, and how much of it was refused.
    pub asked: usize,
    pub refused: usize,
    /// What the attackers got answers to.
    pub attacks: u64,
}

impl Waits {
    /// Asks in turns, with and without the attack. `honest` gives no time if it was refused.
    ///
    /// # Errors
    /// Those of `honest`.
    pub async fn take(
        attack: &Attack,
        honest: impl AsyncFn() -> Result<Option<Duration>>,
    ) -> Result<Self> {
        let (mut quiet, mut attacked, mut attacks) = (Vec::new(), Vec::new(), 0);
        for _ in 0..TURNS {
            for _ in 0..IN_A_TURN {
                quiet.extend(honest().await?);
            }
            let flood = Flood::start(attack);
            tokio::time::sleep(Duration::from_millis(200)).await;
            for _ in 0..IN_A_TURN {
                attacked.extend(honest().await?);
            }
            attacks += flood.stop().await;
        }
        let asked = TURNS * IN_A_TURN;
        let (q, a) = (marks(&mut quiet), marks(&mut attacked));
        let by = |a: f64, q: f64| (a / q * 100.0).round() / 100.0;
        Ok(Self {
            quiet_ms: q,
            attacked_ms: a,
            ratio: (by(a.0, q.0), by(a.1, q.1)),
            refused: asked - attacked.len(),
            asked,
            attacks,
        })
    }
}

/// The time that a share of the times, in percent, do not exceed.
pub fn at(sorted: &[Duration], percent: usize) -> Duration {
    let place = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(place).copied().unwrap_or_default()
}

/// Milliseconds to a hundredth.
pub fn ms(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e5).round() / 100.0
}

fn marks(times: &mut [Duration]) -> (f64, f64) {
    times.sort();
    (ms(at(times, 50)), ms(at(times, 99)))
}
