//! What a bundle is and refuses, byte by byte; leaves out what a server does with it.

use std::io::Cursor;

use merge::{LogId, Value};
use uuid::Uuid;

use super::*;
use crate::chain::{self, Header, sha256};
use crate::{BatchBuilder, segment};

const SERVER: Uuid = Uuid::from_u128(0x5e);
const DEVICE: Uuid = Uuid::from_u128(0xde);

fn server() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

fn device() -> SigningKey {
    SigningKey::from_bytes(&[9; 32])
}

fn signed(of: Uuid, count: u32, payload: Option<Vec<u8>>) -> SignedSegment {
    let log = LogId::new(of, Uuid::from_u128(0x5c), 1);
    let mut batch = BatchBuilder::default();
    let text = Value::Text("村内道路".into());
    for n in 0..count {
        let record = Uuid::from_u128(0x100 + u128::from(n));
        batch.push_value(log, 1_000, ("issue", record), "description", &text, &[]);
    }
    let payload = payload.unwrap_or_else(|| segment::encode(&batch.finish(), &[], 3).unwrap());
    let header = Header::of(&log, 1, count);
    let origin = chain::origin(Uuid::from_u128(0xca), &log);
    SignedSegment::sign(&device(), origin, &header, payload)
}

struct Made {
    segments: Vec<Vec<u8>>,
    photos: Vec<Vec<u8>>,
    to: SigningKey,
    by: SigningKey,
}

impl Made {
    fn new() -> Self {
        Self {
            segments: vec![segment_bytes(&signed(DEVICE, 3, None))],
            photos: vec![vec![1; 700], vec![2; 150_000]],
            to: server(),
            by: device(),
        }
    }

    fn list(&self) -> List {
        let photos = self.photos.iter().map(|bytes| PhotoFile {
            hash: sha256(bytes),
            size_bytes: bytes.len() as u64,
        });
        List {
            certificate: "c".into(),
            segments: self.segments.iter().map(|s| s.len() as u32).collect(),
            photos: photos.collect(),
            photos_left_out: 2,
        }
    }

    fn write(&self) -> Vec<u8> {
        self.write_with(&self.list()).unwrap()
    }

    fn write_with(&self, list: &List) -> Result<Vec<u8>> {
        let to = self.to.verifying_key();
        let mut sealing = Sealing::begin(Vec::new(), &to, envelope(), list, &[3; 32])?;
        let bytes = sealing.file_bytes();
        for part in self.segments.iter().chain(&self.photos) {
            sealing.write(part)?;
        }
        let (out, sum) = sealing.finish(&self.by)?;
        assert_eq!(out.len() as u64, bytes);
        assert_eq!(sum, sha256(&out));
        Ok(out)
    }
}

fn envelope() -> Envelope {
    Envelope {
        server: SERVER.into_bytes(),
        device: DEVICE.into_bytes(),
        made_ms: 5_000,
        to: [0; 32],
        body_bytes: 0,
        part: 1,
        parts: 1,
    }
}

fn checked(bytes: &[u8]) -> Result<Hash> {
    Opening::begin(Cursor::new(bytes), &server())?.check(&device().verifying_key())
}

#[test]
fn what_went_in_comes_out_and_carriers_see_only_the_envelope() {
    let made = Made::new();
    let bytes = made.write();
    let (seen, length) = peek(&bytes[..]).unwrap();
    assert_eq!((seen.made_ms, length), (5_000, bytes.len() as u64));
    assert_eq!(check_copy(&bytes[..]).unwrap().1, sha256(&bytes));
    assert_eq!(checked(&bytes).unwrap(), sha256(&bytes));
    let mut opening = Opening::begin(&bytes[..], &server()).unwrap();
    assert_eq!(opening.list(), &made.list());
    let segment = opening.segment().unwrap().unwrap();
    assert_eq!(segment_bytes(&segment), made.segments[0]);
    assert!(opening.segment().unwrap().is_none());
    for photo in &made.photos {
        let mut got = Vec::new();
        let take = |piece: &[u8]| {
            got.extend_from_slice(piece);
            Ok(())
        };
        assert!(opening.photo(take).unwrap().is_some());
        assert_eq!(&got, photo);
    }
    let clear = |needle: &[u8]| bytes.windows(needle.len()).any(|w| w == needle);
    assert!(!clear("村内道路".as_bytes()) && !clear(&[2; 64]));
}

