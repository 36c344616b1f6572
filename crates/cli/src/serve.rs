//! `guanmo serve`: the server, until SIGINT or SIGTERM.
//!
//! Invariant: the port is bound before the data folder is opened, so the address printed is the one that answers;
//! it can be stopped from the moment it is printed; requests in progress get `GRACE` to finish.
//! Leaves out: TLS (a reverse proxy ends it).

use std::future::Future;
use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use serde_json::json;
use server::Config;
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

use crate::exit::{Exit, Failure, Outcome};
use crate::office::runtime;
use crate::out;

/// Where `serve` and `demo` listen unless told otherwise.
pub const LISTEN: &str = "127.0.0.1:8650";

/// How long requests in progress may take after it was told to stop.
const GRACE: Duration = Duration::from_secs(20);

/// `guanmo serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// 数据目录（没有则建立）· Data folder, made if need be
    #[arg(long, default_value = "data", value_name = "DIR")]
    pub data: PathBuf,
    /// 监听地址，端口 0 为任意空闲端口 · Address to listen on; port 0 takes any free one
    #[arg(long, default_value = LISTEN, value_name = "ADDR")]
    pub listen: SocketAddr,
    /// 对外地址（在反向代理之后时）· Address people and phones use, if it is another one
    #[arg(long, value_name = "URL")]
    pub public_url: Option<String>,
    /// 以一行 JSON 输出地址 · Print address and set-up secret as one line of JSON
    #[arg(long)]
    pub json: bool,
}

/// Serves until it is told to stop.
pub fn run(args: &ServeArgs) -> Outcome {
    log_to_stderr();
    runtime()?.block_on(serve(args))
}

async fn serve(args: &ServeArgs) -> Outcome {
    let bound = TcpListener::bind(args.listen).await;
    let listener = bound.map_err(|error| {
        let listen = args.listen;
        Failure::new(
            "busy",
            format!("无法监听 {listen}：{error}"),
            format!("cannot listen on {listen}: {error}"),
        )
    })?;
    let mut config = Config::new(&args.data);
    config.listen = listener.local_addr().unwrap_or(args.listen);
    config.public_url = args.public_url.clone();
    let url = config.url();
    let app = server::open(config).await?;
    let secret = app.setup_secret();
    let (stop, stopped) = (
        stop_signal().map_err(no_signal)?,
        stop_signal().map_err(no_signal)?,
    );
    if args.json {
        out::print(&json!({"url": url, "setup_secret": secret}).to_string())?;
    } else {
        out::print(&format!("控制台 · Console: {url}/console"))?;
        if let Some(secret) = secret {
            out::print(&format!(
                "首次设置口令（只显示一次）· Set-up secret, shown once: {secret}"
            ))?;
        }
        out::print("按 Ctrl-C 停止 · Ctrl-C stops it")?;
    }
    let overdue = async {
        stopped.await;
        tracing::info!("stopping: requests in progress are finished");
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        ended = server::serve(app, listener, stop) => ended?,
        () = overdue => tracing::warn!("some requests were cut off; the phones go on where they stopped"),
    }
    Ok(Exit::Ok)
}

fn no_signal(error: std::io::Error) -> Failure {
    Failure::new(
        "runtime",
        format!("无法等待停止信号：{error}"),
        format!("cannot wait for a signal to stop: {error}"),
    )
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

/// The log: structured, on stderr, as detailed as `GUANMO_LOG` says.
pub fn log_to_stderr() {
    let filter = EnvFilter::try_from_env("GUANMO_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let coloured = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(coloured);
    // A second call (tests in one process) keeps the first.
    let _ = log.try_init();
}
