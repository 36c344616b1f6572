//! T26: a phone that asks for everything some 2,500 times a second, and how long another one's sheets take meanwhile.
//!
//! Leaves out: that it is told to wait (end-to-end `greedy`).

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tokio::sync::Mutex;

use super::Stage;
use super::flood::Attack;
use super::waits::{ASKED, Waits};

/// Requests it has going at once, and how often each is made anew.
const WIDTH: u64 = 8;
const PACE: Duration = Duration::from_millis(3);
/// More than a phone may ask at once by the limits that ship.
const AT_ONCE: usize = 1_200;
/// Sheets a group needs: one for each sync that is timed.
pub const SHEETS: usize = ASKED;

/// Syncs of one sheet each.
pub async fn measure(stage: &Stage) -> Result<Waits> {
    let mut phones = stage.phones.devices.iter();
    let honest = phones.next().context("a phone")?;
    let greedy = Arc::clone(phones.next().context("another phone")?);
    // What it may ask at once is used up before anything is timed.
    for _ in 0..AT_ONCE {
        let _ = greedy.ask_for_everything().await;
    }
    let attack = Attack::new(WIDTH, move |_| {
        let greedy = Arc::clone(&greedy);
        async move {
            // It does not care what it is told.
            let _ = greedy.ask_for_everything().await;
        }
    })
    .paced(PACE);
    let sheets = Mutex::new(honest.sheets(&stage.phones.sites)?.into_iter());
    let send = async || {
        let sheet = sheets.lock().await.next().context("a sheet")?;
        let began = Instant::now();
        honest.send(sheet).await?;
        Ok(Some(began.elapsed()))
    };
    Waits::take(&attack, send).await
}
