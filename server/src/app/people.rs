//! The roster and its devices.

use uuid::Uuid;

use super::App;
use crate::auth::Viewer;
use crate::console::model::Person;
use crate::error::Result;
use crate::services::{devices, people};

impl App {
    /// The roster with its devices, by group and name.
    ///
    /// # Errors
    /// `NotFound` without a campaign.
    pub async fn people(&self, viewer: &Viewer) -> Result<Vec<Person>> {
        self.look(viewer, |tx, _, c| people::people(tx, c)).await
    }

    /// Revokes a device; repeating it changes nothing.
    ///
    /// # Errors
    /// `NotFound`, `ReasonRequired`.
    pub async fn revoke(&self, viewer: &Viewer, device: Uuid, reason: &str) -> Result<()> {
        let (actor, reason) = (viewer.actor(), reason.to_owned());
        self.act(viewer, move |tx, ctx, _| {
            devices::revoke(tx, ctx.cache, &actor, device, &reason, ctx.now_ms)
        })
        .await
    }
}
