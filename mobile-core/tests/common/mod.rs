//! A small server on the ledger for the engine's tests, a network with faults, and phones in folders.
//!
//! It keeps the protocol (`docs/sync-protocol.md`) and nothing else: no judging, no console. The real server is tested
//! against phones in the workspace's `tests`.
#![allow(dead_code)]

pub mod office;
pub mod phones;

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Mutex;

use ed25519_dalek::{SigningKey, VerifyingKey};
use ledger::{Inspected, Ledger};
use merge::LogId;
use mobile_core::{Failure, Transport, TransportFuture, TransportRequest, TransportResponse};
use protocol::chain::SignedSegment;
use protocol::enrol::{self, EnrolRequest, EnrolResponse};
use protocol::message::*;
use protocol::problem::{Code, Problem};
use protocol::request::{CONTENT_TYPE, HEADER, RequestSignature};
use protocol::scope::{Scope, ScopeInfo};
use rusqlite::Connection;
use uuid::Uuid;

pub const START_MS: i64 = 1_637_200_000_000;

/// What a device is to the server.
#[derive(Clone)]
pub struct Device {
    pub account: Uuid,
    pub group: Uuid,
    pub key: VerifyingKey,
    pub counter: u64,
    pub revoked: bool,
}

/// The server.
pub struct Inner {
    pub conn: Connection,
    pub ledger: Ledger,
    pub id: Uuid,
    pub key: SigningKey,
    pub campaign: Uuid,
    pub generation: u64,
    pub now_ms: i64,
    pub devices: BTreeMap<Uuid, Device>,
    pub codes: HashMap<String, (Uuid, Uuid)>,
    pub blobs: HashMap<String, Vec<u8>>,
    pub partial: HashMap<String, (u64, Vec<u8>)>,
    pub piece_cut: Option<usize>,
    /// Every upload is refused.
    pub refuses: bool,
    /// Drawn when it was started; none: a server that does not say.
    pub started: Option<u32>,
}

/// What happens to a request on its way.
#[derive(Clone, Debug)]
pub enum Fate {
    Pass,
    /// Never arrives.
    LostRequest,
    /// Arrives and is done; the answer is lost.
    LostReply,
    /// Somebody else answers.
    Instead(TransportResponse),
    /// The answer arrives cut in half.
    Mangled,
    /// The server means something else.
    Changed(fn(&mut SyncResponse)),
}

/// The server with the network before it.
pub struct Net {
    pub inner: Mutex<Inner>,
    /// The fate of the n-th request from now; then all pass.
    pub fates: Mutex<Vec<Fate>>,
    /// A request or an answer of more bytes is cut.
    pub longest: Mutex<usize>,
    /// A gateway says so, instead of silence.
    pub gateway: Mutex<bool>,
    pub log: Mutex<Vec<(String, usize, usize)>>,
    /// Called after each request: to do something while a sync runs.
    pub pause_after: Mutex<Option<(usize, mobile_core::PauseHandle)>>,
}

impl Net {
    pub fn new(inner: Inner) -> Self {
        Self {
            inner: Mutex::new(inner),
            fates: Mutex::new(Vec::new()),
            longest: Mutex::new(usize::MAX),
            gateway: Mutex::new(false),
            log: Mutex::new(Vec::new()),
            pause_after: Mutex::new(None),
        }
    }

    pub fn fate(&self, fates: &[Fate]) {
        *self.fates.lock().unwrap() = fates.to_vec();
    }

    pub fn with<T>(&self, work: impl FnOnce(&mut Inner) -> T) -> T {
        work(&mut self.inner.lock().unwrap())
    }

    /// Copies the server's database into a folder.
    pub fn back_up(&self, to: &Path) {
        let path = to.join("backup.db").display().to_string();
        self.with(|s| s.conn.execute("VACUUM INTO ?1", [path]).unwrap());
    }

    /// Puts the copy back; whoever did it tells it by another generation, or does not.
    pub fn put_back(&self, from: &Path, generation: u64) {
        self.with(|s| {
            s.conn = Connection::open(from.join("backup.db")).unwrap();
            s.ledger = ledger::Ledger::new();
            s.generation = generation;
        });
    }

    pub fn requests(&self) -> Vec<(String, usize, usize)> {
        std::mem::take(&mut self.log.lock().unwrap())
    }

