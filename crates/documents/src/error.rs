//! What can go wrong while a table is written.
//!
//! Invariant: never about a value of a cell: what cannot stand in a cell is cut or shown otherwise. Leaves out: imports,
//! which have errors of their own (`import::ImportErrors`).

use thiserror::Error;

/// Why a table was not written.
#[derive(Debug, Error)]
pub enum WriteError {
    /// The workbook cannot be put together.
    #[error("the workbook cannot be written: {0}")]
    Workbook(#[from] rust_xlsxwriter::XlsxError),
    /// Where it was to be written failed.
    #[error("the file cannot be written: {0}")]
    File(#[from] std::io::Error),
}

impl WriteError {
    /// In Chinese.
    pub fn message_zh(&self) -> String {
        match self {
            Self::Workbook(error) => format!("工作簿无法生成：{error}"),
            Self::File(error) => format!("文件无法写入：{error}"),
        }
    }
}

impl From<csv::Error> for WriteError {
    fn from(error: csv::Error) -> Self {
        Self::File(error.into())
    }
}

impl From<serde_json::Error> for WriteError {
    fn from(error: serde_json::Error) -> Self {
        Self::File(error.into())
    }
}
