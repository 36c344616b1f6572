//! `guanmo score FILE`: the published arithmetic, checkable by anybody.
//!
//! Invariant: the numbers and the JSON are those of `domain::score::score_json`, which the server uses too.
//! Leaves out: any arithmetic of its own.

use std::path::Path;

use domain::points::{show, show2};
use domain::score::{Component, Input, Outcome as Scores, ScoreError, TownshipResult, score_json};

use crate::args::ScoreArgs;
use crate::exit::{Exit, Failure, Outcome};
use crate::out;

/// Computes and prints.
pub fn run(args: &ScoreArgs) -> Outcome {
    let text = out::read_text(&args.file)?;
    let refused = |error: ScoreError| refused(&args.file, &error);
    let (scores, json) = score_json(&text).map_err(refused)?;
    if args.json {
        out::print(&json)?;
    } else {
        let input = serde_json::from_str(&text).map_err(|e| refused(ScoreError::from(e)))?;
        out::print(&readable(&input, &scores))?;
    }
    Ok(Exit::Ok)
}

/// What is wrong, in which file, and where its form is described.
fn refused(file: &Path, error: &ScoreError) -> Failure {
    let (file, mut zh, mut en) = (file.display(), error.message_zh(), error.message_en());
    if matches!(error, ScoreError::Malformed { .. }) {
        zh += "；不是评分文件，格式见 docs/scoring.md";
        en += "; this is no score file, see docs/scoring.md";
    }
    Failure::bad_input(
        error.code(),
        format!("{file}：{zh}"),
        format!("{file}: {en}"),
    )
}

/// The ranking as a table, and what led to it in a few lines below.
fn readable(input: &Input, scores: &Scores) -> String {
    let weights = &input.rules.weights;
    let parts: Vec<Component> = Component::ALL
        .into_iter()
        .filter(|c| weights.of(*c) > 0)
        .collect();
    let mut header = vec![
        "名次\nRank".to_owned(),
        "乡镇\nTownship".into(),
        "组\nGroup".into(),
    ];
    header.extend(parts.iter().map(|c| format!("{}\n{}", c.zh(), c.letter())));
    header.extend(["得分\nT", "组内\nIn group", "校正分\nT'", "授予\nAward"].map(String::from));
    let mut table = out::table(header.iter().map(String::as_str));
    let mut rows: Vec<&TownshipResult> = scores.townships.iter().collect();
    rows.sort_by_key(|t| (t.rank_corrected.is_none(), t.rank_corrected, &t.code));
    for t in rows {
        let known = input.townships.iter().find(|other| other.code == t.code);
        let name = known.map_or(t.code.as_str(), |k| label(&k.name, &k.code));
        let mut cells = vec![
            out::or_dash(t.rank_corrected),
            name.to_owned(),
            out::or_dash(known.map(|k| k.group)),
        ];
        let part = |c: &Component| out::or_dash(t.components_e4.get(c).map(|e4| show2(*e4)));
        cells.extend(parts.iter().map(part));
        cells.extend([
            out::or_dash(t.raw_e4.map(show2)),
            out::or_dash(t.rank_in_group),
            out::or_dash(t.corrected_e4.map(show2)),
            award(scores, &t.code).to_owned(),
        ]);
        table.add_row(cells);
    }
    format!("{table}\n{}", notes(input, scores))
}

fn label<'a>(name: &'a str, code: &'a str) -> &'a str {
    if name.is_empty() { code } else { name }
}

fn award(scores: &Scores, code: &String) -> &'static str {
    if scores.awards.red_flag.contains(code) {
        "流动红旗 red flag"
    } else if scores.awards.yellow_card.contains(code) {
        "警告黄牌 yellow card"
    } else {
        ""
    }
}

fn notes(input: &Input, scores: &Scores) -> String {
    let method = scores.method;
    let mut lines = format!("校正方法 · Method: {} · {}\n", method.zh(), method.en());
    if method != input.rules.correction {
        let asked = input.rules.correction;
        lines += &format!(
            "（选定“{}”，但共同点位不足 3 个 · {} was chosen, but fewer than 3 sites are shared）\n",
            asked.zh(),
            asked.en()
        );
    }
    for group in &scores.groups {
        let (number, delta) = (group.group, show(group.delta_e4));
        lines += &format!("第 {number} 组松紧度 · Group {number} severity δ = {delta}\n");
    }
    if scores.delta_limited {
        lines += "松紧度已限为 ±5 分 · δ was limited to ±5 points\n";
    }
    if !scores.too_few_sheets.is_empty() {
        let sites = scores.too_few_sheets.join(", ");
        lines += &format!("评分单不足 3 份，不计分 · Fewer than 3 sheets, no score: {sites}\n");
    }
    lines
}
