//! A sheet's record in the words of the domain.
//!
//! Invariant: reads displayed values only; who needs settled ones looks at the conflicts too.
//! Leaves out: who may read it.

use domain::SiteChecklist;
use domain::sheet::{Answer, AnswerError, Answers, Form, Mark, RawMark, SheetScore};
use ledger::RecordView;
use merge::Value;
use uuid::Uuid;

/// What a sheet is about, from its field `opened`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Site.
    pub site: Uuid,
    /// Code of the checklist.
    pub code: String,
    /// Version of the checklist.
    pub version: i64,
    /// Form.
    pub form: Form,
}

/// Reads `opened`.
pub fn opened(value: &Value) -> Option<Opened> {
    Some(Opened {
        site: value.at(0).as_id()?,
        code: value.at(1).as_text()?.to_owned(),
        version: value.at(2).as_int()?,
        form: Form::parse(value.at(3).as_text()?)?,
    })
}

/// A mark as stored.
pub fn raw_mark(value: &Value) -> Option<RawMark> {
    Some(match value {
        Value::Null => RawMark::Null,
        Value::Int(n) => RawMark::Int(*n),
        Value::Bool(yes) => RawMark::Bool(*yes),
        Value::List(pair) => match pair.as_slice() {
            [Value::Int(ok), Value::Int(sampled)] => RawMark::Pair(*ok, *sampled),
            _ => return None,
        },
        _ => return None,
    })
}

/// The stored form of a mark.
pub fn mark_value(mark: Mark) -> Value {
    match mark.raw() {
        RawMark::Null => Value::Null,
        RawMark::Int(n) => n.into(),
        RawMark::Bool(yes) => yes.into(),
        RawMark::Pair(ok, sampled) => Value::List(vec![ok.into(), sampled.into()]),
    }
}

/// An answer to one line; none if it was cleared.
///
/// # Errors
/// What `check_answer` refuses, unknown lines included.
pub fn answer(
    checklist: &SiteChecklist,
    form: Form,
    item: &str,
    value: &Value,
) -> Result<Option<Answer>, AnswerError> {
    use domain::sheet::AnswerProblem;
    let fail = |problem| AnswerError {
        item: item.to_owned(),
        problem,
    };
    let line = checklist
        .line(form, item)
        .ok_or_else(|| fail(AnswerProblem::UnknownItem))?;
    if *value == Value::Null {
        return Ok(None);
    }
    let raw = raw_mark(value.at(0)).ok_or_else(|| fail(AnswerProblem::WrongType))?;
    let mark = Mark::typed(line, raw)?;
    domain::sheet::check_mark(line, &mark)?;
    let reasons = value.at(2).items().iter();
    Ok(Some(Answer {
        mark,
        note: value.at(1).as_text().map(str::to_owned),
        reasons: reasons
            .filter_map(|r| r.as_text().map(str::to_owned))
            .collect(),
    }))
}

/// The answers of a sheet.
///
/// # Errors
/// The first answer that is refused.
pub fn answers(
    view: &RecordView,
    checklist: &SiteChecklist,
    form: Form,
) -> Result<Answers, AnswerError> {
    let mut all = Answers::new();
    for (item, value) in view.keyed("answer") {
        if let Some(answer) = answer(checklist, form, item, value)? {
            all.insert(item.to_owned(), answer);
        }
    }
    Ok(all)
}

/// The score of a sheet as far as it is filled.
///
/// # Errors
/// The first answer that is refused.
pub fn score(
    view: &RecordView,
    checklist: &SiteChecklist,
    form: Form,
) -> Result<SheetScore, AnswerError> {
    domain::sheet::score(checklist, form, &answers(view, checklist, form)?)
}

/// True if a field decides what a sheet counts for.
pub fn decides(field: &str) -> bool {
    field.starts_with("answer/") || ["opened", "state", "visit"].contains(&field)
}
