//! What can go wrong at the office, and how it is answered.
//!
//! Invariant: what is refused carries a stable code; what fails inside is logged once and answered without detail.
//! Leaves out: which rule was broken (the services say it).

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use protocol::problem::{Code, Problem};

/// When to come back if nobody knows better, seconds.
const WAIT_S: u32 = 5;
/// The same for a disk somebody has to make room on, seconds.
const WAIT_FOR_DISK_S: u32 = 60;

/// Result of a service.
pub type Result<T> = std::result::Result<T, Error>;

/// Something refused, with what the caller needs to go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The stable code.
    pub code: Code,
    /// What exactly, for people.
    pub detail: Option<String>,
    /// For `replayed`: the last counter seen of the device.
    pub last_counter: Option<u64>,
    /// For `wrong_server`: the generation the server is in.
    pub generation: Option<u64>,
    /// Seconds after which to come back.
    pub retry_after_s: Option<u32>,
}

/// An error of the server.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A rule was broken; nothing was changed.
    #[error("{}: {}", .0.code.as_str(), .0.detail.as_deref().unwrap_or("-"))]
    Refused(Refusal),
    /// The database was written by a newer version.
    #[error("the database was written by a newer version of guanmo; use that version")]
    DatabaseNewer,
    /// Another process has the data folder.
    #[error(
        "the data folder is in use by another process; stop it first (a running guanmo serve, for instance)"
    )]
    DatabaseLocked,
    /// The database file is no database or is damaged.
    #[error(
        "server.db is damaged or no database: {0}; nothing was changed; restore the newest backup"
    )]
    DatabaseCorrupt(String),
    /// The data folder cannot be made or written to.
    #[error("the data folder cannot be used: {0}; check its path, its rights and the disk")]
    Folder(std::io::Error),
    /// The certificate cannot be used: the files and why.
    #[error(
        "the certificate cannot be used: {0}; give certificate and key in PEM that belong together"
    )]
    Tls(String),
    /// A backup failed.
    #[error(transparent)]
    Backup(#[from] crate::backup::BackupError),
    /// The ledger failed.
    #[error(transparent)]
    Ledger(ledger::LedgerError),
    /// The photo folder failed.
    #[error(transparent)]
    Blobs(#[from] crate::blobs::BlobError),
    /// The storage failed.
    #[error("storage: {0}")]
    Storage(Box<dyn std::error::Error + Send + Sync>),
    /// The disk failed.
    #[error("disk: {0}")]
    Io(#[from] std::io::Error),
}

impl Error {
    /// A storage failure with words for the log.
    pub fn storage(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Storage(cause.into())
    }

    /// Refuses with a code and what exactly is wrong.
    pub fn because(code: Code, detail: impl Into<String>) -> Self {
        Self::Refused(Refusal {
            detail: Some(detail.into()),
            ..Refusal::from(code)
        })
    }

    /// Asked too often: to be asked again after so many seconds.
    pub fn too_many(retry_after_s: u32) -> Self {
        Self::later(Code::TooManyRequests, retry_after_s)
    }

    /// Not now: to be asked again after so many seconds.
    pub fn later(code: Code, retry_after_s: u32) -> Self {
        Self::Refused(Refusal {
            retry_after_s: Some(retry_after_s),
            ..Refusal::from(code)
        })
    }

    /// The disk of the data folder takes nothing: logged here, because the caller is answered without detail.
    pub fn disk(code: Code, cause: &dyn std::fmt::Display) -> Self {
        tracing::error!(code = code.as_str(), %cause, "the disk takes nothing");
        Self::later(code, WAIT_FOR_DISK_S)
    }

    /// The code of a failure inside: what the disk did, or no more than that it failed.
    pub(crate) fn inside(&self) -> Code {
        use std::io::ErrorKind as Kind;
        match self {
            Self::Io(e) => match e.kind() {
                Kind::StorageFull | Kind::QuotaExceeded => Code::ServerFull,
                Kind::ReadOnlyFilesystem => Code::ServerReadOnly,
                _ => Code::Internal,
            },
            _ => Code::Internal,
        }
    }

    /// The stable code, also of what prevents a start.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused(r) => r.code.as_str(),
            Self::DatabaseNewer => "database_newer",
            Self::DatabaseLocked => "database_locked",
            Self::DatabaseCorrupt(_) => "database_corrupt",
            Self::Folder(_) => "data_folder",
            Self::Tls(_) => "bad_certificate",
            Self::Backup(error) => error.code(),
            other => other.inside().as_str(),
        }
    }

    /// The refusal, if it is one.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(r) => Some(r),
            _ => None,
        }
    }

    /// What to tell people in English.
    pub fn message_en(&self) -> String {
        match self {
            Self::DatabaseNewer
            | Self::DatabaseLocked
            | Self::DatabaseCorrupt(_)
            | Self::Folder(_)
            | Self::Tls(_)
            | Self::Backup(_) => self.to_string(),
            Self::Refused(r) => match &r.detail {
                Some(detail) => format!("{} ({detail})", r.code.en()),
                None => r.code.en().to_owned(),
            },
            other => other.inside().en().to_owned(),
        }
    }

    /// What to tell people in Chinese.
    pub fn message_zh(&self) -> String {
        match self {
            Self::DatabaseNewer => "数据库由更新版本的程序写入，请使用新版本".to_owned(),
            Self::DatabaseLocked => {
                "数据目录正被另一进程使用，请先停止它（例如正在运行的 guanmo serve）".to_owned()
            }
            Self::DatabaseCorrupt(why) => {
                format!("server.db 已损坏或不是数据库（{why}）；未做任何更改，请用最近的备份恢复")
            }
            Self::Folder(why) => {
                format!("数据目录无法使用（{why}）；请检查路径、权限和磁盘")
            }
            Self::Backup(error) => error.message_zh(),
            Self::Tls(why) => {
                format!("证书无法使用（{why}）；请给出 PEM 格式、互相对应的证书与私钥")
            }
            Self::Refused(r) => match &r.detail {
                Some(detail) => format!("{}（{detail}）", r.code.zh()),
                None => r.code.zh().to_owned(),
            },
            other => other.inside().zh().to_owned(),
        }
    }
}

