//! Opening, answering, submitting and amending own sheets.
//!
//! Invariant: an answer is checked against its item before it is kept; a sheet of the own township or of a locked
//! group is not touched. Leaves out: showing a sheet (`sheet_view`), settling siblings (`settle`).

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::sheet::{self, Answer, Answers, Form, SheetState, Visit, check_answer};
use domain::{SiteChecklist, SiteKind};
use ledger::RecordView;
use merge::Value;
use protocol::{Scope, ids};
use uuid::Uuid;

use super::campaign::{CampaignData, SiteSpec, unknown};
use crate::error::{Error, Refusal, Result};
use crate::replica::Replica;
use crate::store::Tx;
use crate::values::{answer_of, answer_value};
use crate::views::Saved;

/// What does not change about a sheet while the phone works on it.
pub(crate) struct SheetContext {
    pub site: Uuid,
    pub kind: SiteKind,
    pub form: Form,
    pub checklist: SiteChecklist,
    pub scope: Scope,
    /// True if it is the own account's.
    pub own: bool,
}

impl SheetContext {
    /// The answers of a sheet that fit its form; and the keys of those that do not.
    pub fn answers(&self, view: &RecordView) -> (Answers, Vec<String>) {
        let mut answers = BTreeMap::new();
        let mut unfitting = Vec::new();
        for (key, value) in view.keyed("answer").filter(|(_, v)| **v != Value::Null) {
            let item = self.checklist.line(self.form, key);
            let answer = item.and_then(|item| answer_of(item, value));
            match answer {
                Some(a) if check_answer(&self.checklist, self.form, key, &a.mark).is_ok() => {
                    answers.insert(key.to_owned(), a);
                }
                _ => unfitting.push(key.to_owned()),
            }
        }
        (answers, unfitting)
    }
}

pub(crate) fn state_of(value: &Value) -> SheetState {
    let word = value.at(0).as_text();
    word.and_then(SheetState::parse)
        .unwrap_or(SheetState::Draft)
}

/// The draft that takes up a return, with the office's comment as its reason; none for any other state. Phones never
/// write the office's word themselves.
pub(crate) fn taken_up(state: &Value) -> Option<Value> {
    state_of(state).is_offices().then(|| {
        let comment = state.at(1).as_text();
        Value::List(vec![SheetState::Draft.word().into(), comment.into()])
    })
}

impl Replica {
    /// Opens the own sheet for a site, or finds it opened. The id is the same on every phone of this account.
    ///
    /// # Errors
    /// `recused` (own township), `locked`, `struck`, `not_on_route`, `no_checklist`, `unknown_record`.
    pub fn open_sheet(&mut self, site: Uuid, form: Form) -> Result<Uuid> {
        self.store.make_room()?;
        let me = self.me()?.clone();
        let id = ids::sheet(me.campaign, site, me.account);
        let campaign = self.campaign_data()?;
        let spec = self.site_spec(site)?;
        self.store
            .read(|tx| may_score(tx, &campaign, me.campaign, &spec))?;
        if self.store.read(|tx| tx.value(id, "opened"))?.is_some() {
            return Ok(id);
        }
        if campaign.is_locked() {
            return Err(Refusal::Locked.into());
        }
        if let Some(reason) = spec.struck {
            return Err(Refusal::Struck.because(reason));
        }
        let kind = spec.kind.ok_or(Refusal::NoChecklist)?;
        let (list, applied) = campaign
            .checklist_for(kind, spec.town_kind)
            .ok_or(Refusal::NoChecklist)?;
        let scope = campaign.sheet_scope(&me)?;
        let opened = Value::List(vec![
            site.into(),
            list.code.as_str().into(),
            i64::from(list.version).into(),
            form.word().into(),
        ]);
        self.write(|w| w.edit(scope, "sheet", id, "opened", opened))?;
        let context = SheetContext {
            site,
            kind,
            form,
            checklist: applied,
            scope,
            own: true,
        };
        self.sheets.insert(id, Arc::new(context));
        Ok(id)
    }

