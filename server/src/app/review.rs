//! What the supervision office reviews: records, conflicts, what is held back.

use protocol::problem::Code;
use uuid::Uuid;

use super::App;
use crate::auth::{Action, Viewer, allows};
use crate::error::{Error, Result};
use crate::model::*;
use crate::services::conflicts::Decision;
use crate::services::{conflicts, held, records, saved_filters, shown};

impl App {
    /// One page of records, newest arrival first.
    ///
    /// # Errors
    /// `BadRequest` for a bad cursor.
    pub async fn records(&self, viewer: &Viewer, filter: &RecordFilter) -> Result<RecordPage> {
        let filter = filter.clone();
        self.look(viewer, move |tx, ctx, c| records::page(tx, ctx, c, &filter))
            .await
    }

    /// The same as tiles with photos.
    ///
    /// # Errors
    /// The database's.
    pub async fn record_tiles(
        &self,
        viewer: &Viewer,
        rows: Vec<RecordRow>,
    ) -> Result<Vec<RecordTile>> {
        self.look(viewer, move |tx, ctx, c| records::tiles(tx, ctx, c, rows))
            .await
    }

    /// What stands beside a record in a list.
    ///
    /// # Errors
    /// `BadRequest` for a column there is not.
    pub async fn record_neighbours(
        &self,
        viewer: &Viewer,
        filter: &RecordFilter,
        id: Uuid,
    ) -> Result<Option<Neighbours>> {
        let filter = filter.clone();
        self.look(viewer, move |tx, _, c| {
            records::neighbours(tx, c, &filter, id)
        })
        .await
    }

    /// Filters that the viewer keeps.
    ///
    /// # Errors
    /// The database's.
    pub async fn saved_filters(&self, viewer: &Viewer) -> Result<Vec<SavedFilterLine>> {
        let login = viewer.login.id;
        self.look(viewer, move |tx, _, c| saved_filters::all(tx, c, login))
            .await
    }

    /// Keeps a filter of the viewer's.
    ///
    /// # Errors
    /// Those of `saved_filters::keep`.
    pub async fn save_filter(
        &self,
        viewer: &Viewer,
        name: &str,
        query: &str,
    ) -> Result<SavedFilterLine> {
        let (login, name, query) = (viewer.login.id, name.to_owned(), query.to_owned());
        self.act(viewer, move |tx, ctx, c| {
            saved_filters::keep(tx, c, login, &name, &query, ctx.now_ms)
        })
        .await
    }

    /// Gives a filter of the viewer's another name.
    ///
    /// # Errors
    /// Those of `saved_filters::edit`.
    pub async fn rename_filter(
        &self,
        viewer: &Viewer,
        id: Uuid,
        name: &str,
    ) -> Result<SavedFilterLine> {
        let (login, name) = (viewer.login.id, name.to_owned());
        self.act(viewer, move |tx, _, c| {
            saved_filters::edit(tx, c, login, id, (&name, None))
        })
        .await
    }

    /// Takes a filter of the viewer's away.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn remove_filter(&self, viewer: &Viewer, id: Uuid) -> Result<()> {
        let login = viewer.login.id;
        self.act(viewer, move |tx, _, _| saved_filters::remove(tx, login, id))
            .await
    }

    /// One record with its answers (unless sealed), photos, conflicts and history.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn record(&self, viewer: &Viewer, id: Uuid) -> Result<RecordView> {
        let mut view = self
            .look(viewer, move |tx, ctx, c| records::one(tx, ctx, c, id))
            .await?;
        if !allows(viewer.role(), Action::ExportInternal) {
            view.withhold_internal();
        }
        Ok(view)
    }

    /// Settles a field: supersedes exactly what was shown.
    ///
    /// # Errors
    /// `Conflict` if other values are live by now, `ReasonRequired`, `Invalid`, `Forbidden` while sealed.
    pub async fn settle(&self, viewer: &Viewer, order: &Settlement) -> Result<()> {
        let (actor, order) = (viewer.actor(), order.clone());
        self.act(viewer, move |tx, ctx, c| {
            let dots = order.shown.iter().map(|dot| shown::parse_dot(dot));
            let dots: Option<Vec<_>> = dots.collect();
            let entry = records::entry(tx, c, order.record)?;
            if shown::is_sealed(c, &entry) {
                return Err(Code::Forbidden.into());
            }
            let decision = Decision {
                value: conflicts::chosen(tx, c, order.record, &order.field, &order.choice)?,
                record: order.record,
                field: order.field,
                shown: dots.ok_or_else(|| Error::from(Code::BadRequest))?,
                reason: order.reason,
            };
            conflicts::settle(tx, ctx, &actor, &decision)
        })
        .await
    }

    /// Every open conflict, oldest first; sealed ones without values.
    ///
    /// # Errors
    /// The database's.
    pub async fn conflicts(&self, viewer: &Viewer) -> Result<Vec<ConflictRow>> {
        let mut rows = self
            .look(viewer, |tx, ctx, c| conflicts::all(tx, ctx, c, None))
            .await?;
        if !allows(viewer.role(), Action::ExportInternal) {
            withhold_internal(&mut rows);
        }
        Ok(rows)
    }

    /// What came in but is not counted: undecided first, then newest.
    ///
    /// # Errors
    /// The database's.
    pub async fn held(&self, viewer: &Viewer) -> Result<Vec<HeldEntry>> {
        self.look(viewer, |tx, _, c| held::all_with_effects(tx, c))
            .await
    }

    /// Takes a held entry in or leaves it out.
    ///
    /// # Errors
    /// `NotFound`, `ReasonRequired`, `Conflict` if somebody decided meanwhile.
    pub async fn decide_held(&self, viewer: &Viewer, decision: &HeldDecision) -> Result<()> {
        let (actor, d) = (viewer.actor(), decision.clone());
        let id = Uuid::try_parse(&d.id).map_err(|_| Error::from(Code::NotFound))?;
        self.act(viewer, move |tx, ctx, _| {
            held::decide(tx, ctx, &actor, id, d.accept, &d.reason)
        })
        .await?;
        self.retry_bundles().await;
        Ok(())
    }
}
