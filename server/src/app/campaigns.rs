//! Campaigns side by side: the list, copies, rehearsals and their end.

use std::sync::{Arc, PoisonError};

use uuid::Uuid;

use super::App;
use crate::blobs::BlobHash;
use crate::error::{Error, Result};
use crate::services::campaign::Campaign;
use crate::services::office::Actor;
use crate::services::prepare::edit::Basics;
use crate::services::prepare::readiness::{self, Readiness};
use crate::services::prepare::{clone, list, rehearsal};
use crate::store::Erased;

impl App {
    /// Every campaign, latest made first.
    ///
    /// # Errors
    /// The database's.
    pub async fn campaigns(&self) -> Result<Vec<Arc<Campaign>>> {
        self.read(|tx, ctx| list::all(tx, ctx.cache)).await
    }

    /// How far a campaign's preparation is.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn preparation(&self, id: Uuid) -> Result<Readiness> {
        self.read(move |tx, ctx| {
            let c = list::one(tx, ctx.cache, id)?;
            readiness::of(tx, &c)
        })
        .await
    }

    /// Makes a campaign with another one's preparation; with `rehearsal` one that can be wiped.
    ///
    /// # Errors
    /// `NotFound`, `Invalid` naming the field.
    pub async fn clone_campaign(
        &self,
        actor: &Actor,
        from: Uuid,
        basics: Basics,
        rehearsal: bool,
    ) -> Result<Uuid> {
        let actor = actor.clone();
        self.write(move |tx, ctx| {
            let from = list::one(tx, ctx.cache, from)?;
            clone::clone(tx, ctx, &actor, &from, &basics, rehearsal)
        })
        .await
    }

    /// Wipes a rehearsal: everything of it in one transaction, then the photos that nothing else refers to. `typed` is
    /// its name, typed again.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden` for a real campaign, `Invalid` if the name does not match. A file that cannot be removed
    /// is only logged: nothing refers to it any more.
    pub async fn wipe_rehearsal(&self, actor: &Actor, id: Uuid, typed: &str) -> Result<Erased> {
        let (actor, typed) = (actor.clone(), typed.to_owned());
        let erased = self
            .write(move |tx, ctx| {
                let c = list::one(tx, ctx.cache, id)?;
                rehearsal::wipe(tx, &actor, &c, &typed, ctx.now_ms)
            })
            .await?;
        self.shared.cache.forget(id);
        self.keys
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
        for hash in erased.blobs.clone() {
            // Another campaign may have got the same picture since.
            let needed = self.read(move |tx, _| Ok(!tx.photos_of_blob(hash)?.is_empty()));
            if needed.await? {
                continue;
            }
            let blobs = Arc::clone(self.blobs());
            let removed =
                tokio::task::spawn_blocking(move || blobs.remove(BlobHash::from_bytes(hash)));
            if let Err(error) = removed.await.map_err(Error::storage)? {
                tracing::warn!(%error, "a photo of a wiped rehearsal could not be removed");
            }
        }
        Ok(erased)
    }
}
