//! What every page handler is given.

use std::fmt;
use std::sync::Arc;

use crate::app::App;
use crate::auth::Auth;

/// How the console is reached.
#[derive(Clone, Debug, Default)]
pub struct ConsoleConfig {
    /// `https://host` as people reach it, for QR codes; `None`: what the request was sent to.
    pub origin: Option<String>,
    /// True if people reach it by TLS: cookies are then marked `Secure`.
    pub tls: bool,
}

/// Shared by all pages.
#[derive(Clone)]
pub struct ConsoleState {
    /// What the pages show and do.
    pub app: Arc<App>,
    /// Logins.
    pub auth: Auth,
    /// How the console is reached.
    pub config: ConsoleConfig,
}

impl fmt::Debug for ConsoleState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConsoleState")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}
