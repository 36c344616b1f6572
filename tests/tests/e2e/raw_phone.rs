//! A phone built by hand, so that it can send what ours never would, over HTTP like any other.
//!
//! Invariant: signs what it is told to sign, right or wrong. Left out: a database; it remembers only its log heads.

use std::collections::HashMap;
use std::path::Path;

use ed25519_dalek::SigningKey;
use merge::{LogId, Value};
use mobile_core::{HttpTransport, Transport, TransportRequest, TransportResponse};
use protocol::chain::{Hash, Header, SignedSegment, sha256};
use protocol::enrol::{EnrolRequest, EnrolResponse};
use protocol::message::{SyncRequest, SyncResponse, WANT_TOKEN};
use protocol::problem::Problem;
use protocol::request::{CONTENT_TYPE, HEADER, RequestSignature};
use protocol::{BatchBuilder, PROTOCOL_VERSION, SCHEMA_VERSION, Scope, segment};
use rusqlite::types::Value as Cell;
use rusqlite::{Connection, OpenFlags};
use uuid::Uuid;

use crate::county::{County, MORNING, office};

/// One change to write: kind, record, field, value, own seqs it replaces.
pub type Change<'a> = (&'a str, Uuid, &'a str, Value, &'a [u64]);

/// An enrolled device with nothing but its key.
pub struct RawPhone {
    pub key: SigningKey,
    pub me: EnrolResponse,
    pub counter: u64,
    net: HttpTransport,
    heads: HashMap<Uuid, (u64, Hash)>,
    at_ms: i64,
}

impl RawPhone {
    /// Enrols a phone of an account; its key follows from `seed`.
    pub async fn enrol(county: &County, account: usize, seed: u8) -> Self {
        let app = county.app();
        let issued = app.issue_code(&office(), county.accounts[account]).await;
        let key = SigningKey::from_bytes(&[seed; 32]);
        let request = EnrolRequest {
            code: issued.unwrap(),
            public_key: hex::encode(key.verifying_key().to_bytes()),
            device_name: format!("手制{seed}"),
        };
        let body = serde_json::to_vec(&request).unwrap();
        let net = county.transport();
        let json = [("content-type", "application/json")];
        let answer = send(&net, "POST", "/api/v1/enrol", &json, body).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        Self {
            key,
            me: serde_json::from_slice(&answer.body).unwrap(),
            counter: 0,
            net,
            heads: HashMap::new(),
            at_ms: MORNING,
        }
    }

    pub fn group_scope(&self) -> Scope {
        Scope::Group {
            campaign: self.me.campaign,
            group: self.me.group.unwrap(),
        }
    }

    pub fn sealed(&self) -> Scope {
        Scope::Sealed {
            campaign: self.me.campaign,
            author: self.me.account,
        }
    }

    pub fn log(&self, scope: Scope) -> LogId {
        LogId::new(self.me.device, scope.id(), 1)
    }

    pub fn sheet(&self, site: Uuid) -> Uuid {
        protocol::ids::sheet(self.me.campaign, site, self.me.account)
    }

    /// The next segment of its log in a scope.
    pub fn write(&mut self, scope: Scope, changes: &[Change]) -> SignedSegment {
        let origin = protocol::chain::origin(self.me.campaign, &self.log(scope));
        let (head, chain) = *self.heads.get(&scope.id()).unwrap_or(&(0, origin));
        let made = self.segment_at(scope, head + 1, chain, changes);
        let head = (head + changes.len() as u64, made.chain());
        self.heads.insert(scope.id(), head);
        made
    }

    /// A segment at any place of the log, after any chain.
    pub fn segment_at(
        &mut self,
        scope: Scope,
        first_seq: u64,
        prev: Hash,
        changes: &[Change],
    ) -> SignedSegment {
        let log = self.log(scope);
        let mut batch = BatchBuilder::default();
        for (kind, record, field, value, replaced) in changes {
            self.at_ms += 1;
            let dots: Vec<_> = replaced.iter().map(|seq| (log, *seq)).collect();
            batch.push_value(log, self.at_ms, (kind, *record), field, value, &dots);
        }
        let payload = segment::encode(&batch.finish(), &[scope.id()], 3).unwrap();
        let header = Header::of(&log, first_seq, changes.len() as u32);
        SignedSegment::sign(&self.key, prev, &header, payload)
    }

