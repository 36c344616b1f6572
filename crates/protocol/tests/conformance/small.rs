//! Values alone, ids, digests and the hashes of a lock.
//!
//! Leaves out: what travels in segments and messages (`logs`, `sync`).

use merge::{LogId, Value};
use protocol::closing::{ClosedAccount, ClosedLog, ClosedVerdict, ClosingSet, LeftOut};
use protocol::{Scope, chain, digest, ids, show, value};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::files::Vectors;
use super::logs::{AUTHOR, CAMPAIGN, DAY_MS, DEVICE, GROUP};

pub fn write(vectors: &mut Vectors) {
    vectors.json("values.json", &values());
    vectors.json("ids.json", &made_ids());
    vectors.json("digest.json", &digests());
    let set = closing_set();
    // As it stands in the log, not in another order of its keys.
    vectors.bytes("closing-set.json", set.to_json().into_bytes());
    let result = r#"{"townships":[]}"#;
    let hash = chain::sha256(format!("{}{result}", set.to_json()).as_bytes());
    vectors.json(
        "closing-set-hashes.json",
        &json!({ "closing_set": set.hash(), "result": result, "result_hash": hex::encode(hash) }),
    );
}

fn values() -> Json {
    let list = |items: Vec<Value>| Value::List(items);
    let values = [
        Value::Null,
        true.into(),
        0.into(),
        23.into(),
        24.into(),
        (-25).into(),
        i64::MAX.into(),
        i64::MIN.into(),
        "".into(),
        "检查".into(),
        Value::Bytes(vec![0, 255]),
        AUTHOR.into(),
        list(vec![]),
        list(vec![45_000.into(), Value::Null, list(vec!["乱堆".into()])]),
        (0..4).fold(Value::Null, |inner, _| list(vec![inner])),
        Value::List(vec![Value::Null; 200]),
    ];
    let row = |v: &Value| json!({ "hex": hex::encode(value::encode(v)), "value": show::plain(v) });
    values.iter().map(row).collect()
}

fn made_ids() -> Json {
    let minted = [(0, DAY_MS), (1, DAY_MS), (u64::MAX, 0), (5, -77)].map(|(n, at_ms)| {
        let seed = [n as u8; 16];
        let id = ids::mint(&seed, n, at_ms);
        json!({ "seed": hex::encode(seed), "n": n.to_string(), "at_ms": at_ms, "id": id })
    });
    let of = Uuid::from_u128(100);
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
        Scope::Household {
            campaign: CAMPAIGN,
            author: AUTHOR,
        },
        Scope::Office { campaign: CAMPAIGN },
    ];
    let scopes = scopes.map(|s| {
        let owner = Some(s.owner()).filter(|o| !o.is_nil());
        let letter = char::from(s.letter());
        json!({ "letter": letter, "campaign": CAMPAIGN, "owner": owner, "id": s.id() })
    });
    json!({
        "minted": minted,
        "derived": [{ "name_space": CAMPAIGN, "of": of, "id": ids::derived(CAMPAIGN, of) }],
        "scopes": scopes,
        "sheets": [{ "campaign": CAMPAIGN, "author": AUTHOR, "site": of, "id": ids::sheet(CAMPAIGN, of, AUTHOR) }],
    })
}

fn digests() -> Json {
    let scope = Scope::Campaign { campaign: CAMPAIGN }.id();
    let mut buckets = digest::Buckets::default();
    let mut cells = Vec::new();
    for n in 0..40_u64 {
        let log = LogId {
            device: DEVICE,
            scope,
            epoch: n % 3,
            branch: if n % 5 == 0 { 1 << 63 } else { 0 },
        };
        let record = ids::mint(&[1; 16], n, DAY_MS);
        let field = format!("answer/V-C{}", n % 4);
        let cell = digest::cell(
            digest::record_number(&record),
            digest::field_number(&field),
            digest::log_number(&log),
            n + 1,
        );
        let bucket = &mut buckets[digest::bucket(&record)];
        *bucket = bucket.wrapping_add(cell);
        let (epoch, branch) = (log.epoch.to_string(), log.branch.to_string());
        cells.push(json!({
            "record": record, "field": field, "device": DEVICE, "scope": scope, "epoch": epoch, "branch": branch,
            "seq": n + 1, "cell": cell.to_string(),
        }));
    }
    json!({ "cells": cells, "buckets": buckets.map(|b| b.to_string()) })
}

/// A set whose lists come unsorted, so that sorting shows.
fn closing_set() -> ClosingSet {
    let scope = |n| Uuid::from_u128(n);
    let log = |n| ClosedLog {
        scope: scope(n),
        device: DEVICE,
        epoch: "7".into(),
        branch: "0".into(),
        seq: 12,
        chain: "00".repeat(32),
    };
    let account = |n| ClosedAccount {
        account: Uuid::from_u128(n),
        role: "observer".into(),
        group: Some(GROUP),
        home_unit: None,
        devices: vec![(DEVICE, "AAAA-BBBB-CCCC-DDDD".into())],
    };
    ClosingSet {
        campaign: CAMPAIGN,
        group: GROUP,
        version: 2,
        locked_at_ms: DAY_MS,
        rules_hash: "11".repeat(32),
        checklist_hashes: vec![(scope(2), "22".repeat(32)), (scope(1), "33".repeat(32))],
        roster: vec![account(2), account(1)],
        logs: vec![log(4), log(3)],
        verdicts: vec![ClosedVerdict {
            verdict: scope(5),
            scope: scope(3),
            device: DEVICE,
            epoch: "7".into(),
            seqs: (3, 4),
            record: None,
            code: "late".into(),
        }],
        left_out: vec![LeftOut {
            sheet: scope(6),
            site: scope(7),
            author: AUTHOR,
            reason: "draft".into(),
        }],
        audit: None,
        reason: Some("改正一处".into()),
    }
}
