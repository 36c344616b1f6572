//! A small county as the office prepares it: two groups, four townships, three town sites, six observers.
//!
//! Leaves out: everything after the start (`story`).

use anyhow::Result;
use domain::score::Rules;
use domain::{SiteKind, TownKind};
use mobile_core::Form;
use server::App;
use server::services::campaign::{NewAccount, NewCampaign, NewGroup, NewSite, NewTownship};
use uuid::Uuid;

use crate::office::supervisor;

/// Townships with their group.
pub const TOWNSHIPS: [(&str, i64); 4] = [
    ("640422215", 1),
    ("640422206", 1),
    ("640422102", 2),
    ("640422205", 2),
];
/// Observers of a group.
pub const PER_GROUP: usize = 3;

/// A campaign that was started.
#[derive(Clone, Debug)]
pub struct County {
    /// The campaign.
    pub campaign: Uuid,
    /// Group 1 and 2.
    pub groups: Vec<Uuid>,
    /// Three observers of group 1, three of group 2.
    pub accounts: Vec<Uuid>,
}

fn site(name: &str, kind: SiteKind, township: Option<&str>, order: i64) -> NewSite {
    NewSite {
        name: name.to_owned(),
        kind,
        town_kind: township.is_none().then_some(TownKind::Market),
        township: township.map(str::to_owned),
        village: None,
        slot: (kind == SiteKind::Household).then_some(1),
        group: None,
        order,
        nominated: kind == SiteKind::DemonstrationVillage,
        place_e7: None,
    }
}

fn sites() -> Vec<NewSite> {
    let kinds = [
        ("示范村", SiteKind::DemonstrationVillage),
        ("农户1", SiteKind::Household),
        ("沿途", SiteKind::RouteSegment),
    ];
    let mut all = Vec::new();
    for (code, _) in TOWNSHIPS {
        for (i, (name, kind)) in kinds.into_iter().enumerate() {
            all.push(site(name, kind, Some(code), i as i64));
        }
    }
    for (i, name) in ["文垚市场", "金通汽贸物流园", "秀屿广场"]
        .into_iter()
        .enumerate()
    {
        all.push(site(name, SiteKind::TownSite, None, 100 + i as i64));
    }
    all
}

/// Prepares and starts it.
///
/// # Errors
/// What the office refuses.
pub async fn prepare(app: &App) -> Result<County> {
    let me = supervisor();
    let new = NewCampaign {
        name: "观摩评比".into(),
        tour_kind: "tour".into(),
        dates: ("2021-11-18".into(), "2021-11-20".into()),
        rules: Rules::default(),
        sheets_open: false,
    };
    let campaign = app.create_campaign(&me, new).await?;
    let ours = |code: &str| code.len() <= 6 || TOWNSHIPS.iter().any(|(t, _)| code.starts_with(t));
    let divisions = domain::builtin::divisions().iter();
    let divisions = divisions.filter(|d| ours(&d.code)).cloned().collect();
    app.add_divisions(&me, campaign, divisions).await?;
    let files = domain::builtin::CHECKLIST_FILES.iter();
    let files = files.map(|(_, json)| (*json).to_owned()).collect();
    app.add_checklists(&me, campaign, files).await?;
    let group = |number: i64, name: &str| NewGroup {
        number,
        name: name.into(),
    };
    let groups = vec![group(1, "第一组"), group(2, "第二组")];
    let groups = app.set_groups(&me, campaign, groups).await?;
    let rows = TOWNSHIPS.map(|(code, group)| NewTownship {
        code: code.into(),
        group: Some(group),
    });
    app.assign_townships(&me, campaign, rows.to_vec()).await?;
    app.add_sites(&me, campaign, sites()).await?;
    let people = (0..PER_GROUP * 2)
        .map(|i| NewAccount {
            name: format!("观摩员{:02}", i + 1),
            role: "observer".into(),
            group: Some(1 + (i / PER_GROUP) as i64),
            home_unit: (i == 0).then(|| TOWNSHIPS[2].0.to_owned()),
            form: Form::Quick,
        })
        .collect();
    let accounts = app.add_accounts(&me, campaign, people).await?;
    for (n, (code, _)) in TOWNSHIPS.into_iter().enumerate() {
        let ledger = (10, 7 + n as i64 % 3, n as i64 % 2);
        app.set_ledger(&me, campaign, code, ledger).await?;
    }
    app.start_campaign(&me, campaign).await?;
    Ok(County {
        campaign,
        groups,
        accounts,
    })
}