    /// Answers a line: one transaction, one disk sync.
    ///
    /// # Errors
    /// The answer's code (`unknown_item`, `above_maximum`, `off_step` …), `not_draft`, `locked`, `not_yours`.
    pub fn answer(&mut self, sheet: Uuid, item: &str, answer: Answer) -> Result<Saved> {
        let context = self.writable(sheet)?;
        check_answer(&context.checklist, context.form, item, &answer.mark)?;
        self.put_in_draft(sheet, &context, item, answer_value(&answer))
    }

    /// Takes an answer back.
    ///
    /// # Errors
    /// As `answer`.
    pub fn clear_answer(&mut self, sheet: Uuid, item: &str) -> Result<Saved> {
        let context = self.writable(sheet)?;
        if context.checklist.line(context.form, item).is_none() {
            return Err(sheet::AnswerError {
                item: item.to_owned(),
                problem: sheet::AnswerProblem::UnknownItem,
            }
            .into());
        }
        self.put_in_draft(sheet, &context, item, Value::Null)
    }

    fn put_in_draft(
        &mut self,
        id: Uuid,
        context: &SheetContext,
        item: &str,
        value: Value,
    ) -> Result<Saved> {
        let field = format!("answer/{item}");
        self.write(|w| {
            must_be_draft(w.tx, id)?;
            w.edit(context.scope, "sheet", id, &field, value)
        })
    }

    /// Notes whether the household was entered. Refused or absent (未入户) costs nothing.
    ///
    /// # Errors
    /// As `answer`.
    pub fn set_visit(&mut self, sheet: Uuid, visit: Visit) -> Result<Saved> {
        let context = self.writable(sheet)?;
        self.write(|w| {
            must_be_draft(w.tx, sheet)?;
            w.edit(context.scope, "sheet", sheet, "visit", visit.word())
        })
    }

    /// Keeps a free note. About a household it goes to the scope that is erased at the end of retention.
    ///
    /// # Errors
    /// As `answer`.
    pub fn set_sheet_note(&mut self, sheet: Uuid, note: &str) -> Result<Saved> {
        let context = self.writable(sheet)?;
        let me = self.me()?.clone();
        self.write(|w| {
            must_be_draft(w.tx, sheet)?;
            if context.kind == SiteKind::Household {
                let scope = Scope::Household {
                    campaign: me.campaign,
                    author: me.account,
                };
                let record = ids::derived(scope.id(), sheet);
                w.edit(scope, "household_text", record, "text", note)
            } else {
                w.edit(context.scope, "sheet", sheet, "note", note)
            }
        })
    }

    /// Submits a sheet: every line answered (or the household not entered), nothing left to settle.
    ///
    /// # Errors
    /// `incomplete` with the missing lines, `unsettled`, `not_draft`, `locked`, `not_yours`.
    pub fn submit(&mut self, id: Uuid) -> Result<Saved> {
        self.store.make_room()?;
        let context = self.writable(id)?;
        self.write(|w| {
            must_be_draft(w.tx, id)?;
            let view = w.tx.view(id)?.ok_or_else(|| unknown("sheet", id))?;
            let unsettled: Vec<&str> = view.conflicts().map(|(field, _)| field).collect();
            if !unsettled.is_empty() {
                return Err(Refusal::Unsettled.because(unsettled.join(", ")));
            }
            let (answers, unfitting) = context.answers(&view);
            let visit = view.get("visit").as_text().and_then(Visit::parse);
            if matches!(visit, None | Some(Visit::Entered)) {
                let score = sheet::score(&context.checklist, context.form, &answers)?;
                if !score.is_complete() {
                    return Err(Error::Incomplete {
                        missing: score.missing,
                    });
                }
                if !unfitting.is_empty() {
                    return Err(Error::Incomplete { missing: unfitting });
                }
            }
            let state = Value::List(vec![SheetState::Submitted.word().into(), Value::Null]);
            w.edit(context.scope, "sheet", id, "state", state)
        })
    }

