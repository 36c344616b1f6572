//! Photos after records: which ones are missing, then thumbnails, then copies, smallest first, by tus.
//!
//! Invariant: a file counts as held only after the server said so; where each stands is in the database, so a kill or
//! a cut costs at most one piece. Leaves out: the upload's own state machine (`photos::upload`).

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::engine::Engine;
use super::records::retry_after_ms;
use super::report::Progress;
use crate::error::{Error, Result};
use crate::photos::BlobHash;
use crate::photos::files::Verified;
use crate::photos::upload::{
    Attention, BLOBS_PATH, PauseReason, Progress as Step, ResponseHeaders, Upload, chunk_checksum,
};
use crate::replica::Replica;
use crate::store::{BlobRow, BlobState};
use crate::transport::{Failure, TransportRequest, TransportResponse};

/// Hashes asked about in one request.
const HAVE_HASHES: usize = 2_000;
/// Tokens asked for in one sync.
const MAX_TOKENS: u32 = 3;

#[derive(Serialize)]
struct HaveRequest {
    hashes: Vec<String>,
}

#[derive(Deserialize)]
struct HaveResponse {
    missing: Vec<String>,
}

/// How far the photos of this sync are.
#[derive(Default)]
pub(super) struct Photos {
    pub token: String,
    tokens: u32,
    /// Asked about in the request on its way.
    asked: Vec<BlobHash>,
    /// Known to be missing there, so that they are asked about once.
    missing: HashSet<BlobHash>,
    current: Option<(BlobRow, Upload)>,
    done: u64,
    /// Files that wait for the next sync.
    skipped: HashSet<BlobHash>,
}

impl Engine {
    /// Begins with photos, if any wait and may be sent.
    pub(super) fn start_photos(&mut self, phone: &mut Replica) -> Result<()> {
        let may = self.options.photos && !self.report.revoked && !self.photos.token.is_empty();
        if !may {
            return self.finish(phone);
        }
        self.enter_photos();
        self.next_photo(phone)
    }

    /// Sends the next thing about photos, or ends the sync.
    pub(super) fn next_photo(&mut self, phone: &mut Replica) -> Result<()> {
        if phone.pause.is_set() {
            return self.pause(phone);
        }
        loop {
            if self.photos.current.is_some() {
                if self.send_piece(phone)? {
                    return Ok(());
                }
                continue;
            }
            let waiting = phone.store.read(|tx| tx.waiting_blobs(i64::MAX))?;
            let waiting: Vec<BlobRow> = waiting
                .into_iter()
                .filter(|b| !self.photos.skipped.contains(&b.hash))
                .collect();
            let unknown: Vec<BlobHash> = waiting
                .iter()
                .map(|b| b.hash)
                .filter(|h| !self.photos.missing.contains(h))
                .take(HAVE_HASHES)
                .collect();
            if !unknown.is_empty() {
                return self.ask(unknown);
            }
            let Some(next) = waiting.first() else {
                return self.finish(phone);
            };
            let upload = Upload::new(next.hash, next.size_bytes);
            self.photos.current = Some((*next, upload));
        }
    }

    fn ask(&mut self, hashes: Vec<BlobHash>) -> Result<()> {
        let request = HaveRequest {
            hashes: hashes.iter().map(hex::encode).collect(),
        };
        let body = serde_json::to_vec(&request).map_err(|e| Error::invalid(e.to_string()))?;
        self.photos.asked = hashes;
        self.report.photo_bytes += body.len() as u64;
        let authorization = self.authorization();
        self.send(TransportRequest {
            method: "POST",
            path: format!("{BLOBS_PATH}/have"),
            headers: vec![
                authorization,
                ("content-type".into(), "application/json".into()),
            ],
            body,
        });
        Ok(())
    }

    pub(super) fn authorization(&self) -> (String, String) {
        let bearer = format!("Bearer {}", self.photos.token);
        ("authorization".into(), bearer)
    }

