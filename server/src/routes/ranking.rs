//! Ranking, results, and how each number came about.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::conflicts::campaign_of;
use super::conventions::{IfNoneMatch, Tagged};
use super::gate::Routes;
use crate::app::App;
use crate::auth::{Access, Action, On, Viewer};
use crate::error::Result;
use crate::model::{Explanation, Ranking};
use protocol::problem::Code;

/// The routes of this topic.
pub fn routes(r: Routes) -> Routes {
    let view = Access::May(Action::ViewRanking);
    r.add(view, routes!(show_ranking))
        .add(view, routes!(show_results))
        .add(view, routes!(explain_result))
}

/// The score file and what follows from it.
#[derive(Serialize, ToSchema)]
struct ResultsAnswer {
    /// As `guanmo score` reads it.
    input: domain::score::Input,
    /// As `guanmo score` prints it.
    outcome: domain::score::Outcome,
}

/// Refuses what is about the whole county to who reaches less.
fn whole_county(viewer: &Viewer) -> Result<()> {
    if viewer.reach.covers(On::default()) {
        return Ok(());
    }
    Err(Code::Forbidden.into())
}

/// The score file and the result of the last lock, as `guanmo score` knows them.
#[utoipa::path(get, path = "/api/v1/results", tag = "ranking", 
    responses((status = 200, description = "Input and outcome", body = ResultsAnswer), (status = 304, description = "As before")))]
async fn show_results(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    has: IfNoneMatch,
) -> Result<Tagged<ResultsAnswer>> {
    whole_county(&viewer)?;
    let (input, outcome) = app.results(campaign_of(&app, &viewer).await?).await?;
    Tagged::read(ResultsAnswer { input, outcome }, has)
}

/// The ranking as far as groups are locked.
#[utoipa::path(get, path = "/api/v1/ranking", tag = "ranking", 
    responses((status = 200, description = "The ranking", body = Ranking), (status = 304, description = "As before")))]
async fn show_ranking(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    has: IfNoneMatch,
) -> Result<Tagged<Ranking>> {
    Tagged::read(app.ranking(&viewer).await?, has)
}

/// How a township's number came about.
#[utoipa::path(get, path = "/api/v1/results/{code}", tag = "ranking", params(("code" = String, Path)),
    responses((status = 200, description = "The tree", body = Explanation)))]
async fn explain_result(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    axum::extract::Path(code): axum::extract::Path<String>,
) -> Result<Json<Explanation>> {
    app.explain(&viewer, &code).await.map(Json)
}
