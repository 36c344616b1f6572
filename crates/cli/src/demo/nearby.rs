//! The demo for a phone of the same network: HTTPS by an authority made for this machine's address.
//!
//! Invariant: it is `guanmo serve` on the folder of the demo's office; the authority can vouch for that address alone.
//! Leaves out: getting the file onto the phone, which a person does.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Result, anyhow};

use crate::config::Flags;
use crate::operate::cert;
use crate::serve::{self, ServeArgs};

/// Makes the certificate and says what to do on the phone.
///
/// # Errors
/// The disk's.
pub fn prepare(dir: &Path, at: SocketAddr) -> Result<String> {
    let tls = dir.join("tls");
    cert::make(&tls, &[at.ip().to_string()]).map_err(|failure| anyhow!(failure.en))?;
    Ok(cert::on_phones(&tls))
}

/// Serves a data folder by the certificate in the demo's until it is told to stop.
///
/// # Errors
/// Those of `guanmo serve`.
pub fn serve(dir: &Path, data: &Path, at: SocketAddr) -> Result<()> {
    let text = |path: &Path| Some(path.display().to_string());
    let (cert, key) = cert::files(&dir.join("tls"));
    let flags = Flags {
        data: text(data),
        listen: Some(at.to_string()),
        tls_cert: text(&cert),
        tls_key: text(&key),
        ..Flags::default()
    };
    let done = serve::run(&ServeArgs { flags, json: false });
    done.map(drop).map_err(|failure| anyhow!(failure.en))
}
