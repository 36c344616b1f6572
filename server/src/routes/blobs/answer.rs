//! Refusals as `application/problem+json`, with the tus headers that a client needs to go on.

use std::io::ErrorKind;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use protocol::problem::{Code, Problem};

use crate::blobs::{BlobError, UploadRefusal};

/// When to come back with an upload, seconds.
const WAIT_S: u32 = 60;

/// An answer that is not a success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    code: Code,
    /// Where the upload stands, for 409 and 460.
    upload_offset: Option<u64>,
    detail: Option<&'static str>,
    /// When to come back, seconds.
    retry_after_s: Option<u32>,
}

impl Refusal {
    /// A refusal that says what exactly is wrong.
    pub(super) fn because(code: Code, detail: &'static str) -> Self {
        Self {
            detail: Some(detail),
            ..code.into()
        }
    }

    /// A refusal that ends by itself.
    pub(super) fn later(code: Code, retry_after_s: u32) -> Self {
        Self {
            retry_after_s: Some(retry_after_s),
            ..code.into()
        }
    }

    /// The piece did not match its `Upload-Checksum`; the upload stands where it stood.
    pub(super) fn checksum_mismatch(upload_offset: u64) -> Self {
        let detail = "the piece does not match its Upload-Checksum";
        Self {
            upload_offset: Some(upload_offset),
            ..Self::because(Code::ChecksumMismatch, detail)
        }
    }
}

impl From<Code> for Refusal {
    fn from(code: Code) -> Self {
        Self {
            code,
            upload_offset: None,
            detail: None,
            retry_after_s: None,
        }
    }
}

impl From<UploadRefusal> for Refusal {
    fn from(refusal: UploadRefusal) -> Self {
        match refusal {
            UploadRefusal::Forbidden => Code::Forbidden.into(),
            UploadRefusal::OtherLength => Self::because(
                Code::BadRequest,
                "Upload-Length is not the size in the record",
            ),
        }
    }
}

impl From<BlobError> for Refusal {
    fn from(error: BlobError) -> Self {
        match error {
            BlobError::Absent => Code::UploadMissing.into(),
            BlobError::Busy => Code::UploadBusy.into(),
            BlobError::OffsetMismatch { offset } => Self {
                upload_offset: Some(offset),
                ..Code::BadOffset.into()
            },
            BlobError::BeyondLength { .. } => {
                Self::because(Code::RequestTooLarge, "more bytes than Upload-Length")
            }
            BlobError::TooLarge { .. } => Code::PhotoTooLarge.into(),
            BlobError::TooManyOpen { .. } => Self::later(Code::TooManyUploads, WAIT_S),
            BlobError::DiskReserve => Self::later(Code::DiskFull, WAIT_S),
            BlobError::HashMismatch => {
                let detail = "all bytes are there and do not have the announced SHA-256";
                Self {
                    upload_offset: Some(0),
                    ..Self::because(Code::ChecksumMismatch, detail)
                }
            }
            BlobError::Io(error)
                if matches!(
                    error.kind(),
                    ErrorKind::StorageFull | ErrorKind::QuotaExceeded
                ) =>
            {
                tracing::error!(%error, "the disk of the photos is full");
                Self::later(Code::DiskFull, WAIT_S)
            }
            BlobError::Io(error) => {
                tracing::error!(%error, "the blob store failed");
                Code::Internal.into()
            }
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut problem = Problem::new(self.code, false);
        problem.detail = self.detail.map(str::to_owned);
        let status =
            StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, axum::Json(problem)).into_response();
        let headers = response.headers_mut();
        let json = HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, json);
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert("tus-resumable", HeaderValue::from_static("1.0.0"));
        if let Some(offset) = self.upload_offset {
            headers.insert("upload-offset", offset.into());
        }
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        match self.code {
            Code::Unauthorised => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            Code::TusVersion => {
                headers.insert("tus-version", HeaderValue::from_static("1.0.0"));
            }
            Code::Busy => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(WAIT_S));
            }
            _ => {}
        }
        response
    }
}
