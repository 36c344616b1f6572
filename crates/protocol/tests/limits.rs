//! Each limit of a decoder: what is at it is read, what is one beyond it is refused.

use ed25519_dalek::SigningKey;
use merge::{LogId, Value};
use protocol::bundle::{BundleError, List, PhotoFile};
use protocol::chain::{Header, SignedSegment, origin};
use protocol::message::{SyncRequest, SyncResponse};
use protocol::{BatchBuilder, PROTOCOL_VERSION, SCHEMA_VERSION, Scope, limits, segment, value};
use uuid::Uuid;

/// So many lists around nothing.
fn nested(lists: usize) -> Value {
    (0..lists).fold(Value::Null, |inner, _| Value::List(vec![inner]))
}

fn positions(count: usize) -> Value {
    Value::List(vec![Value::Null; count])
}

#[test]
fn a_value_is_nested_and_long_up_to_its_limits() {
    for (good, bad) in [
        (nested(limits::VALUE_DEPTH), nested(limits::VALUE_DEPTH + 1)),
        (
            positions(limits::LIST_ITEMS),
            positions(limits::LIST_ITEMS + 1),
        ),
    ] {
        assert_eq!(value::decode(&value::encode(&good)).as_ref(), Ok(&good));
        assert!(value::decode(&value::encode(&bad)).is_err());
    }
}

const SCOPE: Scope = Scope::Campaign {
    campaign: Uuid::from_u128(1),
};

fn log() -> LogId {
    LogId::new(Uuid::from_u128(2), SCOPE.id(), 1)
}

/// Whether a change with this value can be packed into a segment and read again.
fn is_read(value: &Value) -> bool {
    let mut batch = BatchBuilder::default();
    let record = ("issue", Uuid::from_u128(3));
    batch.push_value(log(), 1, record, "description", value, &[]);
    let payload = segment::encode(&batch.finish(), &[SCOPE.id()], 3);
    payload.is_ok_and(|bytes| segment::decode(&bytes, &log(), 1).is_ok())
}

#[test]
fn a_segment_holds_no_value_beyond_the_limits() {
    for good in [nested(limits::VALUE_DEPTH), positions(limits::LIST_ITEMS)] {
        assert!(is_read(&good), "{good:?}");
    }
    for bad in [
        nested(limits::VALUE_DEPTH + 1),
        positions(limits::LIST_ITEMS + 1),
    ] {
        assert!(!is_read(&bad), "{bad:?}");
    }
}

/// A segment of the log above whose header is changed by `edit`, of so many bytes of payload.
fn sealed(payload: usize, edit: impl FnOnce(&mut Header)) -> SignedSegment {
    let key = SigningKey::from_bytes(&[7; 32]);
    let log = log();
    let mut header = Header::of(&log, 1, 1);
    edit(&mut header);
    let before = origin(Uuid::from_u128(1), &log);
    SignedSegment::sign(&key, before, &header, vec![0; payload])
}

#[test]
fn a_header_stays_within_its_limits() {
    let most = limits::SEGMENT_CHANGES as u32;
    let far = 1 << 48;
    let read = |(first_seq, count, seen): (u64, u32, usize)| {
        let edit = |h: &mut Header| {
            (h.first_seq, h.count, h.seen_chain) = (first_seq, count, vec![1; seen]);
        };
        sealed(1, edit).header().is_ok()
    };
    for good in [(1, 1, 0), (1, most, 0), (far, 1, 0), (1, 1, 32)] {
        assert!(read(good), "{good:?}");
    }
    for bad in [
        (0, 1, 0),
        (1, 0, 0),
        (1, most + 1, 0),
        (far + 1, 1, 0),
        (1, 1, 31),
        (1, 1, 33),
        (1, 1, 1),
    ] {
        assert!(!read(bad), "{bad:?}");
    }
}

#[test]
fn a_segment_is_planned_with_what_it_takes_on_the_wire_or_a_little_more() {
    for payload in [0, 30, 300, 70_000] {
        for seen in [0, 32] {
            let segment = sealed(payload, |h| h.seen_chain = vec![1; seen]);
            let (planned, taken) = (segment.wire_bytes(), segment.to_bytes().len());
            assert!((taken..taken + 8).contains(&planned), "{planned} {taken}");
        }
    }
}

#[test]
fn a_request_carries_so_many_segments_and_no_more() {
    let one = sealed(1, |_| ());
    let request = |segments: usize| SyncRequest {
        protocol: PROTOCOL_VERSION,
        schema: SCHEMA_VERSION,
        segments: vec![one.clone(); segments],
        ..SyncRequest::default()
    };
    let read = |segments| SyncRequest::parse(&request(segments).to_bytes());
    assert!(read(limits::REQUEST_SEGMENTS).is_ok());
    assert!(read(limits::REQUEST_SEGMENTS + 1).is_err());
}