    fn carry(&self, request: &TransportRequest) -> Result<TransportResponse, Failure> {
        let fate = {
            let mut fates = self.fates.lock().unwrap();
            if fates.is_empty() {
                Fate::Pass
            } else {
                fates.remove(0)
            }
        };
        match fate {
            Fate::LostRequest => return Err(Failure::Unreachable("test".into())),
            Fate::Instead(answer) => return Ok(answer),
            _ => {}
        }
        let passes = |bytes: usize| bytes <= *self.longest.lock().unwrap();
        let cut = || match *self.gateway.lock().unwrap() {
            true => Ok(self::answer(504, "text/html", b"<h1>504</h1>".to_vec())),
            false => Err(Failure::Cut("test".into())),
        };
        if !passes(request.body.len()) {
            return cut();
        }
        let mut answer = self.with(|s| s.answer(request))?;
        if !passes(answer.body.len()) {
            return cut();
        }
        match fate {
            Fate::LostReply => Err(Failure::Cut("test".into())),
            Fate::Mangled => {
                answer.body.truncate(answer.body.len() / 2);
                Ok(answer)
            }
            Fate::Changed(change) => {
                let mut reply = SyncResponse::parse(&answer.body).unwrap();
                change(&mut reply);
                answer.body = reply.to_bytes();
                Ok(answer)
            }
            _ => Ok(answer),
        }
    }
}

impl Transport for Net {
    fn send(&self, request: TransportRequest) -> TransportFuture<'_> {
        let answer = self.carry(&request);
        let received = answer.as_ref().map_or(0, |a| a.body.len());
        let line = format!("{} {}", request.method, request.path);
        let mut log = self.log.lock().unwrap();
        log.push((line, request.body.len(), received));
        if let Some((n, handle)) = &*self.pause_after.lock().unwrap()
            && log.len() >= *n
        {
            handle.pause();
        }
        Box::pin(std::future::ready(answer))
    }
}

pub fn answer(status: u16, kind: &str, body: Vec<u8>) -> TransportResponse {
    TransportResponse {
        status,
        headers: vec![("Content-Type".into(), kind.into())],
        body,
    }
}

/// A refusal as the server words it.
pub fn refusal(code: Code) -> TransportResponse {
    problem(Problem::new(code, true))
}

pub fn problem(problem: Problem) -> TransportResponse {
    let body = serde_json::to_vec(&problem).unwrap();
    answer(problem.status, "application/problem+json", body)
}

impl Inner {
    fn answer(&mut self, r: &TransportRequest) -> Result<TransportResponse, Failure> {
        if r.path == "/api/v1/enrol" {
            return Ok(self.enrol(&r.body));
        }
        if r.path == "/api/v1/sync" {
            self.conn.execute_batch("BEGIN IMMEDIATE").unwrap();
            let answer = self.sync(r);
            self.conn.execute_batch("COMMIT").unwrap();
            return Ok(answer.unwrap_or_else(refusal));
        }
        self.blob(r)
    }

    fn enrol(&mut self, body: &[u8]) -> TransportResponse {
        let request: EnrolRequest = serde_json::from_slice(body).unwrap();
        let Some((account, group)) = self.codes.remove(&request.code) else {
            return refusal(Code::CodeInvalid);
        };
        let key = enrol::public_key(&request.public_key).unwrap();
        let device = Uuid::from_u128(0xd000 + self.devices.len() as u128);
        let (id, at, campaign) = (self.id, self.now_ms, self.campaign);
        let cert = enrol::certificate_bytes(id, campaign, device, account, key.as_bytes(), at);
        let row = Device {
            account,
            group,
            key,
            counter: 0,
            revoked: false,
        };
        self.devices.insert(device, row);
        self.enrolled(device, account, key.as_bytes());
        let response = EnrolResponse {
            server: id,
            server_key: hex::encode(self.key.verifying_key().as_bytes()),
            generation: self.generation,
            campaign,
            device,
            account,
            account_name: "观摩员01".into(),
            group: Some(group),
            enrolled_at_ms: at,
            certificate: enrol::certify(&self.key, &cert),
            clock_ms: at,
        };
        let body = serde_json::to_vec(&response).unwrap();
        answer(200, "application/json", body)
    }

    pub fn scopes_of(&self, d: &Device) -> Vec<Scope> {
        let campaign = self.campaign;
        vec![
            Scope::Campaign { campaign },
            Scope::Group {
                campaign,
                group: d.group,
            },
            Scope::Sealed {
                campaign,
                author: d.account,
            },
            Scope::Household {
                campaign,
                author: d.account,
            },
        ]
    }

    fn any_scope(&self, id: Uuid) -> Option<Scope> {
        let mut all = self.devices.values().flat_map(|d| self.scopes_of(d));
        all.find(|s| s.id() == id)
    }

