//! Settings as the server needs them, checked one by one and together.
//!
//! Invariant: a value that cannot be meant is refused with the setting, the place it comes from and what would do.
//! Leaves out: whether the files they name are any good (`doctor`, `serve`).

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use server::backup::{Plan, Recipient};
use server::net::Limits;
use server::net::tls::TlsFiles;

use super::{Given, Origin, value};
use crate::exit::{Failure, Outcome};

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// A line for people.
    Text,
    /// A line of JSON.
    Json,
}

/// What a server is started with.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Data folder.
    pub data: PathBuf,
    /// Where to listen.
    pub listen: SocketAddr,
    /// Address people and phones use.
    pub public_url: Option<String>,
    /// Certificate and key.
    pub tls: Option<TlsFiles>,
    /// Where plain HTTP is answered with a redirect.
    pub redirect_from: Option<SocketAddr>,
    /// What is logged, in the words of `tracing`.
    pub log_level: String,
    /// How.
    pub log_format: LogFormat,
    /// Where metrics are given, on this machine.
    pub metrics: Option<SocketAddr>,
    /// Backups the server makes.
    pub backup: Option<Plan>,
    /// What a stranger may cost.
    pub limits: Limits,
    /// Free disk that photos never touch, bytes.
    pub disk_reserve: u64,
}

/// A setting that cannot be meant.
fn refused(name: &str, given: Option<&(String, Origin)>, zh: &str, en: &str) -> Failure {
    let (text, from) = given.map_or_else(
        || (String::new(), String::new()),
        |(text, origin)| (format!(" = {text:?}"), format!(" ({origin})")),
    );
    Failure::bad_input(
        "bad_config",
        format!("设置 {name}{text}{from}：{zh}"),
        format!("setting {name}{text}{from}: {en}"),
    )
}

impl Given {
    fn parsed<T>(
        &self,
        name: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
        zh: &str,
        en: &str,
    ) -> Outcome<Option<T>> {
        let given = self.get(name);
        let Some((text, _)) = given else {
            return Ok(None);
        };
        match read(text.trim()) {
            Some(value) => Ok(Some(value)),
            None => Err(refused(name, given, zh, en)),
        }
    }

    /// The same for what has a default.
    fn needed<T>(
        &self,
        name: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
        zh: &str,
        en: &str,
    ) -> Outcome<T> {
        let value = self.parsed(name, read, zh, en)?;
        value.ok_or_else(|| refused(name, None, "缺少", "missing"))
    }

    fn address(&self, name: &'static str) -> Outcome<Option<SocketAddr>> {
        let read = |text: &str| match text {
            "off" => Some(None),
            text => text.parse().ok().map(Some),
        };
        let (zh, en) = (
            "应为 IP:端口，如 0.0.0.0:8650",
            "wants IP:PORT, as 0.0.0.0:8650",
        );
        Ok(self.parsed(name, read, zh, en)?.flatten())
    }

    fn time(&self, name: &'static str) -> Outcome<Duration> {
        let (zh, en) = (
            "应为时长，如 30s、6h、7d",
            "wants a duration, as 30s, 6h, 7d",
        );
        self.needed(name, value::duration, zh, en)
    }

    fn number(&self, name: &'static str) -> Outcome<usize> {
        let read = |text: &str| text.parse().ok().filter(|n| *n > 0);
        self.needed(name, read, "应为正整数", "wants a whole number from 1 on")
    }

    fn path(&self, name: &'static str) -> Option<PathBuf> {
        self.get(name).map(|(text, _)| PathBuf::from(text))
    }

    fn tls(&self) -> Outcome<Option<TlsFiles>> {
        match (self.path("tls.cert"), self.path("tls.key")) {
            (Some(cert), Some(key)) => Ok(Some(TlsFiles { cert, key })),
            (None, None) => Ok(None),
            (cert, _) => {
                let (has, lacks) = if cert.is_some() {
                    ("tls.cert", "tls.key")
                } else {
                    ("tls.key", "tls.cert")
                };
                Err(refused(
                    has,
                    self.get(has),
                    &format!("还须给出 {lacks}"),
                    &format!("needs {lacks} too"),
                ))
            }
        }
    }