    /// Sends the current file's next request; false if the file is done with without one.
    fn send_piece(&mut self, phone: &mut Replica) -> Result<bool> {
        let Some((blob, upload)) = &self.photos.current else {
            return Ok(false);
        };
        let blob = *blob;
        let Some(request) = upload.next() else {
            self.photos.current = None;
            return Ok(false);
        };
        let mut headers: Vec<(String, String)> = request
            .headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect();
        headers.push(self.authorization());
        let mut body = Vec::new();
        if let Some(range) = request.body_range {
            let length = range.end - range.start;
            let read = phone.files.get_range(&blob.hash, range.start, length);
            let read = read.map_err(|source| Error::File {
                what: "photos",
                source,
            })?;
            match read {
                Some(bytes) if bytes.len() as u64 == length => body = bytes,
                // Gone or shorter than it was: a person has to know.
                _ => {
                    self.set_blob(phone, &blob, BlobState::Damaged, 0, None)?;
                    self.photos.current = None;
                    return Ok(false);
                }
            }
            let (name, value) = chunk_checksum(&body);
            headers.push((name.to_owned(), value));
        }
        self.report.photo_bytes += body.len() as u64;
        self.send(TransportRequest {
            method: request.method.as_str(),
            path: request.path,
            headers,
            body,
        });
        Ok(true)
    }

    /// An answer about photos.
    pub(super) fn photo_answer(
        &mut self,
        phone: &mut Replica,
        answer: &TransportResponse,
    ) -> Result<()> {
        if self.photos.current.is_none() {
            return self.have_answer(phone, answer);
        }
        let pairs = answer.headers.iter().map(|(n, v)| (n.as_str(), v.as_str()));
        let headers = ResponseHeaders::from_pairs(pairs);
        let Some((blob, upload)) = &mut self.photos.current else {
            return self.next_photo(phone);
        };
        let blob = *blob;
        let mut step = upload.on_response(answer.status, &headers);
        if step == Step::CheckFile {
            let found = phone.files.verify(&blob.hash);
            let found = found.map_err(|source| Error::File {
                what: "photos",
                source,
            })?;
            step = upload.on_file_checked(found == Verified::Intact);
        }
        self.follow(phone, blob, step, headers.upload_offset)
    }

    fn follow(
        &mut self,
        phone: &mut Replica,
        blob: BlobRow,
        step: Step,
        offset: Option<u64>,
    ) -> Result<()> {
        match step {
            Step::Continue | Step::CheckFile => {
                self.answered();
                if let Some(sent) = offset.filter(|sent| *sent > blob.offset_bytes) {
                    self.set_blob(phone, &blob, BlobState::Sending, sent, None)?;
                    if let Some((current, _)) = &mut self.photos.current {
                        current.offset_bytes = sent;
                    }
                    self.tell_photo(phone, &blob, sent)?;
                }
                self.next_photo(phone)
            }
            Step::Done => {
                self.answered();
                self.set_blob(phone, &blob, BlobState::Held, blob.size_bytes, None)?;
                self.photos.current = None;
                self.photos.done += 1;
                self.report.photos_sent += 1;
                self.tell_photo(phone, &blob, blob.size_bytes)?;
                self.next_photo(phone)
            }
            Step::Attention(attention) => {
                let (state, status) = match attention {
                    Attention::FileDamaged => (BlobState::Damaged, None),
                    Attention::Refused(status) => (BlobState::Refused, Some(status)),
                };
                self.set_blob(phone, &blob, state, 0, status)?;
                self.photos.skipped.insert(blob.hash);
                self.photos.current = None;
                self.next_photo(phone)
            }
            Step::Pause {
                reason,
                retry_after_s,
            } => self.paused(phone, blob, reason, retry_after_s),
        }
    }

    fn paused(
        &mut self,
        phone: &mut Replica,
        blob: BlobRow,
        reason: PauseReason,
        retry_after_s: Option<u32>,
    ) -> Result<()> {
        let code = pause_code(reason);
        match reason {
            PauseReason::TokenExpired if self.photos.tokens < MAX_TOKENS => {
                self.photos.tokens += 1;
                self.renew_token(phone)
            }
            PauseReason::ServerBusy | PauseReason::ServerError | PauseReason::NoProgress => {
                let after_ms = retry_after_s.map(|s| u64::from(s) * 1_000);
                let busy = Error::Network(Failure::Cut(code.into()));
                if self.retry(phone, busy, after_ms).is_err() {
                    return self.stop_photos(phone, code);
                }
                Ok(())
            }
            PauseReason::BytesChangedOnTheWay => {
                // The others may get through.
                self.photos.skipped.insert(blob.hash);
                self.photos.current = None;
                self.report.photos_paused = Some(code.into());
                self.next_photo(phone)
            }
            _ => self.stop_photos(phone, code),
        }
    }

