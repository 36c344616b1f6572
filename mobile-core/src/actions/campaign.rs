//! What the office decided, read from the campaign scope: groups, checklists, the own account, recusals.

use std::sync::Arc;

use domain::sheet::Form;
use domain::{Checklist, SiteChecklist, SiteKind, TownKind};
use ledger::RecordView;
use merge::Value;
use protocol::{Scope, ids};
use uuid::Uuid;

use crate::error::{Error, Refusal, Result};
use crate::replica::{Identity, Replica};
use crate::store::Tx;
use crate::views::{CampaignView, GroupView};

/// The campaign as read once, until a sync brings something new.
pub(crate) struct CampaignData {
    pub view: CampaignView,
    pub home_unit: Option<String>,
    /// Townships the own account is recused from, by ruling.
    pub recused: Vec<String>,
    pub checklists: Vec<Arc<Checklist>>,
}

/// A site's record, taken apart.
pub(crate) struct SiteSpec {
    pub id: Uuid,
    pub name: String,
    pub kind: Option<SiteKind>,
    pub town_kind: Option<TownKind>,
    pub township: Option<String>,
    pub village: Option<String>,
    pub slot: Option<i64>,
    pub lat_e7: Option<i64>,
    pub lon_e7: Option<i64>,
    pub group: Option<Uuid>,
    pub stop: i64,
    pub struck: Option<String>,
}

pub(crate) fn text(value: &Value) -> Option<String> {
    value.as_text().map(str::to_owned)
}

impl SiteSpec {
    pub fn of(view: &RecordView) -> Self {
        let spec = view.get("spec");
        let route = view.get("route");
        Self {
            id: view.id,
            name: text(view.get("name")).unwrap_or_default(),
            kind: spec.at(0).as_text().and_then(SiteKind::parse),
            town_kind: spec.at(1).as_text().and_then(TownKind::parse),
            township: text(spec.at(2)),
            village: text(spec.at(3)),
            slot: spec.at(4).as_int(),
            lat_e7: spec.at(5).as_int(),
            lon_e7: spec.at(6).as_int(),
            group: route.at(0).as_id(),
            stop: route.at(1).as_int().unwrap_or(0),
            struck: text(view.get("struck")),
        }
    }
}

impl CampaignData {
    fn load(tx: &mut Tx, me: &Identity) -> Result<Self> {
        let scope = Scope::Campaign {
            campaign: me.campaign,
        };
        let campaign = tx.view(me.campaign)?;
        let field = |name: &str| campaign.as_ref().map_or(&Value::Null, |c| c.get(name));
        let account = tx.view(me.account)?;
        let own = |name: &str| account.as_ref().map_or(&Value::Null, |a| a.get(name));
        let mut groups = Vec::new();
        for id in tx.ids("tour_group", Some(scope))? {
            if let Some(group) = tx.view(id)? {
                groups.push(group_view(&group));
            }
        }
        groups.sort_by_key(|g| g.number);
        let mut checklists = Vec::new();
        for id in tx.ids("checklist", Some(scope))? {
            // A checklist this version cannot read is one it cannot fill in; the others still work.
            if let Some(body) = tx.value(id, "body")?
                && let Some(Ok(list)) = body.as_text().map(Checklist::parse)
            {
                checklists.push(Arc::new(list));
            }
        }
        let mut recused = Vec::new();
        for id in tx.ids("recusal", Some(scope))? {
            if let Some(ruling) = tx.value(id, "ruling")?
                && ruling.at(0).as_id() == Some(me.account)
                && ruling.at(3).as_bool() == Some(true)
            {
                recused.extend(text(ruling.at(1)));
            }
        }
        let dates = field("dates");
        let view = CampaignView {
            id: me.campaign,
            name: text(field("name")).unwrap_or_default(),
            tour_kind: text(field("tour_kind")).unwrap_or_default(),
            dates: text(dates.at(0)).zip(text(dates.at(1))),
            state: text(field("state")).unwrap_or_default(),
            sheets_open: field("sheets_open").as_bool().unwrap_or(false),
            rehearsal: field("rehearsal").as_bool().unwrap_or(false),
            groups,
            group: if account.is_some() {
                own("group").as_id()
            } else {
                me.group
            },
            account_name: text(own("name")).unwrap_or_else(|| me.account_name.clone()),
            role: text(own("role")).unwrap_or_default(),
            form: own("form")
                .as_text()
                .and_then(Form::parse)
                .unwrap_or_default(),
            checklists: checklists
                .iter()
                .map(|c| (c.code.clone(), c.version, c.title_zh.clone()))
                .collect(),
        };
        Ok(Self {
            view,
            home_unit: text(own("home_unit")),
            recused,
            checklists,
        })
    }

