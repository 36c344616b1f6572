//! The body of a PATCH, from the network to the disk.
//!
//! At most [`PIECE_BYTES`] plus one network frame of a photo are in memory. What arrived before a connection was cut
//! is kept, synced and counted. The work runs in a task of its own, because the handler is dropped when the client
//! goes away, and what arrived must be kept just then.

use std::time::{Duration, SystemTime};

use axum::body::Body;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use protocol::problem::Code;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use tokio::sync::watch;

use super::answer::Refusal;
use crate::blobs::{Append, BlobError, UploadState};

/// Bytes gathered before they go to the disk.
const PIECE_BYTES: usize = 256 * 1024;
/// A connection that is silent for so long counts as cut.
const SILENCE_LIMIT: Duration = Duration::from_secs(30);
/// Most bytes of a refused body that are read: two pieces of our own client.
const DRAIN_BYTES: usize = 512 * 1024;
/// Longest time a refused body is read.
const DRAIN_WITHIN: Duration = Duration::from_secs(5);

/// An `Upload-Checksum` being checked.
#[derive(Debug, Clone)]
pub(super) struct Checksum {
    hasher: Hasher,
    expected: Vec<u8>,
}

#[derive(Debug, Clone)]
enum Hasher {
    Sha256(Sha256),
    Sha1(Sha1),
}

impl Checksum {
    /// Reads `sha256 <base64>` or `sha1 <base64>`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (algorithm, coded) = text.split_once(' ')?;
        let hasher = match algorithm {
            "sha256" => Hasher::Sha256(Sha256::new()),
            "sha1" => Hasher::Sha1(Sha1::new()),
            _ => return None,
        };
        let expected = BASE64.decode(coded.trim()).ok()?;
        Some(Self { hasher, expected })
    }

    fn update(&mut self, bytes: &[u8]) {
        match &mut self.hasher {
            Hasher::Sha256(hasher) => hasher.update(bytes),
            Hasher::Sha1(hasher) => hasher.update(bytes),
        }
    }

    fn matches(self) -> bool {
        match self.hasher {
            Hasher::Sha256(hasher) => hasher.finalize().as_slice() == self.expected,
            Hasher::Sha1(hasher) => hasher.finalize().as_slice() == self.expected,
        }
    }
}

/// Reads a refused body to its end, within limits, and forgets it.
pub(super) async fn drain(body: Body) {
    let mut stream = body.into_data_stream();
    let mut drained = 0;
    let all = async {
        while let Some(Ok(frame)) = stream.next().await {
            drained += frame.len();
            if drained > DRAIN_BYTES {
                break;
            }
        }
    };
    // Whatever is left after that is cut off.
    let _ = tokio::time::timeout(DRAIN_WITHIN, all).await;
}

/// How a body ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Complete,
    Cut,
    TakenOver,
}

/// Writes the body; returns where the upload stands when everything that arrived is durable.
pub(super) async fn receive(
    append: Append,
    offset: u64,
    body: Body,
    checksum: Option<Checksum>,
) -> Result<UploadState, Refusal> {
    tokio::spawn(write_body(append, offset, body, checksum))
        .await
        .unwrap_or_else(|error| Err(BlobError::Io(std::io::Error::other(error)).into()))
}

async fn write_body(
    append: Append,
    offset: u64,
    body: Body,
    mut checksum: Option<Checksum>,
) -> Result<UploadState, Refusal> {
    let mut stop = append.stop_signal();
    let mut append = append;
    let mut stream = body.into_data_stream();
    let mut gathered = BytesMut::new();
    let end = loop {
        let next = tokio::select! {
            // What has already arrived is taken first, also when another request waits to take over.
            biased;
            frame = tokio::time::timeout(SILENCE_LIMIT, stream.next()) => frame,
            () = stopped(&mut stop) => break End::TakenOver,
        };
        match next {
            Ok(Some(Ok(frame))) => gathered.extend_from_slice(&frame),
            Ok(None) => break End::Complete,
            Ok(Some(Err(_))) | Err(_) => break End::Cut,
        }
        while gathered.len() >= PIECE_BYTES {
            let piece = gathered.split_to(PIECE_BYTES).freeze();
            append = write_piece(append, piece, &mut checksum).await?;
        }
    };
    if !gathered.is_empty() {
        append = write_piece(append, gathered.freeze(), &mut checksum).await?;
    }
    // Of a cut piece the checksum cannot be checked; the hash of the whole will tell.
    let is_wrong = end == End::Complete && checksum.is_some_and(|checksum| !checksum.matches());
    let finished = tokio::task::spawn_blocking(move || {
        if is_wrong {
            append.discard()?;
            return Ok(None);
        }
        append.finish(SystemTime::now()).map(Some)
    });
    let state = finished.await.unwrap_or_else(|error| Err(other(error)))?;
    match (state, end) {
        (None, _) => Err(Refusal::checksum_mismatch(offset)),
        (Some(UploadState::Open { .. }), End::TakenOver) => Err(Code::UploadBusy.into()),
        (Some(state), _) => Ok(state),
    }
}

async fn write_piece(
    mut append: Append,
    piece: Bytes,
    checksum: &mut Option<Checksum>,
) -> Result<Append, Refusal> {
    if let Some(checksum) = checksum {
        checksum.update(&piece);
    }
    let written = tokio::task::spawn_blocking(move || {
        let result = append.write(&piece);
        (append, result)
    });
    let (append, result) = written.await.map_err(other)?;
    match result {
        Ok(()) => Ok(append),
        Err(error) => {
            // What fitted before stays, durable, so that the upload can go on.
            let kept = tokio::task::spawn_blocking(move || append.finish(SystemTime::now()));
            kept.await.unwrap_or_else(|error| Err(other(error)))?;
            Err(error.into())
        }
    }
}

async fn stopped(stop: &mut watch::Receiver<bool>) {
    if stop.wait_for(|stop| *stop).await.is_err() {
        // The sender lives as long as the lock; without it nobody can ask to stop.
        std::future::pending::<()>().await;
    }
}

fn other(error: tokio::task::JoinError) -> BlobError {
    BlobError::Io(std::io::Error::other(error))
}