/// Read back by a program of another language with the document alone: if this hash changes, the format did.
#[test]
fn the_bytes_of_a_bundle_are_as_they_were() {
    let mut made = Made::new();
    made.segments.clear();
    made.photos = vec![(0..70_000u32).map(|n| n as u8).collect()];
    let bytes = made.write();
    let expected = "2d2d3f41fc84a82fb48eaac29416fbf70359db30c4bc10d0a803e895cab2a410";
    assert_eq!(hex::encode(sha256(&bytes)), expected);
}

#[test]
fn every_flipped_bit_and_every_cut_is_refused() {
    let mut made = Made::new();
    made.segments = vec![segment_bytes(&signed(DEVICE, 1, None))];
    made.photos = vec![vec![1; 90]];
    let bytes = made.write();
    let mut tried = 0;
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << bit;
            assert!(checked(&changed).is_err(), "byte {at} bit {bit}");
            tried += 1;
        }
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        assert!(check_copy(&changed[..]).is_err(), "byte {at}");
    }
    for at in (0..bytes.len()).step_by(64) {
        assert!(checked(&bytes[..at]).is_err());
        assert!(check_copy(&bytes[..at]).is_err());
        tried += 1;
    }
    let longer = [&bytes[..], b"x"].concat();
    let long = checked(&longer).unwrap_err();
    assert!(matches!(long, BundleError::Damaged(Damage::Long)));
    assert!(tried > 4_000, "{tried}");
}

/// A carrier who seals a bundle of its own to the server, of parts it has, passes the sum and HPKE; only the device's
/// signature of the whole stops it. The control is the same file read without that check.
#[test]
fn a_bundle_put_together_anew_fails_by_the_signature_alone() {
    let mut made = Made::new();
    made.photos.truncate(1);
    made.by = SigningKey::from_bytes(&[1; 32]);
    let bytes = made.write();
    assert!(matches!(checked(&bytes), Err(BundleError::Signature)));
    check_copy(&bytes[..]).unwrap();
    let mut opening = Opening::begin(&bytes[..], &server()).unwrap();
    while opening.segment().unwrap().is_some() {}
    while opening.photo(|_| Ok(())).unwrap().is_some() {}
}

#[test]
fn a_bundle_for_another_server_and_what_is_no_bundle_are_told_apart() {
    let mut made = Made::new();
    made.to = SigningKey::from_bytes(&[8; 32]);
    let other = checked(&made.write());
    assert!(matches!(other, Err(BundleError::OtherServer)));
    for bytes in [&b""[..], b"PK\x03\x04 a workbook, not a bundle"] {
        assert!(matches!(checked(bytes), Err(BundleError::NotOne)));
    }
    let mut newer = Made::new().write();
    newer[14] = b'2';
    assert!(matches!(checked(&newer), Err(BundleError::Newer)));
}

#[test]
fn parts_that_are_not_the_devices_or_do_not_decode_are_refused() {
    let mut made = Made::new();
    made.segments = vec![segment_bytes(&signed(Uuid::from_u128(1), 1, None))];
    assert!(matches!(
        checked(&made.write()),
        Err(BundleError::OtherDevice)
    ));
    made.segments = vec![segment_bytes(&signed(DEVICE, 1, Some(vec![1, 2, 3])))];
    assert!(matches!(
        checked(&made.write()),
        Err(BundleError::Segment(_))
    ));
    let mut forged = signed(DEVICE, 1, None);
    forged.signature[3] ^= 1;
    made.segments = vec![segment_bytes(&forged)];
    assert!(matches!(
        checked(&made.write()),
        Err(BundleError::Segment(SegmentError::Signature))
    ));
}

/// A column that unpacks to 64 MB: the limit of a segment holds inside a bundle too.
#[test]
fn a_segment_that_unpacks_to_too_much_is_refused() {
    let frame = zstd::bulk::compress(&vec![b'a'; 64 << 20], 3).unwrap();
    let mut payload = vec![1, 1];
    // One kind, its name 15 MB long as it says: varint length, method 1, varint length of the frame.
    payload.extend([0x80, 0x80, 0xc0, 0x07, 1]);
    let mut n = frame.len() - 4;
    while n >= 0x80 {
        payload.push(n as u8 | 0x80);
        n >>= 7;
    }
    payload.push(n as u8);
    payload.extend(&frame[4..]);
    let mut made = Made::new();
    made.segments = vec![segment_bytes(&signed(DEVICE, 1, Some(payload)))];
    let refused = checked(&made.write());
    assert!(
        matches!(refused, Err(BundleError::Segment(_))),
        "{refused:?}"
    );
}