    fn backup(&self) -> Outcome<Option<Plan>> {
        let recipient = self.parsed(
            "backup.recipient",
            |text| text.parse::<Recipient>().ok(),
            "应为 age1 开头的公钥（guanmo backup keygen 生成）",
            "wants a public key that begins with age1 (guanmo backup keygen makes one)",
        )?;
        let every = self.time("backup.every")?;
        let keep = self.number("backup.keep")?;
        let photos = self.needed(
            "backup.photos",
            value::flag,
            "应为 true 或 false",
            "wants true or false",
        )?;
        match (self.path("backup.dir"), recipient) {
            (Some(dir), Some(recipient)) => Ok(Some(Plan {
                dir,
                recipient,
                every,
                keep,
                photos,
            })),
            (None, None) => Ok(None),
            (Some(_), None) => Err(refused(
                "backup.dir",
                self.get("backup.dir"),
                "还须给出 backup.recipient：备份总是加密的",
                "needs backup.recipient too: backups are always encrypted",
            )),
            (None, Some(_)) => Err(refused(
                "backup.recipient",
                self.get("backup.recipient"),
                "还须给出 backup.dir",
                "needs backup.dir too",
            )),
        }
    }

    fn public_url(&self) -> Outcome<Option<String>> {
        let read = |text: &str| {
            let text = text.trim_end_matches('/');
            let rest = text
                .strip_prefix("https://")
                .or_else(|| text.strip_prefix("http://"))?;
            let plain = !rest.is_empty() && !rest.contains(['/', '@', '?', '#', ' ']);
            plain.then(|| text.to_owned())
        };
        self.parsed(
            "public_url",
            read,
            "应为 https://名称[:端口]，不带路径、用户名",
            "wants https://NAME[:PORT] without path or user name",
        )
    }

    /// Everything, checked.
    ///
    /// # Errors
    /// `bad_config`, exit 2.
    pub fn settings(&self) -> Outcome<Settings> {
        let settings = Settings {
            data: self.path("data").unwrap_or_default(),
            listen: self.address("listen")?.ok_or_else(|| {
                refused("listen", self.get("listen"), "不能关闭", "cannot be off")
            })?,
            public_url: self.public_url()?,
            tls: self.tls()?,
            redirect_from: self.address("tls.redirect_from")?,
            log_level: self.needed(
                "log.level",
                |text| {
                    let filter = tracing_subscriber::EnvFilter::try_new(text);
                    filter.is_ok().then(|| text.to_owned())
                },
                "应为 error、warn、info、debug、trace 或 tracing 过滤式",
                "wants error, warn, info, debug, trace or a filter of tracing",
            )?,
            log_format: self.needed(
                "log.format",
                |text| match text {
                    "text" => Some(LogFormat::Text),
                    "json" => Some(LogFormat::Json),
                    _ => None,
                },
                "应为 text 或 json",
                "wants text or json",
            )?,
            metrics: self.address("metrics.listen")?,
            backup: self.backup()?,
            limits: Limits {
                max_connections: self.number("limits.connections")?,
                head_timeout: self.time("limits.head_timeout")?,
                body_timeout: self.time("limits.body_timeout")?,
                grace: self.time("limits.grace")?,
            },
            disk_reserve: self.needed(
                "limits.disk_reserve",
                value::bytes,
                "应为大小，如 500MB、1GB",
                "wants a size, as 500MB, 1GB",
            )?,
        };
        self.together(&settings)?;
        Ok(settings)
    }

    fn together(&self, s: &Settings) -> Outcome<()> {
        if s.metrics.is_some_and(|at| !at.ip().is_loopback()) {
            return Err(refused(
                "metrics.listen",
                self.get("metrics.listen"),
                "只能是本机地址（127.0.0.1 或 [::1]）：这里不验证身份",
                "must be of this machine (127.0.0.1 or [::1]): nobody is asked who he is there",
            ));
        }
        let https = s
            .public_url
            .as_ref()
            .is_some_and(|u| u.starts_with("https:"));
        if s.redirect_from.is_some() && !(s.tls.is_some() && https) {
            return Err(refused(
                "tls.redirect_from",
                self.get("tls.redirect_from"),
                "须同时有 tls.cert、tls.key 和 https 的 public_url",
                "needs tls.cert, tls.key and a public_url with https",
            ));
        }
        Ok(())
    }
}
