//! Backups of the data folder that this server has, and what a restored folder begins with.
//!
//! Invariant: what was asked for by a person or by the clock is in the audit, whether it went well or not.
//! Leaves out: form and encryption (`backup`).

use std::sync::Arc;
use std::time::Duration;

use protocol::problem::Code;

use super::App;
use crate::auth::types::AuditEntry;
use crate::backup::{self, Done, Order, Plan};
use crate::error::{Error, Result};
use crate::services::office::Actor;

/// How long after a failed backup the next try waits.
const AGAIN: Duration = Duration::from_secs(600);

impl App {
    /// Makes a backup as planned, and deletes the oldest beyond those that are kept.
    ///
    /// # Errors
    /// `NotReady` if no backup is set up; the backup's.
    pub async fn back_up(&self, actor: &Actor) -> Result<Done> {
        let plan = self.config.backup.clone();
        let plan = plan.ok_or_else(|| Error::because(Code::NotReady, "backup.dir"))?;
        let (data, now_ms) = (self.config.data_dir.clone(), self.now_ms());
        let made = tokio::task::spawn_blocking(move || planned(&plan, data, now_ms));
        let made = made.await.map_err(Error::storage)?;
        let entry = AuditEntry {
            at_ms: self.now_ms(),
            user_name: actor.user_name.clone(),
            role: actor.role.clone(),
            action: "backup".to_owned(),
            object: backup::file_name(now_ms),
            ok: made.is_ok(),
            detail: made.as_ref().err().map_or("", |e| e.code()).to_owned(),
        };
        self.write(move |tx, _| tx.audit(&entry)).await?;
        Ok(made?)
    }

    /// Makes backups as planned for as long as it is polled; ends at once if none are planned.
    pub async fn keep_backing_up(self: Arc<Self>) {
        let Some(plan) = self.config.backup.clone() else {
            return;
        };
        loop {
            let newest = backup::newest(&plan.dir).ok().flatten();
            let age_ms = newest.map(|at| self.now_ms().saturating_sub(at).max(0));
            let age = age_ms.map(|ms| Duration::from_millis(ms.unsigned_abs()));
            let wait = age.map_or(Duration::ZERO, |age| plan.every.saturating_sub(age));
            tokio::time::sleep(wait).await;
            match self.back_up(&Actor::system()).await {
                Ok(done) => tracing::info!(
                    bytes = done.bytes,
                    new_photos = done.new_photos,
                    damaged_photos = done.manifest.damaged.len(),
                    "backed up"
                ),
                Err(error) => {
                    tracing::error!(%error, "no backup; trying again in ten minutes");
                    tokio::time::sleep(AGAIN).await;
                }
            }
        }
    }

    /// What a restored folder begins with: a new generation, and no session or code of the time before. The generation.
    ///
    /// # Errors
    /// The database's.
    pub(crate) async fn begin_after_restore(&self, backup_at_ms: i64) -> Result<u64> {
        self.write(move |tx, ctx| {
            let before = tx.generation()?;
            let generation = tx.start_generation(before, ctx.now_ms)?;
            tx.end_sign_ins(ctx.now_ms)?;
            tx.audit(&AuditEntry {
                at_ms: ctx.now_ms,
                user_name: "guanmo".to_owned(),
                role: "system".to_owned(),
                action: "restore".to_owned(),
                object: generation.to_string(),
                ok: true,
                detail: format!("backup of {backup_at_ms}"),
            })?;
            Ok(generation)
        })
        .await
    }
}

fn planned(plan: &Plan, data: std::path::PathBuf, now_ms: i64) -> backup::Result<Done> {
    let done = backup::write(&Order {
        data,
        to: plan.dir.join(backup::file_name(now_ms)),
        recipient: plan.recipient.clone(),
        photos: plan.photos,
        now_ms,
    })?;
    backup::rotate(&plan.dir, plan.keep)?;
    Ok(done)
}
