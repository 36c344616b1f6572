//! Settings: by flag, else by environment variable, else by file, else as they are by default.
//!
//! Invariant: nothing is read but what is named; every value knows where it came from, and `guanmo config show` tells.
//! Leaves out: what a server does with them (`serve`).

mod command;
mod file;
mod keys;
mod settings;
mod value;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::exit::Outcome;

pub use command::{ConfigArgs, run};
use keys::{CONFIG_ENV, KEYS, OTHER_ENV};
pub use settings::{LogFormat, Settings};

/// The flags of `serve`.
#[derive(Clone, Debug, Default, Args)]
pub struct Flags {
    /// 设置文件 (TOML) · File of settings (TOML); also GUANMO_CONFIG
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// 数据目录（没有则建立）· Data folder, made if need be [default: data]
    #[arg(long, value_name = "DIR")]
    pub data: Option<String>,
    /// 监听地址，端口 0 为任意空闲端口 · Address to listen on; port 0 takes any free one [default: 127.0.0.1:8650]
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<String>,
    /// 对外地址（在反向代理之后，或证书有名称时）· Address people and phones use, if it is another one
    #[arg(long, value_name = "URL")]
    pub public_url: Option<String>,
    /// HTTPS 证书链 (PEM) · Certificate chain for HTTPS (PEM)
    #[arg(long, value_name = "FILE")]
    pub tls_cert: Option<String>,
    /// HTTPS 私钥 (PEM) · Private key for HTTPS (PEM)
    #[arg(long, value_name = "FILE")]
    pub tls_key: Option<String>,
    /// 在此地址把 HTTP 转到 HTTPS · Redirect plain HTTP from this address
    #[arg(long, value_name = "ADDR")]
    pub redirect_from: Option<String>,
    /// 日志级别 · Log level [default: info]; also GUANMO_LOG
    #[arg(long, value_name = "LEVEL")]
    pub log_level: Option<String>,
    /// 日志格式 text 或 json · Log format, text or json [default: text]
    #[arg(long, value_name = "FORMAT")]
    pub log_format: Option<String>,
    /// 本机指标地址 · Address of /metrics, on this machine only [default: off]
    #[arg(long, value_name = "ADDR")]
    pub metrics_listen: Option<String>,
    /// 定时备份目录 · Folder of the backups the server makes
    #[arg(long, value_name = "DIR")]
    pub backup_dir: Option<String>,
    /// 备份公钥 age1… · Recipient of backups
    #[arg(long, value_name = "AGE1…")]
    pub backup_recipient: Option<String>,
    /// 备份间隔 · Time between backups [default: 6h]
    #[arg(long, value_name = "TIME")]
    pub backup_every: Option<String>,
    /// 保留份数 · Databases kept [default: 28]
    #[arg(long, value_name = "N")]
    pub backup_keep: Option<String>,
    /// 是否备份照片 · With photos [default: true]
    #[arg(long, value_name = "BOOL")]
    pub backup_photos: Option<String>,
    /// 最多连接数 · Connections at once [default: 2048]
    #[arg(long, value_name = "N")]
    pub max_connections: Option<String>,
    /// 请求头时限 · Time for a request's head [default: 30s]
    #[arg(long, value_name = "TIME")]
    pub head_timeout: Option<String>,
    /// 正文静默时限 · Time without a byte of a body [default: 60s]
    #[arg(long, value_name = "TIME")]
    pub body_timeout: Option<String>,
    /// 停止时等待请求完成 · Time for requests in progress at the stop [default: 20s]
    #[arg(long, value_name = "TIME")]
    pub grace: Option<String>,
    /// 照片不占用的磁盘空间 · Free disk that photos never touch [default: 1GB]
    #[arg(long, value_name = "SIZE")]
    pub disk_reserve: Option<String>,
}

