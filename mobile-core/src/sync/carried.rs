//! Bundles of other phones, handed over between records and photos: somebody's work waits in them.
//!
//! Invariant: a file goes from here only after the server said that it has all it can take of it; a refusal of one
//! bundle never holds up the sync. Leaves out: what is in it.

use serde::Deserialize;
use std::collections::VecDeque;

use protocol::bundle::CONTENT_TYPE;

use super::engine::Engine;
use super::records::problem_of;
use crate::error::{Error, Result};
use crate::photos::BlobHash;
use crate::replica::Replica;
use crate::store::CarriedState;
use crate::transport::{TransportRequest, TransportResponse};

/// Where carried bundles go.
const PATH: &str = "/api/v1/bundles/carried";

/// What the server says of one; the rest of its answer is for the office.
#[derive(Deserialize)]
struct TakenIn {
    complete: bool,
    kept: bool,
    stopped: Option<String>,
}

/// The bundles of this sync.
#[derive(Default)]
pub(super) struct Bundles {
    queue: VecDeque<BlobHash>,
    current: Option<BlobHash>,
    listed: bool,
}

impl Engine {
    /// Hands over the next bundle, or goes on to photos.
    pub(super) fn next_bundle(&mut self, phone: &mut Replica) -> Result<()> {
        if phone.pause.is_set() {
            return self.pause(phone);
        }
        let may = !self.report.revoked && !self.photos.token.is_empty();
        if !self.bundles.listed && may {
            let rows = phone.store.read(|tx| tx.carried())?;
            let waiting = rows.iter().filter(|r| r.state == CarriedState::Waiting);
            self.bundles.queue = waiting.map(|r| r.hash).collect();
            self.bundles.listed = true;
        }
        while let Some(hash) = self.bundles.queue.pop_front() {
            let read = phone.files.get(&hash).map_err(|source| Error::File {
                what: "bundle",
                source,
            })?;
            let Some(body) = read else {
                // Somebody removed the file.
                phone
                    .store
                    .write(|tx| tx.set_carried(&hash, CarriedState::Refused, Some("file")))?;
                continue;
            };
            self.bundles.current = Some(hash);
            self.enter_bundles();
            self.report.bundle_bytes += body.len() as u64;
            let authorization = self.authorization();
            self.send(TransportRequest {
                method: "POST",
                path: PATH.into(),
                headers: vec![authorization, ("content-type".into(), CONTENT_TYPE.into())],
                body,
            });
            return Ok(());
        }
        self.start_photos(phone)
    }

    /// The answer to a bundle.
    pub(super) fn bundle_answer(
        &mut self,
        phone: &mut Replica,
        answer: &TransportResponse,
    ) -> Result<()> {
        let Some(hash) = self.bundles.current.take() else {
            return self.next_bundle(phone);
        };
        let json = answer.status == 200 && answer.is_of_type("application/json");
        let taken = json.then(|| serde_json::from_slice::<TakenIn>(&answer.body).ok());
        if let Some(taken) = taken.flatten() {
            self.answered();
            let (state, code) = match taken.complete || taken.kept {
                true => (CarriedState::Delivered, None),
                false => (CarriedState::Waiting, taken.stopped.or(Some("busy".into()))),
            };
            phone
                .store
                .write(|tx| tx.set_carried(&hash, state, code.as_deref()))?;
            if state == CarriedState::Delivered {
                self.report.bundles_delivered += 1;
                phone.files.remove(&hash).map_err(|source| Error::File {
                    what: "bundle",
                    source,
                })?;
            }
            return self.next_bundle(phone);
        }
        let problem = problem_of(answer);
        let code = problem.map_or("not_our_server".to_owned(), |p| p.code);
        // What may be otherwise next time is tried next time: tokens, quotas, a full disk, a phone not yet known again.
        let later = !matches!(answer.status, 409 | 413 | 415 | 422);
        let state = match later {
            true => CarriedState::Waiting,
            false => CarriedState::Refused,
        };
        phone
            .store
            .write(|tx| tx.set_carried(&hash, state, Some(&code)))?;
        self.next_bundle(phone)
    }

    /// The connection was lost: the bundle waits for the next sync, the rest goes on.
    pub(super) fn bundle_cut(&mut self, phone: &mut Replica) -> Result<()> {
        if let Some(hash) = self.bundles.current.take() {
            phone
                .store
                .write(|tx| tx.set_carried(&hash, CarriedState::Waiting, Some("network")))?;
        }
        self.next_bundle(phone)
    }
}
