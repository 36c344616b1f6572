//! The office's part before the tour: the campaign with the county's own divisions, groups, people, sites and ledgers.
//!
//! Leaves out: everything after the start (`desk`).

use anyhow::Result;
use domain::score::Rules;
use domain::{Checklist, builtin};
use server::services::campaign::{NewAccount, NewCampaign, NewGroup, NewSite, NewTownship};
use server::{Actor, App};
use uuid::Uuid;

use super::plan::Tour;

/// What was made.
#[derive(Clone, Debug)]
pub struct Office {
    /// Groups 1 and 2.
    pub groups: Vec<Uuid>,
    /// Accounts in the order of `Tour::observers`.
    pub accounts: Vec<Uuid>,
}

/// Makes and starts the campaign.
///
/// # Errors
/// What the office refuses.
pub async fn prepare(app: &App, tour: &Tour, dates: (String, String)) -> Result<Office> {
    let actor = Actor::system();
    let new = NewCampaign {
        name: "城乡环境综合整治观摩评比(演示)".into(),
        tour_kind: "tour".into(),
        dates,
        rules: Rules::default(),
        sheets_open: false,
    };
    let campaign = app.create_campaign(&actor, new).await?;
    app.add_divisions(
        &actor,
        campaign,
        builtin::divisions().iter().cloned().collect(),
    )
    .await?;
    let files = builtin::CHECKLIST_FILES
        .iter()
        .map(|(_, json)| (*json).to_owned());
    app.add_checklists(&actor, campaign, files.collect())
        .await?;
    let group = |number, name: &str| NewGroup {
        number,
        name: name.into(),
    };
    let groups = vec![group(1, "第一组"), group(2, "第二组")];
    let groups = app.set_groups(&actor, campaign, groups).await?;
    let townships = tour.townships.iter().map(|t| NewTownship {
        code: t.code.clone(),
        group: Some(t.target.group),
    });
    app.assign_townships(&actor, campaign, townships.collect())
        .await?;
    let accounts = tour.observers.iter().map(|o| NewAccount {
        name: o.name.clone(),
        role: o.role.into(),
        group: Some(o.group),
        home_unit: o.home_unit.clone(),
        form: o.form,
    });
    let accounts = app
        .add_accounts(&actor, campaign, accounts.collect())
        .await?;
    let sites = tour.sites.iter().map(|s| NewSite {
        name: s.name.clone(),
        kind: s.kind,
        town_kind: s.town_kind,
        township: s.township.clone(),
        village: s.village.clone(),
        slot: s.slot,
        group: s.group,
        order: s.order,
        nominated: s.nominated,
        place_e7: Some(s.position_e7),
    });
    app.add_sites(&actor, campaign, sites.collect()).await?;
    for township in &tour.townships {
        let [due, closed, overdue] = township.target.ledger;
        app.set_ledger(&actor, campaign, &township.code, (due, closed, overdue))
            .await?;
    }
    app.start_campaign(&actor, campaign).await?;
    Ok(Office { groups, accounts })
}

/// True if the checklists in use are proposals: the account says so.
pub fn are_proposals() -> bool {
    builtin::checklists()
        .iter()
        .any(|c: &Checklist| c.status.contains("proposal"))
}
