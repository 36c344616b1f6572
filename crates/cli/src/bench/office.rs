//! The office's part of the measured tour: a campaign of the size of W, and the site facts known before it.
//!
//! Invariant: facts before the tour are changes of the server's own log. Leaves out: everything W does not have.

use std::collections::HashMap;

use anyhow::{Context, Result};
use domain::divisions::{Division, Level};
use domain::score::Rules;
use domain::sheet::Form;
use domain::{SiteKind, builtin};
use server::App;
use server::services::campaign::{NewAccount, NewCampaign, NewGroup, NewSite, NewTownship};
use server::services::office::Actor;
use uuid::Uuid;

use super::fill::fact;
use super::workload::{SITE_FIELDS, Workload};

/// What phones need to begin.
pub struct Roster {
    /// One enrolment code a phone.
    pub codes: Vec<String>,
    /// Planned names by W's site id.
    pub names: HashMap<Uuid, String>,
}

/// Makes and starts the campaign.
///
/// # Errors
/// What the office refuses.
pub async fn prepare(app: &App, w: &Workload, open: bool) -> Result<Roster> {
    let actor = Actor::system();
    let new = NewCampaign {
        name: "性能测试 W".into(),
        tour_kind: "tour".into(),
        dates: ("2026-11-23".into(), "2026-11-24".into()),
        rules: Rules::default(),
        sheets_open: open,
    };
    let campaign = app.create_campaign(&actor, new).await?;
    let divisions: Vec<Division> = builtin::divisions()
        .iter()
        .filter(|u| !matches!(u.level, Level::Village | Level::Community))
        .cloned()
        .collect();
    let townships: Vec<String> = divisions
        .iter()
        .filter(|u| u.level.is_township())
        .map(|u| u.code.clone())
        .collect();
    app.add_divisions(&actor, campaign, divisions).await?;
    let group = |number| NewGroup {
        number,
        name: format!("第{number}组"),
    };
    app.set_groups(&actor, campaign, vec![group(1), group(2)])
        .await?;
    let number = |at: usize| if at < 10 { 1 } else { 2 };
    let rows = townships.iter().enumerate().map(|(at, code)| NewTownship {
        code: code.clone(),
        group: Some(number(at)),
    });
    app.assign_townships(&actor, campaign, rows.collect())
        .await?;
    app.add_checklists(&actor, campaign, vec![builtin::BENCH_FILE.to_owned()])
        .await?;
    let sites = add_sites(app, &actor, campaign, w, &townships).await?;
    let accounts = (0..w.devices.len()).map(|no| NewAccount {
        name: format!("观摩员{:02}", no + 1),
        role: "observer".into(),
        group: Some(w.devices[no].group as i64 + 1),
        home_unit: None,
        form: Form::Detailed,
    });
    let accounts = app
        .add_accounts(&actor, campaign, accounts.collect())
        .await?;
    app.start_campaign(&actor, campaign).await?;
    let facts = w.sites.iter().flat_map(|site| {
        SITE_FIELDS.iter().filter_map(|field| {
            Some((
                *sites.get(&site.id)?,
                fact(field).to_owned(),
                site.field(field).to_owned(),
            ))
        })
    });
    app.set_site_facts(&actor, campaign, facts.collect())
        .await?;
    let mut codes = Vec::new();
    for account in accounts {
        codes.push(app.issue_code(&actor, account).await?);
    }
    let names = w
        .sites
        .iter()
        .enumerate()
        .map(|(at, site)| (site.id, planned_name(at)));
    Ok(Roster {
        codes,
        names: names.collect(),
    })
}

fn planned_name(at: usize) -> String {
    format!("点位{:03}", at + 1)
}

/// Adds W's sites, eight a township; their records by W's id.
async fn add_sites(
    app: &App,
    actor: &Actor,
    campaign: Uuid,
    w: &Workload,
    townships: &[String],
) -> Result<HashMap<Uuid, Uuid>> {
    let mut rows = Vec::new();
    for (at, site) in w.sites.iter().enumerate() {
        let township = townships
            .get(at / 8)
            .context("W has more townships than the county")?;
        rows.push(NewSite {
            name: planned_name(at),
            kind: if site.kind == "village" {
                SiteKind::DemonstrationVillage
            } else {
                SiteKind::Household
            },
            town_kind: None,
            township: Some(township.clone()),
            village: None,
            slot: None,
            group: None,
            order: at as i64 + 1,
            nominated: false,
            place_e7: None,
        });
    }
    let made = app.add_sites(actor, campaign, rows).await?;
    Ok(w.sites.iter().map(|s| s.id).zip(made).collect())
}
