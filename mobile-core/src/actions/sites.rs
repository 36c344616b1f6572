//! The sites of the route, and what the group finds there.

use domain::SiteChecklist;
use domain::sheet::Form;
use merge::Value;
use protocol::ids;
use uuid::Uuid;

use super::campaign::{CampaignData, SiteSpec, text};
use super::sheets::state_of;
use crate::error::Result;
use crate::replica::{Identity, Replica};
use crate::store::Tx;
use crate::views::{Saved, SiteFilter, SiteView};

impl Replica {
    /// The sites, in the order of the route.
    ///
    /// # Errors
    /// `not_enrolled`.
    pub fn sites(&mut self, filter: &SiteFilter) -> Result<Vec<SiteView>> {
        let me = self.me()?.clone();
        let campaign = self.campaign_data()?;
        let mut list = self.store.read(|tx| {
            let mut list = Vec::new();
            for id in tx.ids("site", None)? {
                let Some(record) = tx.view(id)? else { continue };
                let spec = SiteSpec::of(&record);
                if !on_route(filter, &campaign, &spec) {
                    continue;
                }
                let view = site_view(tx, &me, &campaign, spec)?;
                if shown(filter, &view) {
                    list.push(view);
                }
            }
            Ok::<_, crate::Error>(list)
        })?;
        list.sort_by(|a, b| (a.stop, a.slot, &a.name, a.id).cmp(&(b.stop, b.slot, &b.name, b.id)));
        Ok(list)
    }

    /// Notes what the group found at a site: `name`, `code`, `contact`, `status` or `remark`. Shared with the group;
    /// differing entries show as a conflict.
    ///
    /// # Errors
    /// `no_group`, `invalid`, `unknown_record`.
    pub fn edit_site_facts(&mut self, site: Uuid, field: &str, value: &str) -> Result<Saved> {
        if protocol::check::spec("site_facts", field).is_none() {
            return Err(crate::Error::invalid(format!("no such fact: {field}")));
        }
        let me = self.me()?.clone();
        let campaign = self.campaign_data()?;
        let scope = campaign.group_scope(&me)?;
        self.site_spec(site)?;
        let record = ids::site_facts(me.campaign, site, campaign.group()?);
        self.write(|w| w.edit(scope, "site_facts", record, field, value))
    }

    /// The name to show for a site.
    pub(crate) fn site_name(&mut self, site: Uuid) -> Result<String> {
        let me = self.me()?.clone();
        let group = self.campaign_data()?.view.group;
        let planned = self.site_spec(site)?.name;
        let Some(group) = group else {
            return Ok(planned);
        };
        let facts = ids::site_facts(me.campaign, site, group);
        let found = self.store.read(|tx| tx.value(facts, "name"))?;
        let found = found.as_ref().and_then(text).filter(|n| !n.is_empty());
        Ok(found.unwrap_or(planned))
    }
}

fn on_route(filter: &SiteFilter, campaign: &CampaignData, spec: &SiteSpec) -> bool {
    let own = match (spec.group, campaign.view.group) {
        (Some(route), Some(own)) => route == own,
        _ => true,
    };
    (own || filter.all_groups)
        && (spec.struck.is_none() || filter.struck)
        && filter.kind.is_none_or(|k| spec.kind == Some(k))
        && filter
            .township
            .as_ref()
            .is_none_or(|t| spec.township.as_ref() == Some(t))
}

fn shown(filter: &SiteFilter, view: &SiteView) -> bool {
    let done = view
        .sheet_state
        .is_some_and(|s| !s.is_open() && !s.is_offices());
    let found = filter.text.as_ref().is_none_or(|t| {
        [
            &view.name,
            &view.planned_name,
            &view.code,
            &view.township,
            &view.village,
        ]
        .into_iter()
        .any(|s| s.contains(t.as_str()))
    });
    found && !(filter.unfinished && done)
}

pub(super) fn unit_name(tx: &mut Tx, campaign: Uuid, code: Option<&str>) -> Result<String> {
    let Some(code) = code else {
        return Ok(String::new());
    };
    let unit = tx.value(ids::division(campaign, code), "unit")?;
    Ok(unit.and_then(|u| text(u.at(1))).unwrap_or_default())
}

/// Answered lines, lines and state of the own sheet; and its fields in conflict.
fn progress(
    tx: &mut Tx,
    sheet: Uuid,
    checklist: impl Fn(&str, i64) -> Option<SiteChecklist>,
    view: &mut SiteView,
) -> Result<()> {
    let Some(record) = tx.view(sheet)? else {
        return Ok(());
    };
    let opened = record.get("opened");
    if *opened == Value::Null {
        return Ok(());
    }
    let form = opened.at(3).as_text().and_then(Form::parse);
    let list = opened
        .at(1)
        .as_text()
        .zip(opened.at(2).as_int())
        .and_then(|(code, version)| checklist(code, version));
    view.sheet = Some(sheet);
    view.sheet_state = Some(state_of(record.get("state")));
    view.answered = record
        .keyed("answer")
        .filter(|(_, v)| **v != Value::Null)
        .count();
    if let Some(list) = list {
        view.lines = list.lines(form.unwrap_or_default()).len();
    }
    view.conflicts
        .extend(record.conflicts().map(|(f, _)| f.to_owned()));
    Ok(())
}

fn site_view(
    tx: &mut Tx,
    me: &Identity,
    campaign: &CampaignData,
    spec: SiteSpec,
) -> Result<SiteView> {
    let own_form = spec
        .kind
        .and_then(|kind| campaign.checklist_for(kind, spec.town_kind));
    let mut view = SiteView {
        id: spec.id,
        name: spec.name.clone(),
        township: unit_name(tx, me.campaign, spec.township.as_deref())?,
        village: unit_name(tx, me.campaign, spec.village.as_deref())?,
        recused: campaign.is_recused(tx, me.campaign, spec.township.as_deref())?,
        planned_name: spec.name,
        kind: spec.kind,
        town_kind: spec.town_kind,
        township_code: spec.township,
        village_code: spec.village,
        slot: spec.slot,
        group: spec.group,
        stop: spec.stop,
        lat_e7: spec.lat_e7,
        lon_e7: spec.lon_e7,
        struck: spec.struck,
        lines: own_form.map_or(0, |(_, list)| list.lines(campaign.view.form).len()),
        code: String::new(),
        sheet: None,
        sheet_state: None,
        answered: 0,
        facts: None,
        fact_values: Default::default(),
        conflicts: Vec::new(),
    };
    if let Some(group) = campaign.view.group
        && let Some(facts) = tx.view(ids::site_facts(me.campaign, spec.id, group))?
    {
        view.facts = Some(facts.id);
        for field in facts.fields.keys() {
            if let Some(value) = text(facts.get(field)) {
                view.fact_values.insert(field.to_string(), value);
            }
        }
        view.conflicts = facts.conflicts().map(|(f, _)| f.to_owned()).collect();
        let found = |field: &str| view.fact_values.get(field).filter(|v| !v.is_empty());
        if let Some(name) = found("name") {
            view.name = name.clone();
        }
        view.code = found("code").cloned().unwrap_or_default();
    }
    let sheet = ids::sheet(me.campaign, spec.id, me.account);
    let (kind, town) = (view.kind, view.town_kind);
    let list = |code: &str, version| campaign.checklist(code, version, kind?, town);
    progress(tx, sheet, list, &mut view)?;
    Ok(view)
}
