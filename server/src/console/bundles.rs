//! Bundles: a phone's unsent work, brought on a stick; what was in it, and what waits for a decision.
//!
//! Invariant: the file goes to the disk as it comes, after the form's token; sending it again changes nothing, so the form
//! needs no key. Leaves out: what becomes of it (`app::bundles`).

use askama::Template;
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{Multipart, State};
use axum::response::Response;
use protocol::limits;
use protocol::problem::Code;

use super::page::{Page, html};
use super::pages::Pages;
use super::refusal::Refusal;
use super::session::SignedIn;
use super::state::ConsoleState;
use crate::app::WaitingBundle;
use crate::auth::Action;
use crate::i18n::Lang;
use crate::routes::bundles::AROUND_BYTES;
use crate::services::bundles::TakenIn;

const PAGE: &str = "/console/bundles";
/// Largest file, bytes.
const MOST: u64 = limits::BUNDLE_BYTES + AROUND_BYTES;
/// Longest token, bytes.
const TOKEN_BYTES: usize = 200;

/// The pages of this topic.
pub fn pages(p: Pages) -> Pages {
    let most = usize::try_from(MOST).unwrap_or(usize::MAX >> 1);
    p.page(Action::ImportBundle, PAGE, show)
        .upload(Action::ImportBundle, PAGE, most, import)
}

#[derive(Template)]
#[template(path = "bundles.html")]
struct BundlesPage {
    t: Lang,
    p: Page,
    taken: Option<TakenIn>,
    waiting: Vec<WaitingBundle>,
}

/// `GET /console/bundles`
pub async fn show(State(state): State<ConsoleState>, user: SignedIn) -> Result<Response, Refusal> {
    render(&state, &user, None).await
}

async fn render(
    state: &ConsoleState,
    user: &SignedIn,
    taken: Option<TakenIn>,
) -> Result<Response, Refusal> {
    html(&BundlesPage {
        t: user.t,
        p: user.page(state).await?,
        taken,
        waiting: state.app.waiting_bundles().await?,
    })
}

fn unreadable(error: &MultipartError) -> Refusal {
    let code = match error.status().as_u16() {
        413 => Code::RequestTooLarge,
        _ => Code::BadRequest,
    };
    Refusal::new(code).back_to(PAGE)
}

/// `POST /console/bundles`
pub async fn import(
    State(state): State<ConsoleState>,
    user: SignedIn,
    mut parts: Multipart,
) -> Result<Response, Refusal> {
    let mut checked = false;
    while let Some(mut field) = parts.next_field().await.map_err(|e| unreadable(&e))? {
        if !checked {
            let token = match field.name() {
                Some("csrf") => token(&mut field).await?,
                _ => String::new(),
            };
            user.check_token(&state, &token).await?;
            checked = true;
            continue;
        }
        let chosen = field.file_name().is_some_and(|name| !name.is_empty());
        if field.name() != Some("file") || !chosen {
            continue;
        }
        let mut receiving = state.app.receive_bundle(None, MOST).await?;
        while let Some(piece) = field.chunk().await.map_err(|e| unreadable(&e))? {
            receiving.write(&piece).await.map_err(back)?;
        }
        let file = receiving.done().await?;
        let actor = user.viewer().actor();
        let taken = state.app.import_bundle(&actor, None, &file).await;
        return render(&state, &user, Some(taken.map_err(back)?)).await;
    }
    if !checked {
        user.check_token(&state, "").await?;
    }
    Err(Refusal::new(Code::NotABundle).back_to(PAGE))
}

fn back(error: crate::error::Error) -> Refusal {
    Refusal::from(error).back_to(PAGE)
}

/// A field that is no file, as far as a token is long.
async fn token(field: &mut Field<'_>) -> Result<String, Refusal> {
    let mut bytes = Vec::new();
    while let Some(piece) = field.chunk().await.map_err(|e| unreadable(&e))? {
        bytes.extend_from_slice(&piece);
        if bytes.len() > TOKEN_BYTES {
            return Err(Refusal::new(Code::BadRequest));
        }
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