impl Flags {
    fn by_flag(&self) -> [(&'static str, &Option<String>); 19] {
        [
            ("data", &self.data),
            ("listen", &self.listen),
            ("public-url", &self.public_url),
            ("tls-cert", &self.tls_cert),
            ("tls-key", &self.tls_key),
            ("redirect-from", &self.redirect_from),
            ("log-level", &self.log_level),
            ("log-format", &self.log_format),
            ("metrics-listen", &self.metrics_listen),
            ("backup-dir", &self.backup_dir),
            ("backup-recipient", &self.backup_recipient),
            ("backup-every", &self.backup_every),
            ("backup-keep", &self.backup_keep),
            ("backup-photos", &self.backup_photos),
            ("max-connections", &self.max_connections),
            ("head-timeout", &self.head_timeout),
            ("body-timeout", &self.body_timeout),
            ("grace", &self.grace),
            ("disk-reserve", &self.disk_reserve),
        ]
    }
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The command line.
    Flag(&'static str),
    /// An environment variable.
    Env(&'static str),
    /// The file.
    File(PathBuf),
    /// Nobody gave one.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => write!(f, "--{flag}"),
            Self::Env(name) => f.write_str(name),
            Self::File(path) => path.display().fmt(f),
            Self::Default => f.write_str("default"),
        }
    }
}

/// The values that hold, as text.
#[derive(Debug, Default)]
pub struct Given {
    values: BTreeMap<&'static str, (String, Origin)>,
    /// Variables with our prefix that are no setting.
    pub unknown_env: Vec<String>,
}

impl Given {
    fn get(&self, name: &str) -> Option<&(String, Origin)> {
        self.values.get(name)
    }

    /// Every setting with its value and where that comes from; none if it has no value.
    pub fn all(&self) -> impl Iterator<Item = (&'static str, Option<&(String, Origin)>)> {
        KEYS.iter().map(|key| (key.name, self.get(key.name)))
    }
}

/// Gathers the settings from flags, this environment, and the file they name.
///
/// # Errors
/// `bad_config`, `file_not_found`.
pub fn gather(flags: &Flags, env: &BTreeMap<String, String>) -> Outcome<Given> {
    let named = flags.config.clone();
    let path = named.or_else(|| env.get(CONFIG_ENV).map(PathBuf::from));
    let file = match &path {
        Some(path) => file::read(path)?,
        None => Vec::new(),
    };
    let by_flag = flags.by_flag();
    let mut given = Given::default();
    for key in KEYS {
        let flag = by_flag.iter().find(|(flag, _)| *flag == key.flag);
        let flag = flag.and_then(|(flag, value)| Some(((*value).clone()?, Origin::Flag(flag))));
        let env = env.get(key.env).filter(|text| !text.is_empty());
        let env = env.map(|text| (text.clone(), Origin::Env(key.env)));
        let filed = file.iter().find(|(name, _)| name == key.name);
        let filed = filed.map(|(_, text)| {
            let path = path.clone().unwrap_or_default();
            (relative(key.name, text, &path), Origin::File(path))
        });
        let default = key.default.map(|text| (text.to_owned(), Origin::Default));
        if let Some(value) = flag.or(env).or(filed).or(default) {
            given.values.insert(key.name, value);
        }
    }
    let ours = |name: &&String| {
        name.starts_with("GUANMO_")
            && !OTHER_ENV.contains(&name.as_str())
            && !KEYS.iter().any(|key| key.env == name.as_str())
    };
    given.unknown_env = env.keys().filter(ours).cloned().collect();
    Ok(given)
}

/// Paths in the file are meant from where the file is.
fn relative(name: &str, text: &str, file: &Path) -> String {
    let is_path = matches!(name, "data" | "tls.cert" | "tls.key" | "backup.dir");
    match file.parent() {
        Some(dir) if is_path => dir.join(text).display().to_string(),
        _ => text.to_owned(),
    }
}

/// The environment of this process, as far as it is text.
pub fn environment() -> BTreeMap<String, String> {
    let vars = std::env::vars_os();
    vars.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// The settings of this command line in this environment.
///
/// # Errors
/// `bad_config`, `file_not_found`.
pub fn settings(flags: &Flags) -> Outcome<Settings> {
    gather(flags, &environment())?.settings()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        let pairs = pairs.iter();
        pairs
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect()
    }

    fn file(text: &str) -> (tempfile::TempDir, Flags) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("guanmo.toml");
        std::fs::write(&path, text).unwrap();
        let flags = Flags {
            config: Some(path),
            ..Flags::default()
        };
        (dir, flags)
    }

