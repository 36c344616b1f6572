//! A real server in this process, started and stopped, on a runtime of its own.
//!
//! Invariant: after `stop` nobody listens and the database is closed. Leaves out: what is asked of it.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use server::auth::types::Quotas;
use server::{App, Clock, Config, system_clock};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A server, listening.
pub struct Local {
    /// Its services.
    pub app: Arc<App>,
    /// Its address.
    pub url: String,
    runtime: Runtime,
    stop: oneshot::Sender<()>,
    task: JoinHandle<server::Result<()>>,
}

impl Local {
    /// Opens a data folder and listens; port 0 takes a free one.
    ///
    /// # Errors
    /// If the folder cannot be opened or the address is taken.
    pub fn start(data_dir: &Path, listen: SocketAddr) -> Result<Self> {
        Self::start_at(data_dir, listen, system_clock())
    }

    /// The same by another clock than the system's.
    ///
    /// # Errors
    /// Those of [`Self::start`].
    pub fn start_at(data_dir: &Path, listen: SocketAddr, clock: Clock) -> Result<Self> {
        Self::start_with(Config {
            listen,
            clock,
            ..Config::new(data_dir)
        })
    }

    /// The same on a free port under other limits than those that ship.
    ///
    /// # Errors
    /// Those of [`Self::start`].
    pub fn start_under(data_dir: &Path, quotas: Quotas) -> Result<Self> {
        Self::start_with(Config {
            listen: ([127, 0, 0, 1], 0).into(),
            quotas,
            ..Config::new(data_dir)
        })
    }

    fn start_with(config: Config) -> Result<Self> {
        let listen = config.listen;
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?;
        let (app, url, listener) = runtime.block_on(async {
            let listener = TcpListener::bind(listen)
                .await
                .with_context(|| format!("cannot listen on {listen}"))?;
            let listen = listener.local_addr()?;
            let app = server::open(Config { listen, ..config }).await?;
            anyhow::Ok((app, format!("http://{listen}"), listener))
        })?;
        let (stop, stopped) = oneshot::channel();
        let shutdown = async move {
            // An error means that the other end is gone: stop as well.
            let _ = stopped.await;
        };
        let task = runtime.spawn(server::serve(app.clone(), listener, shutdown));
        Ok(Self {
            app,
            url,
            runtime,
            stop,
            task,
        })
    }

    /// Where its threads take work from.
    pub fn handle(&self) -> Handle {
        self.runtime.handle().clone()
    }

    /// Runs a service of the office.
    pub fn run<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// Stops listening and closes the database.
    ///
    /// # Errors
    /// What the server ended with.
    pub fn stop(self) -> Result<()> {
        let Self {
            app,
            runtime,
            stop,
            task,
            ..
        } = self;
        // The server may have ended by itself; then its result says why.
        let _ = stop.send(());
        runtime.block_on(task)??;
        drop(app);
        drop(runtime);
        Ok(())
    }
}
