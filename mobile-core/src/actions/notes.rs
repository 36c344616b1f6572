//! What the group shares beside facts: issues, opinions, practices worth copying.

use domain::builtin::IssueCategory;
use ledger::RecordView;
use merge::Value;
use uuid::Uuid;

use super::campaign::{text, unknown};
use crate::error::{Error, Refusal, Result};
use crate::replica::Replica;
use crate::views::{
    CommendationView, IssueView, NewIssue, NewOpinion, OpinionView, PhotoTarget, Position, Saved,
    Severity,
};

/// Positions `[lat_e7?, lon_e7?, accuracy_m?]` at the end of a list.
pub(crate) fn position_values(position: Option<Position>) -> [Value; 3] {
    match position {
        Some(p) => [p.lat_e7.into(), p.lon_e7.into(), p.accuracy_m.into()],
        None => [Value::Null, Value::Null, Value::Null],
    }
}

impl Replica {
    /// Logs a problem found on site.
    ///
    /// # Errors
    /// `no_group`, `invalid` (unknown category, text too long).
    pub fn log_issue(&mut self, issue: NewIssue) -> Result<Uuid> {
        if domain::builtin::issue_category(&issue.category).is_none() {
            return Err(Error::invalid(format!("category {}", issue.category)));
        }
        if issue.description.trim().is_empty() {
            return Err(Error::invalid("描述为空 / no description"));
        }
        self.store.make_room()?;
        let me = self.me()?.clone();
        let scope = self.campaign_data()?.group_scope(&me)?;
        if let Some(site) = issue.site {
            self.site_spec(site)?;
        }
        let mut found = vec![self.ports.clock.now_ms().into()];
        found.extend(position_values(issue.position));
        let mut fields = vec![
            ("category", issue.category.into()),
            ("description", issue.description.into()),
            ("severity", issue.severity.word().into()),
            ("found", Value::List(found)),
            (
                "place",
                Value::List(vec![issue.township_code.into(), issue.place.into()]),
            ),
        ];
        if let Some(site) = issue.site {
            fields.push(("site", site.into()));
        }
        if let Some(note) = issue.fixed_on_spot {
            fields.push(("fixed_on_spot", fixed(note)));
        }
        self.write(|w| w.create(scope, "issue", fields))
    }

    /// Notes that an issue was fixed at once (立行立改), with an after-note.
    ///
    /// # Errors
    /// `unknown_record`, `not_yours`.
    pub fn fix_on_spot(&mut self, issue: Uuid, note: &str) -> Result<Saved> {
        let view = self.shared_record("issue", issue)?;
        let value = fixed(note.to_owned());
        self.write(|w| w.edit(view.scope, "issue", issue, "fixed_on_spot", value))
    }

    /// Deletes an issue, opinion or commendation. Edit-versus-delete shows as a conflict of no field: the record stays.
    ///
    /// # Errors
    /// `unknown_record`, `invalid` for other kinds.
    pub fn delete_note(&mut self, record: Uuid) -> Result<Saved> {
        self.set_deleted(record, true)
    }

    /// Takes a deletion back: the record is there again, with all it had.
    ///
    /// # Errors
    /// As `delete_note`.
    pub fn restore_note(&mut self, record: Uuid) -> Result<Saved> {
        self.set_deleted(record, false)
    }

    fn set_deleted(&mut self, record: Uuid, deleted: bool) -> Result<Saved> {
        self.shown()?;
        let view = self.store.read(|tx| tx.view(record))?;
        let view = view.ok_or_else(|| unknown("record", record))?;
        if !["issue", "opinion", "commendation", "photo"].contains(&view.kind.as_str()) {
            return Err(Error::invalid(view.kind));
        }
        self.write(|w| w.edit(view.scope, &view.kind, record, "deleted", deleted))
    }

    /// The group's issues that are not deleted, oldest first.
    ///
    /// # Errors
    /// `not_enrolled`.
    pub fn issues(&mut self) -> Result<Vec<IssueView>> {
        self.shown()?;
        let mut list = Vec::new();
        for view in self.notes("issue")? {
            let photos = self.photos(PhotoTarget::Issue(view.id))?.len();
            list.push(issue_view(&view, photos));
        }
        list.sort_by_key(|i| (i.found_at_ms, i.id));
        Ok(list)
    }

    /// The categories an issue may have, in the order of the list.
    #[must_use]
    pub fn issue_categories(&self) -> Vec<IssueCategory> {
        domain::builtin::issue_categories().categories.clone()
    }

