//! What every reader must refuse: `refused.json`, each with the way it is read and why.
//!
//! Invariant: each is one change away from something that is read, so that it is refused for that change. Leaves out:
//! what the server answers.

use ed25519_dalek::VerifyingKey;
use merge::LogId;
use protocol::chain::{Header, SignedSegment, origin};
use protocol::message::{SyncRequest, SyncResponse};
use protocol::{Scope, segment, show, value};
use serde_json::{Value as Json, json};

use super::files::{self, Vectors};
use super::logs::{self, AUTHOR, CAMPAIGN, DEVICE};
use super::sync;

/// A vector: read as what, why refused (none: it must be read), its bytes.
type Case = (&'static str, Option<&'static str>, Vec<Vec<u8>>);

pub fn write(vectors: &mut Vectors) {
    let row = |(read_as, why, parts): &Case| json!({ "as": read_as, "why": why, "hex": parts.iter().map(hex::encode).collect::<Vec<_>>() });
    let cases: Vec<Json> = all().iter().map(row).collect();
    let key = hex::encode(logs::key(2).verifying_key().to_bytes());
    vectors.json(
        "refused.json",
        &json!({ "campaign": CAMPAIGN, "public_key": key, "cases": cases }),
    );
}

fn all() -> Vec<Case> {
    let mut cases = values();
    cases.extend(payloads());
    cases.extend(chains());
    cases.extend(messages());
    cases
}

fn values() -> Vec<Case> {
    let case = |why, hex: &str| ("value", why, vec![hex::decode(hex).unwrap()]);
    vec![
        case(None, "17"),
        case(Some("an integer in more bytes than it needs"), "1817"),
        case(Some("a length in more bytes than it needs"), "780161"),
        case(Some("an indefinite list"), "9f01ff"),
        case(Some("indefinite text"), "7f6161ff"),
        case(Some("a float"), "f93c00"),
        case(Some("a map"), "a10102"),
        case(Some("undefined"), "f7"),
        case(
            Some("another tag"),
            "d82650000102030405060708090a0b0c0d0e0f",
        ),
        case(
            Some("an id of 15 bytes"),
            "d8254f000102030405060708090a0b0c0d0e",
        ),
        case(Some("an integer beyond 64 bits"), "1b8000000000000000"),
        case(Some("text that is not UTF-8"), "61ff"),
        case(Some("five lists nested"), "8181818180"),
        case(
            Some("five lists nested, the last with a value"),
            "8181818181f6",
        ),
        case(Some("201 positions"), &format!("98c9{}", "f6".repeat(201))),
        case(Some("something behind it"), "0000"),
        case(Some("cut short"), "8201"),
        case(Some("nothing"), ""),
    ]
}

/// A payload with one change `x.y = 1` of record 300, every column written out, changed by `edit`.
fn by_hand(edit: impl FnOnce(&mut Vec<Vec<u8>>)) -> SignedSegment {
    let id: Vec<u8> = uuid::Uuid::from_u128(300).into_bytes().to_vec();
    let column = |bytes: &[u8]| [&[bytes.len() as u8, 0], bytes].concat();
    let mut parts = vec![
        vec![1],
        [vec![1], column(b"x")].concat(),
        [vec![1], column(b"y")].concat(),
        vec![0, 0],
        [
            vec![1],
            column(&id[..4]),
            column(&id[4..6]),
            column(&id[6..]),
        ]
        .concat(),
        // One record: kind 0, plain; no seeds, no name spaces; id 0.
        vec![1, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0],
        vec![0],
        // One change: record 0, field 0, time 2 ms, nothing superseded.
        vec![1, 0, 1, 0, 0, 1, 0, 4, 0, 1, 0],
        // One value: an integer, 1.
        vec![1, 0, 3, 2, 1, 0],
    ];
    edit(&mut parts);
    let scope = Scope::Household {
        campaign: CAMPAIGN,
        author: AUTHOR,
    };
    let log = LogId::new(DEVICE, scope.id(), 77);
    sign(&log, parts.concat(), |_| {})
}

fn sign(log: &LogId, payload: Vec<u8>, edit: impl FnOnce(&mut Header)) -> SignedSegment {
    let mut header = Header::of(log, 1, 1);
    edit(&mut header);
    SignedSegment::sign(&logs::key(2), origin(CAMPAIGN, log), &header, payload)
}

/// The one change supersedes something: how many, of which log and seq, each as the zigzag varint it is written as.
fn superseding(parts: &mut [Vec<u8>], [count, log, seq]: [u8; 3]) {
    parts[7].truncate(8);
    for least in [count, log, seq] {
        parts[7].extend([least, 1, 0]);
    }
}

