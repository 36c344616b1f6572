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
}
