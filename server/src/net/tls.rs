//! The certificate: loaded, reloaded when its files change, and asked how long it is valid.
//!
//! Invariant: a reload that fails keeps the certificate in use and says so; connections never wait for a reload.
//! Leaves out: making certificates (`guanmo cert`).

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use axum_server::tls_rustls::RustlsConfig;
use x509_parser::extensions::GeneralName;
use x509_parser::pem::Pem;

use crate::error::{Error, Result};

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// Certificate chain and key, PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The server's certificate, then those that lead to the root.
    pub cert: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// What a certificate says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateInfo {
    /// Valid from and to, ms UTC.
    pub valid_ms: (i64, i64),
    /// Names and addresses it is for.
    pub names: Vec<String>,
}

/// The certificate in use.
pub struct Tls {
    files: TlsFiles,
    config: RustlsConfig,
    expires_at_ms: AtomicI64,
}

impl Tls {
    /// Loads it.
    ///
    /// # Errors
    /// `Tls` with the file and what is wrong: missing, no PEM, key of another certificate.
    pub async fn load(files: TlsFiles) -> Result<Arc<Self>> {
        let info = describe(&files.cert)?;
        let config = RustlsConfig::from_pem_file(&files.cert, &files.key)
            .await
            .map_err(|error| refused(&files, &error))?;
        Ok(Arc::new(Self {
            files,
            config,
            expires_at_ms: AtomicI64::new(info.valid_ms.1),
        }))
    }

    /// What connections use.
    pub(super) fn config(&self) -> &RustlsConfig {
        &self.config
    }

    /// When it ends, ms UTC.
    #[must_use]
    pub fn expires_at_ms(&self) -> i64 {
        self.expires_at_ms.load(Ordering::Relaxed)
    }

    /// Reads the files again; the certificate in use stays if that fails.
    ///
    /// # Errors
    /// As [`Tls::load`].
    pub async fn reload(&self) -> Result<()> {
        let info = describe(&self.files.cert)?;
        self.config
            .reload_from_pem_file(&self.files.cert, &self.files.key)
            .await
            .map_err(|error| refused(&self.files, &error))?;
        self.expires_at_ms.store(info.valid_ms.1, Ordering::Relaxed);
        Ok(())
    }

    /// The same, telling the log how it went.
    pub async fn reload_and_tell(&self) {
        match self.reload().await {
            Ok(()) => tracing::info!("the certificate was loaded again"),
            Err(error) => tracing::error!(%error, "the certificate in use stays"),
        }
    }

    /// Reloads whenever the files change; never ends.
    pub async fn watch(self: Arc<Self>) {
        let mut seen = self.changed_at();
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let now = self.changed_at();
            if now != seen {
                seen = now;
                self.reload_and_tell().await;
            }
        }
    }

    fn changed_at(&self) -> [Option<SystemTime>; 2] {
        let of = |path: &Path| std::fs::metadata(path).and_then(|m| m.modified()).ok();
        [of(&self.files.cert), of(&self.files.key)]
    }
}

fn refused(files: &TlsFiles, error: &std::io::Error) -> Error {
    Error::Tls(format!(
        "{} / {}: {error}",
        files.cert.display(),
        files.key.display()
    ))
}

/// What the first certificate of a PEM file says.
///
/// # Errors
/// `Tls` with the file and what is wrong.
pub fn describe(path: &Path) -> Result<CertificateInfo> {
    let failed = |why: String| Error::Tls(format!("{}: {why}", path.display()));
    let bytes = std::fs::read(path).map_err(|e| failed(e.to_string()))?;
    let first = Pem::iter_from_buffer(&bytes).next();
    let pem = first
        .ok_or_else(|| failed("no PEM".to_owned()))?
        .map_err(|e| failed(e.to_string()))?;
    let cert = pem.parse_x509().map_err(|e| failed(e.to_string()))?;
    let ms = |t: x509_parser::time::ASN1Time| t.timestamp().saturating_mul(1_000);
    let names = cert.subject_alternative_name();
    let names = names.ok().flatten().map_or_else(Vec::new, |found| {
        found.value.general_names.iter().filter_map(name).collect()
    });
    let valid = cert.validity();
    Ok(CertificateInfo {
        valid_ms: (ms(valid.not_before), ms(valid.not_after)),
        names,
    })
}

fn name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => match bytes.len() {
            4 => <[u8; 4]>::try_from(*bytes)
                .ok()
                .map(|b| std::net::IpAddr::from(b).to_string()),
            16 => <[u8; 16]>::try_from(*bytes)
                .ok()
                .map(|b| std::net::IpAddr::from(b).to_string()),
            _ => None,
        },
        _ => None,
    }
}
