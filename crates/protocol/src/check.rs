//! Does a value fit its field's type?
//!
//! Invariant: walks the encoded bytes once and allocates nothing. Leaves out: who may write (`server`), and rules that
//! need more than the value (an answer against its checklist item: `domain::sheet`).

use domain::schema::{FieldSpec, FieldType, KindSpec};
use minicbor::Decoder;

use crate::segment::is_name;
use crate::value::{Kind, ValueError, kind};

/// What the table of kinds says about a change.
#[derive(Debug, PartialEq, Eq)]
pub enum Fit {
    /// Kind and field are known and the value fits.
    Good,
    /// This version does not know the kind or the field: kept and passed on.
    Unknown,
    /// The value does not fit; says why.
    Bad(String),
}

/// The spec of a kind's field, if both are known.
pub fn spec(kind: &str, field: &str) -> Option<(&'static KindSpec, &'static FieldSpec)> {
    let kind = domain::schema::kind(kind)?;
    Some((kind, domain::schema::field(kind, field)?))
}

/// Checks a field's name and encoded value against the table.
pub fn fit(kind: &str, field: &str, value: &[u8]) -> Fit {
    if !is_name(field) {
        return Fit::Bad("the field's name is too long".into());
    }
    match spec(kind, field) {
        None => Fit::Unknown,
        Some((_, spec)) => match matches(&spec.ty, value) {
            Ok(()) => Fit::Good,
            Err(why) => Fit::Bad(format!("{field}: {why}")),
        },
    }
}

/// Checks an encoded value against a type.
pub fn matches(ty: &FieldType, value: &[u8]) -> Result<(), String> {
    let mut d = Decoder::new(value);
    walk(ty, &mut d)?;
    if d.position() == value.len() {
        Ok(())
    } else {
        Err("bytes left over".into())
    }
}

fn walk(ty: &FieldType, d: &mut Decoder) -> Result<(), String> {
    match ty {
        FieldType::Opt(inner) => {
            let mut ahead = d.clone();
            if matches!(kind(&mut ahead), Ok(Kind::Null)) {
                *d = ahead;
                return Ok(());
            }
            walk(inner, d)
        }
        FieldType::Any(types) => {
            let mut why = String::from("no type fits");
            for ty in *types {
                let mut ahead = d.clone();
                match walk(ty, &mut ahead) {
                    Ok(()) => {
                        *d = ahead;
                        return Ok(());
                    }
                    Err(e) => why = e,
                }
            }
            Err(why)
        }
        _ => scalar_or_list(ty, d),
    }
}

