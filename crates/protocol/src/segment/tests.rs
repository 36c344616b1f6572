//! Round trips and nonsense.

use super::*;
use crate::{BatchBuilder, ids};
use merge::{LogId, Value};
use proptest::prelude::*;
use uuid::Uuid;

fn own() -> LogId {
    LogId::new(Uuid::from_u128(7), Uuid::from_u128(8), 99)
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        "[a-z检查发现垃圾😀]{0,12}".prop_map(Value::Text),
        proptest::collection::vec(any::<u8>(), 0..40).prop_map(Value::Bytes),
        any::<u128>().prop_map(|n| Value::Id(Uuid::from_u128(n))),
    ];
    leaf.prop_recursive(3, 30, 6, |inner| {
        proptest::collection::vec(inner, 0..6).prop_map(Value::List)
    })
}

type Edit = (u8, u8, i64, Value, Vec<(u8, u16)>);

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let supersedes = proptest::collection::vec((0u8..3, 1u16..500), 0..3);
    proptest::collection::vec((0u8..6, 0u8..5, 0i64..1 << 41, value(), supersedes), 1..60)
}

fn build(edits: &[Edit]) -> Batch {
    let mut b = BatchBuilder::default();
    for (record, field, at, value, supersedes) in edits {
        let kind = if record % 2 == 0 { "sheet" } else { "issue" };
        let name = ["state", "answer/V-1", "answer/V-2", "note", "x"][*field as usize];
        let dots: Vec<(LogId, u64)> = supersedes
            .iter()
            .map(|(l, s)| {
                let log = if *l == 0 {
                    own()
                } else {
                    LogId {
                        device: Uuid::from_u128(u128::from(*l)),
                        ..own()
                    }
                };
                (log, u64::from(*s))
            })
            .collect();
        b.push_value(
            own(),
            *at,
            (kind, Uuid::from_u128(u128::from(*record))),
            name,
            value,
            &dots,
        );
    }
    b.finish()
}
use crate::Batch;

proptest! {
    #[test]
    fn a_batch_survives_its_columns(edits in edits()) {
        let batch = build(&edits);
        let bytes = encode(&batch, &[], 3).unwrap();
        let back = decode(&bytes, &own(), batch.rows.len() as u32).unwrap();
        prop_assert_eq!(back, batch);
    }

    #[test]
    fn a_damaged_payload_is_an_error_and_not_a_panic(edits in edits(), at in any::<prop::sample::Index>(), to in any::<u8>(), cut in any::<bool>()) {
        let batch = build(&edits);
        let mut bytes = encode(&batch, &[], 3).unwrap();
        let i = at.index(bytes.len());
        if cut { bytes.truncate(i) } else { bytes[i] = to }
        let _ = decode(&bytes, &own(), batch.rows.len() as u32);
    }
}

#[test]
fn minted_and_derived_ids_do_not_travel_but_arrive() {
    let (seed, ns, site) = ([5u8; 16], Uuid::from_u128(77), Uuid::from_u128(4242));
    let mut b = BatchBuilder::default();
    let photo = ids::mint(&seed, 3, 1_700_000_000_000);
    let r = b.push_value(
        own(),
        1_700_000_000_000,
        ("photo", photo),
        "caption",
        &Value::from("门前"),
        &[],
    );
    b.minted(r, seed, 3);
    let sheet = ids::derived(ns, site);
    b.push_value(
        own(),
        1_700_000_000_500,
        ("sheet", sheet),
        "opened",
        &Value::List(vec![site.into()]),
        &[],
    );
    let batch = b.finish();
    let bytes = encode(&batch, &[ns], 19).unwrap();
    for id in [photo, sheet] {
        assert!(
            !bytes.windows(10).any(|w| w == &id.as_bytes()[6..]),
            "id travelled"
        );
    }
    let back = decode(&bytes, &own(), 2).unwrap();
    assert_eq!(back.records[0].1, photo);
    assert_eq!(back.records[1].1, sheet);
}

#[test]
fn a_segment_over_the_limit_or_of_a_newer_layout_is_refused() {
    assert!(matches!(
        decode(&vec![1; crate::limits::SEGMENT_BYTES + 1], &own(), 1),
        Err(SegmentError::TooLarge(_))
    ));
    assert_eq!(decode(&[9, 0, 0], &own(), 1), Err(SegmentError::Newer(9)));
    let largest = vec![9; crate::limits::SEGMENT_BYTES];
    assert_eq!(decode(&largest, &own(), 1), Err(SegmentError::Newer(9)));
    let never = decode(&[0, 0, 0], &own(), 1);
    assert_eq!(never, Err(SegmentError::Framing("layout".into())));
}

