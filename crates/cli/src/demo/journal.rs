//! The demo's own list of what a phone told it was saved: what the count is checked against.
//!
//! Invariant: a line is written only after the facade returned, and says what was asked for, not what the database
//! shows. Leaves out: where it is looked up (`count`).

use domain::sheet::{Answer, RawMark};
use merge::Value;
use protocol::{ids, value};
use uuid::Uuid;

use mobile_core::Identity;

use super::steps::Step;

/// One acknowledged write.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Entry {
    /// Record.
    pub record: Uuid,
    /// Field.
    pub field: String,
    /// Encoded value; none where the phone makes part of it (a photo's hashes, an issue's position).
    pub value: Option<Vec<u8>>,
}

/// What a step must leave behind. `minted` is the id a new record was given.
pub fn entry(me: &Identity, site: Uuid, step: &Step, minted: Option<Uuid>) -> Option<Entry> {
    let sheet = ids::sheet(me.campaign, site, me.account);
    let of = |record: Uuid, field: &str, value: Option<Value>| {
        let value = value.map(|v| value::encode(&v));
        Some(Entry {
            record,
            field: field.to_owned(),
            value,
        })
    };
    match step {
        Step::Open => of(sheet, "opened", None),
        Step::Visit(visit) => of(sheet, "visit", Some(visit.word().into())),
        Step::Answer(item, answer) => {
            of(sheet, &format!("answer/{item}"), Some(answer_value(answer)))
        }
        Step::Submit => of(
            sheet,
            "state",
            Some(Value::List(vec!["submitted".into(), Value::Null])),
        ),
        Step::Facts(field, text) => of(
            ids::site_facts(me.campaign, site, me.group?),
            field,
            Some(text.as_str().into()),
        ),
        Step::Photo(..) => of(minted?, "image", None),
        Step::Issue(issue) => of(
            minted?,
            "description",
            Some(issue.description.as_str().into()),
        ),
        Step::Opinion(..) | Step::Commendation(_) => of(minted?, "entry", None),
    }
}

/// An answer as `docs/data-model.md` says it is stored.
pub fn answer_value(answer: &Answer) -> Value {
    let mark = match answer.mark.raw() {
        RawMark::Null => Value::Null,
        RawMark::Int(n) => n.into(),
        RawMark::Bool(yes) => yes.into(),
        RawMark::Pair(ok, sampled) => Value::List(vec![ok.into(), sampled.into()]),
    };
    Value::List(vec![mark, answer.note.clone().into()])
}