    /// Takes a submitted or returned sheet back into draft, with a reason. For a returned one the office's comment is
    /// the reason where none is given.
    ///
    /// # Errors
    /// `reason_required`, `not_submitted`, `locked`, `not_yours`.
    pub fn amend(&mut self, id: Uuid, reason: &str) -> Result<Saved> {
        let reason = reason.trim();
        let context = self.writable(id)?;
        self.write(|w| {
            let state = w.tx.value(id, "state")?.unwrap_or(Value::Null);
            if state_of(&state).is_open() {
                return Err(Refusal::NotSubmitted.into());
            }
            let draft = match (reason, taken_up(&state)) {
                ("", Some(draft)) => draft,
                ("", None) => return Err(Refusal::ReasonRequired.into()),
                (reason, _) => Value::List(vec![SheetState::Draft.word().into(), reason.into()]),
            };
            w.edit(context.scope, "sheet", id, "state", draft)
        })
    }

    /// The context of an own sheet that may be written now.
    pub(crate) fn writable(&mut self, sheet: Uuid) -> Result<Arc<SheetContext>> {
        let context = self.sheet_context(sheet)?;
        if !context.own {
            return Err(Refusal::NotYours.into());
        }
        if self.campaign_data()?.is_locked() {
            return Err(Refusal::Locked.into());
        }
        Ok(context)
    }

    pub(crate) fn sheet_context(&mut self, sheet: Uuid) -> Result<Arc<SheetContext>> {
        let me = self.me()?.clone();
        if let Some(context) = self.sheets.get(&sheet) {
            return Ok(context.clone());
        }
        let campaign = self.campaign_data()?;
        let view = self.store.read(|tx| tx.view(sheet))?;
        let view = view
            .filter(|v| v.kind == "sheet")
            .ok_or_else(|| unknown("sheet", sheet))?;
        let opened = view.get("opened");
        let site = opened
            .at(0)
            .as_id()
            .ok_or_else(|| unknown("sheet", sheet))?;
        let spec = self.site_spec(site)?;
        let kind = spec.kind.ok_or(Refusal::NoChecklist)?;
        let (code, version) = (opened.at(1).as_text(), opened.at(2).as_int());
        let checklist = code
            .zip(version)
            .and_then(|(code, version)| campaign.checklist(code, version, kind, spec.town_kind))
            .ok_or(Refusal::NoChecklist)?;
        let context = Arc::new(SheetContext {
            site,
            kind,
            form: opened
                .at(3)
                .as_text()
                .and_then(Form::parse)
                .unwrap_or_default(),
            checklist,
            scope: view.scope,
            own: sheet == ids::sheet(me.campaign, site, me.account),
        });
        self.sheets.insert(sheet, context.clone());
        Ok(context)
    }
}

/// Refuses what the own account may not score at all.
fn may_score(tx: &mut Tx, data: &CampaignData, campaign: Uuid, spec: &SiteSpec) -> Result<()> {
    if data.is_recused(tx, campaign, spec.township.as_deref())? {
        return Err(Refusal::Recused.because(spec.township.clone().unwrap_or_default()));
    }
    match (spec.group, data.view.group) {
        (Some(route), Some(own)) if route != own => Err(Refusal::NotOnRoute.into()),
        _ => Ok(()),
    }
}

fn must_be_draft(tx: &mut Tx, sheet: Uuid) -> Result<()> {
    let state = tx.value(sheet, "state")?.unwrap_or(Value::Null);
    match state_of(&state) {
        s if s.is_open() => Ok(()),
        s if s.is_offices() => {
            Err(Refusal::Returned.because(state.at(1).as_text().unwrap_or_default()))
        }
        _ => Err(Refusal::NotDraft.into()),
    }
}
