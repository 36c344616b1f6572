//! What the office reads and decides.

use domain::score::{Input, Outcome};
use merge::{Dot, Value};
use uuid::Uuid;

use super::App;
use crate::blobs::BlobHash;
use crate::error::Result;
use crate::model::HeldEntry;
use crate::services::conflicts::{Decision, OpenConflict};
use crate::services::lock::{Locked, Missing};
use crate::services::office::Actor;
use crate::services::verify::{VerifyOptions, VerifyReport};
use crate::services::{conflicts, held, lock, photos, ranking, verify};

impl App {
    /// What stands in the way of a group's lock.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn lock_check(&self, campaign: Uuid, group: Uuid) -> Result<Missing> {
        self.read(move |tx, ctx| {
            let c = ctx.cache.campaign(tx, campaign)?;
            let here = |hash: &[u8; 32]| {
                let hash = BlobHash::from_bytes(*hash);
                matches!(ctx.blobs.finished_size(hash), Ok(Some(_)))
            };
            lock::missing(tx, &c, group, &here)
        })
        .await
    }

    /// Locks a group, whatever is missing; a version after the first needs a reason.
    ///
    /// # Errors
    /// `NotFound`, `ReasonRequired`.
    pub async fn lock_group(
        &self,
        actor: &Actor,
        campaign: Uuid,
        group: Uuid,
        reason: Option<&str>,
    ) -> Result<Locked> {
        let (actor, reason) = (actor.clone(), reason.map(str::to_owned));
        self.write(move |tx, ctx| {
            let reason = reason.as_deref();
            lock::lock(tx, ctx.cache, &actor, campaign, group, reason, ctx.now_ms)
        })
        .await
    }

    /// Input and outcome of the last lock: everything that is public now.
    ///
    /// # Errors
    /// `NotReady` while no group is locked.
    pub async fn results(&self, campaign: Uuid) -> Result<(Input, Outcome)> {
        self.read(move |tx, ctx| {
            let c = ctx.cache.campaign(tx, campaign)?;
            ranking::last(tx, &c)
        })
        .await
    }

    /// Every open conflict, oldest first; sealed ones without values.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn open_conflicts(&self, campaign: Uuid) -> Result<Vec<OpenConflict>> {
        self.read(move |tx, ctx| {
            let c = ctx.cache.campaign(tx, campaign)?;
            conflicts::open(tx, &c)
        })
        .await
    }

    /// Settles a field by superseding exactly the dots that were shown.
    ///
    /// # Errors
    /// `ReasonRequired`, `NotFound`, `Forbidden` while sealed, `Conflict`, `Invalid`.
    pub async fn settle_field(
        &self,
        actor: &Actor,
        record: Uuid,
        field: &str,
        value: Value,
        shown: Vec<Dot>,
        reason: &str,
    ) -> Result<()> {
        let actor = actor.clone();
        let decision = Decision {
            record,
            field: field.to_owned(),
            shown,
            value,
            reason: reason.to_owned(),
        };
        self.write(move |tx, ctx| conflicts::settle(tx, ctx, &actor, &decision))
            .await
    }

    /// What came in and is not counted: undecided first, then newest.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn held_entries(&self, campaign: Uuid) -> Result<Vec<HeldEntry>> {
        self.read(move |tx, ctx| {
            let c = ctx.cache.campaign(tx, campaign)?;
            held::all(tx, &c)
        })
        .await
    }

    /// Takes a held entry in or leaves it out.
    ///
    /// # Errors
    /// `NotFound`, `ReasonRequired`, `Conflict` if it was decided meanwhile.
    pub async fn decide_held_entry(
        &self,
        actor: &Actor,
        id: Uuid,
        accept: bool,
        reason: &str,
    ) -> Result<()> {
        let (actor, reason) = (actor.clone(), reason.to_owned());
        self.write(move |tx, ctx| held::decide(tx, ctx, &actor, id, accept, &reason))
            .await?;
        self.retry_bundles().await;
        Ok(())
    }

    /// Verifies the data folder; changes nothing.
    ///
    /// # Errors
    /// The database's; findings are no errors.
    pub async fn verify(&self, options: VerifyOptions) -> Result<VerifyReport> {
        let cut = self.store.cut();
        self.read(move |tx, ctx| {
            let server = (ctx.identity.server, ctx.identity.key.verifying_key());
            let mut report = verify::verify(tx, ctx.cache, server, options)?;
            if options.blobs {
                verify::check_blobs(tx, ctx, &mut report)?;
            }
            verify::check_cut(cut, &mut report);
            Ok(report)
        })
        .await
    }

    /// Whether the office may look at a photo now: one of the records that refer to it is open to it.
    ///
    /// # Errors
    /// The database's.
    pub async fn office_may_see(&self, hash: BlobHash) -> Result<bool> {
        self.read(move |tx, ctx| {
            for photo in tx.photos_of_blob(*hash.as_bytes())? {
                let c = ctx.cache.campaign(tx, photo.campaign)?;
                if photos::open_to_office(&c, &photo) {
                    return Ok(true);
                }
            }
            Ok(false)
        })
        .await
    }
}