    fn heads(&mut self, device: Uuid) -> Vec<([u8; 16], u64, u64, [u8; 32])> {
        let logs = self.ledger.logs(&self.conn, Some(device)).unwrap();
        let held = logs.iter().filter(|l| l.head > 0);
        held.map(|l| (l.id.scope.into_bytes(), l.id.epoch, l.head, l.chain))
            .collect()
    }

    fn sync(&mut self, r: &TransportRequest) -> Result<TransportResponse, Code> {
        let header = r.headers.iter().find(|(n, _)| n == HEADER);
        let signature = RequestSignature::parse(&header.ok_or(Code::BadSignature)?.1);
        let signature = signature.ok_or(Code::BadSignature)?;
        let request = SyncRequest::parse(&r.body).map_err(|_| Code::BadRequest)?;
        let id = signature.device;
        let device = self.devices.get(&id).ok_or(Code::UnknownDevice)?.clone();
        if !signature.verify(&device.key, self.id, request.generation, &r.body) {
            return Err(Code::BadSignature);
        }
        if signature.counter <= device.counter {
            let mut p = Problem::new(Code::Replayed, true);
            p.last_counter = Some(device.counter);
            return Ok(problem(p));
        }
        self.devices.get_mut(&id).unwrap().counter = signature.counter;
        let heads_before = heads_digest(&mut self.heads(id));
        let (stored, forks) = self.take_in(id, &request.segments)?;
        let mut heads = self.heads(id);
        let mut response = SyncResponse {
            generation: self.generation,
            clock_ms: self.now_ms,
            started: self.started,
            ..SyncResponse::default()
        };
        if heads_digest(&mut heads) != request.heads {
            let have = |(scope, epoch, seq, chain)| Have {
                scope,
                epoch,
                seq,
                chain,
            };
            response.have = Some(heads.into_iter().map(have).collect());
        }
        if device.revoked {
            response.order = ORDER_REVOKED;
            return Ok(answer(200, CONTENT_TYPE, response.to_bytes()));
        }
        response.forks = forks;
        let own = request.flags & WANT_OWN != 0 || heads_before != request.heads;
        self.pull(&device, id, own, &request, &mut response);
        let asked = request.flags & WANT_STATE != 0;
        if (stored || asked || !response.segments.is_empty()) && !response.more {
            for scope in self.scopes_of(&device) {
                let no = self.ledger.scope(&self.conn, scope).unwrap();
                let digest = self.ledger.digest(&self.conn, no).unwrap();
                response.digests.push(ScopeDigest {
                    index: no as u32,
                    buckets: digest.iter().flat_map(|d| d.to_be_bytes()).collect(),
                });
            }
        }
        if request.flags & WANT_TOKEN != 0 {
            response.token = "token".into();
        }
        Ok(answer(200, CONTENT_TYPE, response.to_bytes()))
    }

    fn take_in(&mut self, sender: Uuid, list: &[SignedSegment]) -> Result<(bool, Vec<Fork>), Code> {
        let (mut stored, mut forks) = (false, Vec::new());
        for segment in list {
            let header = segment.header().map_err(|_| Code::BadSegment)?;
            let log = header.log();
            let key = if log.device == self.id {
                self.key.verifying_key()
            } else {
                self.devices.get(&log.device).ok_or(Code::WrongDevice)?.key
            };
            let scope = self.any_scope(log.scope).ok_or(Code::WrongScope)?;
            let apply = !self.devices.get(&log.device).is_some_and(|d| d.revoked);
            let found = self
                .ledger
                .inspect(&self.conn, segment, &header, scope, &key);
            match found.map_err(|_| Code::BadSegment)? {
                Inspected::Next(next) => {
                    let no = self.ledger.scope(&self.conn, scope).unwrap();
                    let gseq = self.ledger.next_gseq(&self.conn, no).unwrap();
                    self.ledger
                        .admit(&self.conn, &next, self.now_ms, gseq, apply)
                        .unwrap();
                    stored = true;
                }
                Inspected::Fork(log, common_seq, common_chain) if log.device == sender => {
                    let scope = log.scope.into_bytes();
                    if forks.iter().all(|f: &Fork| f.scope != scope) {
                        forks.push(Fork {
                            scope,
                            epoch: log.epoch,
                            common_seq,
                            common_chain,
                        });
                    }
                }
                _ => {}
            }
        }
        Ok((stored, forks))
    }

