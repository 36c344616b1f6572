//! How this server is: for its page, the interface, the metrics and the probes.
//!
//! Invariant: cheap enough to be asked every few seconds: counts by index, sizes by `stat`. Leaves out: drawing it.

use std::path::Path;
use std::sync::Arc;

use super::App;
use crate::blobs::BlobHash;
use crate::error::Result;
use crate::model::{SlowRequest, SystemStatus};
use crate::telemetry::{Readiness, Telemetry};

/// From when on a phone counts as unsynced, ms.
pub(super) const UNSYNCED_MS: i64 = 24 * 3_600_000;
/// Named setting that the probe writes.
const PROBE: &str = "probe";

impl App {
    /// Counts and log lines.
    pub fn telemetry(&self) -> &Arc<Telemetry> {
        &self.telemetry
    }

    /// How the server is.
    ///
    /// # Errors
    /// The database's.
    pub async fn system(&self) -> Result<SystemStatus> {
        let counted = self.read(|tx, ctx| {
            let mut status = SystemStatus::default();
            let Some(campaign) = ctx.cache.current(tx)? else {
                return Ok(status);
            };
            for device in tx.devices(campaign.id)? {
                if device.revoked.is_some() {
                    continue;
                }
                let last_ms = device.last_sync_ms.unwrap_or(device.enrolled_at_ms);
                let age_ms = ctx.now_ms.saturating_sub(last_ms).max(0);
                status.phones += 1;
                let unsynced = device.last_sync_ms.is_none() || age_ms > UNSYNCED_MS;
                status.phones_unsynced += u64::from(unsynced);
                status.oldest_unsynced_s = status.oldest_unsynced_s.max(seconds(age_ms));
            }
            status.open_conflicts = tx.conflicts()?.len() as u64;
            let held = tx.all_held(campaign.id)?;
            status.held_entries = held.iter().filter(|h| h.decided.is_none()).count() as u64;
            for photo in tx.photos(campaign.id, None)? {
                let waits = photo.stored.is_some_and(|hash| {
                    let hash = BlobHash::from_bytes(hash);
                    matches!(ctx.blobs.finished_size(hash), Ok(None))
                });
                status.photos_waiting += u64::from(waits && !photo.deleted);
            }
            Ok(status)
        });
        let mut status = counted.await?;
        self.measure(&mut status);
        Ok(status)
    }

    /// What needs no database.
    fn measure(&self, status: &mut SystemStatus) {
        let dir = &self.config.data_dir;
        let size = |name: &str| std::fs::metadata(dir.join(name)).map_or(0, |m| m.len());
        env!("CARGO_PKG_VERSION").clone_into(&mut status.version);
        status.uptime_s = self.telemetry.uptime().as_secs();
        status.requests = self.telemetry.requests();
        status.queue = self.store.waiting();
        status.database_bytes = size("server.db");
        status.wal_bytes = size("server.db-wal");
        status.disk_free_bytes = free_disk(dir);
        status.disk_reserve_bytes = self.blobs().reserve_bytes();
        status.tls_expires_at_ms = self.telemetry.tls_expires_at_ms();
        if let Some(verified) = self.telemetry.last_verified() {
            status.verified_at_ms = Some(verified.at_ms);
            status.verify_findings = Some(verified.findings);
        }
        if let Some(plan) = &self.config.backup {
            let newest = crate::backup::newest(&plan.dir).ok().flatten();
            status.backup_planned = true;
            status.backup_every_s = Some(plan.every.as_secs());
            status.backup_age_s = newest.map(|at| seconds(self.now_ms().saturating_sub(at)));
        }
        let slow = self.telemetry.slow().into_iter();
        status.slow = slow
            .map(|slow| SlowRequest {
                at_ms: slow.at_ms,
                method: slow.seen.method,
                route: slow.seen.route,
                status: slow.seen.status,
                ms: u64::try_from(slow.seen.took.as_millis()).unwrap_or(u64::MAX),
            })
            .collect();
    }

    /// Everything in Prometheus' text form.
    ///
    /// # Errors
    /// The database's.
    pub async fn metrics(&self) -> Result<String> {
        let s = self.system().await?;
        let mut gauges = vec![
            ("guanmo_uptime_seconds", s.uptime_s),
            ("guanmo_writer_queue", s.queue),
            ("guanmo_database_bytes", s.database_bytes),
            ("guanmo_wal_bytes", s.wal_bytes),
            ("guanmo_disk_free_bytes", s.disk_free_bytes),
            ("guanmo_phones", s.phones),
            ("guanmo_phones_unsynced", s.phones_unsynced),
            ("guanmo_oldest_unsynced_age_seconds", s.oldest_unsynced_s),
            ("guanmo_open_conflicts", s.open_conflicts),
            ("guanmo_held_entries", s.held_entries),
            ("guanmo_photos_waiting", s.photos_waiting),
            ("guanmo_password_checks", self.auth().password_checks()),
            // 0 while the disk is full or read-only.
            (
                "guanmo_database_writable",
                u64::from(self.readiness().await.database_writable),
            ),
        ];
        // Left out when there is none: a missing figure alerts, a zero would not.
        gauges.extend(s.backup_age_s.map(|age| ("guanmo_backup_age_seconds", age)));
        gauges.extend(s.verify_findings.map(|n| ("guanmo_verify_findings", n)));
        let tls = s.tls_expires_at_ms.map(|at| seconds(at.max(0)));
        gauges.extend(tls.map(|at| ("guanmo_tls_expires_timestamp_seconds", at)));
        let gauges: Vec<(&str, f64)> = gauges.into_iter().map(|(n, v)| (n, v as f64)).collect();
        Ok(self.telemetry.render(&gauges))
    }

    /// Whether the server can do its work.
    pub async fn readiness(&self) -> Readiness {
        if let Some(ready) = self.telemetry.ready.get() {
            return ready;
        }
        let written = self
            .write(|tx, ctx| tx.set_meta(PROBE, &ctx.now_ms.to_be_bytes()))
            .await;
        let reserve = self.blobs().reserve_bytes();
        let ready = Readiness {
            database_writable: written.is_ok(),
            disk_above_reserve: free_disk(&self.config.data_dir) >= reserve,
            migrated: true,
        };
        self.telemetry.ready.put(ready);
        ready
    }
}

fn seconds(ms: i64) -> u64 {
    u64::try_from(ms / 1_000).unwrap_or_default()
}

/// Free bytes on the disk of a folder; 0 if it does not say.
pub fn free_disk(dir: &Path) -> u64 {
    fs4::available_space(dir).unwrap_or_default()
}
