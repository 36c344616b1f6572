//! Segments of several logs: every kind of value, id and column.
//!
//! Invariant: the same bytes on every machine; keys, times and ids are made up here. Leaves out: whether the values fit
//! the table of kinds, which is no matter of the encoding.

use ed25519_dalek::SigningKey;
use merge::{LogId, Value};
use protocol::chain::{Hash, Header, SignedSegment, origin};
use protocol::{BatchBuilder, Scope, ids, segment, show};
use serde_json::json;
use uuid::Uuid;

use super::files::Vectors;

pub const CAMPAIGN: Uuid = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001);
pub const AUTHOR: Uuid = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0002);
pub const GROUP: Uuid = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0003);
pub const DEVICE: Uuid = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0004);
pub const SERVER: Uuid = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0005);
/// 2021-11-18 00:00 UTC, ms.
pub const DAY_MS: i64 = 1_637_193_600_000;

/// The key of a device, which nobody uses for anything else.
pub fn key(number: u8) -> SigningKey {
    SigningKey::from_bytes(&[number; 32])
}

/// One log under construction.
pub struct Log {
    pub id: LogId,
    pub key: SigningKey,
    name: &'static str,
    scope: Scope,
    seen: (u64, Vec<u8>),
    pub head: (u64, Hash),
    pub segments: Vec<SignedSegment>,
}

impl Log {
    pub fn new(name: &'static str, device: Uuid, key_number: u8, scope: Scope, epoch: u64) -> Self {
        let id = LogId::new(device, scope.id(), epoch);
        Self {
            id,
            key: key(key_number),
            name,
            scope,
            seen: (0, Vec::new()),
            head: (0, origin(CAMPAIGN, &id)),
            segments: Vec::new(),
        }
    }

    /// Seals what `fill` puts into a batch.
    pub fn seal(&mut self, fill: impl FnOnce(&mut BatchBuilder, LogId)) {
        let mut batch = BatchBuilder::default();
        fill(&mut batch, self.id);
        let count = batch.len() as u32;
        let payload = segment::encode(&batch.finish(), &[self.scope.id()], 19).unwrap();
        let header = Header {
            seen_seq: self.seen.0,
            seen_chain: self.seen.1.clone(),
            ..Header::of(&self.id, self.head.0 + 1, count)
        };
        let signed = SignedSegment::sign(&self.key, self.head.1, &header, payload);
        self.head = (header.last_seq(), signed.chain());
        self.segments.push(signed);
    }

    fn write(&self, vectors: &mut Vectors) -> serde_json::Value {
        let mut names = Vec::new();
        for (place, signed) in self.segments.iter().enumerate() {
            let name = format!("{}-{}", self.name, place + 1);
            vectors.bytes(&format!("segments/{name}.bin"), signed.to_bytes());
            vectors.json(
                &format!("segments/{name}.json"),
                &show::segment(signed).unwrap(),
            );
            names.push(name);
        }
        json!({
            "name": self.name,
            "campaign": CAMPAIGN,
            "public_key": hex::encode(self.key.verifying_key().to_bytes()),
            "chain_0": hex::encode(origin(CAMPAIGN, &self.id)),
            "segments": names,
        })
    }
}

/// The logs of these vectors.
pub fn all() -> Vec<Log> {
    let campaign = campaign_log();
    let mut sealed = sealed_log();
    let head = (campaign.head.0, campaign.head.1.to_vec());
    sealed.seen = head;
    second_day(&mut sealed);
    vec![campaign, sealed, every_value(), group_log()]
}

pub fn write(vectors: &mut Vectors) {
    let logs: Vec<_> = all().iter().map(|log| log.write(vectors)).collect();
    vectors.json("logs.json", &json!(logs));
}

fn campaign_log() -> Log {
    let scope = Scope::Campaign { campaign: CAMPAIGN };
    let mut log = Log::new("campaign", SERVER, 1, scope, 0xfedc_ba98_7654_3210);
    log.seal(|b, own| {
        let record = ("campaign", CAMPAIGN);
        b.push_value(own, DAY_MS, record, "name", &"环境整治观摩".into(), &[]);
        b.push_value(own, DAY_MS + 1, record, "state", &"draft".into(), &[]);
        b.push_value(
            own,
            DAY_MS + 5,
            record,
            "state",
            &"started".into(),
            &[(own, 2)],
        );
    });
    log
}

/// A phone's sheets: minted and derived ids, a second segment large enough for zstd and repeated bytes.
fn sealed_log() -> Log {
    let scope = Scope::Sealed {
        campaign: CAMPAIGN,
        author: AUTHOR,
    };
    let mut log = Log::new("sealed", DEVICE, 2, scope, 7);
    let sheet = ids::sheet(CAMPAIGN, Uuid::from_u128(100), AUTHOR);
    log.seal(|b, own| {
        let (seed, at) = ([0xa5; 16], DAY_MS + 3_600_000);
        let record = ("sheet", sheet);
        b.push_value(own, at, record, "site", &Uuid::from_u128(100).into(), &[]);
        b.push_value(
            own,
            at + 900,
            record,
            "answer/V-C1",
            &answer(45_000, "有垃圾"),
            &[],
        );
        let photo = ids::mint(&seed, 3, at + 1_000);
        let index = b.push_value(own, at + 1_000, ("photo", photo), "of", &sheet.into(), &[]);
        b.minted(index, seed, 3);
        b.push_value(
            own,
            at + 2_000,
            record,
            "answer/V-C1",
            &answer(40_000, ""),
            &[(own, 2)],
        );
    });
    log
}

