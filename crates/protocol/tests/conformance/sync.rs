//! A sync request, its signature and certificate, and a reply.
//!
//! Invariant: every position is used once. Leaves out: what the server makes of them.

use protocol::enrol::{self, Certificate};
use protocol::message::{
    Fork, Have, Said, ScopeDigest, SetBack, SyncRequest, SyncResponse, heads_digest,
};
use protocol::request::RequestSignature;
use protocol::scope::ScopeInfo;
use protocol::{PROTOCOL_VERSION, SCHEMA_VERSION, Scope};
use serde_json::{Value as Json, json};

use super::files::Vectors;
use super::logs::{self, AUTHOR, CAMPAIGN, DAY_MS, DEVICE, GROUP, Log, SERVER};

const GENERATION: u64 = 0xfedc_ba98_7654_3210;
const COUNTER: u64 = 42;

pub fn request(logs: &[Log]) -> SyncRequest {
    let of = |log: &Log| {
        (
            log.id.scope.into_bytes(),
            log.id.epoch,
            log.head.0,
            log.head.1,
        )
    };
    SyncRequest {
        protocol: PROTOCOL_VERSION,
        schema: SCHEMA_VERSION,
        generation: GENERATION,
        heads: heads_digest(&mut logs.iter().map(of).collect()),
        cursor: vec![1, 2, 3],
        segments: logs[1].segments.clone(),
        want_bytes: 65_536,
        clock_ms: DAY_MS,
        flags: 6,
        said: Some(Said {
            changes: 12,
            photos: 3,
            photo_bytes: 1_234_567,
            set_back: vec![SetBack {
                at_ms: DAY_MS - 1,
                by_ms: 3_600_000,
            }],
        }),
    }
}

pub fn reply(logs: &[Log]) -> SyncResponse {
    let have = |log: &Log| Have {
        scope: log.id.scope.into_bytes(),
        epoch: log.id.epoch,
        seq: log.head.0,
        chain: log.head.1,
    };
    let scopes = [
        Scope::Campaign { campaign: CAMPAIGN },
        Scope::Group {
            campaign: CAMPAIGN,
            group: GROUP,
        },
        Scope::Sealed {
            campaign: CAMPAIGN,
            author: AUTHOR,
        },
    ];
    SyncResponse {
        generation: GENERATION,
        clock_ms: DAY_MS + 1_500,
        more: true,
        cursor: vec![9; 40],
        have: Some(logs.iter().skip(1).map(have).collect()),
        forks: vec![Fork {
            scope: logs[3].id.scope.into_bytes(),
            epoch: 5,
            common_seq: 0,
            common_chain: logs[3].segments[0].prev_chain,
        }],
        segments: logs[0].segments.clone(),
        scopes: (0..)
            .zip(scopes)
            .map(|(i, s)| ScopeInfo::new(i, s))
            .collect(),
        digests: vec![ScopeDigest {
            index: 1,
            buckets: (0..128).collect(),
        }],
        token: "a-token".into(),
        order: 1,
        started: Some(3_735_928_559),
    }
}

pub fn write(vectors: &mut Vectors) {
    let logs = logs::all();
    let body = request(&logs).to_bytes();
    let key = logs::key(2);
    let signed = RequestSignature::sign(&key, DEVICE, SERVER, GENERATION, COUNTER, &body);
    vectors.bytes("sync/request.bin", body);
    vectors.json("sync/request.json", &request_json(&logs, &signed));
    vectors.bytes("sync/reply.bin", reply(&logs).to_bytes());
    vectors.json("sync/reply.json", &reply_json(&logs));
    vectors.bytes("sync/nothing-new.bin", nothing_new().to_bytes());
    vectors.json(
        "sync/nothing-new.json",
        &json!({ "heads": "0", "cursor": "", "segments": 0, "said": null }),
    );
    vectors.json("sync/certificate.json", &certificate());
}

/// The smallest request: an app that says nothing of itself.
fn nothing_new() -> SyncRequest {
    SyncRequest {
        protocol: PROTOCOL_VERSION,
        schema: SCHEMA_VERSION,
        ..SyncRequest::default()
    }
}

fn heads(logs: &[Log]) -> Vec<Json> {
    let head = |log: &Log| {
        let (seq, chain) = (log.head.0, hex::encode(log.head.1));
        json!({ "scope": log.id.scope, "epoch": log.id.epoch.to_string(), "seq": seq, "chain": chain })
    };
    logs.iter().map(head).collect()
}

fn request_json(logs: &[Log], signed: &RequestSignature) -> Json {
    let request = request(logs);
    json!({
        "server": SERVER,
        "public_key": hex::encode(logs::key(2).verifying_key().to_bytes()),
        "guanmo-signature": signed.to_header(),
        "counter": COUNTER,
        "generation": GENERATION.to_string(),
        "heads": request.heads.to_string(),
        "heads_of": heads(logs),
        "cursor": hex::encode(&request.cursor),
        "segments": ["sealed-1", "sealed-2"],
        "want_bytes": request.want_bytes,
        "clock_ms": request.clock_ms,
        "flags": request.flags,
        "said": {
            "changes": 12,
            "photos": 3,
            "photo_bytes": 1_234_567,
            "set_back": [[DAY_MS - 1, 3_600_000]],
        },
    })
}

fn reply_json(logs: &[Log]) -> Json {
    let reply = reply(logs);
    let fork = &reply.forks[0];
    json!({
        "generation": GENERATION.to_string(),
        "clock_ms": reply.clock_ms,
        "more": true,
        "cursor": hex::encode(&reply.cursor),
        "have": heads(&logs[1..]),
        "forks": [{
            "scope": logs[3].id.scope,
            "epoch": "5",
            "seq": 0,
            "chain": hex::encode(fork.common_chain),
        }],
        "segments": ["campaign-1"],
        "scopes": [
            { "index": 0, "letter": "c", "campaign": CAMPAIGN, "owner": null, "id": logs[0].id.scope },
            { "index": 1, "letter": "g", "campaign": CAMPAIGN, "owner": GROUP, "id": logs[3].id.scope },
            { "index": 2, "letter": "s", "campaign": CAMPAIGN, "owner": AUTHOR, "id": logs[1].id.scope },
        ],
        "digests": [{ "index": 1, "buckets": hex::encode(&reply.digests[0].buckets) }],
        "token": reply.token,
        "order": reply.order,
        "started": reply.started,
    })
}

fn certificate() -> Json {
    let public_key = logs::key(2).verifying_key().to_bytes();
    let server_key = logs::key(1);
    let said = enrol::certificate_bytes(SERVER, CAMPAIGN, DEVICE, AUTHOR, &public_key, DAY_MS);
    let certificate = Certificate {
        campaign: CAMPAIGN,
        device: DEVICE,
        account: AUTHOR,
        public_key: hex::encode(public_key),
        device_name: "一号手机".into(),
        enrolled_at_ms: DAY_MS,
        signature: enrol::certify(&server_key, &said),
    };
    json!({
        "server": SERVER,
        "server_key": hex::encode(server_key.verifying_key().to_bytes()),
        "guanmo-certificate": certificate.to_header(),
        "fingerprint": enrol::fingerprint(&public_key),
        "campaign": CAMPAIGN,
        "device": DEVICE,
        "account": AUTHOR,
        "public_key": hex::encode(public_key),
        "enrolled_at_ms": DAY_MS,
    })
}
