//! Every setting: its name in the file, in the environment, as a flag, and what it is without any.
//!
//! Invariant: no setting is itself a secret; keys are named by their file. Leaves out: what values mean (`settings`).

/// A setting.
#[derive(Debug)]
pub struct Key {
    /// Name in the file; `tls.cert` is `cert` in the table `[tls]`.
    pub name: &'static str,
    /// Environment variable.
    pub env: &'static str,
    /// Flag of `serve`, without the dashes.
    pub flag: &'static str,
    /// Its value unless given.
    pub default: Option<&'static str>,
}

const fn key(
    name: &'static str,
    env: &'static str,
    flag: &'static str,
    default: Option<&'static str>,
) -> Key {
    Key {
        name,
        env,
        flag,
        default,
    }
}

/// Names the file of settings.
pub const CONFIG_ENV: &str = "GUANMO_CONFIG";

/// Variables of ours that are no setting of the server: the file's name, and the font of photo strips.
pub const OTHER_ENV: &[&str] = &[CONFIG_ENV, "GUANMO_FONT"];

/// All of them, in the order they are shown.
pub const KEYS: &[Key] = &[
    key("data", "GUANMO_DATA", "data", Some("data")),
    key("listen", "GUANMO_LISTEN", "listen", Some("127.0.0.1:8650")),
    key("public_url", "GUANMO_PUBLIC_URL", "public-url", None),
    key("tls.cert", "GUANMO_TLS_CERT", "tls-cert", None),
    key("tls.key", "GUANMO_TLS_KEY", "tls-key", None),
    key(
        "tls.redirect_from",
        "GUANMO_TLS_REDIRECT_FROM",
        "redirect-from",
        None,
    ),
    key("log.level", "GUANMO_LOG", "log-level", Some("info")),
    key(
        "log.format",
        "GUANMO_LOG_FORMAT",
        "log-format",
        Some("text"),
    ),
    key(
        "metrics.listen",
        "GUANMO_METRICS_LISTEN",
        "metrics-listen",
        Some("off"),
    ),
    key("backup.dir", "GUANMO_BACKUP_DIR", "backup-dir", None),
    key(
        "backup.recipient",
        "GUANMO_BACKUP_RECIPIENT",
        "backup-recipient",
        None,
    ),
    key(
        "backup.every",
        "GUANMO_BACKUP_EVERY",
        "backup-every",
        Some("6h"),
    ),
    key(
        "backup.keep",
        "GUANMO_BACKUP_KEEP",
        "backup-keep",
        Some("28"),
    ),
    key(
        "backup.photos",
        "GUANMO_BACKUP_PHOTOS",
        "backup-photos",
        Some("true"),
    ),
    key(
        "limits.connections",
        "GUANMO_LIMITS_CONNECTIONS",
        "max-connections",
        Some("2048"),
    ),
    key(
        "limits.head_timeout",
        "GUANMO_LIMITS_HEAD_TIMEOUT",
        "head-timeout",
        Some("30s"),
    ),
    key(
        "limits.body_timeout",
        "GUANMO_LIMITS_BODY_TIMEOUT",
        "body-timeout",
        Some("60s"),
    ),
    key("limits.grace", "GUANMO_LIMITS_GRACE", "grace", Some("20s")),
    key(
        "limits.disk_reserve",
        "GUANMO_LIMITS_DISK_RESERVE",
        "disk-reserve",
        Some("1GB"),
    ),
];
