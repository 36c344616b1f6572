//! Ranking, results, and how each number came about.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::conflicts::campaign_of;
use super::conventions::{IfNoneMatch, Tagged};
use super::extract::Params;
use super::gate::{Routes, routes};
use crate::app::App;
use crate::auth::{Access, Action, On, Viewer};
use crate::error::Result;
use crate::model::{Explanation, Ranking, YearStanding};
use protocol::problem::Code;

/// The routes of this topic.
pub fn routes(r: Routes) -> Routes {
    let view = Access::May(Action::ViewRanking);
    r.add(view, routes!(show_ranking))
        .add(Access::May(Action::ViewStanding), routes!(show_standing))
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

/// Which year.
#[derive(Deserialize, IntoParams)]
struct StandingQuery {
    /// The year; the last one with a result without it.
    year: Option<i32>,
}

/// The standing of quarters and the year, from the locked results of monthly checks and tours.
#[utoipa::path(get, path = "/api/v1/standing", tag = "ranking", params(StandingQuery),
    responses((status = 200, description = "The standing", body = YearStanding), (status = 304, description = "As before")))]
async fn show_standing(
    State(app): State<Arc<App>>,
    Params(wanted): Params<StandingQuery>,
    has: IfNoneMatch,
) -> Result<Tagged<YearStanding>> {
    Tagged::read(app.standing(wanted.year).await?, has)
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
