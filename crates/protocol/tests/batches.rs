//! A batch says of a change what was put in: its record, its kind, its value, and what it replaced in which log.

use merge::{LogId, Value};
use protocol::BatchBuilder;
use protocol::value;
use uuid::Uuid;

fn log(n: u8) -> LogId {
    LogId::new(Uuid::from_bytes([n; 16]), Uuid::nil(), 1)
}

#[test]
fn what_was_put_in_comes_out() {
    let (own, other, third) = (log(1), log(2), log(3));
    let (sheet, issue) = (Uuid::from_u128(7), Uuid::from_u128(8));
    let mut builder = BatchBuilder::default();
    assert!(builder.is_empty());
    let first = builder.push_value(
        own,
        10,
        ("sheet", sheet),
        "answer/V-C1",
        &Value::Int(3),
        &[],
    );
    let replaced = [(other, 5), (own, 1), (third, 9)];
    let text = Value::text("沟渠");
    let second = builder.push_value(own, 11, ("issue", issue), "description", &text, &replaced);
    let again = builder.push_value(own, 12, ("sheet", sheet), "note", &Value::Null, &[(own, 1)]);
    assert_eq!((first, second, again), (0, 1, 0));
    assert_eq!((builder.len(), builder.is_empty()), (3, false));

    let batch = builder.finish();
    assert_eq!((batch.kind(0), batch.kind(1)), ("sheet", "issue"));
    let decoded = |i: usize| value::decode(batch.value(&batch.rows[i])).unwrap();
    assert_eq!(
        (decoded(0), decoded(1), decoded(2)),
        (Value::Int(3), text, Value::Null)
    );
    let dots = |i: usize| -> Vec<(LogId, u64)> {
        let dots = batch.superseded(&batch.rows[i]).iter();
        dots.map(|(index, seq)| (batch.log(own, *index), *seq))
            .collect()
    };
    assert_eq!(dots(0), []);
    assert_eq!(dots(1), replaced);
    assert_eq!(dots(2), [(own, 1)]);
    assert_eq!(batch.logs, [other, third], "the own log is not named");
}

#[test]
fn how_a_record_was_minted_is_kept_for_its_writer() {
    let seed = [9; 16];
    let mut builder = BatchBuilder::default();
    let record = builder.push_value(
        log(1),
        10,
        ("issue", Uuid::from_u128(8)),
        "place",
        &Value::Null,
        &[],
    );
    builder.minted(record, seed, 4);
    assert_eq!(builder.finish().minted.get(&record), Some(&(seed, 4)));
}
