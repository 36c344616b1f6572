//! What can go wrong with a backup, in words for whoever must act.
//!
//! Invariant: every text says what, where, and what to do. Leaves out: exit codes (the command line).

use std::path::PathBuf;

/// A backup, check or restore that did not come about. Nothing that was there before has changed.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The text is no public key.
    #[error("{0:?} is no age recipient; it begins with age1 (guanmo backup keygen makes one)")]
    Recipient(String),
    /// The file holds no secret key.
    #[error("{} holds no age secret key; it begins with AGE-SECRET-KEY-1", .0.display())]
    Identity(PathBuf),
    /// The backup is for another key.
    #[error("{} is encrypted to another key; use the secret key that belongs to its recipient", .0.display())]
    WrongKey(PathBuf),
    /// It is no backup, or its bytes have changed.
    #[error("{} is no whole backup ({why}); use another one", file.display())]
    Damaged {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The database to back up is damaged.
    #[error(
        "the database is damaged ({0}); it was not backed up, earlier backups stay; run guanmo doctor"
    )]
    Source(String),
    /// There is no database to back up.
    #[error("there is no server.db in {}; give the data folder", .0.display())]
    NoDatabase(PathBuf),
    /// The backup is of a newer version.
    #[error("the backup was made by a newer version of guanmo ({0}); use that version")]
    Newer(String),
    /// A file of that name is there.
    #[error("{} is there already; choose another name", .0.display())]
    Exists(PathBuf),
    /// The folder to restore into is not empty.
    #[error("{} is not empty; restore into a new or empty folder", .0.display())]
    NotEmpty(PathBuf),
    /// Another backup of this data folder is running.
    #[error("another backup of this data folder is running; wait for it")]
    Busy,
    /// The disk failed.
    #[error("{}: {source}; check path, rights and free space", file.display())]
    Io {
        /// The file or folder.
        file: PathBuf,
        /// What it said.
        source: std::io::Error,
    },
    /// SQLite failed.
    #[error("the database: {0}")]
    Database(String),
}

impl BackupError {
    /// For a file or folder.
    pub(super) fn io(file: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let file = file.into();
        move |source| Self::Io { file, source }
    }

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Recipient(_) => "bad_recipient",
            Self::Identity(_) => "bad_identity",
            Self::WrongKey(_) => "wrong_key",
            Self::Damaged { .. } => "backup_damaged",
            Self::Source(_) => "database_corrupt",
            Self::NoDatabase(_) => "not_found",
            Self::Newer(_) => "backup_newer",
            Self::Exists(_) => "exists",
            Self::NotEmpty(_) => "not_empty",
            Self::Busy => "busy",
            Self::Io { .. } => "disk",
            Self::Database(_) => "database",
        }
    }

    /// What to tell people in Chinese.
    #[must_use]
    pub fn message_zh(&self) -> String {
        match self {
            Self::Recipient(text) => {
                format!("{text:?} 不是 age 公钥；公钥以 age1 开头（用 guanmo backup keygen 生成）")
            }
            Self::Identity(file) => format!(
                "{} 中没有 age 私钥；私钥以 AGE-SECRET-KEY-1 开头",
                file.display()
            ),
            Self::WrongKey(file) => {
                format!("{} 是为另一把公钥加密的；请用对应的私钥", file.display())
            }
            Self::Damaged { file, why } => {
                format!("{} 不是完整的备份（{why}）；请用另一份", file.display())
            }
            Self::Source(why) => {
                format!("数据库已损坏（{why}），未备份，原有备份保留；请运行 guanmo doctor")
            }
            Self::NoDatabase(dir) => format!("{} 中没有 server.db；请指明数据目录", dir.display()),
            Self::Newer(version) => {
                format!("备份由更新版本（{version}）的程序写成，请使用该版本")
            }
            Self::Exists(file) => format!("{} 已存在，请换一个名字", file.display()),
            Self::NotEmpty(dir) => format!("{} 不是空目录；请恢复到新目录或空目录", dir.display()),
            Self::Busy => "该数据目录正在备份，请等它完成".to_owned(),
            Self::Io { file, source } => {
                format!("{}：{source}；请检查路径、权限和磁盘空间", file.display())
            }
            Self::Database(why) => format!("数据库：{why}"),
        }
    }
}
