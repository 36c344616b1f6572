//! A sheet as a screen shows it, with its live score.

use std::collections::BTreeMap;

use domain::SiteKind;
use domain::sheet::{self, Visit};
use ledger::{LiveValue, RecordView};
use merge::Value;
use protocol::{Scope, ids};
use uuid::Uuid;

use super::campaign::{text, unknown};
use super::sheets::{SheetContext, state_of};
use crate::error::Result;
use crate::replica::Replica;
use crate::views::{LineView, PhotoTarget, PhotoView, ReturnView, SheetView, Sibling};

/// Live values as a person settles them.
pub(crate) fn siblings(live: &[LiveValue], device: Uuid) -> Vec<Sibling> {
    live.iter()
        .map(|l| Sibling {
            dot: l.dot,
            at_ms: l.at_ms,
            own: l.dot.log.device == device,
            value: l.value.clone(),
        })
        .collect()
}

/// Every field of a record whose live values differ.
pub(crate) fn all_siblings(view: &RecordView, device: Uuid) -> BTreeMap<String, Vec<Sibling>> {
    view.conflicts()
        .map(|(field, live)| (field.to_owned(), siblings(live, device)))
        .collect()
}

impl Replica {
    /// A sheet with answers, live score, what is missing, and what is to be settled.
    ///
    /// # Errors
    /// `unknown_record`, `no_checklist`.
    pub fn sheet(&mut self, id: Uuid) -> Result<SheetView> {
        let device = self.me()?.device;
        let context = self.sheet_context(id)?;
        let locked = self.campaign_data()?.is_locked();
        let view = self.store.read(|tx| tx.view(id))?;
        let view = view.ok_or_else(|| unknown("sheet", id))?;
        let photos = self.photos(PhotoTarget::Sheet(id))?;
        let (answers, unfitting) = context.answers(&view);
        let score = sheet::score(&context.checklist, context.form, &answers)?;
        let siblings = all_siblings(&view, device);
        let lines = lines(&context, &answers, &siblings, &photos);
        let state = view.get("state");
        Ok(SheetView {
            id,
            site: context.site,
            site_name: self.site_name(context.site)?,
            form: context.form,
            checklist: (context.checklist.code.clone(), context.checklist.version),
            state: state_of(state),
            reason: text(state.at(1)),
            returned: returned(state),
            visit: view.get("visit").as_text().and_then(Visit::parse),
            note: self.note_of(id, &context, &view)?,
            locked,
            score,
            lines,
            siblings,
            unfitting,
            photos,
        })
    }

    fn note_of(
        &mut self,
        sheet: Uuid,
        context: &SheetContext,
        view: &RecordView,
    ) -> Result<Option<String>> {
        if context.kind != SiteKind::Household {
            return Ok(text(view.get("note")));
        }
        let me = self.me()?;
        let scope = Scope::Household {
            campaign: me.campaign,
            author: me.account,
        };
        let record = ids::derived(scope.id(), sheet);
        let value = self.store.read(|tx| tx.value(record, "text"))?;
        Ok(value.as_ref().and_then(text))
    }
}

/// What the office asks for, while the sheet is returned.
fn returned(state: &Value) -> Option<ReturnView> {
    state_of(state).is_offices().then(|| ReturnView {
        comment: text(state.at(1)).unwrap_or_default(),
        items: state.at(2).items().iter().filter_map(text).collect(),
    })
}

fn lines(
    context: &SheetContext,
    answers: &sheet::Answers,
    siblings: &BTreeMap<String, Vec<Sibling>>,
    photos: &[PhotoView],
) -> Vec<LineView> {
    let line = |item: &domain::checklist::Item| {
        let answer = answers.get(&item.id).cloned();
        let mark = answer.as_ref().map(|a| a.mark);
        let points = mark.and_then(|m| sheet::item_points(item, &m).ok());
        LineView {
            points_e4: points.flatten(),
            wants_photo: mark.is_some_and(|m| sheet::wants_photo(item, &m)),
            photos: photos
                .iter()
                .filter(|p| p.item.as_deref() == Some(&item.id))
                .count(),
            siblings: siblings
                .get(&format!("answer/{}", item.id))
                .cloned()
                .unwrap_or_default(),
            item: item.clone(),
            answer,
        }
    };
    context
        .checklist
        .lines(context.form)
        .iter()
        .map(line)
        .collect()
}
