//! A tour of any size, prepared as the office does: two groups, the county's townships, one checklist.
//!
//! Invariant: as many sites for one group as for the other. Leaves out: who fills it.

use anyhow::Result;
use domain::score::Rules;
use domain::sheet::Form;
use domain::{SiteKind, builtin};
use server::App;
use server::services::campaign::{NewAccount, NewCampaign, NewGroup, NewSite, NewTownship};
use server::services::office::Actor;
use uuid::Uuid;

/// A tour of the bench checklist.
pub struct Plan<'a> {
    /// Its name.
    pub name: &'a str,
    /// Sites, half for each group.
    pub sites: usize,
    /// Observers, half in each group.
    pub observers: usize,
    /// Whether everybody may see every sheet from the start.
    pub open: bool,
}

/// Makes and starts a campaign of two groups; its id and an enrolment code for each observer.
///
/// # Errors
/// What the office refuses.
pub async fn prepare(app: &App, plan: &Plan<'_>) -> Result<(Uuid, Vec<String>)> {
    let actor = Actor::system();
    let new = NewCampaign {
        name: plan.name.to_owned(),
        tour_kind: "tour".into(),
        dates: ("2026-11-23".into(), "2026-11-24".into()),
        rules: Rules::default(),
        sheets_open: plan.open,
    };
    let campaign = app.create_campaign(&actor, new).await?;
    let divisions: Vec<_> = builtin::divisions().iter().cloned().collect();
    let townships: Vec<String> = builtin::divisions()
        .townships()
        .map(|t| t.code.clone())
        .collect();
    app.add_divisions(&actor, campaign, divisions).await?;
    let group = |number| NewGroup {
        number,
        name: format!("第{number}组"),
    };
    app.set_groups(&actor, campaign, vec![group(1), group(2)])
        .await?;
    let of = |at: usize| 1 + (at % 2) as i64;
    let rows = townships.iter().enumerate().map(|(at, code)| NewTownship {
        code: code.clone(),
        group: Some(of(at)),
    });
    app.assign_townships(&actor, campaign, rows.collect())
        .await?;
    let checklist = builtin::BENCH_FILE.to_owned();
    app.add_checklists(&actor, campaign, vec![checklist])
        .await?;
    // As many sites for one group as for the other, though the townships are 19.
    let even = townships.len() / 2 * 2;
    let sites = (0..plan.sites).map(|at| NewSite {
        name: format!("点位{:03}", at + 1),
        kind: SiteKind::DemonstrationVillage,
        town_kind: None,
        township: townships.get(at % even).cloned(),
        village: None,
        slot: None,
        group: None,
        order: at as i64 + 1,
        nominated: false,
        place_e7: None,
    });
    app.add_sites(&actor, campaign, sites.collect()).await?;
    let people = (0..plan.observers).map(|at| NewAccount {
        name: format!("观摩员{:02}", at + 1),
        role: "observer".into(),
        group: Some(of(at)),
        home_unit: None,
        form: Form::Detailed,
    });
    let accounts = app.add_accounts(&actor, campaign, people.collect()).await?;
    app.start_campaign(&actor, campaign).await?;
    let mut codes = Vec::new();
    for account in accounts {
        codes.push(app.issue_code(&actor, account).await?);
    }
    Ok((campaign, codes))
}
