//! A server that holds whole tours: every sheet submitted and synced, issues found, both groups locked.
//!
//! Invariant: everything came by signed requests over HTTP. Leaves out: photos and conflicts.

use anyhow::{Context, Result};
use server::Actor;
use uuid::Uuid;

use super::desk::{self, Plan};
use super::load::Prepared;
use super::local::Local;

/// Sites of a tour, as many as make 1,704 sheets with [`OBSERVERS`].
const SITES: usize = 142;
/// Observers of a tour.
const OBSERVERS: usize = 24;
/// Issues an observer finds.
const ISSUES: usize = 40;

/// Sheets of a tour.
pub const SHEETS: usize = SITES * OBSERVERS / 2;

/// Plays a tour; its campaign.
///
/// # Errors
/// What the server refuses.
pub async fn play(server: &Local, name: &str) -> Result<Uuid> {
    let plan = Plan {
        name,
        sites: SITES,
        observers: OBSERVERS,
        open: false,
    };
    let (id, codes) = desk::prepare(&server.app, &plan).await?;
    let campaign = server.app.campaign(id).await?;
    let prepared = Prepared::enrol(&server.url, &campaign, &codes).await?;
    for device in &prepared.devices {
        let issues = device.issues(&prepared.sites, ISSUES)?;
        for segment in device.sheets(&prepared.sites)?.into_iter().chain([issues]) {
            device.send(segment).await?;
        }
    }
    let actor = Actor::system();
    for group in &campaign.groups {
        let lock = server.app.lock_group(&actor, id, group.id, None);
        lock.await.context("a lock")?;
    }
    Ok(id)
}
