//! Preparing a tour over the interface: what the console's section does, by the same services.
//!
//! Invariant: what is edited is checked against the tag that was read, inside the transaction that writes; every answer
//! says what stands there now. Leaves out: the list of campaigns, rules, nominations and draws (`campaigns`), tables
//! (`imports`).

mod campaign;
mod checklists;
mod groups;
mod roster;
mod sites;

use std::sync::Arc;

use axum::http::StatusCode;
use protocol::problem::Code;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::conventions::{IfNoneMatch, Tagged, tag};
use super::gate::Routes;
use super::page::{Page, PageQuery};
use crate::app::App;
use crate::auth::Viewer;
use crate::error::{Error, Result};
use crate::services::campaign::Campaign;
use crate::services::sync::Context;
use crate::store::Tx;

/// The routes of this topic.
pub fn routes(r: Routes) -> Routes {
    let topics = [
        campaign::routes,
        groups::routes,
        sites::routes,
        roster::routes,
        checklists::routes,
    ];
    topics.into_iter().fold(r, |routes, add| add(routes))
}

/// The page asked for of `rows`, by a key that a row keeps whatever happens to the others.
pub(super) fn page<T>(rows: Vec<(String, T)>, query: &PageQuery) -> Result<Page<T>> {
    let page = Page::of(rows, |(key, _)| key.clone(), query)?;
    Ok(page.map(|(_, row)| row))
}

/// What is required to change something that has a tag; none for `*`.
pub(super) type Expected = Option<Vec<String>>;

/// Refuses to change what is not as it was read.
fn unchanged(expected: &Expected, now: &impl Serialize) -> Result<()> {
    let now = tag(now)?;
    match expected {
        Some(tags) if !tags.contains(&now) => Err(Code::PreconditionFailed.into()),
        _ => Ok(()),
    }
}

/// What was made.
#[derive(Serialize, ToSchema)]
struct Made {
    id: Uuid,
}

/// Acts on the campaign looked at, and shows what stands there afterwards, with its tag.
pub(super) async fn acted<T, V, F, S>(
    app: &App,
    viewer: &Viewer,
    status: StatusCode,
    job: F,
    show: S,
) -> Result<Tagged<V>>
where
    T: Send + 'static,
    V: Serialize + Send + 'static,
    F: FnOnce(&mut dyn Tx, &Context, &Arc<Campaign>) -> Result<T> + Send + 'static,
    S: FnOnce(&mut dyn Tx, &Campaign, T) -> Result<V> + Send + 'static,
{
    let done = app.act(viewer, move |tx, ctx, c| {
        let done = job(tx, ctx, c)?;
        let now = ctx.cache.campaign(tx, c.id)?;
        show(tx, &now, done)
    });
    let view = done.await?;
    let tag = tag(&view)?;
    Ok(Tagged::written(status, view, tag))
}

/// Changes what `show` shows, which must be as it was read, and shows it as it is then, with its tag.
pub(super) async fn edited<T, V, S, F>(
    app: &App,
    viewer: &Viewer,
    expected: Expected,
    show: S,
    job: F,
) -> Result<Tagged<V>>
where
    T: Send + 'static,
    V: Serialize + Send + 'static,
    S: Fn(&mut dyn Tx, &Campaign) -> Result<V> + Clone + Send + 'static,
    F: FnOnce(&mut dyn Tx, &Context, &Arc<Campaign>) -> Result<T> + Send + 'static,
{
    let before = show.clone();
    let job = move |tx: &mut dyn Tx, ctx: &Context, c: &Arc<Campaign>| {
        unchanged(&expected, &before(tx, c)?)?;
        job(tx, ctx, c)
    };
    acted(app, viewer, StatusCode::OK, job, move |tx, c, _| {
        show(tx, c)
    })
    .await
}

/// Shows something of the campaign looked at, with its tag.
pub(super) async fn shown<V, S>(
    app: &App,
    viewer: &Viewer,
    has: IfNoneMatch,
    show: S,
) -> Result<Tagged<V>>
where
    V: Serialize + Send + 'static,
    S: FnOnce(&mut dyn Tx, &Campaign) -> Result<V> + Send + 'static,
{
    let found = app.look(viewer, move |tx, _, c| show(tx, c)).await?;
    Tagged::read(found, has)
}

fn none() -> Error {
    Code::NotFound.into()
}
