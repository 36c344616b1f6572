//! What crosses the wire: segments, messages, values, headers, closing sets.

use merge::LogId;
use protocol::chain::SignedSegment;
use protocol::closing::ClosingSet;
use protocol::enrol::Certificate;
use protocol::message::{SyncRequest, SyncResponse};
use protocol::request::RequestSignature;
use protocol::{check, segment, show};
use uuid::Uuid;

/// A signed segment, as a file or a message holds it.
pub fn segment(bytes: &[u8]) {
    if let Ok(signed) = SignedSegment::parse(bytes) {
        assert_eq!(signed.to_bytes(), bytes, "a second encoding was read");
        let _ = show::segment(&signed);
    }
}

/// A payload; its first two bytes are the number of changes its header promises.
pub fn payload(bytes: &[u8]) {
    let Some((count, bytes)) = bytes.split_first_chunk::<2>() else {
        return;
    };
    let log = LogId::new(Uuid::from_u128(7), Uuid::from_u128(8), 99);
    let count = u32::from(u16::from_be_bytes(*count));
    let Ok(batch) = segment::decode(bytes, &log, count) else {
        return;
    };
    for row in &batch.rows {
        let (kind, field) = (batch.kind(row.record), &batch.fields[row.field as usize]);
        let _ = check::fit(kind, field, batch.value(row));
        assert!(protocol::value::decode(batch.value(row)).is_ok());
    }
    // Packed otherwise it may be too large; else it must come back.
    if let Ok(again) = segment::encode(&batch, &[log.scope], 1) {
        assert_eq!(segment::decode(&again, &log, count).as_ref(), Ok(&batch));
    }
}

/// A value alone.
pub fn value(bytes: &[u8]) {
    if let Ok(value) = protocol::value::decode(bytes) {
        assert_eq!(
            protocol::value::encode(&value),
            bytes,
            "a second encoding was read"
        );
    }
}

/// A sync request, and what a server looks into.
pub fn request(bytes: &[u8]) {
    if let Ok(request) = SyncRequest::parse(bytes) {
        assert_eq!(
            SyncRequest::parse(&request.to_bytes()).as_ref(),
            Ok(&request)
        );
        request.segments.iter().for_each(inside);
    }
}

/// A sync reply, and what a phone looks into.
pub fn reply(bytes: &[u8]) {
    if let Ok(reply) = SyncResponse::parse(bytes) {
        assert_eq!(SyncResponse::parse(&reply.to_bytes()).as_ref(), Ok(&reply));
        reply.segments.iter().for_each(inside);
        for scope in &reply.scopes {
            let _ = scope.scope();
        }
    }
}

fn inside(signed: &SignedSegment) {
    let _ = show::segment(signed);
}

/// The signature and the certificate of a request.
pub fn headers(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Some(signature) = RequestSignature::parse(&text) {
        assert_eq!(
            RequestSignature::parse(&signature.to_header()),
            Some(signature)
        );
    }
    if let Some(shown) = Certificate::parse(&text) {
        let key = ed25519_dalek::SigningKey::from_bytes(&[1; 32]);
        let _ = shown.verified(Uuid::nil(), &key.verifying_key());
        assert_eq!(Certificate::parse(&shown.to_header()), Some(shown));
    }
    let _ = protocol::enrol::public_key(&text);
}

/// A closing set as it stands in a log.
pub fn closing(bytes: &[u8]) {
    if let Ok(set) = serde_json::from_slice::<ClosingSet>(bytes) {
        let text = set.to_json();
        let again: ClosingSet = serde_json::from_str(&text).expect("what was written is read");
        assert_eq!(again.to_json(), text);
        assert_eq!(again.hash(), set.hash());
    }
}
