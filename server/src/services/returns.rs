//! Returning a sheet to its author with a comment (退回).
//!
//! Invariant: while a sheet is sealed it is returned only for what is missing, and what is missing is found without
//! looking at any answer; a returned sheet counts for nothing until its author submits it again. A return replaces
//! exactly the `submitted` it answers, so that an amendment on its way stands beside it as a conflict.
//! Leaves out: the author's side (`mobile-core`), who may return (`auth`).

use domain::checklist::PhotoRule;
use domain::sheet::{SheetState, Visit, wants_photo};
use merge::Value;
use protocol::problem::Code;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::office::{Actor, Office, reasoned};
use super::shown::{self, SheetForm};
use super::sync::Context;
use super::{photos, project, sheets};
use crate::error::{Error, Result};
use crate::model::Bilingual;
use crate::store::Tx;

/// Longest comment, in characters: that of the field.
pub const MAX_COMMENT: usize = 400;

/// What a sheet lacks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Lacks {
    /// Lines without an answer: id and question.
    pub unanswered: Vec<(String, Bilingual)>,
    /// Lines that ask for a photo and have none. Of a sealed sheet only those that ask for one whatever the answer.
    pub unpictured: Vec<(String, Bilingual)>,
    /// Photos referred to whose bytes have not arrived.
    pub photos_on_the_way: u32,
}

impl Lacks {
    /// True if nothing is missing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Ids of the lines that lack something.
    pub fn items(&self) -> Vec<String> {
        let all = self.unanswered.iter().chain(&self.unpictured);
        all.map(|(id, _)| id.clone()).collect()
    }

    fn names(&self, item: &str) -> bool {
        let mut all = self.unanswered.iter().chain(&self.unpictured);
        all.any(|(id, _)| id == item)
    }
}

/// What a sheet lacks, told without a word about its answers while it is sealed.
///
/// # Errors
/// `NotFound` if there is no such sheet.
pub fn lacks(tx: &mut dyn Tx, ctx: &Context, record: Uuid) -> Result<Lacks> {
    let view = tx.view(record)?.filter(|v| v.kind == "sheet");
    let view = view.ok_or(Code::NotFound)?;
    let c = ctx.cache.campaign(tx, view.scope.campaign())?;
    let entry = tx.entry(record)?.ok_or(Code::NotFound)?;
    let of_sheet = tx.photos(c.id, Some(record))?;
    let (arrived, promised) = photos::counts(ctx, &of_sheet);
    let mut lacks = Lacks {
        photos_on_the_way: promised - arrived,
        ..Lacks::default()
    };
    let entered = matches!(Visit::parse(&entry.visit), None | Some(Visit::Entered));
    let form = SheetForm::of(&c, &view).filter(|_| entered);
    let Some(form) = form else { return Ok(lacks) };
    let sealed = shown::is_sealed(&c, &entry);
    for line in form.checklist.lines(form.form) {
        let named = || {
            let title = Bilingual {
                zh: line.title_zh.clone(),
                en: line.title_en.clone(),
            };
            (line.id.clone(), title)
        };
        let value = view.get(&format!("answer/{}", line.id));
        if *value == Value::Null {
            lacks.unanswered.push(named());
            continue;
        }
        let wanted = if sealed {
            line.photo == PhotoRule::Required && !line.na_allowed
        } else {
            let answer = sheets::answer(form.checklist, form.form, &line.id, value);
            answer.is_ok_and(|a| a.is_some_and(|a| wants_photo(line, &a.mark)))
        };
        let has = |p: &crate::store::Photo| p.item.as_deref() == Some(&line.id);
        if wanted && !of_sheet.iter().any(has) {
            lacks.unpictured.push(named());
        }
    }
    Ok(lacks)
}

