//! Bundles: a file as it comes on a stick, and what somebody with a phone's key may have sealed in one.
//!
//! The second is an entry of its own because changed bytes of a sealed file never get past the seal, while anybody may
//! seal what he likes: the key for it is public. Leaves out: what a server does with what it read.

use ed25519_dalek::SigningKey;
use protocol::bundle::{Envelope, List, Opening, PhotoFile, Sealing, check_copy, peek};
use protocol::chain::sha256;
use uuid::Uuid;

/// The phone of all bundles here.
pub const DEVICE: Uuid = Uuid::from_u128(0xde);

fn server() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

/// Its key.
#[must_use]
pub fn device() -> SigningKey {
    SigningKey::from_bytes(&[9; 32])
}

/// A file: what everybody may read of it, then what the server reads.
pub fn file(bytes: &[u8]) {
    let whole = check_copy(bytes);
    if let Ok((envelope, hash)) = &whole {
        assert!(
            peek(bytes).is_ok_and(|(seen, size)| seen == *envelope && size == bytes.len() as u64)
        );
        assert_eq!(*hash, sha256(bytes));
    }
    let Ok(opening) = Opening::begin(bytes, &server()) else {
        return;
    };
    if opening.check(&device().verifying_key()).is_ok() {
        assert!(whole.is_ok(), "a bundle was believed that is no whole copy");
    }
}

/// The list at the start of a body.
pub fn list(bytes: &[u8]) {
    let Ok(list) = List::parse(bytes) else {
        return;
    };
    assert!(list.body_bytes() >= list.to_bytes().len() as u64);
    assert!(List::parse(&list.to_bytes()).is_ok_and(|again| again == list));
}

/// A segment and a photo of a body that is sealed rightly; the first two bytes are the segment's length.
pub fn body(bytes: &[u8]) {
    let Some((length, bytes)) = bytes.split_first_chunk::<2>() else {
        return;
    };
    let length = usize::from(u16::from_be_bytes(*length)).min(bytes.len());
    let (segment, photo) = bytes.split_at(length);
    let Some(sealed) = seal(segment, photo) else {
        return;
    };
    assert!(check_copy(&sealed[..]).is_ok());
    let mut opening = Opening::begin(&sealed[..], &server()).expect("it was sealed to this server");
    if opening.segment().is_ok_and(|s| s.is_some()) {
        let mut read = Vec::new();
        let found = opening.photo(|piece| {
            read.extend_from_slice(piece);
            Ok(())
        });
        assert!(
            found.is_ok() && read == photo,
            "the photo came back otherwise"
        );
    }
    let opening = Opening::begin(&sealed[..], &server()).expect("it was opened before");
    let _ = opening.check(&device().verifying_key());
}

/// A bundle with this segment and this photo, as a phone makes it; `None` beyond a limit.
#[must_use]
pub fn seal(segment: &[u8], photo: &[u8]) -> Option<Vec<u8>> {
    let list = List {
        certificate: String::new(),
        segments: vec![u32::try_from(segment.len()).ok()?],
        photos: vec![PhotoFile {
            hash: sha256(photo),
            size_bytes: photo.len() as u64,
        }],
        photos_left_out: 0,
    };
    let envelope = Envelope {
        server: [5; 16],
        device: DEVICE.into_bytes(),
        made_ms: 1_637_202_725_678,
        // Filled in by the sealing.
        to: [0; 32],
        body_bytes: 0,
        part: 1,
        parts: 1,
    };
    let key = server().verifying_key();
    let mut sealing = Sealing::begin(Vec::new(), &key, envelope, &list, &[3; 32]).ok()?;
    sealing.write(segment).ok()?;
    sealing.write(photo).ok()?;
    Some(sealing.finish(&device()).ok()?.0)
}
