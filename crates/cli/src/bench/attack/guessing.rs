//! T21: guesses at passwords. An honest person signs in meanwhile; and a refusal must take as long for a name that
//! exists as for one that does not.
//!
//! Leaves out: how many guesses are checked (end-to-end `sign_in`).

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use reqwest::{Client, StatusCode};
use serde::Serialize;
use serde_json::json;

use super::Stage;
use super::flood::Attack;
use super::waits::{Waits, at, ms};

/// Attackers at once.
const WIDTH: u64 = 16;
/// Names of each kind, and tries at each: one more locks it.
const NAMES: usize = 100;
const TRIES: usize = 5;

/// How long refusals took, ms.
#[derive(Debug, Serialize)]
pub struct Names {
    pub refusals: usize,
    /// Median for names that exist.
    pub known_ms: f64,
    /// Median for others.
    pub unknown_ms: f64,
    /// How far the medians are apart.
    pub apart_ms: f64,
    /// How far the quartiles of all are apart.
    pub spread_ms: f64,
    /// Median for locked names, where no password is checked: the control.
    pub locked_ms: f64,
}

fn client() -> Result<Client> {
    Ok(Client::builder().no_proxy().build()?)
}

/// One try; its answer and how long it took.
async fn guess(client: &Client, url: &str, name: &str) -> Result<(StatusCode, Duration)> {
    let body = json!({"user_name": name, "password": "Wrong-2026-guess"});
    let request = client.post(format!("{url}/api/v1/session")).json(&body);
    let began = Instant::now();
    let answer = request.send().await?;
    let status = answer.status();
    answer.bytes().await?;
    Ok((status, began.elapsed()))
}

/// Signing in from the own browser, and from one that nobody ever signed in from.
pub async fn measure(stage: &Stage) -> Result<(Waits, Waits)> {
    let (http, url) = (client()?, stage.server.url.clone());
    let attack = Attack::new(WIDTH, move |no| {
        let (http, url) = (http.clone(), url.clone());
        async move {
            // What they are answered is what the tests look at.
            let _ = guess(&http, &url, &format!("nobody{no}")).await;
        }
    });
    let own = Waits::take(&attack, async || stage.office.sign_in_again(true).await).await?;
    let other = Waits::take(&attack, async || stage.office.sign_in_again(false).await).await?;
    Ok((own, other))
}

/// The times of refusals by whether the name exists.
pub async fn names(stage: &Stage) -> Result<Names> {
    let known: Vec<String> = (0..NAMES).map(|no| format!("member{no:03}")).collect();
    for name in &known {
        stage.office.add(name).await?;
    }
    let (http, url) = (client()?, &stage.server.url);
    let mut times = [Vec::new(), Vec::new(), Vec::new()];
    for (no, name) in known.iter().enumerate() {
        for _ in 0..TRIES {
            for (at, name) in [name, &format!("absent{no:03}")].into_iter().enumerate() {
                let (status, took) = guess(&http, url, name).await?;
                ensure!(status == StatusCode::UNAUTHORIZED, "{name}: {status}");
                times[at].push(took);
            }
        }
        let (status, took) = guess(&http, url, name).await?;
        ensure!(status == StatusCode::TOO_MANY_REQUESTS, "{name}: {status}");
        times[2].push(took);
    }
    let mut both = [times[0].clone(), times[1].clone()].concat();
    both.sort();
    let [known, unknown, locked] = times.map(crate::bench::cpu::median);
    Ok(Names {
        refusals: both.len(),
        known_ms: ms(known),
        unknown_ms: ms(unknown),
        apart_ms: ms(known.abs_diff(unknown)),
        spread_ms: ms(at(&both, 75) - at(&both, 25)),
        locked_ms: ms(locked),
    })
}
