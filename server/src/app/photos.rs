//! The photo wall: list, pairs, one photo.

use uuid::Uuid;

use super::App;
use crate::auth::Viewer;
use crate::error::Result;
use crate::model::{ClosedPhotos, PhotoCard, PhotoDetail, PhotoPage, WallFilter};
use crate::services::photo_wall;

impl App {
    /// One page of photos, newest arrival first, within the viewer's reach.
    ///
    /// # Errors
    /// `BadRequest` for a bad cursor or day, `NotFound` without a campaign.
    pub async fn photos(&self, viewer: &Viewer, filter: &WallFilter) -> Result<PhotoPage> {
        let (reach, filter) = (viewer.reach.clone(), filter.clone());
        self.look(viewer, move |tx, ctx, c| {
            photo_wall::page(tx, ctx, c, &reach, &filter)
        })
        .await
    }

    /// The same with each "after" beside its "before"; then the next cursor, and the closed ones.
    ///
    /// # Errors
    /// As [`App::photos`].
    pub async fn photo_cards(
        &self,
        viewer: &Viewer,
        filter: &WallFilter,
    ) -> Result<(Vec<PhotoCard>, Option<String>, ClosedPhotos)> {
        let (reach, filter) = (viewer.reach.clone(), filter.clone());
        self.look(viewer, move |tx, ctx, c| {
            let page = photo_wall::page(tx, ctx, c, &reach, &filter)?;
            let cards = photo_wall::paired(tx, ctx, c, page.items)?;
            Ok((cards, page.next_cursor, page.closed))
        })
        .await
    }

    /// One photo with everything that is known of it.
    ///
    /// # Errors
    /// `NotFound`, also for one that is closed until the lock.
    pub async fn photo(&self, viewer: &Viewer, id: Uuid) -> Result<PhotoDetail> {
        let reach = viewer.reach.clone();
        self.look(viewer, move |tx, ctx, c| {
            photo_wall::one(tx, ctx, c, &reach, id)
        })
        .await
    }
}
