//! `guanmo serve`: the server, until SIGINT or SIGTERM.
//!
//! Invariant: the port is bound and the certificate read before the data folder is opened, so the address printed is the
//! one that answers; it can be stopped from the moment it is printed; requests in progress get `limits.grace` to finish.
//! SIGHUP reads the certificate again. Leaves out: what is served (`server`).

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use clap::Args;
use serde_json::json;
use server::net::serve_redirect;
use server::net::tls::Tls;
use server::{App, Config};
use tokio::net::TcpListener;

use crate::config::{self, Flags, Settings};
use crate::exit::{Exit, Failure, Outcome};
use crate::office::runtime;
use crate::{log, out};

/// Open files wanted: a connection and its database, log and photo each need one.
const OPEN_FILES: u64 = 16_384;

/// `guanmo serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Settings.
    #[command(flatten)]
    pub flags: Flags,
    /// 以一行 JSON 输出地址 · Print address and set-up secret as one line of JSON
    #[arg(long)]
    pub json: bool,
}

/// Serves until it is told to stop.
pub fn run(args: &ServeArgs) -> Outcome {
    let given = config::gather(&args.flags, &config::environment())?;
    let settings = given.settings()?;
    log::to_stderr(&settings.log_level, settings.log_format);
    for name in &given.unknown_env {
        tracing::warn!(%name, "unknown environment variable");
    }
    open_files();
    runtime()?.block_on(serve(&settings, args.json))
}

/// The configuration of the server in these settings.
pub fn server_config(settings: &Settings) -> Config {
    let mut config = Config::new(&settings.data);
    config.public_url = settings.public_url.clone();
    config.tls = settings.tls.is_some();
    config.backup = settings.backup.clone();
    config.blobs.free_disk_reserve_bytes = settings.disk_reserve;
    config
}

async fn bind(at: SocketAddr) -> Outcome<TcpListener> {
    TcpListener::bind(at).await.map_err(|error| {
        Failure::new(
            "busy",
            format!("无法监听 {at}：{error}"),
            format!("cannot listen on {at}: {error}"),
        )
    })
}

async fn serve(settings: &Settings, json: bool) -> Outcome {
    let listener = bind(settings.listen).await?;
    let metrics = match settings.metrics {
        Some(at) => Some(bind(at).await?),
        None => None,
    };
    let redirect = match settings.redirect_from {
        Some(at) => Some(bind(at).await?),
        None => None,
    };
    let tls = match &settings.tls {
        Some(files) => Some(Tls::load(files.clone()).await?),
        None => None,
    };
    let mut config = server_config(settings);
    config.listen = listener.local_addr().unwrap_or(settings.listen);
    let url = config.url();
    let app = server::open(config).await?;
    let secret = app.setup_secret();
    let stop = stop_signal().map_err(no_signal)?;
    let metrics_at = metrics.as_ref().and_then(|m| m.local_addr().ok());
    if json {
        let metrics = metrics_at.map(|at| format!("http://{at}/metrics"));
        let said = json!({"url": url, "setup_secret": secret, "metrics": metrics});
        out::print(&said.to_string())?;
    } else {
        out::print(&format!("控制台 · Console: {url}/console"))?;
        if let Some(secret) = secret {
            out::print(&format!(
                "首次设置口令（只显示一次）· Set-up secret, shown once: {secret}"
            ))?;
        }
        out::print("按 Ctrl-C 停止 · Ctrl-C stops it")?;
    }
    if settings.tls.is_none() && !settings.listen.ip().is_loopback() {
        tracing::warn!(
            "no HTTPS: passwords and scores cross the network in clear; see guanmo cert"
        );
    }
    beside(settings, &app, tls.as_ref(), metrics, redirect, &url)?;
    server::serve_with(app, listener, tls, settings.limits, stop).await?;
    tracing::info!("stopped");
    Ok(Exit::Ok)
}

/// What runs beside: reload of the certificate, metrics, redirect, backups. It ends with the process.
fn beside(
    settings: &Settings,
    app: &Arc<App>,
    tls: Option<&Arc<Tls>>,
    metrics: Option<TcpListener>,
    redirect: Option<TcpListener>,
    url: &str,
) -> Outcome<()> {
    if let Some(tls) = tls {
        tokio::spawn(Arc::clone(tls).watch());
        tokio::spawn(reload_on_hangup(Arc::clone(tls)).map_err(no_signal)?);
    }
    let (limits, never) = (settings.limits, std::future::pending::<()>);
    if let Some(listener) = metrics {
        let app = Arc::clone(app);
        tokio::spawn(async move { tell(server::serve_metrics(app, listener, never()).await) });
    }
    if let Some(listener) = redirect {
        let url = url.to_owned();
        tokio::spawn(async move { tell(serve_redirect(url, listener, limits, never()).await) });
    }
    tokio::spawn(Arc::clone(app).keep_backing_up());
    Ok(())
}

fn tell(ended: server::Result<()>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a listener beside the server ended");
    }
}

fn no_signal(error: std::io::Error) -> Failure {
    Failure::new(
        "runtime",
        format!("无法等待信号：{error}"),
        format!("cannot wait for a signal: {error}"),
    )
}

/// As many open files as wanted, or as this system lets a process have.
#[cfg(unix)]
fn open_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let now = getrlimit(Resource::Nofile);
    let wanted = now.maximum.map_or(OPEN_FILES, |most| most.min(OPEN_FILES));
    if now.current.is_some_and(|current| current < wanted) {
        let limit = Rlimit {
            current: Some(wanted),
            maximum: now.maximum,
        };
        if let Err(error) = setrlimit(Resource::Nofile, limit) {
            tracing::warn!(%error, "the limit of open files stays");
        }
    }
}

/// Other systems have no such limit.
#[cfg(not(unix))]
fn open_files() {
    let _ = OPEN_FILES;
}

/// Reads the certificate again at every SIGHUP.
#[cfg(unix)]
fn reload_on_hangup(tls: Arc<Tls>) -> std::io::Result<impl Future<Output = ()> + Send> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut hangup = signal(SignalKind::hangup())?;
    Ok(async move {
        while hangup.recv().await.is_some() {
            tls.reload_and_tell().await;
        }
    })
}

/// Other systems have no such signal; the files are looked at each minute.
#[cfg(not(unix))]
fn reload_on_hangup(_: Arc<Tls>) -> std::io::Result<impl Future<Output = ()> + Send> {
    Ok(std::future::ready(()))
}

/// Waits for SIGINT or SIGTERM from now on: a signal that comes before the future is polled is not lost.
#[cfg(unix)]
fn stop_signal() -> std::io::Result<impl Future<Output = ()> + Send> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
    })
}

/// Waits for Ctrl-C.
#[cfg(not(unix))]
fn stop_signal() -> std::io::Result<impl Future<Output = ()> + Send> {
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        interrupt.recv().await;
    })
}