/// One value: a list of so many nulls, the positions from 24 on in one column.
fn nulls(positions: u8) -> Vec<u8> {
    let shared = positions - 24;
    let own = [1, 0, 0].repeat(24);
    [&[1, 0, 7 + positions][..], &own, &[shared, 1, 2, 0]].concat()
}

fn payloads() -> Vec<Case> {
    let case = |why, edit: &dyn Fn(&mut Vec<Vec<u8>>)| -> Case {
        (
            "segment",
            why,
            vec![by_hand(|parts| edit(parts)).to_bytes()],
        )
    };
    vec![
        case(None, &|_| {}),
        case(Some("another layout"), &|p| p[0] = vec![2]),
        case(Some("a layout that never was"), &|p| p[0] = vec![0]),
        case(Some("a varint in more bytes than it needs"), &|p| {
            p[3] = vec![0x80, 0, 0];
        }),
        case(Some("a varint beyond 64 bits"), &|p| {
            p[8] = [&[1, 0, 3][..], &[0xff; 9], &[2, 1, 0]].concat();
        }),
        case(Some("an unknown method of a column"), &|p| {
            p[1] = vec![1, 1, 3, b'x']
        }),
        case(Some("a zstd frame that is none"), &|p| {
            p[1] = vec![1, 1, 1, 2, 0, 0]
        }),
        case(Some("two kinds of one name"), &|p| {
            p[1] = vec![2, 3, 0, b'x', b'\n', b'x']
        }),
        case(Some("a field without name"), &|p| p[2] = vec![1, 0]),
        case(Some("a kind outside its table"), &|p| p[5][1] = 2),
        case(Some("an unknown kind of id"), &|p| p[5][6] = 3),
        case(Some("another number of changes than the header's"), &|p| {
            p[7][0] = 2
        }),
        case(Some("fewer kinds than it says"), &|p| {
            p[1] = vec![2, 1, 0, b'x']
        }),
        case(Some("a name over 120 bytes"), &|p| {
            p[2] = [&[1, 121, 2][..], b"y"].concat();
        }),
        case(None, &|p| p[2] = [&[1, 120, 2][..], b"y"].concat()),
        case(Some("a letter that is no character"), &|p| {
            p[6] = vec![1, 0x80, 0xe0, 0x06, 1, 0];
        }),
        // One change that supersedes so many, of which log, which seq.
        case(None, &|p| superseding(p, [2, 0, 10])),
        case(Some("less than nothing superseded"), &|p| {
            superseding(p, [1, 0, 10])
        }),
        case(Some("another log that is not in its table"), &|p| {
            superseding(p, [2, 2, 10])
        }),
        case(Some("the change 0 superseded"), &|p| {
            superseding(p, [2, 0, 0])
        }),
        case(Some("a change before the first superseded"), &|p| {
            superseding(p, [2, 0, 1])
        }),
        case(Some("nine planes of an integer"), &|p| p[8][5] = 9),
        case(Some("an unknown tag of a value"), &|p| {
            p[8] = vec![1, 0, 208]
        }),
        case(None, &|p| p[8] = nulls(200)),
        case(Some("a list of 201"), &|p| p[8] = nulls(201)),
        case(Some("five lists nested"), &|p| {
            p[8] = [[1, 0, 8].repeat(4), vec![1, 0, 7]].concat();
        }),
        case(Some("something behind the last column"), &|p| {
            p.push(vec![0])
        }),
        case(Some("cut short"), &|p| drop(p.pop())),
    ]
}

fn chains() -> Vec<Case> {
    let logs = logs::all();
    let sealed = &logs[1].segments;
    let bytes = |segments: &[&SignedSegment]| segments.iter().map(|s| s.to_bytes()).collect();
    let (first, second) = (&sealed[0], &sealed[1]);
    let mut signature = second.clone();
    signature.signature[5] ^= 1;
    let mut payload = second.clone();
    *payload.payload.last_mut().unwrap() ^= 1;
    let mut prev = second.clone();
    prev.prev_chain[31] ^= 1;
    let mut header = first.clone();
    // The epoch: 7 becomes 6.
    header.header[2 + 2 * 17] ^= 1;
    vec![
        ("log", None, bytes(&[first, second])),
        ("log", Some("a segment is missing"), bytes(&[second])),
        ("log", Some("a segment twice"), bytes(&[first, first])),
        ("log", Some("another order"), bytes(&[second, first])),
        (
            "log",
            Some("a bit of the signature"),
            bytes(&[first, &signature]),
        ),
        (
            "log",
            Some("a bit of the payload"),
            bytes(&[first, &payload]),
        ),
        (
            "log",
            Some("a bit of the chain before"),
            bytes(&[first, &prev]),
        ),
        ("log", Some("another epoch"), bytes(&[&header])),
        (
            "log",
            Some("another log's segment"),
            bytes(&[first, &logs[2].segments[0]]),
        ),
        (
            "log",
            Some("another device's log"),
            bytes(&[&logs[0].segments[0]]),
        ),
    ]
}