    #[test]
    fn a_flag_wins_over_the_environment_that_over_the_file_and_that_over_the_default() {
        let (dir, mut flags) = file("data = \"d\"\nlisten = \"0.0.0.0:1\"\n[backup]\nkeep = 3\n");
        let given = gather(&flags, &env(&[])).unwrap();
        let value = |given: &Given, name| given.get(name).cloned().unwrap();
        let path = dir.path().join("guanmo.toml");
        let of_file = Origin::File(path);
        assert_eq!(value(&given, "listen"), ("0.0.0.0:1".into(), of_file));
        assert_eq!(given.settings().unwrap().data, dir.path().join("d"));
        assert_eq!(value(&given, "backup.keep").0, "3");
        assert_eq!(value(&given, "log.level"), ("info".into(), Origin::Default));
        let with_env = env(&[("GUANMO_LISTEN", "0.0.0.0:2"), ("GUANMO_LISTNE", "x")]);
        let given = gather(&flags, &with_env).unwrap();
        assert_eq!(value(&given, "listen").1, Origin::Env("GUANMO_LISTEN"));
        assert_eq!(given.unknown_env, ["GUANMO_LISTNE"]);
        flags.listen = Some("0.0.0.0:3".into());
        let given = gather(&flags, &with_env).unwrap();
        assert_eq!(given.settings().unwrap().listen.port(), 3);
        assert_eq!(value(&given, "listen").1, Origin::Flag("listen"));
    }

    #[test]
    fn an_unknown_name_or_a_wrong_type_is_refused_with_its_line() {
        for (text, at, word) in [
            (
                "data = \"d\"\nlistne = \"x\"\n",
                "line 2, column 1",
                "listne",
            ),
            (
                "[tls]\ncert = \"a\"\nkye = \"b\"\n",
                "line 3, column 1",
                "kye",
            ),
            ("[backup]\nkeep = \"many\"\n", "line 2, column 8", "string"),
            ("data = \n", "line 1", ""),
        ] {
            let (_dir, flags) = file(text);
            let failure = gather(&flags, &env(&[])).err().unwrap();
            assert_eq!(failure.code, "bad_config");
            assert!(
                failure.en.contains(at) && failure.en.contains(word),
                "{}",
                failure.en
            );
            assert!(failure.zh.contains('行'));
        }
    }

    #[test]
    fn values_that_cannot_be_meant_are_refused_by_name_and_place() {
        let key = server::backup::keygen().0.to_string();
        for pairs in [
            &[("GUANMO_LISTEN", "here")][..],
            &[("GUANMO_LISTEN", "off")],
            &[("GUANMO_PUBLIC_URL", "guanmo.cn")],
            &[("GUANMO_PUBLIC_URL", "https://me:secret@guanmo.cn")],
            &[("GUANMO_TLS_CERT", "a.pem")],
            &[("GUANMO_TLS_KEY", "a.pem")],
            &[("GUANMO_TLS_REDIRECT_FROM", "0.0.0.0:80")],
            &[("GUANMO_LOG", "loud=very")],
            &[("GUANMO_LOG_FORMAT", "xml")],
            &[("GUANMO_METRICS_LISTEN", "0.0.0.0:8651")],
            &[("GUANMO_BACKUP_DIR", "b")],
            &[("GUANMO_BACKUP_RECIPIENT", key.as_str())],
            &[
                ("GUANMO_BACKUP_RECIPIENT", "age1x"),
                ("GUANMO_BACKUP_DIR", "b"),
            ],
            &[("GUANMO_BACKUP_EVERY", "often")],
            &[("GUANMO_BACKUP_KEEP", "0")],
            &[("GUANMO_LIMITS_DISK_RESERVE", "much")],
        ] {
            let failure = gather(&Flags::default(), &env(pairs)).unwrap().settings();
            let failure = failure.err().unwrap_or_else(|| panic!("{pairs:?}"));
            assert_eq!(failure.code, "bad_config");
            assert!(failure.en.contains("GUANMO_"), "{}", failure.en);
        }
        let whole = [
            ("GUANMO_BACKUP_RECIPIENT", key.as_str()),
            ("GUANMO_BACKUP_DIR", "b"),
        ];
        assert!(
            gather(&Flags::default(), &env(&whole))
                .unwrap()
                .settings()
                .is_ok()
        );
    }

    #[test]
    fn every_setting_has_a_flag() {
        let flags = Flags::default();
        let known: Vec<_> = flags.by_flag().iter().map(|(flag, _)| *flag).collect();
        assert!(KEYS.iter().all(|key| known.contains(&key.flag)));
        assert_eq!(known.len(), KEYS.len());
    }
}