#[test]
fn a_request_and_a_reply_are_read_up_to_their_size_and_no_more() {
    let request = |bytes| {
        let cursor = vec![7; bytes];
        let request = SyncRequest {
            cursor,
            ..SyncRequest::default()
        };
        request.to_bytes()
    };
    let reply = |bytes| {
        let cursor = vec![7; bytes];
        let reply = SyncResponse {
            cursor,
            ..SyncResponse::default()
        };
        reply.to_bytes()
    };
    let around = 100_000;
    let rest = request(around).len() - around;
    let largest = request(limits::REQUEST_BYTES - rest);
    assert_eq!(largest.len(), limits::REQUEST_BYTES);
    assert!(SyncRequest::parse(&largest).is_ok());
    let larger = request(limits::REQUEST_BYTES - rest + 1);
    let told = SyncRequest::parse(&larger).unwrap_err().to_string();
    assert_eq!(told, "not a sync message: too large");

    let rest = reply(around).len() - around;
    let largest = reply(limits::RESPONSE_BYTES - rest);
    assert_eq!(largest.len(), limits::RESPONSE_BYTES);
    assert!(SyncResponse::parse(&largest).is_ok());
    let larger = reply(limits::RESPONSE_BYTES - rest + 1);
    let told = SyncResponse::parse(&larger).unwrap_err().to_string();
    assert_eq!(told, "not a sync message: too large");
}

/// A list of so many segments of so many bytes, and so many photos of so many bytes.
fn list((segments, bytes): (usize, u32), (photos, size_bytes): (usize, u64)) -> List {
    let photo = PhotoFile {
        hash: [7; 32],
        size_bytes,
    };
    List {
        certificate: String::new(),
        segments: vec![bytes; segments],
        photos: vec![photo; photos],
        photos_left_out: 0,
    }
}

#[test]
fn a_bundle_promises_up_to_its_limits_and_no_more() {
    /// What CBOR adds to a segment at most.
    const FRAME: usize = 128;
    let longest = (limits::SEGMENT_BYTES + FRAME) as u32;
    let all = limits::BUNDLE_SEGMENTS_BYTES as u32;
    let share = all / 1_024;
    let (none, photo) = ((0, 0), limits::PHOTO_BYTES);
    for good in [
        list((limits::BUNDLE_SEGMENTS, 1), none),
        list((1, longest), none),
        list((1_024, share), none),
        list((0, 0), (limits::BUNDLE_PHOTOS, photo)),
    ] {
        assert_eq!(List::parse(&good.to_bytes()).unwrap(), good);
    }
    let mut beyond = list((1_024, share), none);
    beyond.segments[0] += 1;
    for (bad, what) in [
        (list((limits::BUNDLE_SEGMENTS + 1, 1), none), "segments"),
        (list((1, longest + 1), none), "a segment"),
        (beyond, "bytes of segments"),
        (list((0, 0), (limits::BUNDLE_PHOTOS + 1, 1)), "photos"),
        (list((0, 0), (1, photo + 1)), "a photo"),
    ] {
        let refused = bad.check().unwrap_err();
        assert!(
            matches!(refused, BundleError::TooLarge(w) if w == what),
            "{what}"
        );
    }
}

/// As `docs/sync-protocol.md` gives them to those who write another implementation.
#[test]
fn the_limits_are_those_of_the_document() {
    const KIB: usize = 1_024;
    const MIB: usize = 1_024 * KIB;
    let segment = [limits::SEGMENT_BYTES, limits::SEGMENT_RAW_BYTES];
    assert_eq!(segment, [MIB, 16 * MIB]);
    let messages = [limits::REQUEST_BYTES, limits::RESPONSE_BYTES];
    assert_eq!(messages, [2 * MIB, 8 * MIB]);
    // Not limits of the form, but what this implementation puts into one.
    assert_eq!(
        [limits::PUSH_BYTES, limits::PULL_BYTES],
        [192 * KIB, 256 * KIB]
    );
    let bundle = [
        limits::PHOTO_BYTES,
        limits::BUNDLE_SEGMENTS_BYTES,
        limits::CARRY_BYTES,
        limits::BUNDLE_BYTES,
    ];
    assert_eq!(bundle, [40, 64, 64, 2_048].map(|n| n * MIB as u64));
    assert_eq!(limits::BUNDLE_LIST_BYTES, MIB);
}