    /// True while the own group is locked.
    pub fn is_locked(&self) -> bool {
        let own = self.view.group;
        self.view
            .groups
            .iter()
            .any(|g| Some(g.id) == own && g.locked)
    }

    pub fn group(&self) -> Result<Uuid> {
        self.view.group.ok_or_else(|| Refusal::NoGroup.into())
    }

    /// The scope of the own sheets and their photos.
    pub fn sheet_scope(&self, me: &Identity) -> Result<Scope> {
        let campaign = me.campaign;
        if self.view.sheets_open {
            return self.group_scope(me);
        }
        Ok(Scope::Sealed {
            campaign,
            author: me.account,
        })
    }

    /// The scope of what the group shares.
    pub fn group_scope(&self, me: &Identity) -> Result<Scope> {
        Ok(Scope::Group {
            campaign: me.campaign,
            group: self.group()?,
        })
    }

    /// The newest checklist for a kind of site; one for exactly this kind before one for any.
    pub fn checklist_for(
        &self,
        kind: SiteKind,
        town: Option<TownKind>,
    ) -> Option<(Arc<Checklist>, SiteChecklist)> {
        let mut fitting: Vec<_> = self
            .checklists
            .iter()
            .filter_map(|c| Some((c.clone(), c.for_site(kind, town).ok()?)))
            .collect();
        fitting.sort_by_key(|(c, _)| (c.site_kind.is_some(), c.version));
        fitting.pop()
    }

    /// A checklist by code and version, applied to a kind of site.
    pub fn checklist(
        &self,
        code: &str,
        version: i64,
        kind: SiteKind,
        town: Option<TownKind>,
    ) -> Option<SiteChecklist> {
        let found = self
            .checklists
            .iter()
            .find(|c| c.code == code && i64::from(c.version) == version)?;
        found.for_site(kind, town).ok()
    }

    /// True if the own account may not score this township: own home unit, or ruled so.
    pub fn is_recused(&self, tx: &mut Tx, campaign: Uuid, township: Option<&str>) -> Result<bool> {
        let Some(township) = township else {
            return Ok(false);
        };
        if self.recused.iter().any(|r| r == township) {
            return Ok(true);
        }
        let mut unit = self.home_unit.clone();
        // A village's head belongs to its township; the county above ends the walk.
        for _ in 0..4 {
            match unit {
                Some(code) if code == township => return Ok(true),
                Some(code) => {
                    let record = ids::division(campaign, &code);
                    unit = tx.value(record, "unit")?.and_then(|u| text(u.at(3)));
                }
                None => break,
            }
        }
        Ok(false)
    }
}

fn group_view(group: &RecordView) -> GroupView {
    let lock = group.get("lock");
    GroupView {
        id: group.id,
        number: group.get("number").as_int().unwrap_or(0),
        name: text(group.get("name")).unwrap_or_default(),
        locked: lock.at(1).as_text() == Some("locked"),
        lock_version: lock.at(0).as_int().unwrap_or(0),
        result_hash: text(lock.at(3)),
    }
}

impl Replica {
    pub(crate) fn campaign_data(&mut self) -> Result<Arc<CampaignData>> {
        let me = self.me()?.clone();
        if let Some(data) = &self.campaign {
            return Ok(data.clone());
        }
        let data = self.store.read(|tx| CampaignData::load(tx, &me))?;
        let data = Arc::new(data);
        self.campaign = Some(data.clone());
        Ok(data)
    }

    /// The campaign as this phone knows it.
    ///
    /// # Errors
    /// `not_enrolled`.
    pub fn campaign(&mut self) -> Result<CampaignView> {
        Ok(self.campaign_data()?.view.clone())
    }

    pub(crate) fn site_spec(&mut self, site: Uuid) -> Result<SiteSpec> {
        let view = self.store.read(|tx| tx.view(site))?;
        match view {
            Some(view) if view.kind == "site" => Ok(SiteSpec::of(&view)),
            _ => Err(unknown("site", site)),
        }
    }
}

pub(crate) fn unknown(kind: &str, id: Uuid) -> Error {
    Refusal::UnknownRecord.because(format!("{kind} {id}"))
}
