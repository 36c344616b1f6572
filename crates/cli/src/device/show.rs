//! What a phone shows: sites, a sheet, and whether everything is safe.
//!
//! Invariant: the JSON is the core's own view. Leaves out: anything the view does not have.

use std::collections::BTreeMap;

use domain::points::{show, show2};
use mobile_core::{
    Counts, PhotoState, RecordState, Replica, SheetView, SiteFilter, SiteView, Status,
};
use uuid::Uuid;

use super::args::{ShowArgs, SitesArgs};
use super::{find, mark};
use crate::exit::{Exit, Outcome};
use crate::out;

/// Lists sites.
pub fn sites(phone: &mut Replica, args: &SitesArgs) -> Outcome {
    let sites = phone.sites(&SiteFilter {
        township: args.township.clone(),
        text: args.text.clone(),
        unfinished: args.unfinished,
        all_groups: args.all_groups,
        ..SiteFilter::default()
    })?;
    if args.json {
        out::print_json(&sites)?;
        return Ok(Exit::Ok);
    }
    let mut table = out::table([
        "站\nStop",
        "点位\nSite",
        "类型\nKind",
        "乡镇\nTownship",
        "村\nVillage",
        "进度\nDone",
        "评分单\nSheet",
        "编号末段\nId",
    ]);
    for site in &sites {
        table.add_row([
            site.stop.to_string(),
            site.name.clone(),
            kind(site),
            site.township.clone(),
            site.village.clone(),
            format!("{}/{}", site.answered, site.lines),
            state(site),
            tail(site.id),
        ]);
    }
    out::print(&format!("{table}\n共 {} 个点位 · {0} sites", sites.len()))?;
    Ok(Exit::Ok)
}

fn kind(site: &SiteView) -> String {
    match (site.kind, site.town_kind) {
        (_, Some(town)) => town.zh().into(),
        (Some(kind), None) => kind.zh().into(),
        (None, None) => "—".into(),
    }
}

fn state(site: &SiteView) -> String {
    let mut words: Vec<String> = vec![];
    if let Some(state) = site.sheet_state {
        words.push(state.zh().into());
    }
    if site.recused {
        words.push("回避 recused".into());
    }
    if site.struck.is_some() {
        words.push("已取消 struck".into());
    }
    if !site.conflicts.is_empty() {
        words.push(format!("{} 处待确认", site.conflicts.len()));
    }
    words.join("，")
}

/// The last eight digits of an id: ids made together begin alike.
fn tail(id: Uuid) -> String {
    let id = id.simple().to_string();
    id[id.len() - 8..].to_owned()
}

/// Shows a sheet.
pub fn sheet(phone: &mut Replica, args: &ShowArgs) -> Outcome {
    let sheet = find::sheet(phone, &args.sheet)?;
    let view = phone.sheet(sheet)?;
    if args.json {
        out::print_json(&view)?;
    } else {
        out::print(&readable(&view))?;
    }
    Ok(Exit::Ok)
}

fn readable(view: &SheetView) -> String {
    let (code, version) = &view.checklist;
    let visit = view.visit.map_or("", |visit| visit.zh());
    let mut text = format!(
        "{}　{code} v{version}　{} {}　{visit}\n评分单 · Sheet {}\n",
        view.site_name,
        view.state.zh(),
        view.state.en(),
        view.id
    );
    if let Some(back) = &view.returned {
        text += &format!(
            "督查室退回 · Returned by the office: {}\n更正后重新提交 · Amend, mend and submit again\n",
            back.comment
        );
    }
    let mut table = out::table([
        "项目\nItem",
        "内容\nText",
        "填写\nAnswer",
        "得分\nPoints",
        "满分\nOf",
        "",
    ]);
    for line in &view.lines {
        let answer = line.answer.as_ref().map(|a| match &a.note {
            Some(note) => format!("{}（{note}）", mark::show(&a.mark)),
            None => mark::show(&a.mark),
        });
        let mut hints: Vec<String> = vec![];
        if !line.siblings.is_empty() {
            hints.push(format!("{} 个不同的值 values differ", line.siblings.len()));
        }
        let named = view.returned.as_ref().map(|r| r.items.as_slice());
        if named.is_some_and(|items| items.contains(&line.item.id)) {
            hints.push("退回要求 returned".into());
        }
        match (line.wants_photo, line.photos) {
            (_, n) if n > 0 => hints.push(format!("照片 {n}")),
            (true, _) => hints.push("缺照片 photo".into()),
            _ => {}
        }
        table.add_row([
            line.item.id.clone(),
            line.item.title_zh.clone(),
            out::or_dash(answer),
            out::or_dash(line.points_e4.map(show)),
            show(line.item.max_e4),
            hints.join("，"),
        ]);
    }
    text += &format!("{table}\n");
    let score = &view.score;
    let points = out::or_dash(score.score_e4.map(show2));
    text += &format!("得分 · Score: {points}");
    if !score.missing.is_empty() {
        text += &format!("（还差 · missing: {}）", score.missing.join(", "));
    }
    text
}

