//! The tables of the account, and the one object of `--once --json`.
//!
//! Leaves out: how the figures were counted (`count`).

use anyhow::{Result, ensure};
use domain::points::show2;
use serde::Serialize;

use super::cast::{Cast, Traffic};
use super::count::Count;
use super::faults::KILL_AFTER;
use super::plan::Tour;
use super::tour::Logins;
use crate::bench::Contested;

/// What went wrong on purpose, as it was seen.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Faults {
    /// Steps acknowledged before the kill.
    pub killed_after: usize,
    /// Code with which the own township was refused.
    pub recused_code: String,
    /// Copies noticed.
    pub copies_noticed: usize,
    /// Changes they issued again.
    pub reissued: u64,
    /// Wrong clocks flagged.
    pub clocks_flagged: usize,
    /// Entries held for a decision.
    pub held: usize,
}

/// Everything that is told at the end.
#[derive(Default)]
pub struct Story {
    /// Counted from the databases.
    pub count: Count,
    /// Contested fields when all had synced, before anybody settled.
    pub contested: Contested,
    /// The same after settling.
    pub open: Contested,
    /// Fields the supervisor settled.
    pub settled_by_office: usize,
    /// Fields their author settled.
    pub settled_by_author: usize,
    /// Requests and larger body of a sync with nothing new.
    pub noop: (u64, u64),
    /// What went wrong.
    pub faults: Faults,
    /// Seconds of the whole.
    pub seconds: f64,
}

impl Story {
    /// What must be so in every demo.
    ///
    /// # Errors
    /// Naming what is not: something lost, or a fault that did not happen.
    pub fn check(&self) -> Result<()> {
        let (count, faults) = (&self.count, &self.faults);
        let settled = self.settled_by_office + self.settled_by_author;
        let awards = count.records.award.as_ref();
        let must = [
            ("nothing is lost", count.lost == 0),
            ("nothing is there twice", count.duplicated == 0),
            (
                "every phone holds what the server holds",
                count.diverging == 0,
            ),
            ("every photo is there", count.records.photos_missing == 0),
            (
                "something was looked up",
                count.journal > 0 && count.looked_up > 0,
            ),
            (
                "the result computes again",
                awards.is_some_and(|a| a.recomputed),
            ),
            ("a phone was killed", faults.killed_after >= KILL_AFTER),
            (
                "the own township was refused",
                faults.recused_code == "recused",
            ),
            ("a copy was noticed", faults.copies_noticed == 1),
            ("a clock was flagged", faults.clocks_flagged == 1),
            ("the late sheet is held", faults.held == 1),
            (
                "the office and the author settled",
                self.settled_by_office > 0 && self.settled_by_author > 0,
            ),
            (
                "settled fields are settled",
                self.open.cells + settled == self.contested.cells,
            ),
        ];
        for (what, holds) in must {
            ensure!(holds, "not so: {what}");
        }
        Ok(())
    }
}

/// The object of `--json`.
#[derive(Debug, Serialize)]
pub struct Report<'a> {
    devices: usize,
    sheets: usize,
    answers: usize,
    photos: usize,
    changes: usize,
    lost: usize,
    duplicated: usize,
    diverging_devices: usize,
    conflicts: Conflicts,
    push_bytes_per_device: u64,
    pull_bytes_per_device: u64,
    noop_sync: NoopSync,
    awards: Awards,
    seconds: f64,
    issues: usize,
    fixed_on_spot: usize,
    photos_missing: usize,
    held_late: i64,
    acknowledged_writes_checked: usize,
    changes_checked: usize,
    result_recomputed: bool,
    faults: Faults,
    /// Of the data folder, which may be served again.
    logins: &'a Logins,
}

#[derive(Debug, Serialize)]
struct Conflicts {
    cells: usize,
    values: usize,
    open_cells: usize,
}

#[derive(Debug, Serialize)]
struct NoopSync {
    requests: u64,
    body_bytes: u64,
}

#[derive(Debug, Serialize)]
struct Awards {
    red_flag: Vec<String>,
    yellow_card: Vec<String>,
}

fn names(tour: &Tour, codes: &[String]) -> Vec<String> {
    codes.iter().map(|code| tour.short_name(code)).collect()
}

