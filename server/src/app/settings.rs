//! The office's settings: read, changed, and in force at once.

use std::sync::Arc;

use super::App;
use crate::auth::Viewer;
use crate::error::Result;
use crate::services::settings;
use crate::settings::Settings;

impl App {
    /// The settings in force.
    pub fn settings(&self) -> Arc<Settings> {
        self.shared.settings.get()
    }

    /// Free disk that photos never touch by the operator's own setting, bytes.
    pub fn operators_reserve_bytes(&self) -> u64 {
        self.config.blobs.free_disk_reserve_bytes
    }

    /// Replaces the settings, if those in force are the ones that `seen` accepts.
    ///
    /// # Errors
    /// `PreconditionFailed`, `Invalid`.
    pub async fn change_settings(
        &self,
        viewer: &Viewer,
        new: Settings,
        seen: impl FnOnce(&Settings) -> Result<bool> + Send + 'static,
    ) -> Result<Settings> {
        let actor = viewer.actor();
        // One change at a time, so that what is in force is what was committed last.
        let _one = self.changing_settings.lock().await;
        let changed =
            self.write(move |tx, ctx| settings::change(tx, &actor, new, seen, ctx.now_ms));
        let changed = changed.await?;
        self.put_in_force(changed.clone());
        Ok(changed)
    }

    pub(super) fn put_in_force(&self, settings: Settings) {
        let reserve = settings.disk_reserve_bytes(self.operators_reserve_bytes());
        self.blobs().set_reserve(reserve);
        self.shared.settings.set(settings);
    }
}
