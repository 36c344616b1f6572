//! Settling differing values: replaces exactly the values that were shown, so that an edit on its way re-opens the
//! conflict instead of being swallowed.

use domain::sheet::{Answer, check_answer};
use ledger::RecordView;
use merge::{Dot, Value};
use uuid::Uuid;

use super::campaign::unknown;
use super::sheet_view::siblings;
use super::sheets::taken_up;
use crate::error::{Error, Refusal, Result};
use crate::replica::Replica;
use crate::store::Tx;
use crate::values::{answer_of, answer_value};
use crate::views::{Saved, Sibling};

impl Replica {
    /// Every live value of a field, the displayed one first.
    ///
    /// # Errors
    /// The database's.
    pub fn live_values(&mut self, record: Uuid, field: &str) -> Result<Vec<Sibling>> {
        let device = self.me()?.device;
        let live = self.store.read(|tx| tx.live(record, field))?;
        Ok(siblings(&live, device))
    }

    /// Decides between the values that were shown: `value` replaces exactly the changes `shown`. For own sheets, and
    /// for what the group shares.
    ///
    /// # Errors
    /// `not_shown` if a dot is of another field, `not_yours`, `locked`, `invalid`, an answer's code.
    pub fn settle(
        &mut self,
        record: Uuid,
        field: &str,
        value: Value,
        shown: &[Dot],
    ) -> Result<Saved> {
        self.shown()?;
        let view = self.store.read(|tx| tx.view(record))?;
        let view = view.ok_or_else(|| unknown("record", record))?;
        if shown.is_empty() {
            return Err(Refusal::NotShown.into());
        }
        let mut value = value;
        if view.kind == "sheet" {
            self.check_sheet_value(&view, field, &value)?;
            // Whoever chooses the return takes it up: the word itself is the office's.
            if field == "state" {
                value = taken_up(&value).unwrap_or(value);
            }
        } else {
            self.check_shared(&view)?;
        }
        let done = self.write(|w| {
            for dot in shown {
                if !is_of(w.tx, record, field, dot)? {
                    return Err(Refusal::NotShown.into());
                }
            }
            w.settle(view.scope, &view.kind, record, field, value, shown)
        })?;
        if field == "opened" {
            self.sheets.remove(&record);
        }
        Ok(done)
    }

    /// As [`Self::settle`], for whoever picks one of the values shown instead of writing one.
    ///
    /// # Errors
    /// As `settle`; `not_shown` if the chosen value is not live (any more).
    pub fn settle_by_choice(
        &mut self,
        record: Uuid,
        field: &str,
        chosen: &Dot,
        shown: &[Dot],
    ) -> Result<Saved> {
        self.shown()?;
        let live = self.store.read(|tx| tx.live(record, field))?;
        let found = live.into_iter().find(|l| l.dot == *chosen);
        let value = found.ok_or(Refusal::NotShown)?.value;
        self.settle(record, field, value, shown)
    }

    /// As [`Self::settle`], with a new answer to a line of an own sheet.
    ///
    /// # Errors
    /// As `settle`.
    pub fn settle_by_answer(
        &mut self,
        sheet: Uuid,
        item: &str,
        answer: &Answer,
        shown: &[Dot],
    ) -> Result<Saved> {
        self.settle(
            sheet,
            &format!("answer/{item}"),
            answer_value(answer),
            shown,
        )
    }

    fn check_sheet_value(&mut self, view: &RecordView, field: &str, value: &Value) -> Result<()> {
        let context = self.writable(view.id)?;
        let Some(item_id) = field.strip_prefix("answer/") else {
            return Ok(());
        };
        if *value == Value::Null {
            return Ok(());
        }
        let item = context.checklist.line(context.form, item_id);
        let answer = item.and_then(|item| answer_of(item, value));
        let Some(answer) = answer else {
            return Err(Error::invalid(field));
        };
        Ok(check_answer(
            &context.checklist,
            context.form,
            item_id,
            &answer.mark,
        )?)
    }

    fn check_shared(&mut self, view: &RecordView) -> Result<()> {
        let me = self.me()?.clone();
        let own = self.campaign_data()?.group_scope(&me);
        let household = protocol::Scope::Household {
            campaign: me.campaign,
            author: me.account,
        };
        let is_mine = view.scope == household || own.is_ok_and(|scope| scope == view.scope);
        if is_mine {
            Ok(())
        } else {
            Err(Refusal::NotYours.into())
        }
    }
}

/// True if the change wrote this field of this record.
fn is_of(tx: &mut Tx, record: Uuid, field: &str, dot: &Dot) -> Result<bool> {
    if tx.live(record, field)?.iter().any(|l| l.dot == *dot) {
        return Ok(true);
    }
    let place = tx.change_place(dot)?;
    Ok(place.is_some_and(|(r, f)| r == record && f == field))
}