impl From<Code> for Refusal {
    fn from(code: Code) -> Self {
        Self {
            code,
            detail: None,
            last_counter: None,
            generation: None,
            retry_after_s: None,
        }
    }
}

impl From<Code> for Error {
    fn from(code: Code) -> Self {
        Self::Refused(code.into())
    }
}

impl Refusal {
    /// The problem a program is answered with.
    pub fn problem(&self, english: bool, request_id: Option<String>) -> Problem {
        let mut problem = Problem::new(self.code, english);
        problem.detail = self.detail.clone();
        problem.request_id = request_id;
        problem.last_counter = self.last_counter;
        problem.generation = self.generation;
        problem
    }

    /// The same as an answer.
    pub fn answer(&self, english: bool, request_id: Option<String>) -> Response {
        let problem = self.problem(english, request_id);
        let status =
            StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, axum::Json(problem)).into_response();
        let headers = response.headers_mut();
        let json = HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, json);
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        let later = matches!(status.as_u16(), 429 | 503 | 507).then_some(WAIT_S);
        if let Some(seconds) = self.retry_after_s.or(later) {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl IntoResponse for Error {
    /// The middleware `problem` (or `console::refusal`) says it again in the caller's language and with the request's id.
    fn into_response(self) -> Response {
        let refusal = match self {
            Self::Refused(refusal) => refusal,
            other => {
                tracing::error!(error = %other, "a request failed");
                other.inside().into()
            }
        };
        let mut response = refusal.answer(false, None);
        response.extensions_mut().insert(refusal);
        response
    }
}