    /// The body of a sync request.
    pub fn body(&self, segments: Vec<SignedSegment>, flags: u8) -> Vec<u8> {
        let request = SyncRequest {
            protocol: PROTOCOL_VERSION,
            schema: SCHEMA_VERSION,
            generation: self.me.generation,
            segments,
            clock_ms: MORNING,
            flags,
            ..SyncRequest::default()
        };
        request.to_bytes()
    }

    /// The signature header of a body under a counter.
    pub fn signature(&self, counter: u64, body: &[u8]) -> String {
        let (device, server) = (self.me.device, self.me.server);
        RequestSignature::sign(&self.key, device, server, self.me.generation, counter, body)
            .to_header()
    }

    /// Posts a body to the sync address with any signature and type.
    pub async fn post(&self, body: Vec<u8>, signature: &str, kind: &str) -> TransportResponse {
        let headers = [("content-type", kind), (HEADER, signature)];
        send(&self.net, "POST", "/api/v1/sync", &headers, body).await
    }

    /// Sends segments as it should be done.
    pub async fn push(&mut self, segments: Vec<SignedSegment>) -> TransportResponse {
        self.counter += 1;
        let body = self.body(segments, 0);
        let signature = self.signature(self.counter, &body);
        self.post(body, &signature, CONTENT_TYPE).await
    }

    /// Sends segments that are taken in, and reads the reply.
    pub async fn pushed(&mut self, segments: Vec<SignedSegment>) -> SyncResponse {
        let answer = self.push(segments).await;
        assert_eq!(answer.status, 200, "{:?}", problem(&answer));
        SyncResponse::parse(&answer.body).unwrap()
    }

    /// A token for photos.
    pub async fn token(&mut self) -> String {
        self.counter += 1;
        let body = self.body(Vec::new(), WANT_TOKEN);
        let signature = self.signature(self.counter, &body);
        let answer = self.post(body, &signature, CONTENT_TYPE).await;
        SyncResponse::parse(&answer.body).unwrap().token
    }

    /// Any other request.
    pub async fn request(
        &self,
        method: &'static str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> TransportResponse {
        send(&self.net, method, path, headers, body.to_vec()).await
    }
}

async fn send(
    net: &HttpTransport,
    method: &'static str,
    path: &str,
    headers: &[(&str, &str)],
    body: Vec<u8>,
) -> TransportResponse {
    let headers = headers.iter().map(|(n, v)| ((*n).into(), (*v).into()));
    let request = TransportRequest {
        method,
        path: path.into(),
        headers: headers.collect(),
        body,
    };
    net.send(request).await.unwrap()
}

/// The problem an answer carries.
pub fn problem(answer: &TransportResponse) -> Problem {
    let kind = answer.header("content-type");
    assert_eq!(kind, Some("application/problem+json"), "{answer:?}");
    let problem: Problem = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(problem.status, answer.status);
    assert!(!problem.title.is_empty());
    problem
}

/// A hash of every row of every table of a database but those named.
pub fn rows(path: &Path, but: &[&str]) -> Hash {
    let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    // One snapshot for all tables.
    conn.execute_batch("BEGIN").unwrap();
    let sql = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name";
    let mut names = conn.prepare(sql).unwrap();
    let names = names.query_map([], |r| r.get::<_, String>(0)).unwrap();
    let (mut all, mut tables) = (Vec::new(), 0);
    for name in names.map(Result::unwrap) {
        if but.contains(&name.as_str()) {
            continue;
        }
        tables += 1;
        all.extend_from_slice(name.as_bytes());
        let mut statement = conn.prepare(&format!("SELECT * FROM \"{name}\"")).unwrap();
        let width = statement.column_count();
        let mut found = statement.query([]).unwrap();
        while let Some(row) = found.next().unwrap() {
            for i in 0..width {
                all.extend_from_slice(format!("{:?}|", row.get::<_, Cell>(i).unwrap()).as_bytes());
            }
        }
    }
    assert!(tables > 5, "{path:?} has {tables} tables");
    sha256(&all)
}
