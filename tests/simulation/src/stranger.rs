//! A device with a key of its own and no app: sends what is signed well and makes no sense, and what a newer app would.
//!
//! Invariant: what the server answered with 200 counts as told to be held. Leaves out: forged signatures and broken
//! framing, which the network's mangling makes in plenty.

use std::collections::BTreeMap;

use ed25519_dalek::SigningKey;
use merge::{LogId, Value};
use mobile_core::TransportRequest;
use protocol::chain::{Hash, Header, SignedSegment, origin};
use protocol::enrol::{EnrolRequest, EnrolResponse};
use protocol::message::{SyncRequest, SyncResponse};
use protocol::request::{CONTENT_TYPE, HEADER, RequestSignature};
use protocol::{BatchBuilder, PROTOCOL_VERSION, SCHEMA_VERSION, Scope, segment, value};
use uuid::Uuid;

use crate::books::Said;
use crate::office::Office;
use crate::rng::Rng;

/// The device.
pub struct Stranger {
    key: SigningKey,
    me: EnrolResponse,
    counter: u64,
    heads: BTreeMap<Uuid, (u64, Hash)>,
    sent: u64,
    rng: Rng,
}

type Row = (&'static str, Uuid, String, Value);

impl Stranger {
    /// Enrols it for an account.
    #[must_use]
    pub fn enrol(office: &Office, account: Uuid, seed: u64) -> Self {
        let key = SigningKey::from_bytes(&protocol::chain::sha256(&seed.to_be_bytes()));
        let request = EnrolRequest {
            code: office.code(account),
            public_key: hex::encode(key.verifying_key().to_bytes()),
            device_name: "手制".to_owned(),
        };
        let answer = office.answer(&TransportRequest {
            method: "POST",
            path: "/api/v1/enrol".into(),
            headers: vec![("content-type".into(), "application/json".into())],
            body: serde_json::to_vec(&request).unwrap(),
        });
        Self {
            key,
            me: serde_json::from_slice(&answer.body).unwrap(),
            counter: 0,
            heads: BTreeMap::new(),
            sent: 0,
            rng: Rng::stream(seed, "stranger"),
        }
    }

    /// Sends one thing; what the server said it holds, or the status of its refusal.
    ///
    /// # Errors
    /// The status.
    pub fn send(&mut self, office: &Office, newer: bool) -> Result<Vec<Said>, u16> {
        let rows = if newer { self.newer() } else { self.poison() };
        let group = self.me.group.unwrap_or_default();
        let scope = Scope::Group {
            campaign: self.me.campaign,
            group,
        };
        // A layout that this version cannot read is kept as it is.
        let unreadable = newer && self.rng.chance(300);
        let made = self.segment(scope, &rows, newer, unreadable);
        self.counter += 1;
        let me = &self.me;
        let request = SyncRequest {
            protocol: PROTOCOL_VERSION,
            schema: SCHEMA_VERSION,
            generation: me.generation,
            segments: vec![made.clone()],
            ..SyncRequest::default()
        };
        let body = request.to_bytes();
        let (device, server, generation) = (me.device, me.server, me.generation);
        let signed =
            RequestSignature::sign(&self.key, device, server, generation, self.counter, &body);
        let answer = office.answer(&TransportRequest {
            method: "POST",
            path: "/api/v1/sync".into(),
            headers: vec![
                ("content-type".into(), CONTENT_TYPE.into()),
                (HEADER.into(), signed.to_header()),
            ],
            body,
        });
        if answer.status != 200 {
            return Err(answer.status);
        }
        let reply = SyncResponse::parse(&answer.body).map_err(|_| 0_u16)?;
        // A restored server may have answered that something before it is missing.
        let chain = made.chain();
        let mut have = reply.have.iter().flatten();
        if !have.any(|h| h.chain == chain) {
            return Err(200);
        }
        let last = self.heads.get(&scope.id()).map_or(0, |h| h.0) + rows.len() as u64;
        self.heads.insert(scope.id(), (last, made.chain()));
        if unreadable {
            return Ok(Vec::new());
        }
        let said = rows.into_iter();
        Ok(said
            .map(|(_, id, field, v)| (id, field, value::encode(&v)))
            .collect())
    }

    fn segment(&self, scope: Scope, rows: &[Row], newer: bool, unreadable: bool) -> SignedSegment {
        let log = LogId::new(self.me.device, scope.id(), 1);
        let start = (0, origin(self.me.campaign, &log));
        let (last, prev) = *self.heads.get(&scope.id()).unwrap_or(&start);
        let mut batch = BatchBuilder::default();
        for (no, (kind, record, field, value)) in rows.iter().enumerate() {
            // Names a change of its own that is of another field, or is not there.
            let named = [(log, last + 1 + (no as u64 * 7) % 5)];
            let supersedes: &[_] = if newer { &[] } else { &named };
            batch.push_value(
                log,
                1_000 + no as i64,
                (kind, *record),
                field,
                value,
                supersedes,
            );
        }
        let mut payload = segment::encode(&batch.finish(), &[scope.id()], 3).unwrap();
        if unreadable {
            payload[0] = 2;
        }
        let header = Header {
            schema: SCHEMA_VERSION + u16::from(newer),
            ..Header::of(&log, last + 1, rows.len() as u32)
        };
        SignedSegment::sign(&self.key, prev, &header, payload)
    }

    fn id(&mut self) -> Uuid {
        self.sent += 1;
        Uuid::from_u128((u128::from(self.rng.number()) << 64) | u128::from(self.rng.number()))
    }

    /// Values of a form no app writes, kinds that belong elsewhere, records nobody has.
    fn poison(&mut self) -> Vec<Row> {
        let id = self.id();
        let text = |n: u64| Value::from(format!("毒{n}").as_str());
        let n = self.sent;
        vec![
            ("issue", id, "category".into(), Value::Int(7)),
            (
                "issue",
                id,
                "description".into(),
                Value::List(vec![text(n), Value::Null]),
            ),
            ("sheet", self.id(), "answer/1".into(), text(n)),
            ("account", self.id(), "role".into(), text(n)),
            ("photo", self.id(), "image".into(), Value::Bytes(vec![0; 9])),
            ("issue", id, "severity".into(), text(n)),
        ]
    }

    /// Fields and kinds of a version to come.
    fn newer(&mut self) -> Vec<Row> {
        let (id, drone) = (self.id(), self.id());
        let text = |n: u64| Value::from(format!("新{n}").as_str());
        let n = self.sent;
        vec![
            ("issue", id, "category".into(), "exposed_garbage".into()),
            ("issue", id, "description".into(), text(n)),
            (
                "issue",
                id,
                "heat_map".into(),
                Value::List(vec![1.into(), text(n)]),
            ),
            ("drone_flight", drone, "route".into(), text(n)),
        ]
    }
}
