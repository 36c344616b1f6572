//! One file's upload over tus 1.0, as a state machine without I/O.
//!
//! The driver sends what [`Upload::next`] gives, reports the answer to [`Upload::on_response`] (or the lost
//! connection to [`Upload::on_cut`]) and does what [`Progress`] says. Nothing needs to be kept over a restart: a new
//! `Upload` begins with the creation, which the server answers with the offset it already has. Invariants: only an
//! answer with `Tus-Resumable` is believed (a captive portal says 200 too); "done" is only the server's own
//! `Upload-Offset` equal to the size, which it gives after re-hashing all bytes; no answer is final except that the
//! phone's own file is damaged or the server refuses this file. Left out: the order of files, waiting, the network.

use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use sha2::{Digest, Sha256};

use super::BlobHash;

/// Where blobs live on the server.
pub const BLOBS_PATH: &str = "/api/v1/blobs";
/// Smallest piece sent in one request, bytes (unless the rest is smaller).
pub const MIN_CHUNK_BYTES: u64 = 64 * 1024;
/// Largest piece sent in one request, bytes.
pub const MAX_CHUNK_BYTES: u64 = 256 * 1024;
/// First piece of an upload, bytes.
const FIRST_CHUNK_BYTES: u64 = 128 * 1024;
/// Answers in a row that bring the upload no byte further before it pauses, so that a driver never spins.
const MAX_FRUITLESS_ANSWERS: u32 = 10;
/// Times the bytes may arrive changed although the phone's file is intact, before the upload pauses.
const MAX_MISMATCHES: u32 = 3;
const VERSION: &str = "1.0.0";

/// HTTP method of a [`TusRequest`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Create the upload (or PATCH through a proxy that knows no PATCH).
    Post,
    /// Ask for the offset.
    Head,
    /// Send a piece.
    Patch,
}

impl Method {
    /// The name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Post => "POST",
            Self::Head => "HEAD",
            Self::Patch => "PATCH",
        }
    }
}

/// A request to send; the driver adds `Authorization` and, for a body, [`chunk_checksum`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TusRequest {
    /// The method.
    pub method: Method,
    /// Path on the server, without query.
    pub path: String,
    /// Headers to set, beside `Authorization`, `Content-Length` and `Upload-Checksum`.
    pub headers: Vec<(&'static str, String)>,
    /// Which bytes of the file are the body; `None` for an empty body.
    pub body_range: Option<Range<u64>>,
}

/// The `Upload-Checksum` header for a body.
#[must_use]
pub fn chunk_checksum(body: &[u8]) -> (&'static str, String) {
    (
        "Upload-Checksum",
        format!("sha256 {}", BASE64.encode(Sha256::digest(body))),
    )
}

/// The answer's headers that matter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ResponseHeaders {
    /// `Tus-Resumable` is there and is version 1.0.0.
    pub is_tus: bool,
    /// `Upload-Offset`.
    pub upload_offset: Option<u64>,
    /// `Retry-After` in seconds (the date form is not used by our server).
    pub retry_after_s: Option<u32>,
}

impl ResponseHeaders {
    /// Picks the headers out of `(name, value)` pairs; names in any case, malformed values as if absent.
    pub fn from_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut headers = Self::default();
        for (name, value) in pairs {
            let value = value.trim();
            match name.to_ascii_lowercase().as_str() {
                "tus-resumable" => headers.is_tus = value == VERSION,
                "upload-offset" => headers.upload_offset = value.parse().ok(),
                "retry-after" => headers.retry_after_s = value.parse().ok(),
                _ => {}
            }
        }
        headers
    }
}

/// Why an upload waits. All of these pass: the same `Upload` goes on when its turn comes again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PauseReason {
    /// 401: the token ran out; the next sync brings a new one.
    TokenExpired,
    /// 507: the server keeps its last space for scores.
    ServerFull,
    /// 429 or 503, or too many unfinished uploads of this phone.
    ServerBusy,
    /// The answer is not from our server (captive portal, proxy).
    NotOurServer,
    /// Connections are cut without a byte of progress.
    NoProgress,
    /// Bytes arrive changed although the phone's file is intact.
    BytesChangedOnTheWay,
    /// Another 5xx answer.
    ServerError,
}

/// Why an upload needs a person (需处理).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attention {
    /// The phone's own file is damaged or gone.
    FileDamaged,
    /// The server refuses this file (403, 413 or another 4xx), with the status.
    Refused(u16),
}

/// What the driver does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Send [`Upload::next`].
    Continue,
    /// The server has the whole file and has checked its hash.
    Done,
    /// Hash the phone's own file and call [`Upload::on_file_checked`].
    CheckFile,
    /// Take another file or wait, then send [`Upload::next`].
    Pause {
        /// Why.
        reason: PauseReason,
        /// How long the server asks to wait, in seconds.
        retry_after_s: Option<u32>,
    },
    /// Show it to the person; this upload is over.
    Attention(Attention),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Creating,
    Asking,
    Sending { offset: u64, end: u64 },
    CheckingFile,
    Over(Progress),
}

/// The upload of one file. See the module's description.
#[derive(Debug, Clone)]
pub struct Upload {
    hash: BlobHash,
    size_bytes: u64,
    state: State,
    chunk_bytes: u64,
    /// The offset the server last told.
    known_offset: u64,
    fruitless_answers: u32,
    mismatches: u32,
    patch_is_blocked: bool,
}