#[test]
fn lists_over_the_limits_are_refused_by_both_ends() {
    let tiny = segment_bytes(&signed(DEVICE, 1, None)).len() as u32;
    let photo = |size_bytes| PhotoFile {
        hash: [0; 32],
        size_bytes,
    };
    let lists = [
        List {
            segments: vec![tiny; 20_000],
            ..List::default()
        },
        List {
            segments: vec![u32::MAX],
            ..List::default()
        },
        List {
            segments: vec![1 << 20; 65],
            ..List::default()
        },
        List {
            photos: vec![photo(1); limits::BUNDLE_PHOTOS + 1],
            ..List::default()
        },
        List {
            photos: vec![photo(limits::PHOTO_BYTES + 1)],
            ..List::default()
        },
        List {
            photos: vec![photo(limits::PHOTO_BYTES); 60],
            ..List::default()
        },
    ];
    for list in lists {
        let made = Made::new();
        let ours = made.write_with(&list);
        assert!(matches!(ours, Err(BundleError::TooLarge(_))), "{ours:?}");
        // As somebody else's program would write it.
        let theirs = unchecked(&list);
        let refused = checked(&theirs);
        assert!(
            matches!(refused, Err(BundleError::TooLarge(_))),
            "{refused:?}"
        );
    }
}

/// A bundle's beginning with any list at all.
fn unchecked(list: &List) -> Vec<u8> {
    use hpke::{Deserializable, OpModeS, Serializable};
    let to = seal_key(&server().verifying_key());
    let envelope = Envelope {
        to,
        body_bytes: list.body_bytes(),
        ..envelope()
    };
    let info = seal::head(&envelope);
    let to = <Kem as hpke::Kem>::PublicKey::from_bytes(&to).unwrap();
    let (key, mut context) = hpke::setup_sender_with_rng::<Aead, Kdf, Kem>(
        &OpModeS::Base,
        &to,
        &info,
        &mut seal::Once(&[4; 32]),
    )
    .unwrap();
    let bytes = list.to_bytes();
    let mut body = (bytes.len() as u32).to_be_bytes().to_vec();
    body.extend(bytes);
    body.resize(body.len().max(envelope.body_bytes.min(1 << 20) as usize), 0);
    let mut out = [&info[..], &key.to_bytes()].concat();
    for piece in body.chunks(PIECE) {
        out.extend(context.seal(piece, &[]).unwrap());
    }
    out
}

#[test]
fn a_header_over_its_limit_is_not_read() {
    let mut bytes = MAGIC.to_vec();
    bytes.extend([0xff, 0xff]);
    bytes.extend(vec![0; 70_000]);
    assert!(matches!(
        peek(&bytes[..]),
        Err(BundleError::TooLarge("header"))
    ));
}

/// What `peek` says to an envelope that is changed by `edit`.
fn peeked(edit: impl FnOnce(&mut Envelope)) -> Result<(Envelope, u64)> {
    let mut envelope = Envelope {
        body_bytes: 1_000,
        ..envelope()
    };
    edit(&mut envelope);
    peek(&seal::head(&envelope)[..])
}

#[test]
fn a_header_says_what_can_be_and_no_more() {
    let mut longest = [&MAGIC[..], &[2, 0]].concat();
    longest.extend(vec![0; limits::BUNDLE_HEADER_BYTES]);
    let read = peek(&longest[..]).unwrap_err();
    assert!(
        matches!(read, BundleError::Damaged(Damage::Changed)),
        "{read}"
    );
    longest[17] = 1;
    assert!(matches!(
        peek(&longest[..]),
        Err(BundleError::TooLarge("header"))
    ));

    for (body_bytes, part, parts) in [
        (limits::BUNDLE_BYTES, 1, 1),
        (SIGNATURE + 4, 1, 1),
        (1_000, 1, 2),
        (1_000, 2, 2),
    ] {
        let edit = |e: &mut Envelope| (e.body_bytes, e.part, e.parts) = (body_bytes, part, parts);
        assert!(peeked(edit).is_ok(), "{body_bytes} {part} {parts}");
    }
    for (body_bytes, part, parts) in [
        (SIGNATURE + 3, 1, 1),
        (0, 1, 1),
        (1_000, 0, 1),
        (1_000, 2, 1),
        (1_000, 0, 0),
    ] {
        let edit = |e: &mut Envelope| (e.body_bytes, e.part, e.parts) = (body_bytes, part, parts);
        let refused = peeked(edit).unwrap_err();
        assert!(
            matches!(refused, BundleError::Damaged(Damage::Changed)),
            "{body_bytes} {part} {parts}"
        );
    }
    let larger = peeked(|e| e.body_bytes = limits::BUNDLE_BYTES + 1);
    assert!(matches!(larger, Err(BundleError::TooLarge("bundle"))));
}