/// Makes the object.
pub fn report<'a>(story: &Story, cast: &Cast, logins: &'a Logins) -> Report<'a> {
    let (count, records) = (&story.count, &story.count.records);
    let devices = count.devices.max(1) as u64;
    let sum = |of: fn(&Traffic) -> u64| cast.members.iter().map(|m| of(&m.traffic)).sum::<u64>();
    let award = records.award.as_ref();
    let lists = award.map(|a| a.outcome.awards.clone()).unwrap_or_default();
    Report {
        devices: count.devices,
        sheets: records.sheets,
        answers: records.answers,
        photos: records.photos,
        changes: count.changes,
        lost: count.lost,
        duplicated: count.duplicated,
        diverging_devices: count.diverging,
        conflicts: Conflicts {
            cells: story.contested.cells,
            values: story.contested.values,
            open_cells: story.open.cells,
        },
        push_bytes_per_device: sum(|t| t.pushed_bytes) / devices,
        pull_bytes_per_device: sum(|t| t.pulled_bytes) / devices,
        noop_sync: NoopSync {
            requests: story.noop.0,
            body_bytes: story.noop.1,
        },
        awards: Awards {
            red_flag: names(cast.tour, &lists.red_flag),
            yellow_card: names(cast.tour, &lists.yellow_card),
        },
        seconds: (story.seconds * 10.0).round() / 10.0,
        issues: records.issues.0,
        fixed_on_spot: records.issues.1,
        photos_missing: records.photos_missing,
        held_late: records
            .verdicts
            .iter()
            .filter(|(code, _)| code == "late")
            .map(|(_, n)| n)
            .sum(),
        acknowledged_writes_checked: count.journal,
        changes_checked: count.looked_up,
        result_recomputed: award.is_some_and(|a| a.recomputed),
        faults: story.faults.clone(),
        logins,
    }
}

/// The table of the result.
pub fn ranking(story: &Story, tour: &Tour) -> String {
    let Some(award) = &story.count.records.award else {
        return "尚无结果 · no result yet".into();
    };
    let header = [
        "组\ngroup",
        "名次\nplace",
        "乡镇\ntownship",
        "得分 T\nscore",
        "校正 T'\ncorrected",
        "总名次\noverall",
        "",
    ];
    let mut table = crate::out::table(header);
    let outcome = &award.outcome;
    let mut rows: Vec<_> = outcome
        .townships
        .iter()
        .map(|t| (group(award, &t.code), t))
        .collect();
    rows.sort_by_key(|(group, t)| (*group, t.rank_in_group.unwrap_or(usize::MAX)));
    for (group, t) in rows {
        let given = match () {
            () if outcome.awards.red_flag.contains(&t.code) => "流动红旗 · red flag",
            () if outcome.awards.yellow_card.contains(&t.code) => "警告黄牌 · yellow card",
            () => "",
        };
        table.add_row([
            group.to_string(),
            crate::out::or_dash(t.rank_in_group),
            tour.short_name(&t.code),
            crate::out::or_dash(t.raw_e4.map(show2)),
            crate::out::or_dash(t.corrected_e4.map(show2)),
            crate::out::or_dash(t.rank_corrected),
            given.to_owned(),
        ]);
    }
    table.to_string()
}

fn group(award: &super::count::Award, code: &str) -> i64 {
    award
        .input
        .townships
        .iter()
        .find(|t| t.code == code)
        .map_or(0, |t| t.group)
}

/// The table of what the databases hold.
pub fn totals(story: &Story, cast: &Cast) -> String {
    let (count, records) = (&story.count, &story.count.records);
    let sum = |of: fn(&Traffic) -> u64| cast.members.iter().map(|m| of(&m.traffic)).sum::<u64>();
    let kb = |bytes: u64| format!("{:.1} kB", bytes as f64 / 1000.0);
    let devices = count.devices.max(1) as u64;
    let mut table = crate::out::table(["清点 · counted from the databases", ""]);
    let rows = [
        ("手机 · phones", count.devices.to_string()),
        (
            "评分单(已提交)· sheets (submitted)",
            format!("{} ({})", records.sheets, records.submitted),
        ),
        ("答案 · answers", records.answers.to_string()),
        (
            "问题(当场整改)· issues (fixed on the spot)",
            format!("{} ({})", records.issues.0, records.issues.1),
        ),
        (
            "意见、典型做法 · opinions, commendations",
            format!("{}, {}", records.opinions, records.commendations),
        ),
        (
            "照片(缺)· photos (missing)",
            format!("{} ({})", records.photos, records.photos_missing),
        ),
        ("改动 · changes", count.changes.to_string()),
        (
            "核对：手机库内改动、已确认写入 · looked up: changes on phones, acknowledged writes",
            format!("{}, {}", count.looked_up, count.journal),
        ),
        (
            "丢失、重复、不一致的手机 · lost, duplicated, diverging phones",
            format!("{}, {}, {}", count.lost, count.duplicated, count.diverging),
        ),
        (
            "有争议的字段/值，其中未定 · contested fields/values, still open",
            format!(
                "{}/{}, {}",
                story.contested.cells, story.contested.values, story.open.cells
            ),
        ),
        (
            "每台上行、下行 · up, down per phone",
            format!(
                "{}, {}",
                kb(sum(|t| t.pushed_bytes) / devices),
                kb(sum(|t| t.pulled_bytes) / devices)
            ),
        ),
        (
            "照片上行合计 · photos sent in all",
            format!("{:.1} MB", sum(|t| t.photo_bytes) as f64 / 1e6),
        ),
        (
            "无新内容的同步 · sync with nothing new",
            format!("{} 次 · request, {} B", story.noop.0, story.noop.1),
        ),
    ];
    for (what, figure) in rows {
        table.add_row([what, &figure]);
    }
    table.to_string()
}