impl Upload {
    /// An upload of the file `hash` with `size_bytes`.
    #[must_use]
    pub fn new(hash: BlobHash, size_bytes: u64) -> Self {
        Self {
            hash,
            size_bytes,
            state: State::Creating,
            chunk_bytes: FIRST_CHUNK_BYTES,
            known_offset: 0,
            fruitless_answers: 0,
            mismatches: 0,
            patch_is_blocked: false,
        }
    }

    /// The request to send now; `None` when the upload is over or the file is to be checked first.
    #[must_use]
    pub fn next(&self) -> Option<TusRequest> {
        let mut headers = vec![("Tus-Resumable", VERSION.to_owned())];
        let hex = hex::encode(self.hash);
        let file_path = format!("{BLOBS_PATH}/{hex}");
        Some(match self.state {
            State::Creating => {
                headers.push(("Upload-Length", self.size_bytes.to_string()));
                headers.push(("Upload-Metadata", format!("sha256 {}", BASE64.encode(hex))));
                TusRequest {
                    method: Method::Post,
                    path: BLOBS_PATH.to_owned(),
                    headers,
                    body_range: None,
                }
            }
            State::Asking => TusRequest {
                method: Method::Head,
                path: file_path,
                headers,
                body_range: None,
            },
            State::Sending { offset, end } => {
                headers.push(("Upload-Offset", offset.to_string()));
                headers.push(("Content-Type", "application/offset+octet-stream".to_owned()));
                let method = if self.patch_is_blocked {
                    headers.push(("X-HTTP-Method-Override", "PATCH".to_owned()));
                    Method::Post
                } else {
                    Method::Patch
                };
                TusRequest {
                    method,
                    path: file_path,
                    headers,
                    body_range: Some(offset..end),
                }
            }
            State::CheckingFile | State::Over(_) => return None,
        })
    }

    /// Takes the answer to the last request.
    pub fn on_response(&mut self, status: u16, headers: &ResponseHeaders) -> Progress {
        match (status, headers.is_tus) {
            (200..300, true) => self.on_success(headers),
            (401, _) => self.pause(PauseReason::TokenExpired, headers),
            (429 | 503, _) => self.pause(PauseReason::ServerBusy, headers),
            (507, _) => self.pause(PauseReason::ServerFull, headers),
            // Some proxies let no PATCH through; tus provides for it.
            (405 | 501, _) if self.is_sending() && !self.patch_is_blocked => {
                self.patch_is_blocked = true;
                Progress::Continue
            }
            (500.., _) => self.pause(PauseReason::ServerError, headers),
            // Beyond this line only our own server is believed.
            (_, false) => self.pause(PauseReason::NotOurServer, headers),
            (409 | 423, true) => self.step(State::Asking),
            (404 | 410, true) => self.step(State::Creating),
            (460, true) => {
                self.state = State::CheckingFile;
                Progress::CheckFile
            }
            _ => self.over(Progress::Attention(Attention::Refused(status))),
        }
    }

    /// The connection was lost or timed out before an answer came.
    pub fn on_cut(&mut self) -> Progress {
        self.chunk_bytes = (self.chunk_bytes / 2).max(MIN_CHUNK_BYTES);
        let again = match self.state {
            // What arrived is kept, so ask where to go on.
            State::Sending { .. } => State::Asking,
            state => state,
        };
        self.step(again)
    }

    /// The driver hashed the phone's own file after [`Progress::CheckFile`].
    pub fn on_file_checked(&mut self, is_intact: bool) -> Progress {
        if !is_intact {
            return self.over(Progress::Attention(Attention::FileDamaged));
        }
        self.mismatches += 1;
        if self.mismatches >= MAX_MISMATCHES {
            self.mismatches = 0;
            self.state = State::Asking;
            return self.pause(
                PauseReason::BytesChangedOnTheWay,
                &ResponseHeaders::default(),
            );
        }
        self.step(State::Asking)
    }

    fn on_success(&mut self, headers: &ResponseHeaders) -> Progress {
        let offset = match (headers.upload_offset, self.state) {
            (Some(offset), _) => offset,
            // A plain tus server says no offset at creation: nothing is there yet.
            (None, State::Creating) => 0,
            (None, _) => return self.pause(PauseReason::NotOurServer, headers),
        };
        if offset > self.size_bytes {
            return self.pause(PauseReason::NotOurServer, headers);
        }
        if offset == self.size_bytes && headers.upload_offset.is_some() {
            return self.over(Progress::Done);
        }
        if offset > self.known_offset {
            self.fruitless_answers = 0;
        }
        self.known_offset = offset;
        if matches!(self.state, State::Sending { end, .. } if end == offset) {
            self.chunk_bytes = (self.chunk_bytes * 2).min(MAX_CHUNK_BYTES);
        }
        let end = self.size_bytes.min(offset + self.chunk_bytes);
        self.step(State::Sending { offset, end })
    }

    fn is_sending(&self) -> bool {
        matches!(self.state, State::Sending { .. })
    }

    fn step(&mut self, state: State) -> Progress {
        self.state = state;
        self.fruitless_answers += 1;
        if self.fruitless_answers > MAX_FRUITLESS_ANSWERS {
            return self.pause(PauseReason::NoProgress, &ResponseHeaders::default());
        }
        Progress::Continue
    }

    fn pause(&mut self, reason: PauseReason, headers: &ResponseHeaders) -> Progress {
        self.fruitless_answers = 0;
        if self.is_sending() {
            // By the time the upload goes on, the offset may be stale.
            self.state = State::Asking;
        }
        Progress::Pause {
            reason,
            retry_after_s: headers.retry_after_s,
        }
    }

    fn over(&mut self, end: Progress) -> Progress {
        self.state = State::Over(end);
        end
    }
}

#[cfg(test)]
#[path = "upload_tests.rs"]
mod tests;