    /// The records of a kind that are not deleted, in no order.
    fn notes(&mut self, kind: &str) -> Result<Vec<RecordView>> {
        self.store.read(|tx| {
            let mut list = Vec::new();
            for id in tx.ids(kind, None)? {
                let view = tx.view(id)?;
                list.extend(view.filter(|v| v.get("deleted").as_bool() != Some(true)));
            }
            Ok(list)
        })
    }

    /// The group's opinions that are not deleted, oldest first.
    ///
    /// # Errors
    /// `not_enrolled`.
    pub fn opinions(&mut self) -> Result<Vec<OpinionView>> {
        self.shown()?;
        let mut list = Vec::new();
        for view in self.notes("opinion")? {
            let entry = view.get("entry");
            list.push(OpinionView {
                id: view.id,
                site: entry.at(0).as_id(),
                category: text(entry.at(1)).unwrap_or_default(),
                text: text(entry.at(2)).unwrap_or_default(),
                addressed: text(entry.at(3)),
                photos: self.photos(PhotoTarget::Opinion(view.id))?.len(),
            });
        }
        // Ids begin with the time they were made.
        list.sort_by_key(|o| o.id);
        Ok(list)
    }

    /// The practices the group found worth copying that are not deleted, oldest first.
    ///
    /// # Errors
    /// `not_enrolled`.
    pub fn commendations(&mut self) -> Result<Vec<CommendationView>> {
        self.shown()?;
        let mut list = Vec::new();
        for view in self.notes("commendation")? {
            let entry = view.get("entry");
            list.push(CommendationView {
                id: view.id,
                site: entry.at(0).as_id(),
                what: text(entry.at(1)).unwrap_or_default(),
                photos: self.photos(PhotoTarget::Commendation(view.id))?.len(),
            });
        }
        list.sort_by_key(|c| c.id);
        Ok(list)
    }

    /// Adds an opinion (意见建议) on a site or on the whole campaign.
    ///
    /// # Errors
    /// `no_group`, `invalid`.
    pub fn add_opinion(&mut self, opinion: NewOpinion) -> Result<Uuid> {
        if opinion.text.trim().is_empty() {
            return Err(Error::invalid("an opinion needs a text"));
        }
        let me = self.me()?.clone();
        let scope = self.campaign_data()?.group_scope(&me)?;
        let entry = Value::List(vec![
            opinion.site.into(),
            opinion.category.into(),
            opinion.text.into(),
            opinion.addressed.into(),
        ]);
        self.write(|w| w.create(scope, "opinion", [("entry", entry)]))
    }

    /// Notes a practice worth copying (典型做法).
    ///
    /// # Errors
    /// `no_group`, `unknown_record`, `invalid`.
    pub fn add_commendation(&mut self, site: Uuid, what: &str) -> Result<Uuid> {
        if what.trim().is_empty() {
            return Err(Error::invalid("a commendation needs a text"));
        }
        let me = self.me()?.clone();
        let scope = self.campaign_data()?.group_scope(&me)?;
        self.site_spec(site)?;
        let entry = Value::List(vec![site.into(), what.into()]);
        self.write(|w| w.create(scope, "commendation", [("entry", entry)]))
    }

    /// A record of this kind that the group shares.
    pub(crate) fn shared_record(&mut self, kind: &str, id: Uuid) -> Result<RecordView> {
        let me = self.me()?.clone();
        let scope = self.campaign_data()?.group_scope(&me)?;
        let view = self.store.read(|tx| tx.view(id))?;
        let view = view
            .filter(|v| v.kind == kind)
            .ok_or_else(|| unknown(kind, id))?;
        if view.scope == scope {
            Ok(view)
        } else {
            Err(Refusal::NotYours.into())
        }
    }
}

fn fixed(note: String) -> Value {
    let note = (!note.is_empty()).then_some(note);
    Value::List(vec![true.into(), note.into()])
}

fn issue_view(view: &RecordView, photos: usize) -> IssueView {
    let place = view.get("place");
    let fixed = view.get("fixed_on_spot");
    IssueView {
        id: view.id,
        number: text(view.get("number")),
        site: view.get("site").as_id(),
        township_code: text(place.at(0)),
        place: text(place.at(1)).unwrap_or_default(),
        category: text(view.get("category")).unwrap_or_default(),
        description: text(view.get("description")).unwrap_or_default(),
        severity: view.get("severity").as_text().and_then(Severity::parse),
        found_at_ms: view.get("found").at(0).as_int().unwrap_or(0),
        fixed_on_spot: fixed.at(0).as_bool() == Some(true),
        fixed_note: text(fixed.at(1)),
        photos,
        conflicts: view.conflicts().map(|(f, _)| f.to_owned()).collect(),
    }
}
