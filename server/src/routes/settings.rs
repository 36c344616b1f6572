//! The settings of the office.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;

use super::conventions::{IfMatch, IfNoneMatch, Tagged, tag};
use super::extract::Body;
use super::gate::{Routes, routes};
use crate::app::App;
use crate::auth::{Access, Action, Viewer};
use crate::error::Result;
use crate::settings::Settings;

/// The routes of this topic.
pub fn routes(r: Routes) -> Routes {
    let manage = Access::May(Action::ManageSettings);
    r.add(manage, routes!(show_settings))
        .add(manage, routes!(change_settings))
}

/// The settings in force.
#[utoipa::path(get, path = "/api/v1/settings", tag = "settings",
    responses((status = 200, body = Settings), (status = 304, description = "As before")))]
async fn show_settings(State(app): State<Arc<App>>, has: IfNoneMatch) -> Result<Tagged<Settings>> {
    Tagged::read(Settings::clone(&app.settings()), has)
}

/// Replaces the settings, all of them; they act at once. The audit keeps what was before and after.
#[utoipa::path(put, path = "/api/v1/settings", tag = "settings",
    params(("If-Match" = String, Header, description = "The `ETag` of what was read, or `*`")),
    request_body = Settings, responses((status = 200, body = Settings)))]
async fn change_settings(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    IfMatch(expected): IfMatch,
    Body(new): Body<Settings>,
) -> Result<Tagged<Settings>> {
    let changed = app.change_settings(&viewer, new, move |now| {
        let now = tag(now)?;
        Ok(expected.is_none_or(|tags| tags.contains(&now)))
    });
    let changed = changed.await?;
    let now = tag(&changed)?;
    Ok(Tagged::written(StatusCode::OK, changed, now))
}