/// Letters of text go by one byte where there are few; where there are many, the frequent ones do.
#[test]
fn the_alphabet_is_in_order_of_letters_or_of_their_number() {
    let letter = |n: u32| char::from_u32(0x4e00 + n).unwrap();
    let alphabet = |letters: u32| {
        let mut shared = super::shred::Shared::default();
        let mut shred = super::shred::Shred::default();
        let text: String = (0..letters).rev().map(letter).collect();
        for text in [text.as_str(), "三三三", "二二"] {
            let bytes = crate::value::encode(&text.into());
            shred
                .put(&mut minicbor::Decoder::new(&bytes), &mut shared)
                .unwrap();
        }
        shared.alphabet()
    };
    let few = alphabet(200);
    assert!(few.is_sorted());
    let many = alphabet(300);
    assert_eq!(many.len(), 300);
    assert_eq!(many[..2], ['三', '二']);
    assert!(many[2..].is_sorted());

    let text: String = (0..300).map(letter).collect();
    assert!(travels(&one("k", "f", &Value::Text(text.repeat(2)))));
}

/// A batch of one change with this field's name and value, of a kind of this name.
fn one(kind: &str, field: &str, value: &Value) -> Batch {
    let mut b = BatchBuilder::default();
    b.push_value(own(), 1, (kind, Uuid::from_u128(1)), field, value, &[]);
    b.finish()
}

/// Whether a batch is written, and then read as it was.
fn travels(batch: &Batch) -> bool {
    let count = batch.rows.len() as u32;
    encode(batch, &[], 1).is_ok_and(|bytes| decode(&bytes, &own(), count).as_ref() == Ok(batch))
}

#[test]
fn what_no_reader_takes_is_not_written() {
    use crate::limits::{NAME_BYTES, SEGMENT_CHANGES, SEGMENT_IDS, SEGMENT_SUPERSEDES, SUPERSEDES};
    for (name, good) in [
        ("n".repeat(NAME_BYTES), true),
        ("n".repeat(NAME_BYTES + 1), false),
        (String::new(), false),
        ("a\nb".into(), false),
    ] {
        assert_eq!(travels(&one(&name, "f", &Value::Null)), good, "{name}");
        assert_eq!(travels(&one("k", &name, &Value::Null)), good, "{name}");
    }

    let changes = |n: usize, dots: usize| {
        let mut b = BatchBuilder::default();
        let dots: Vec<(LogId, u64)> = (1..=dots as u64).map(|seq| (own(), seq)).collect();
        for at in 0..n as i64 {
            b.push_value(own(), at, ("k", Uuid::from_u128(1)), "f", &at.into(), &dots);
        }
        b.finish()
    };
    assert!(travels(&changes(SEGMENT_CHANGES, 0)));
    assert!(!travels(&changes(SEGMENT_CHANGES + 1, 0)));
    assert!(travels(&changes(1, SUPERSEDES)));
    assert!(!travels(&changes(1, SUPERSEDES + 1)));
    assert!(travels(&changes(SEGMENT_SUPERSEDES / 800, 800)));
    assert!(!travels(&changes(SEGMENT_SUPERSEDES / 800 + 1, 800)));

    // One id is the record's.
    let ids = |n: u128| {
        let mut b = BatchBuilder::default();
        let all: Vec<Value> = (2..=n).map(|id| Uuid::from_u128(id).into()).collect();
        for some in all.chunks(crate::limits::LIST_ITEMS) {
            let list = Value::List(some.to_vec());
            b.push_value(own(), 1, ("k", Uuid::from_u128(1)), "f", &list, &[]);
        }
        b.finish()
    };
    assert!(travels(&ids(SEGMENT_IDS as u128)));
    assert!(!travels(&ids(SEGMENT_IDS as u128 + 1)));

    let logs = |n: u128| {
        let mut b = BatchBuilder::default();
        let others: Vec<(LogId, u64)> = (1..=n)
            .map(|device| (LogId::new(Uuid::from_u128(device), own().scope, 1), 1))
            .collect();
        for dots in others.chunks(SUPERSEDES) {
            b.push_value(own(), 1, ("k", Uuid::nil()), "f", &Value::Null, dots);
        }
        b.finish()
    };
    assert!(travels(&logs(SEGMENT_CHANGES as u128)));
    assert!(!travels(&logs(SEGMENT_CHANGES as u128 + 1)));
}

/// `domain` lets a document be as long as a segment holds, and an answer's name as long as a name may be.
#[test]
fn the_longest_document_and_the_longest_name_of_an_answer_travel() {
    let document = |n: usize| one("k", "f", &Value::Text("检查".repeat(n / 2)));
    let longest = match crate::check::spec("closing_set", "body") {
        Some((_, field)) => match field.ty {
            domain::schema::FieldType::Text(most) => most,
            _ => 0,
        },
        None => 0,
    };
    assert!(longest > 1_000_000);
    assert!(travels(&document(longest)));

    let id = "i".repeat(domain::checklist::MAX_ID_BYTES);
    let name = format!("answer/{id}");
    assert!(travels(&one("sheet", &name, &Value::Null)));
    let value = crate::value::encode(&Value::Null);
    assert_eq!(
        crate::check::fit("sheet", &name, &value),
        crate::check::Fit::Good
    );
    let longer = name + "i";
    assert!(!travels(&one("sheet", &longer, &Value::Null)));
    assert!(matches!(
        crate::check::fit("sheet", &longer, &value),
        crate::check::Fit::Bad(_)
    ));
}