fn scalar_or_list(ty: &FieldType, d: &mut Decoder) -> Result<(), String> {
    let found = kind(d).map_err(|e: ValueError| e.to_string())?;
    match (ty, found) {
        (FieldType::Bool, Kind::Bool(_)) | (FieldType::Id, Kind::Id(_)) => Ok(()),
        (FieldType::Int(min, max), Kind::Int(i)) if (*min..=*max).contains(&i) => Ok(()),
        (FieldType::Int(min, max), Kind::Int(i)) => Err(format!("{i} is not in {min}..={max}")),
        (FieldType::Text(max), Kind::Text(s)) if s.len() <= *max || s.chars().count() <= *max => {
            Ok(())
        }
        (FieldType::Text(max), Kind::Text(_)) => Err(format!("longer than {max} characters")),
        (FieldType::OneOf(words), Kind::Text(s)) if words.contains(&s) => Ok(()),
        (FieldType::OneOf(words), Kind::Text(_)) => Err(format!("none of {words:?}")),
        (FieldType::Bytes(n), Kind::Bytes(b)) if b.len() == *n => Ok(()),
        (FieldType::Tuple(types), Kind::List(n)) if n == types.len() => {
            types.iter().try_for_each(|ty| walk(ty, d))
        }
        (FieldType::Many(ty, max), Kind::List(n)) if n <= *max => {
            (0..n).try_for_each(|_| walk(ty, d))
        }
        _ => Err("wrong type".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::encode;
    use merge::Value;

    fn list(v: Vec<Value>) -> Vec<u8> {
        encode(&Value::List(v))
    }

    #[test]
    fn answers_of_every_item_type_fit() {
        let marks = [
            Value::Null,
            Value::Int(55_000),
            Value::Bool(true),
            Value::List(vec![Value::Int(4), Value::Int(5)]),
        ];
        for mark in marks {
            assert_eq!(
                fit(
                    "sheet",
                    "answer/V-C1",
                    &list(vec![mark.clone(), Value::Null])
                ),
                Fit::Good
            );
            let reasons = Value::List(vec!["乱堆".into()]);
            assert_eq!(
                fit(
                    "sheet",
                    "answer/V-C1",
                    &list(vec![mark, "有垃圾".into(), reasons])
                ),
                Fit::Good
            );
        }
        assert_eq!(
            fit("sheet", "answer/V-C1", &encode(&Value::Null)),
            Fit::Good
        );
    }

    #[test]
    fn a_value_of_the_wrong_type_is_bad_and_an_unknown_field_is_unknown() {
        assert!(matches!(
            fit("sheet", "visit", &encode(&Value::Int(1))),
            Fit::Bad(_)
        ));
        assert!(matches!(
            fit("sheet", "visit", &encode(&"perhaps".into())),
            Fit::Bad(_)
        ));
        assert!(matches!(
            fit("sheet", "answer/V-C1", &encode(&Value::Int(1))),
            Fit::Bad(_)
        ));
        assert!(matches!(
            fit("sheet", "answer", &encode(&Value::Null)),
            Fit::Unknown
        ));
        assert_eq!(fit("sheet", "colour", &encode(&Value::Null)), Fit::Unknown);
        assert_eq!(fit("weather", "wind", &encode(&Value::Null)), Fit::Unknown);
    }

    /// A type, what it takes, and what it says to the rest.
    type Case<'a> = (FieldType, &'a [Value], &'a [(Value, &'a str)]);

    #[test]
    fn each_type_takes_what_it_names_and_no_more() {
        use FieldType::*;
        let text = |n: usize| Value::Text("检".repeat(n));
        let bytes = |n| Value::Bytes(vec![7; n]);
        let ints = |n| Value::List(vec![Value::Int(1); n]);
        let id = Value::Id(uuid::Uuid::from_u128(9));
        const INT: FieldType = Int(-2, 5);
        const WORDS: FieldType = OneOf(&["yes", "no"]);
        const WORD: FieldType = Text(2);
        let cases: &[Case] = &[
            (
                Bool,
                &[true.into(), false.into()],
                &[(Value::Null, "wrong type")],
            ),
            (Id, std::slice::from_ref(&id), &[(bytes(16), "wrong type")]),
            (
                INT,
                &[Value::Int(-2), Value::Int(5)],
                &[
                    (Value::Int(-3), "-3 is not in -2..=5"),
                    (Value::Int(6), "6 is not in -2..=5"),
                    (text(1), "wrong type"),
                ],
            ),
            (
                WORD,
                &[text(0), text(2), "ab".into()],
                &[
                    (text(3), "longer than 2 characters"),
                    ("abc".into(), "longer than 2 characters"),
                    (Value::Int(1), "wrong type"),
                ],
            ),
            (
                WORDS,
                &["yes".into(), "no".into()],
                &[
                    ("maybe".into(), "none of [\"yes\", \"no\"]"),
                    (Value::Int(1), "wrong type"),
                ],
            ),
            (
                FieldType::Bytes(3),
                &[bytes(3)],
                &[(bytes(2), "wrong type"), (bytes(4), "wrong type")],
            ),
            (
                Many(&INT, 3),
                &[ints(0), ints(3)],
                &[
                    (ints(4), "wrong type"),
                    (Value::List(vec![Value::Int(9)]), "9 is not in -2..=5"),
                ],
            ),
            (
                Tuple(&[INT, WORD]),
                &[Value::List(vec![Value::Int(1), text(1)])],
                &[
                    (ints(1), "wrong type"),
                    (ints(2), "wrong type"),
                    (ints(3), "wrong type"),
                ],
            ),
            (
                Opt(&INT),
                &[Value::Null, Value::Int(1)],
                &[(Value::Int(9), "9 is not in -2..=5")],
            ),
            (
                Any(&[INT, WORD]),
                &[Value::Int(1), text(1)],
                &[(text(3), "longer than 2 characters")],
            ),
        ];
        for (ty, good, bad) in cases {
            for value in *good {
                assert_eq!(matches(ty, &encode(value)), Ok(()), "{ty:?} {value:?}");
            }
            for (value, why) in *bad {
                let refused = matches(ty, &encode(value));
                assert_eq!(refused, Err((*why).to_owned()), "{ty:?} {value:?}");
            }
        }
        let two = [encode(&Value::Null), encode(&Value::Null)].concat();
        assert_eq!(matches(&Opt(&INT), &two), Err("bytes left over".to_owned()));
    }
}
