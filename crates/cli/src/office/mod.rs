//! What the office does on a server's data folder without listening: import, prepare, issue codes, export, verify.
//!
//! Invariant: the folder is opened as the server opens it, so a running server refuses it (exit 5), and every act is
//! audited as done on the command line. Leaves out: what the console does while the server runs.

pub mod args;
mod bundle;
mod campaign;
mod code;
mod export;
mod import;
mod verify;

use std::path::Path;
use std::sync::Arc;

use server::services::campaign::Campaign;
use server::{Actor, App, Config};

use crate::exit::{Exit, Failure, Outcome};

pub use bundle::run as bundle;
pub use campaign::run as campaign;
pub use code::run as code;
pub use export::{run as export, template};
pub use import::run as import;
pub use verify::run as verify;

impl From<server::Error> for Failure {
    fn from(error: server::Error) -> Self {
        let en = match error.refusal() {
            None => error.to_string(),
            Some(refusal) => match &refusal.detail {
                Some(detail) => format!("{} ({detail})", refusal.code.en()),
                None => refusal.code.en().to_owned(),
            },
        };
        Self::new(error.code(), error.message_zh(), en)
    }
}

/// Who acts, in the audit.
fn actor() -> Actor {
    Actor::system()
}

/// Opens an existing data folder, works on it, and lets go of it.
fn with<T>(data: &Path, work: impl AsyncFnOnce(&Arc<App>) -> Outcome<T>) -> Outcome<T> {
    // Looking into a folder must not make it one of ours.
    if !data.join("server.db").is_file() {
        let dir = data.display();
        return Err(Failure::new(
            "not_found",
            format!("{dir} 不是数据目录；用 guanmo campaign new 建立，或用 --data 指明"),
            format!("{dir} is no data folder; make one with guanmo campaign new, or give --data"),
        ));
    }
    with_new(data, work)
}

/// The same, making the folder if need be.
fn with_new<T>(data: &Path, work: impl AsyncFnOnce(&Arc<App>) -> Outcome<T>) -> Outcome<T> {
    runtime()?.block_on(async {
        let app = server::open(Config::new(data)).await?;
        tell_secret(&app);
        work(&app).await
    })
}

/// A runtime for the server's services.
pub fn runtime() -> Outcome<tokio::runtime::Runtime> {
    tokio::runtime::Runtime::new().map_err(|error| {
        Failure::new(
            "runtime",
            format!("无法启动：{error}"),
            format!("cannot start: {error}"),
        )
    })
}

/// The set-up secret is shown once: whoever opens the folder first must say it.
fn tell_secret(app: &App) {
    if let Some(secret) = app.setup_secret() {
        eprintln!("首次设置口令（只显示一次）· Set-up secret, shown once: {secret}");
    }
}

/// The campaign being prepared or run.
async fn campaign_of(app: &App) -> Outcome<Arc<Campaign>> {
    app.current_campaign().await?.ok_or_else(|| {
        Failure::new(
            "not_found",
            "还没有活动；先用 guanmo campaign new 建立",
            "there is no campaign yet; make one with guanmo campaign new",
        )
        .with_exit(Exit::NotFound)
    })
}
