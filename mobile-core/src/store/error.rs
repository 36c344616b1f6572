//! Why the local database cannot be used, in words that say what was (not) done to it.

use ledger::LedgerError;
use rusqlite::ErrorCode;
use thiserror::Error;

/// What to tell people when there is no space left: Chinese, English.
pub(crate) const FULL: (&str, &str) = (
    "手机存储空间已满，这一步没有保存；请清理空间后再试，已保存的内容都在",
    "The phone's storage is full; this step was not saved; free some space and try again; everything saved before is there",
);
/// What to tell people when nothing may be written: Chinese, English.
pub(crate) const READ_ONLY: (&str, &str) = (
    "存放数据的位置只能读、不能写，这一步没有保存，已保存的内容都在；请检查写保护和文件夹权限后再试",
    "The place of the data can be read but not written; this step was not saved; everything saved before is there; check write protection and the folder's permissions, then try again",
);

/// An error of the local database.
#[derive(Debug, Error)]
pub enum StoreError {
    /// Written by a newer app.
    #[error("the database has version {found}, this app knows {known}")]
    Newer {
        /// Its version.
        found: i64,
        /// The newest this app reads.
        known: i64,
    },
    /// Another process has it.
    #[error("the database is in use by another process: {0}")]
    Locked(String),
    /// Not a database, or damaged.
    #[error("the database is damaged: {0}")]
    Corrupt(String),
    /// No space left.
    #[error("the phone's storage is full: {0}")]
    Full(String),
    /// The storage may only be read.
    #[error("the phone's storage is read-only: {0}")]
    ReadOnly(String),
    /// The storage failed, or the file cannot be opened.
    #[error("the phone's storage failed: {0}")]
    Disk(String),
    /// A segment that is none, or not signed by whom it names.
    #[error("bad segment: {0}")]
    Segment(String),
    /// The ledger refused a change.
    #[error("refused: {0}")]
    Refused(String),
    /// Anything else.
    #[error("database: {0}")]
    Other(String),
}

impl StoreError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Newer { .. } => "database_newer",
            Self::Locked(_) => "database_locked",
            Self::Corrupt(_) => "database_damaged",
            Self::Full(_) => "disk_full",
            Self::ReadOnly(_) => "read_only",
            Self::Disk(_) => "disk_error",
            Self::Segment(_) => "bad_segment",
            Self::Refused(_) => "refused",
            Self::Other(_) => "database",
        }
    }

    pub(crate) fn zh(&self) -> &'static str {
        match self {
            Self::Newer { .. } => "本机数据由更新版本的应用写入，请先更新应用；数据没有改动",
            Self::Locked(_) => "本机数据正被另一个程序使用，请先关闭它",
            Self::Corrupt(_) => {
                "本机数据文件已损坏。照片是单独的文件，都还在；已送达服务器的内容都安全；什么都没有删除。请勿卸载应用，用「抢救数据」取出未送达的内容，再同步；不会用请把手机交给督查室"
            }
            Self::Full(_) => FULL.0,
            Self::ReadOnly(_) => READ_ONLY.0,
            Self::Disk(_) => {
                "手机存储读写失败，这一步没有保存，已保存的内容没有改动；请先检查存储空间，再重启手机重试；仍不行请勿卸载应用，联系督查室"
            }
            Self::Segment(_) => "收到的数据段已损坏，本机数据没有改动，请重新同步",
            Self::Refused(_) => "这一步不被接受，数据没有改动",
            Self::Other(_) => "本机数据库出错，这一步没有保存",
        }
    }

    pub(crate) fn en(&self) -> &'static str {
        match self {
            Self::Newer { .. } => {
                "The data on this phone was written by a newer app; update first; nothing was changed"
            }
            Self::Locked(_) => "Another program is using the data on this phone; close it first",
            Self::Corrupt(_) => {
                "The data file on this phone is damaged. Photos are files of their own and still there; everything the server acknowledged is safe; nothing was deleted. Do not uninstall the app: salvage the data to get out what was not sent, then sync, or take the phone to the office"
            }
            Self::Full(_) => FULL.1,
            Self::ReadOnly(_) => READ_ONLY.1,
            Self::Disk(_) => {
                "The phone's storage could not be read or written; this step was not saved, what was saved before is unchanged; check for free space, then restart the phone and try again; if it still fails, do not uninstall the app, ask the office"
            }
            Self::Segment(_) => {
                "A segment arrived damaged; nothing on this phone was changed; sync again"
            }
            Self::Refused(_) => "This is not accepted; nothing was changed",
            Self::Other(_) => "The database on this phone failed; this step was not saved",
        }
    }
}

impl StoreError {
    /// What arrived is at fault, not this phone.
    #[cfg(not(target_family = "wasm"))]
    pub(crate) fn is_foreign(&self) -> bool {
        matches!(self, Self::Segment(_) | Self::Refused(_))
    }

    /// The error of looking at a segment that arrived.
    pub(crate) fn of_arrival(error: LedgerError) -> Self {
        match error {
            LedgerError::Segment(e) => Self::Segment(e.to_string()),
            other => other.into(),
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        let text = error.to_string();
        // The index of the write-ahead log is a file, too: no room for it is a full disk.
        if error.sqlite_extended_error_code() == Some(rusqlite::ffi::SQLITE_IOERR_SHMSIZE) {
            return Self::Full(text);
        }
        match error.sqlite_error_code() {
            // A row that must be there is not, or is of another shape.
            None if !matches!(error, rusqlite::Error::InvalidParameterName(_)) => {
                Self::Corrupt(text)
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked(text),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Corrupt(text),
            Some(ErrorCode::DiskFull) => Self::Full(text),
            Some(ErrorCode::ReadOnly) => Self::ReadOnly(text),
            Some(ErrorCode::SystemIoFailure | ErrorCode::CannotOpen) => Self::Disk(text),
            _ => Self::Other(text),
        }
    }
}

impl From<LedgerError> for StoreError {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Database(e) => e.into(),
            // What arrives goes through `Tx::inspect`; here it is a stored one.
            LedgerError::Segment(e) => Self::Corrupt(e.to_string()),
            LedgerError::Refused(e) => Self::Refused(e),
            LedgerError::Value(_) | LedgerError::Damaged(_) => Self::Corrupt(error.to_string()),
        }
    }
}
