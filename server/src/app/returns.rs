//! Review: returns, unlocks and versions of a lock, one transaction each.

use uuid::Uuid;

use super::App;
use crate::error::{Error, Result};
use crate::services::office::Actor;
use crate::services::returns::{self, Lacks};
use crate::services::versions::{self, Difference, Version};
use crate::services::{conflicts, held};

impl App {
    /// What a sheet lacks, told without its answers while it is sealed.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn sheet_lacks(&self, record: Uuid) -> Result<Lacks> {
        self.read(move |tx, ctx| returns::lacks(tx, ctx, record))
            .await
    }

    /// Returns a submitted sheet to its author; `items` are highlighted on the phone.
    ///
    /// # Errors
    /// Those of `returns::send_back`.
    pub async fn return_sheet(
        &self,
        actor: &Actor,
        record: Uuid,
        comment: &str,
        items: &[String],
    ) -> Result<()> {
        let (actor, comment, items) = (actor.clone(), comment.to_owned(), items.to_vec());
        self.write(move |tx, ctx| returns::send_back(tx, ctx, &actor, record, &comment, &items))
            .await
    }

    /// Returns several sheets with one comment; names those that could not be, and why.
    ///
    /// # Errors
    /// `ReasonRequired`.
    pub async fn return_sheets(
        &self,
        actor: &Actor,
        records: &[Uuid],
        comment: &str,
    ) -> Result<Vec<(Uuid, Error)>> {
        let (actor, records, comment) = (actor.clone(), records.to_vec(), comment.to_owned());
        self.write(move |tx, ctx| returns::send_back_many(tx, ctx, &actor, &records, &comment))
            .await
    }

    /// Unlocks a group with a reason; its next lock is a new version.
    ///
    /// # Errors
    /// Those of `versions::unlock`.
    pub async fn unlock_group(
        &self,
        actor: &Actor,
        campaign: Uuid,
        group: Uuid,
        reason: &str,
    ) -> Result<()> {
        let (actor, reason) = (actor.clone(), reason.to_owned());
        self.write(move |tx, ctx| {
            let c = ctx.cache.campaign(tx, campaign)?;
            versions::unlock(tx, ctx, &actor, &c, group, &reason)
        })
        .await
    }

    /// The versions of a group's lock, newest first.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn lock_versions(&self, campaign: Uuid, group: Uuid) -> Result<Vec<Version>> {
        self.read(move |tx, ctx| {
            let c = ctx.cache.campaign(tx, campaign)?;
            versions::all(tx, &c, group)
        })
        .await
    }

    /// What differs between two versions of a group's lock.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn lock_difference(
        &self,
        campaign: Uuid,
        group: Uuid,
        from: u64,
        to: u64,
    ) -> Result<Difference> {
        self.read(move |tx, ctx| {
            let c = ctx.cache.campaign(tx, campaign)?;
            versions::difference(tx, &c, group, from, to)
        })
        .await
    }

    /// Undoes a settlement: the values it had replaced compete again.
    ///
    /// # Errors
    /// Those of `conflicts::undo`.
    pub async fn undo_settlement(
        &self,
        actor: &Actor,
        record: Uuid,
        field: &str,
        reason: &str,
    ) -> Result<()> {
        let (actor, field, reason) = (actor.clone(), field.to_owned(), reason.to_owned());
        self.write(move |tx, ctx| conflicts::undo(tx, ctx, &actor, record, &field, &reason))
            .await
    }

    /// Decides several held entries alike; all or none.
    ///
    /// # Errors
    /// Those of `held::decide_all`.
    pub async fn decide_held_entries(
        &self,
        actor: &Actor,
        ids: &[Uuid],
        accept: bool,
        reason: &str,
    ) -> Result<()> {
        let (actor, ids, reason) = (actor.clone(), ids.to_vec(), reason.to_owned());
        self.write(move |tx, ctx| held::decide_all(tx, ctx, &actor, &ids, accept, &reason))
            .await?;
        self.retry_bundles().await;
        Ok(())
    }
}