    fn pull(
        &mut self,
        device: &Device,
        id: Uuid,
        own: bool,
        request: &SyncRequest,
        response: &mut SyncResponse,
    ) {
        let cursor: Option<(u64, BTreeMap<u32, i64>)> =
            serde_json::from_slice(&request.cursor).ok();
        let cursor = cursor.filter(|(g, _)| *g == self.generation);
        let known = cursor.is_some();
        let (_, mut at) = cursor.unwrap_or_default();
        let before = at.clone();
        let mut left = match request.want_bytes {
            0 => protocol::limits::PULL_BYTES,
            n => n as usize,
        };
        let skip = (!own).then_some(id);
        let mut infos = Vec::new();
        for scope in self.scopes_of(device) {
            let no = self.ledger.scope(&self.conn, scope).unwrap();
            infos.push(ScopeInfo::new(no as u32, scope));
            let from = at.get(&(no as u32)).copied().unwrap_or(0);
            if left == 0 || response.more {
                response.more = true;
                continue;
            }
            let page = self.ledger.feed(&self.conn, no, from, skip, left).unwrap();
            left = left.saturating_sub(page.bytes);
            response.more |= page.more;
            response.segments.extend(page.segments);
            at.insert(no as u32, page.gseq);
        }
        if !known || at != before {
            response.cursor = serde_json::to_vec(&(self.generation, at)).unwrap();
        }
        if !known || request.flags & WANT_STATE != 0 {
            response.scopes = infos;
        }
    }

    fn blob(&mut self, r: &TransportRequest) -> Result<TransportResponse, Failure> {
        let header = |name: &str| {
            let found = r.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name));
            found.map(|(_, v)| v.clone())
        };
        if header("authorization").as_deref() != Some("Bearer token") {
            return Ok(refusal(Code::Unauthorised));
        }
        if r.path.ends_with("/have") {
            let body: HashMap<String, Vec<String>> = serde_json::from_slice(&r.body).unwrap();
            let mut missing = body["hashes"].clone();
            missing.retain(|h| !self.blobs.contains_key(h));
            let body = serde_json::to_vec(&HashMap::from([("missing", missing)])).unwrap();
            return Ok(answer(200, "application/json", body));
        }
        let tus = |status: u16, offset: Option<usize>| {
            let mut headers = vec![("Tus-Resumable".to_owned(), "1.0.0".to_owned())];
            headers.extend(offset.map(|o| ("Upload-Offset".to_owned(), o.to_string())));
            TransportResponse {
                status,
                headers,
                body: Vec::new(),
            }
        };
        if self.refuses {
            return Ok(tus(403, None));
        }
        if r.method == "POST" {
            use base64::Engine;
            let meta = header("upload-metadata").unwrap();
            let hash = base64::engine::general_purpose::STANDARD
                .decode(meta.strip_prefix("sha256 ").unwrap())
                .unwrap();
            let hash = String::from_utf8(hash).unwrap();
            let length = header("upload-length").unwrap().parse().unwrap();
            let partial = self.partial.entry(hash).or_insert((length, Vec::new()));
            return Ok(tus(201, Some(partial.1.len())));
        }
        let hash = r.path.rsplit('/').next().unwrap().to_owned();
        let Some((length, bytes)) = self.partial.get_mut(&hash) else {
            return Ok(tus(404, None));
        };
        if r.method == "HEAD" {
            return Ok(tus(200, Some(bytes.len())));
        }
        if header("upload-offset").unwrap() != bytes.len().to_string() {
            return Ok(tus(409, Some(bytes.len())));
        }
        if let Some(at) = self.piece_cut.take() {
            bytes.extend_from_slice(&r.body[..at.min(r.body.len())]);
            return Err(Failure::Cut("in the middle of a piece".into()));
        }
        bytes.extend_from_slice(&r.body);
        if bytes.len() as u64 == *length {
            assert_eq!(hash, hex::encode(protocol::chain::sha256(bytes)));
            let done = self.partial.remove(&hash).unwrap();
            self.blobs.insert(hash, done.1);
            return Ok(tus(204, Some(done.0 as usize)));
        }
        Ok(tus(204, Some(bytes.len())))
    }

    pub fn own_log(&self, scope: Scope) -> LogId {
        LogId::new(self.id, scope.id(), self.generation)
    }
}

/// A JPEG, different for each seed.
pub fn picture(seed: u8) -> Vec<u8> {
    let (width, height) = (64, 48);
    let pixels = image::RgbImage::from_fn(width, height, |x, y| {
        image::Rgb([x as u8 * 3, y as u8 * 5, seed.wrapping_mul(40)])
    });
    let mut out = Vec::new();
    let mut encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut out, 90);
    encoder.encode_image(&pixels).unwrap();
    out
}