/// Shows the facts of a site, every one of differing values.
pub fn facts(phone: &mut Replica, site: &SiteView, json: bool) -> Outcome {
    let mut differing = BTreeMap::new();
    for field in site
        .conflicts
        .iter()
        .filter(|f| site.fact_values.contains_key(*f))
    {
        if let Some(record) = site.facts {
            differing.insert(field.clone(), phone.live_values(record, field)?);
        }
    }
    if json {
        out::print_json(&serde_json::json!({
            "site": site.id, "record": site.facts, "facts": site.fact_values, "differing": differing,
        }))?;
        return Ok(Exit::Ok);
    }
    let mut table = out::table(["字段\nField", "内容\nText", ""]);
    for (field, value) in &site.fact_values {
        match differing.get(field) {
            None => {
                table.add_row([field.as_str(), value, ""]);
            }
            Some(values) => {
                for (n, one) in values.iter().enumerate() {
                    let text = one.value.as_text().unwrap_or_default();
                    let hint = format!("第 {} 个不同的值 · differing value {0}", n + 1);
                    table.add_row([field.as_str(), text, &hint]);
                }
            }
        }
    }
    out::print(&table.to_string())?;
    Ok(Exit::Ok)
}

/// Shows what is safe and what is not.
pub fn status(phone: &mut Replica, json: bool) -> Outcome {
    let status = phone.status()?;
    if json {
        out::print_json(&status)?;
        return Ok(Exit::Ok);
    }
    let mut table = out::table([
        "",
        "只在本机\nOnly here",
        "服务器已收\nHeld by server",
        "需处理\nNeeds you",
        "合计\nAll",
    ]);
    let mut row = |name: &str, counts: &Counts| {
        let numbers = [
            counts.only_here,
            counts.held,
            counts.needs_you,
            counts.total(),
        ];
        let cells = numbers.iter().map(u64::to_string);
        table.add_row(std::iter::once(name.to_owned()).chain(cells));
    };
    row("评分单 sheets", &status.sheets);
    row("问题 issues", &status.issues);
    row("其他 others", &status.others);
    row("照片 photos", &status.photos);
    out::print(&format!("{table}\n{}", remarks(&status)))?;
    Ok(Exit::Ok)
}

fn remarks(status: &Status) -> String {
    let mut text = format!(
        "未送达的更改 · Unsent changes: {}；待传照片 · photos to send: {} 字节 bytes\n",
        status.unsent_changes, status.photo_bytes_to_send
    );
    if let Some(bundle) = &status.bundle {
        let when = out::day_and_time(bundle.made_ms);
        text += &format!(
            "{when} 导出的离线包中尚有 {} 项更改、{} 个照片文件未经服务器确认 · in a bundle made then, not yet confirmed by the server: {0} changes, {1} photo files\n",
            bundle.changes, bundle.photo_files
        );
    }
    if status.bundles_carried > 0 {
        text += &format!(
            "代送的离线包待同步：{} · bundles of others that wait for a sync\n",
            status.bundles_carried
        );
    }
    for record in &status.records {
        if let RecordState::NeedsYou { why } = &record.status {
            text += &format!(
                "需处理 · Needs you: {} {} [{why}]\n",
                record.kind, record.id
            );
        }
        for ruled in &record.ruled {
            let word = if ruled.accepted {
                "办公室已采纳 · Taken in by the office"
            } else {
                "办公室未采纳 · Left out by the office"
            };
            text += &format!(
                "{word}: {} {} [{}] {}\n",
                record.kind, record.id, ruled.code, ruled.reason
            );
        }
    }
    for (id, state) in &status.photo_states {
        if let PhotoState::NeedsYou { why } = state {
            text += &format!("需处理 · Needs you: photo {id} [{why}]\n");
        }
    }
    if status.unread_segments > 0 {
        let n = status.unread_segments;
        text += &format!("有 {n} 段数据要等更新后才能读 · {n} segments wait for an update\n");
    }
    if status.revoked_at_ms.is_some() {
        text += "本机已被注销 · This phone is revoked\n";
    }
    if status.copied_at_ms.is_some() {
        text += "本机数据曾被复制或恢复，已从新的段继续 · This folder was copied or restored; it goes on in a new epoch\n";
    }
    if let Some(lock) = &status.closing {
        let n = lock.version;
        text += &if lock.agrees {
            format!("第 {n} 次锁定与本机一致 · Lock {n} agrees with this phone\n")
        } else {
            format!(
                "警报：第 {n} 次锁定与本机不一致，请保留手机并报告 · ALARM: lock {n} contradicts this phone; keep it and report\n"
            )
        };
    }
    if let Some(skew) = status.skew_ms.filter(|ms| ms.abs() > 300_000) {
        let minutes = skew / 60_000;
        text += &format!("手机时钟差 {minutes} 分钟 · The clock is off by {minutes} minutes\n");
    }
    text
}
