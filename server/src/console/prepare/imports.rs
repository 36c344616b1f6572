//! Bringing tables in: choose a file, see what it holds or what is wrong with it, then confirm.
//!
//! Invariant: nothing comes in without the confirmation; a file with one error changes nothing. The file is sent again
//! to confirm it, since no copy of it is kept on the server.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use documents::import::{ImportErrors, Kind};
use protocol::problem::Code;

use super::typed::{Fields, Typed};
use super::{Strip, strip};
use crate::app::ImportFile;
use crate::auth::Action;
use crate::console::page::{Page, html};
use crate::console::pages::Pages;
use crate::console::refusal::Refusal;
use crate::console::session::SignedIn;
use crate::console::state::ConsoleState;
use crate::console::upload::Upload;
use crate::i18n::Lang;
use crate::routes::imports::template;
use crate::services::imports::{ImportOutcome, Imported};

pub fn pages(p: Pages) -> Pages {
    p.page(Action::Prepare, "/console/prepare/import", show)
        .upload(
            Action::Prepare,
            "/console/prepare/import",
            documents::import::MAX_BYTES,
            take,
        )
        .page(
            Action::Prepare,
            "/console/prepare/templates/{kind}",
            download,
        )
}

#[derive(Template)]
#[template(path = "prepare_import.html")]
struct ImportPage {
    t: Lang,
    p: Page,
    f: Typed,
    s: Strip,
    kinds: &'static [Kind],
    chosen: Option<Kind>,
    done: Option<Imported>,
    errors: Option<ImportErrors>,
}

impl ImportPage {
    fn is_chosen(&self, kind: &Kind) -> bool {
        self.chosen == Some(*kind)
    }
}

async fn render(
    state: &ConsoleState,
    user: &SignedIn,
    f: Typed,
    chosen: Option<Kind>,
    outcome: Option<ImportOutcome>,
) -> Result<Response, Refusal> {
    if let Some(page) = user.no_campaign(state).await? {
        return Ok(page);
    }
    let (done, errors) = match outcome {
        None => (None, None),
        Some(ImportOutcome::Done(done)) => (Some(done), None),
        Some(ImportOutcome::Refused(errors)) => (None, Some(errors)),
    };
    let page = html(&ImportPage {
        t: user.t,
        p: user.page(state).await?,
        f: f.clone(),
        s: strip(state, user).await?,
        kinds: Kind::ALL,
        chosen,
        done,
        errors,
    })?;
    Ok(f.answer(page))
}

/// `GET /console/prepare/import`
pub async fn show(State(state): State<ConsoleState>, user: SignedIn) -> Result<Response, Refusal> {
    render(&state, &user, Typed::default(), None, None).await
}

/// `POST /console/prepare/import`
pub async fn take(
    State(state): State<ConsoleState>,
    user: SignedIn,
    upload: Upload,
) -> Result<Response, Refusal> {
    let kind = Kind::parse(upload.text("kind"));
    let kind = kind.ok_or_else(|| Refusal::new(Code::BadRequest))?;
    let dry_run = upload.text("confirm") != "1";
    let wrong = |code: Code| Typed::refused(user.t, Fields::new(), code.into());
    let Some((name, bytes)) = upload.file.filter(|(_, bytes)| !bytes.is_empty()) else {
        let f = wrong(Code::Invalid)?;
        return render(&state, &user, f, Some(kind), None).await;
    };
    let file = ImportFile {
        kind,
        bytes: bytes.to_vec(),
        name: Some(name),
        format: None,
        dry_run,
    };
    let result = state.app.import_as(&user.viewer(), file).await;
    let result = user
        .audited(&state, Action::Prepare, kind.word(), result)
        .await?;
    match result {
        Ok(outcome) => render(&state, &user, Typed::default(), Some(kind), Some(outcome)).await,
        Err(error) => {
            let f = Typed::refused(user.t, Fields::new(), error)?;
            render(&state, &user, f, Some(kind), None).await
        }
    }
}

/// `GET /console/prepare/templates/{kind}`
pub async fn download(user: SignedIn, Path(kind): Path<String>) -> Result<Response, Refusal> {
    let kind = Kind::parse(&kind).ok_or_else(|| Refusal::new(Code::NotFound))?;
    Ok(template(kind, user.t)?)
}