fn messages() -> Vec<Case> {
    let logs = logs::all();
    let request = sync::request(&logs).to_bytes();
    let reply = sync::reply(&logs).to_bytes();
    let longer = |mut bytes: Vec<u8>| {
        bytes.push(0);
        bytes
    };
    let cut = |bytes: &[u8]| bytes[..bytes.len() - 1].to_vec();
    // The first position, 1, in two bytes.
    let overlong = [&request[..1], &[0x18, 1], &request[2..]].concat();
    // An unknown position behind the known ones is no fault, unless it holds what is never used.
    let newer = |item: &[u8]| [&[request[0] + 1], &request[1..], item].concat();
    let deep = [vec![0x81; 17], vec![0]].concat();
    vec![
        ("request", None, vec![request.clone()]),
        ("request", None, vec![newer(&[0x82, 1, 0xf6])]),
        (
            "request",
            Some("a map in an unknown position"),
            vec![newer(&[0xa0])],
        ),
        ("request", Some("nested without end"), vec![newer(&deep)]),
        (
            "request",
            Some("an integer in more bytes than it needs"),
            vec![overlong],
        ),
        (
            "request",
            Some("something behind it"),
            vec![longer(request.clone())],
        ),
        ("request", Some("cut short"), vec![cut(&request)]),
        ("reply", None, vec![reply.clone()]),
        ("reply", Some("a request"), vec![request.clone()]),
        (
            "reply",
            Some("something behind it"),
            vec![longer(reply.clone())],
        ),
        ("reply", Some("cut short"), vec![cut(&reply)]),
    ]
}

/// Reads every stored case as it says; how many were refused, and how many read.
pub fn check() -> (usize, usize) {
    let stored = files::json("refused.json");
    let (mut refused, mut read) = (0, 0);
    for case in stored["cases"].as_array().unwrap() {
        let parts: Vec<Vec<u8>> = case["hex"].as_array().unwrap().iter().map(unhex).collect();
        let outcome = match case["as"].as_str().unwrap() {
            "value" => value::decode(&parts[0])
                .map(drop)
                .map_err(|e| e.to_string()),
            "segment" => SignedSegment::parse(&parts[0])
                .and_then(|s| show::segment(&s).map(drop))
                .map_err(|e| e.to_string()),
            "log" => log(&parts),
            "request" => SyncRequest::parse(&parts[0])
                .map(drop)
                .map_err(|e| e.to_string()),
            "reply" => SyncResponse::parse(&parts[0])
                .map(drop)
                .map_err(|e| e.to_string()),
            other => panic!("read as {other}"),
        };
        assert_eq!(
            outcome.is_err(),
            case["why"].is_string(),
            "{outcome:?}: {case}"
        );
        refused += usize::from(outcome.is_err());
        read += usize::from(outcome.is_ok());
    }
    (refused, read)
}

fn unhex(digits: &Json) -> Vec<u8> {
    hex::decode(digits.as_str().unwrap()).unwrap()
}

/// A log from its beginning, by the key of the vectors' phone.
fn log(parts: &[Vec<u8>]) -> Result<(), String> {
    let key: VerifyingKey = logs::key(2).verifying_key();
    let mut at: Option<(LogId, u64, [u8; 32])> = None;
    for bytes in parts {
        let signed = SignedSegment::parse(bytes).map_err(|e| e.to_string())?;
        let header = signed.header().map_err(|e| e.to_string())?;
        let own = header.log();
        let (log, next, chain) = at.unwrap_or((own, 1, origin(CAMPAIGN, &own)));
        if (own, header.first_seq, signed.prev_chain) != (log, next, chain) {
            return Err("not the next of its log".into());
        }
        let chain = signed.verify(&key).map_err(|e| e.to_string())?;
        segment::decode(&signed.payload, &own, header.count).map_err(|e| e.to_string())?;
        at = Some((log, header.last_seq() + 1, chain));
    }
    Ok(())
}
