//! Between the domain's answers and stored values, and values as people and programs see them.
//!
//! Invariant: what is written here `protocol::check` accepts. Leaves out: checking an answer against its item
//! (`domain::sheet::check_answer`).

use std::fmt::Write;

use domain::checklist::Item;
use domain::sheet::{Answer, Mark, RawMark};
use merge::{Dot, LogId, Value};
use uuid::Uuid;

/// An answer as the field `answer/ITEM` keeps it.
pub(crate) fn answer_value(answer: &Answer) -> Value {
    let mark = match answer.mark.raw() {
        RawMark::Null => Value::Null,
        RawMark::Int(n) => Value::Int(n),
        RawMark::Bool(b) => Value::Bool(b),
        RawMark::Pair(ok, sampled) => Value::List(vec![ok.into(), sampled.into()]),
    };
    let mut positions = vec![mark, answer.note.clone().into()];
    if !answer.reasons.is_empty() {
        let reasons = answer.reasons.iter().map(|r| Value::text(r.as_str()));
        positions.push(Value::List(reasons.collect()));
    }
    Value::List(positions)
}

/// The answer a stored value means for an item; none if it was cleared or does not fit the item.
pub(crate) fn answer_of(item: &Item, value: &Value) -> Option<Answer> {
    let Value::List(positions) = value else {
        return None;
    };
    let raw = match positions.first()? {
        Value::Null => RawMark::Null,
        Value::Int(n) => RawMark::Int(*n),
        Value::Bool(b) => RawMark::Bool(*b),
        Value::List(pair) => match pair.as_slice() {
            [Value::Int(ok), Value::Int(sampled)] => RawMark::Pair(*ok, *sampled),
            _ => return None,
        },
        _ => return None,
    };
    let reasons = value.at(2).items().iter();
    Some(Answer {
        mark: Mark::typed(item, raw).ok()?,
        note: value.at(1).as_text().map(str::to_owned),
        reasons: reasons
            .filter_map(|r| r.as_text().map(str::to_owned))
            .collect(),
    })
}

/// A value as JSON: ids as text, bytes as hex.
#[must_use]
pub fn to_json(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(b) => (*b).into(),
        Value::Int(n) => (*n).into(),
        Value::Text(s) => s.as_str().into(),
        Value::Bytes(b) => hex::encode(b).into(),
        Value::Id(id) => id.to_string().into(),
        Value::List(items) => items.iter().map(to_json).collect(),
    }
}

/// A dot as one word, for programs: `device/scope/epoch/branch/seq`.
#[must_use]
pub fn dot_text(dot: &Dot) -> String {
    let mut out = String::new();
    let log = &dot.log;
    // Writing to a String cannot fail.
    let _ = write!(
        out,
        "{}/{}/{}/{}/{}",
        log.device, log.scope, log.epoch, log.branch, dot.seq
    );
    out
}

/// The dot of such a word.
#[must_use]
pub fn parse_dot(text: &str) -> Option<Dot> {
    let mut parts = text.split('/');
    let log = LogId {
        device: Uuid::try_parse(parts.next()?).ok()?,
        scope: Uuid::try_parse(parts.next()?).ok()?,
        epoch: parts.next()?.parse().ok()?,
        branch: parts.next()?.parse().ok()?,
    };
    let seq = parts.next()?.parse().ok()?;
    parts.next().is_none().then_some(Dot { log, seq })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_comes_back_as_it_was() {
        let list = domain::builtin::checklists();
        let mut seen = 0;
        for item in list.iter().flat_map(|c| &c.items) {
            for mark in [
                Mark::NotApplicable,
                Mark::Points(5_000),
                Mark::Count(3),
                Mark::YesNo(true),
                Mark::Ratio { ok: 4, sampled: 5 },
            ] {
                for reasons in [vec![], vec!["乱堆".to_owned()]] {
                    let answer = Answer {
                        mark,
                        note: Some("有垃圾".into()),
                        reasons,
                    };
                    let value = answer_value(&answer);
                    let bytes = protocol::value::encode(&value);
                    let fit = protocol::check::fit("sheet", "answer/X", &bytes);
                    assert_eq!(fit, protocol::check::Fit::Good);
                    if Mark::typed(item, mark.raw()) == Ok(mark) {
                        assert_eq!(answer_of(item, &value), Some(answer));
                        seen += 1;
                    }
                }
            }
        }
        assert!(seen > 100);
    }

    #[test]
    fn a_dot_survives_being_text() {
        let log = LogId::new(Uuid::from_u128(1), Uuid::from_u128(2), u64::MAX);
        let dot = Dot { log, seq: 7 };
        assert_eq!(parse_dot(&dot_text(&dot)), Some(dot));
        assert_eq!(parse_dot("x/1"), None);
    }
}
