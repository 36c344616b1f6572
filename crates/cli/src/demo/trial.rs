//! A rehearsal (试填) beside the tour, for whoever wants to try the inspector's app: the tour itself is locked.
//!
//! Invariant: nothing done in it touches the tour; the console wipes it whole. Leaves out: the app.

use anyhow::{Context, Result};
use server::services::prepare::edit::Basics;
use server::{Actor, App};

/// Makes it; the code with which the first observer of its roster enrols a phone.
///
/// # Errors
/// What the office refuses.
pub async fn open(app: &App) -> Result<String> {
    let actor = Actor::system();
    let tour = app.current_campaign().await?.context("no campaign")?;
    let basics = Basics {
        name: "试填（演示）".into(),
        ..Basics::of(&tour)
    };
    let made = app.clone_campaign(&actor, tour.id, basics, true).await?;
    app.start_campaign(&actor, made).await?;
    let trial = app.campaign(made).await?;
    let observers = trial.accounts.values().filter(|a| a.role == "observer");
    let first = observers.min_by(|a, b| a.name.cmp(&b.name));
    let first = first.context("nobody on the roster")?;
    Ok(app.issue_code(&actor, first.id).await?)
}