fn second_day(log: &mut Log) {
    let seed = [0x5a; 16];
    log.seal(|b, own| {
        for n in 0..300_i64 {
            let at = DAY_MS + 86_400_000 + n * 5_000 + n % 7;
            let sheet = ids::derived(own.scope, Uuid::from_u128(200 + (n / 30) as u128));
            let field = format!("answer/V-C{}", n % 30);
            let said = answer(
                (n % 11) * 5_000,
                ["", "道路两侧有垃圾", "无"][n as usize % 3],
            );
            b.push_value(own, at, ("sheet", sheet), &field, &said, &[]);
            if n % 50 == 0 {
                let id = ids::mint(&seed, n as u64, at);
                let index = b.push_value(own, at, ("photo", id), "of", &sheet.into(), &[]);
                b.minted(index, seed, n as u64);
            }
        }
    });
}

fn answer(score_e4: i64, note: &str) -> Value {
    let note = if note.is_empty() {
        Value::Null
    } else {
        note.into()
    };
    Value::List(vec![score_e4.into(), note])
}

/// Values at the edges of what there is, in one segment of its own log.
fn every_value() -> Log {
    let scope = Scope::Household {
        campaign: CAMPAIGN,
        author: AUTHOR,
    };
    let mut log = Log::new("values", DEVICE, 2, scope, 1 << 40);
    log.seal(|b, own| {
        let record = ("unknown_kind", Uuid::from_u128(300));
        for (n, (field, value)) in edges().into_iter().enumerate() {
            b.push_value(own, DAY_MS - n as i64, record, field, &value, &[]);
        }
    });
    // One byte string, and that an empty one: its column is there all the same.
    log.seal(|b, own| {
        let record = ("unknown_kind", Uuid::from_u128(301));
        b.push_value(own, -1, record, "empty", &Value::Bytes(Vec::new()), &[]);
        b.push_value(own, 0, record, "none", &"".into(), &[]);
    });
    log
}

fn edges() -> Vec<(&'static str, Value)> {
    let ints = [
        0,
        1,
        -1,
        23,
        24,
        255,
        256,
        65_536,
        i64::from(u32::MAX),
        i64::MIN,
        i64::MAX,
    ];
    let mut out: Vec<(&str, Value)> = ints.map(|i| ("int", Value::Int(i))).to_vec();
    out.extend([Value::Null, false.into(), true.into()].map(|v| ("plain", v)));
    out.extend(["", "a", "检查发现", "😀\u{0}\u{10ffff}", "é"].map(|t| ("text", t.into())));
    out.extend(
        [vec![], vec![0], vec![7; 100], (0..=255).collect()].map(|b| ("bytes", Value::Bytes(b))),
    );
    out.extend([0, u128::MAX, 100].map(|n| ("id", Uuid::from_u128(n).into())));
    let deep = (0..4).fold(Value::Int(5), |inner, _| {
        Value::List(vec![inner, "d".into()])
    });
    let long = Value::List((0..200).map(Value::Int).collect());
    let mixed = Value::List(vec![
        Value::Null,
        Value::List(vec![]),
        Uuid::from_u128(100).into(),
        Value::Bytes(vec![1, 2]),
        Value::List(
            (0..30)
                .map(|i| {
                    if i % 3 == 0 {
                        "三".into()
                    } else {
                        Value::Int(i)
                    }
                })
                .collect(),
        ),
    ]);
    let twice = Value::List(
        (0..26)
            .map(|i| Value::List(vec![i.into(), true.into()]))
            .collect(),
    );
    out.extend([Value::List(vec![]), deep, long, mixed, twice].map(|v| ("list/of", v)));
    out.push(("list/other", Value::List(vec!["x".into()])));
    out
}

/// A group's notes: plain ids, other logs and an abandoned branch superseded.
fn group_log() -> Log {
    let scope = Scope::Group {
        campaign: CAMPAIGN,
        group: GROUP,
    };
    let mut log = Log::new("group", DEVICE, 2, scope, u64::MAX);
    let other = LogId::new(Uuid::from_u128(9), log.id.scope, 3);
    let abandoned = LogId {
        branch: 0x8000_0000_0000_0001,
        ..log.id
    };
    log.seal(|b, own| {
        let issue = (
            "issue",
            Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0400),
        );
        b.push_value(own, DAY_MS, issue, "description", &"乱堆乱放".into(), &[]);
        let dots = [(own, 1), (other, 12), (abandoned, 4_000_000_000)];
        b.push_value(own, DAY_MS, issue, "description", &"已清理".into(), &dots);
        let facts = (
            "site_facts",
            ids::site_facts(CAMPAIGN, Uuid::from_u128(100), GROUP),
        );
        b.push_value(
            own,
            DAY_MS - 5,
            facts,
            "deleted",
            &true.into(),
            &[(other, 1)],
        );
    });
    log
}
