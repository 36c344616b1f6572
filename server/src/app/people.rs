//! The roster and its devices.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use uuid::Uuid;

use super::App;
use crate::auth::Viewer;
use crate::auth::logins::valid_ms;
use crate::error::Result;
use crate::model::IssuedCode;
use crate::model::Person;
use crate::services::enrolment::{self, For};
use crate::services::verify::VerifyOptions;
use crate::services::{anchor, devices, people};
use crate::telemetry::Verified;

/// How often it is looked whether the day's anchor is written.
const TIDY_EVERY: Duration = Duration::from_secs(3600);

impl App {
    /// The roster with its devices, by group and name.
    ///
    /// # Errors
    /// `NotFound` without a campaign.
    pub async fn people(&self, viewer: &Viewer) -> Result<Vec<Person>> {
        self.look(viewer, |tx, _, c| people::people(tx, c)).await
    }

    /// Makes enrolment codes, valid so many hours (none: a day); shown once.
    ///
    /// # Errors
    /// `NotFound`, `Invalid`.
    pub async fn issue_codes(
        &self,
        viewer: &Viewer,
        wanted: For,
        hours: Option<u32>,
    ) -> Result<Vec<IssuedCode>> {
        let (actor, ttl_ms) = (viewer.actor(), valid_ms(hours, &self.settings())?);
        self.act(viewer, move |tx, ctx, c| {
            enrolment::issue_codes(tx, ctx, &actor, c, &wanted, ttl_ms)
        })
        .await
    }

    /// Notes that a device's fingerprint was compared with what the phone shows.
    ///
    /// # Errors
    /// `NotFound`, `Conflict`, `FingerprintDiffers`.
    pub async fn confirm_device(&self, viewer: &Viewer, device: Uuid, typed: &str) -> Result<()> {
        let (actor, typed) = (viewer.actor(), typed.to_owned());
        self.act(viewer, move |tx, ctx, c| {
            enrolment::confirm(tx, ctx, &actor, c, device, &typed)
        })
        .await
    }

    /// Lets a phone set a new PIN after its next sync.
    ///
    /// # Errors
    /// `NotFound`, `ReasonRequired`, `Conflict`.
    pub async fn reset_pin(&self, viewer: &Viewer, device: Uuid, reason: &str) -> Result<()> {
        let (actor, reason) = (viewer.actor(), reason.to_owned());
        self.act(viewer, move |tx, ctx, c| {
            enrolment::reset_pin(tx, ctx, &actor, c, device, &reason)
        })
        .await
    }

    /// Writes today's head of the audit where phones keep it, unless it is there.
    ///
    /// # Errors
    /// The database's.
    pub async fn anchor_audit(&self) -> Result<bool> {
        self.write(|tx, ctx| match ctx.cache.current(tx)? {
            Some(c) => anchor::write(tx, &c, ctx.now_ms),
            None => Ok(false),
        })
        .await
    }

    /// What is done every hour for as long as it is polled: the audit is anchored once a day, and an hour later the whole
    /// folder verified; checked files that nobody imported and uploads that nobody went on with are forgotten.
    pub async fn keep_tidying(self: Arc<Self>) {
        let mut due = false;
        loop {
            if std::mem::take(&mut due) {
                self.watch().await;
            }
            self.forget_checked().await;
            self.forget_partials().await;
            match self.anchor_audit().await {
                Ok(anchored) => due = anchored,
                Err(error) => tracing::error!(%error, "the audit could not be anchored"),
            }
            tokio::time::sleep(TIDY_EVERY).await;
        }
    }

    /// Verifies everything as `guanmo verify` does, logs what it finds, and keeps the count for the metrics. SQLite has
    /// no checksums of its own: a bit that turns on the disk is found here.
    pub async fn watch(&self) {
        let options = VerifyOptions {
            rebuild: true,
            blobs: true,
        };
        match self.verify(options).await {
            Ok(report) => {
                for f in &report.findings {
                    tracing::error!(
                        code = f.code,
                        "verifying found something; run guanmo verify"
                    );
                }
                self.telemetry().verified(Verified {
                    at_ms: self.now_ms(),
                    findings: report.findings.len() as u64,
                });
            }
            Err(error) => tracing::error!(%error, "the folder could not be verified"),
        }
    }

    /// Forgets uploads that nobody went on with for as long as phones are told they may.
    async fn forget_partials(&self) {
        let blobs = Arc::clone(self.blobs());
        // By the clock of the file system, which says when they were last written.
        let done = tokio::task::spawn_blocking(move || blobs.expire_partials(SystemTime::now()));
        let done = done.await;
        match done {
            Ok(Ok(0)) => {}
            Ok(Ok(uploads)) => tracing::info!(uploads, "unfinished uploads were forgotten"),
            Ok(Err(error)) => tracing::error!(%error, "unfinished uploads could not be forgotten"),
            Err(error) => tracing::error!(%error, "unfinished uploads could not be forgotten"),
        }
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
