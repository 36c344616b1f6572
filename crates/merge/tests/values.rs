//! What a value says of itself: its own kind, and nothing of another.

use merge::Value;
use uuid::Uuid;

fn one_of_each() -> [Value; 7] {
    [
        Value::Null,
        Value::Bool(true),
        Value::Int(-42),
        Value::text("整洁"),
        Value::Bytes(vec![7, 8, 9]),
        Value::Id(Uuid::from_u128(5)),
        Value::List(vec![Value::Int(1), Value::text("二")]),
    ]
}

#[test]
fn a_value_is_read_as_its_own_kind_only() {
    let all = one_of_each();
    let only = |nth: usize, read: &dyn Fn(&Value) -> bool| {
        let read: Vec<bool> = all.iter().map(read).collect();
        let own: Vec<bool> = (0..all.len()).map(|i| i == nth).collect();
        assert_eq!(read, own, "kind {nth}");
    };
    only(1, &|v| v.as_bool() == Some(true));
    only(2, &|v| v.as_int() == Some(-42));
    only(3, &|v| v.as_text() == Some("整洁"));
    only(4, &|v| v.as_bytes() == Some(&[7, 8, 9]));
    only(5, &|v| v.as_id() == Some(Uuid::from_u128(5)));
    only(6, &|v| v.items().len() == 2);
}

#[test]
fn a_value_of_another_kind_reads_as_nothing() {
    let all = one_of_each();
    let some = |read: &dyn Fn(&Value) -> bool| all.iter().filter(|v| read(v)).count();
    assert_eq!(some(&|v| v.as_bool().is_some()), 1);
    assert_eq!(some(&|v| v.as_int().is_some()), 1);
    assert_eq!(some(&|v| v.as_text().is_some()), 1);
    assert_eq!(some(&|v| v.as_bytes().is_some()), 1);
    assert_eq!(some(&|v| v.as_id().is_some()), 1);
    assert_eq!(Value::Bool(false).as_bool(), Some(false));
}

#[test]
fn a_position_that_is_not_there_is_null() {
    let list = Value::List(vec![Value::Int(1), Value::text("二")]);
    assert_eq!(list.at(1), &Value::text("二"));
    assert_eq!(list.at(2), &Value::Null);
    assert_eq!(Value::Int(1).at(0), &Value::Null);
}