#[test]
fn a_list_is_as_long_as_its_limit_and_no_longer() {
    let none = Made {
        segments: Vec::new(),
        photos: Vec::new(),
        ..Made::new()
    };
    let with = |bytes: usize| List {
        certificate: "c".repeat(bytes),
        ..List::default()
    };
    let rest = with(100_000).to_bytes().len() - 100_000;
    let longest = with(limits::BUNDLE_LIST_BYTES - rest);
    assert_eq!(longest.to_bytes().len(), limits::BUNDLE_LIST_BYTES);
    checked(&none.write_with(&longest).unwrap()).unwrap();
    let longer = with(limits::BUNDLE_LIST_BYTES - rest + 1);
    let ours = none.write_with(&longer);
    assert!(matches!(ours, Err(BundleError::TooLarge("bundle"))));
    let theirs = checked(&unchecked(&longer));
    assert!(matches!(theirs, Err(BundleError::TooLarge("list"))));
}

#[test]
fn a_bundle_is_begun_up_to_its_size_and_no_larger() {
    let list = |last: u64| {
        let photo = |size_bytes| PhotoFile {
            hash: [0; 32],
            size_bytes,
        };
        let mut photos = vec![photo(limits::PHOTO_BYTES); 51];
        photos.push(photo(last));
        List {
            photos,
            ..List::default()
        }
    };
    // Of a length whose number takes as many bytes as the one that is looked for.
    let rest = list(1 << 20).body_bytes() - (1 << 20);
    let begun = |list: &List| {
        let to = server().verifying_key();
        Sealing::begin(std::io::sink(), &to, envelope(), list, &[3; 32]).map(drop)
    };
    let largest = list(limits::BUNDLE_BYTES - rest);
    assert_eq!(largest.body_bytes(), limits::BUNDLE_BYTES);
    begun(&largest).unwrap();
    let larger = list(limits::BUNDLE_BYTES - rest + 1);
    assert!(matches!(
        begun(&larger),
        Err(BundleError::TooLarge("bundle"))
    ));
}

#[test]
fn a_segment_in_a_bundle_is_as_large_as_its_limit_and_no_larger() {
    // Of a layout this version does not know, so that only its size is looked at.
    let of = |payload: usize| signed(DEVICE, 1, Some(vec![9; payload]));
    let rest = of(1).wire_bytes() - 1;
    let carried = |payload| {
        let made = Made {
            segments: vec![segment_bytes(&of(payload))],
            photos: Vec::new(),
            ..Made::new()
        };
        checked(&made.write())
    };
    carried(limits::SEGMENT_BYTES - rest).unwrap();
    assert!(matches!(
        carried(limits::SEGMENT_BYTES - rest + 1),
        Err(BundleError::TooLarge("a segment"))
    ));
}

#[test]
fn damage_is_told_by_its_kind() {
    let told = |damage: Damage| BundleError::from(damage).to_string();
    assert_eq!(told(Damage::Short), "damaged: the file ends too early");
    assert_eq!(
        told(Damage::Long),
        "damaged: the file goes on after its end"
    );
    assert_eq!(
        told(Damage::Changed),
        "damaged: bytes of the file were changed"
    );
}

#[test]
fn less_or_more_than_the_list_says_is_not_written() {
    let made = Made::new();
    let mut list = made.list();
    list.photos[1].size_bytes += 1;
    assert!(matches!(
        made.write_with(&list),
        Err(BundleError::Damaged(Damage::Short))
    ));
    list.photos[1].size_bytes -= 2;
    assert!(matches!(
        made.write_with(&list),
        Err(BundleError::TooLarge(_))
    ));
}