    /// Photos wait for the next sync; records are through.
    fn stop_photos(&mut self, phone: &mut Replica, code: &str) -> Result<()> {
        self.report.photos_paused = Some(code.to_owned());
        self.finish(phone)
    }

    /// The connection was lost while photos were sent.
    pub(super) fn photo_cut(&mut self, phone: &mut Replica, failure: Failure) -> Result<()> {
        if let Some((_, upload)) = &mut self.photos.current {
            upload.on_cut();
        }
        if self.retry(phone, failure.into(), None).is_err() {
            return self.stop_photos(phone, "network");
        }
        Ok(())
    }

    fn have_answer(&mut self, phone: &mut Replica, answer: &TransportResponse) -> Result<()> {
        match answer.status {
            401 if self.photos.tokens < MAX_TOKENS => {
                self.photos.tokens += 1;
                return self.renew_token(phone);
            }
            401 => return self.stop_photos(phone, pause_code(PauseReason::TokenExpired)),
            429 | 500..=599 => {
                let busy = Error::Network(Failure::Cut(format!("status {}", answer.status)));
                if self.retry(phone, busy, retry_after_ms(answer)).is_err() {
                    return self.stop_photos(phone, "server_busy");
                }
                return Ok(());
            }
            _ => {}
        }
        let parsed = answer.status == 200 && answer.is_of_type("application/json");
        let parsed = parsed.then(|| serde_json::from_slice::<HaveResponse>(&answer.body).ok());
        let Some(have) = parsed.flatten() else {
            return self.stop_photos(phone, "not_our_server");
        };
        let missing: HashSet<&str> = have.missing.iter().map(String::as_str).collect();
        // What is not named counts as held: an answer that names what was not asked was changed on its way.
        let named = |h: &BlobHash| missing.contains(hex::encode(h).as_str());
        if self.photos.asked.iter().filter(|h| named(h)).count() != missing.len() {
            return self.stop_photos(phone, "not_our_server");
        }
        self.answered();
        let asked = std::mem::take(&mut self.photos.asked);
        let (wanted, held): (Vec<BlobHash>, Vec<BlobHash>) = asked.into_iter().partition(named);
        self.photos.missing.extend(wanted);
        if !held.is_empty() {
            phone.store.write(|tx| {
                for hash in &held {
                    tx.set_blob(hash, BlobState::Held, 0, None)?;
                }
                Ok::<_, Error>(())
            })?;
        }
        self.next_photo(phone)
    }

    fn set_blob(
        &mut self,
        phone: &mut Replica,
        blob: &BlobRow,
        state: BlobState,
        offset: u64,
        status: Option<u16>,
    ) -> Result<()> {
        phone
            .store
            .write(|tx| Ok(tx.set_blob(&blob.hash, state, offset, status)?))
    }

    fn tell_photo(&mut self, phone: &mut Replica, blob: &BlobRow, sent_bytes: u64) -> Result<()> {
        let left = phone.store.read(|tx| tx.count_waiting_blobs())?;
        self.tell(Progress::Photo {
            done: self.photos.done,
            left,
            sent_bytes,
            size_bytes: blob.size_bytes,
        });
        Ok(())
    }
}

fn pause_code(reason: PauseReason) -> &'static str {
    match reason {
        PauseReason::TokenExpired => "token_expired",
        PauseReason::ServerFull => "server_full",
        PauseReason::ServerBusy => "server_busy",
        PauseReason::NotOurServer => "not_our_server",
        PauseReason::NoProgress => "no_progress",
        PauseReason::BytesChangedOnTheWay => "bytes_changed",
        PauseReason::ServerError => "server_error",
    }
}