/// Returns a submitted sheet. `items` are the lines the author's phone highlights.
///
/// # Errors
/// `ReasonRequired` without a comment; `NotFound`; `Locked` while its group is locked; `Conflict` if it is not
/// submitted (any more); `Forbidden` if it is sealed and lacks nothing, or a line is named that does not lack anything;
/// `Invalid` for an unknown line or a comment that is too long.
pub fn send_back(
    tx: &mut dyn Tx,
    ctx: &Context,
    actor: &Actor,
    record: Uuid,
    comment: &str,
    items: &[String],
) -> Result<()> {
    let comment = comment.trim();
    reasoned(comment)?;
    if comment.chars().count() > MAX_COMMENT {
        let why = format!("退回意见最多 {MAX_COMMENT} 字 / at most {MAX_COMMENT} characters");
        return Err(Error::because(Code::Invalid, why));
    }
    let view = tx.view(record)?.filter(|v| v.kind == "sheet");
    let view = view.ok_or(Code::NotFound)?;
    let c = ctx.cache.campaign(tx, view.scope.campaign())?;
    let entry = tx.entry(record)?.ok_or(Code::NotFound)?;
    if entry
        .group
        .and_then(|g| c.group(g))
        .is_some_and(|g| g.locked)
    {
        let why = "先解锁本组再退回 / unlock the group first";
        return Err(Error::because(Code::Locked, why));
    }
    let live = tx.live(record, "state")?;
    let submitted = SheetState::Submitted.word();
    if live.is_empty()
        || live
            .iter()
            .any(|l| l.value.at(0).as_text() != Some(submitted))
    {
        let why = "只能退回已提交的评分单 / only a submitted sheet is returned";
        return Err(Error::because(Code::Conflict, why));
    }
    check_items(tx, ctx, &view, shown::is_sealed(&c, &entry), items)?;
    let named = items.iter().map(|i| i.as_str().into()).collect();
    let state = Value::List(vec![
        SheetState::Returned.word().into(),
        comment.into(),
        Value::List(named),
    ]);
    let (scope, dots) = (view.scope, shown::dots(&live));
    let mut office = Office::begin(tx, actor, ctx.now_ms);
    office.settle(scope, "sheet", record, "state", state, dots)?;
    office.done("return_sheet", record, comment)?;
    project::records(tx, &c, &[(record, "sheet".to_owned())], ctx.now_ms)
}

fn check_items(
    tx: &mut dyn Tx,
    ctx: &Context,
    view: &ledger::RecordView,
    sealed: bool,
    items: &[String],
) -> Result<()> {
    let c = ctx.cache.campaign(tx, view.scope.campaign())?;
    let form = SheetForm::of(&c, view);
    let known = |item: &String| {
        form.as_ref()
            .is_some_and(|f| f.line(&format!("answer/{item}")).is_some())
    };
    if let Some(unknown) = items.iter().find(|i| !known(i)) {
        let why = format!("评分表没有这一项：{unknown} / no such line");
        return Err(Error::because(Code::Invalid, why));
    }
    if !sealed {
        return Ok(());
    }
    let lacks = lacks(tx, ctx, view.id)?;
    if lacks.is_empty() || items.iter().any(|i| !lacks.names(i)) {
        let why =
            "封存期间只能因缺项或缺照片退回 / a sealed sheet is returned only for what is missing";
        return Err(Error::because(Code::Forbidden, why));
    }
    Ok(())
}

/// Returns several sheets with one comment, each with the lines it lacks something in; those that cannot be returned are
/// named with why, the others are done.
///
/// # Errors
/// `ReasonRequired`, and the database's.
pub fn send_back_many(
    tx: &mut dyn Tx,
    ctx: &Context,
    actor: &Actor,
    records: &[Uuid],
    comment: &str,
) -> Result<Vec<(Uuid, Error)>> {
    reasoned(comment)?;
    let mut refused = Vec::new();
    for record in records {
        let items = match lacks(tx, ctx, *record) {
            Ok(lacks) => lacks.items(),
            Err(e) if e.refusal().is_some() => {
                refused.push((*record, e));
                continue;
            }
            Err(e) => return Err(e),
        };
        match send_back(tx, ctx, actor, *record, comment, &items) {
            Ok(()) => {}
            // Refused before anything was written: the others go on.
            Err(e) if e.refusal().is_some() => refused.push((*record, e)),
            Err(e) => return Err(e),
        }
    }
    Ok(refused)
}
