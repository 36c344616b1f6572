//! Each limit of a decoder: what is at it is read, what is one beyond it is refused.

use ed25519_dalek::SigningKey;
use merge::{LogId, Value};
use protocol::chain::{Header, SignedSegment, origin};
use protocol::message::SyncRequest;
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

#[test]
fn a_request_carries_so_many_segments_and_no_more() {
    let key = SigningKey::from_bytes(&[7; 32]);
    let log = log();
    let header = Header {
        version: PROTOCOL_VERSION,
        algorithm: 1,
        device: log.device.into_bytes(),
        scope: log.scope.into_bytes(),
        epoch: log.epoch,
        first_seq: 1,
        count: 1,
        schema: SCHEMA_VERSION,
        seen_seq: 0,
        seen_chain: Vec::new(),
    };
    let one = SignedSegment::sign(&key, origin(Uuid::from_u128(1), &log), &header, vec![0]);
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
