//! `guanmo campaign`: make a campaign, its groups, start it, show it.
//!
//! Invariant: what may not change after the start is refused by the server's own services.
//! Leaves out: sites, roster and checklists, which are imported.

use domain::score::Rules;
use serde_json::json;
use server::services::campaign::{Campaign, NewCampaign, NewGroup, NewTownship};

use super::args::{CampaignArgs, CampaignCommand, GroupArgs, NewArgs};
use super::{actor, campaign_of, with, with_new};
use crate::exit::{Exit, Failure, Outcome};
use crate::out;

/// Runs one command.
pub fn run(args: &CampaignArgs) -> Outcome {
    match &args.command {
        CampaignCommand::New(new) => make(args, new),
        CampaignCommand::Group(group) => set_group(args, group),
        CampaignCommand::Start => {
            with(&args.data, async |app| {
                let campaign = campaign_of(app).await?;
                Ok(app.start_campaign(&actor(), campaign.id).await?)
            })?;
            out::print(
                "活动已开始，规则、评分表和分组已冻结 · started; rules, checklists and groups are frozen",
            )?;
            Ok(Exit::Ok)
        }
        CampaignCommand::Show { json } => {
            let campaign = with(&args.data, async |app| campaign_of(app).await)?;
            show(&campaign, *json)
        }
    }
}

fn make(args: &CampaignArgs, new: &NewArgs) -> Outcome {
    let rules = match &new.rules {
        None => Rules::default(),
        Some(file) => serde_json::from_str(&out::read_text(file)?).map_err(|error| {
            Failure::bad_input(
                "malformed",
                format!("规则文件有误：{error}"),
                format!("the file with the rules is wrong: {error}"),
            )
        })?,
    };
    let campaign = NewCampaign {
        name: new.name.clone(),
        tour_kind: new.kind.clone(),
        dates: (new.from.clone(), new.to.clone()),
        rules,
        sheets_open: new.sheets_open,
    };
    let id = with_new(&args.data, async |app| {
        Ok(app.create_campaign(&actor(), campaign).await?)
    })?;
    out::print(&format!("已建立活动 · campaign made: {id}"))?;
    Ok(Exit::Ok)
}

fn set_group(args: &CampaignArgs, group: &GroupArgs) -> Outcome {
    let name = group.name.clone();
    let new = NewGroup {
        number: group.number,
        name: name.unwrap_or_else(|| format!("第{}组", group.number)),
    };
    let township = |code: &String| NewTownship {
        code: code.clone(),
        group: Some(group.number),
    };
    let townships: Vec<NewTownship> = group.townships.iter().map(township).collect();
    let count = townships.len();
    with(&args.data, async |app| {
        let campaign = campaign_of(app).await?.id;
        app.set_groups(&actor(), campaign, vec![new]).await?;
        if !townships.is_empty() {
            app.assign_townships(&actor(), campaign, townships).await?;
        }
        Ok(())
    })?;
    out::print(&format!(
        "第 {} 组：{count} 个乡镇 · group {0}: {count} townships",
        group.number
    ))?;
    Ok(Exit::Ok)
}

fn show(c: &Campaign, json: bool) -> Outcome {
    let of_group = |group| {
        c.townships
            .values()
            .filter(|t| t.group == Some(group))
            .count()
    };
    let people = |group| {
        c.accounts
            .values()
            .filter(|a| a.group == Some(group))
            .count()
    };
    if json {
        let groups: Vec<_> = c
            .groups
            .iter()
            .map(|g| {
                json!({"id": g.id, "number": g.number, "name": g.name, "locked": g.locked,
                       "townships": of_group(g.id), "accounts": people(g.id)})
            })
            .collect();
        out::print_json(&json!({
            "id": c.id, "name": c.name, "state": c.state, "groups": groups, "sites": c.sites.len(),
            "accounts": c.accounts.len(), "checklists": c.checklists.len(),
        }))?;
        return Ok(Exit::Ok);
    }
    let mut table = out::table([
        "组\nGroup",
        "名称\nName",
        "乡镇\nTownships",
        "人员\nPeople",
        "",
    ]);
    for g in &c.groups {
        table.add_row([
            g.number.to_string(),
            g.name.clone(),
            of_group(g.id).to_string(),
            people(g.id).to_string(),
            if g.locked { "已锁定 locked" } else { "" }.to_owned(),
        ]);
    }
    out::print(&format!(
        "{} [{}]\n{table}\n点位 {} · sites {2}；人员 {} · accounts {3}；评分表 {} · checklists {4}",
        c.name,
        c.state,
        c.sites.len(),
        c.accounts.len(),
        c.checklists.len(),
    ))?;
    Ok(Exit::Ok)
}
