//! The ranking table (评比结果表), one row per township.
//!
//! Invariant: rows go by corrected rank, then code; those without a rank come last. Scores in CSV have two decimals, in
//! JSON they are e4 integers. Leaves out: the title rows, which only a formatted sheet has.

use std::collections::BTreeMap;

use domain::score::{Component, Input, Outcome, Township, TownshipResult};
use serde_json::{Value, json};

use super::cells::{Cell, csv_bytes};

/// Language of headings and marks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// Simplified Chinese.
    #[default]
    Zh,
    /// English.
    En,
}

/// The table as CSV for a spreadsheet. `previous` is the result before, for the column "较上期": places gained.
pub fn results_csv(
    input: &Input,
    outcome: &Outcome,
    previous: Option<&Outcome>,
    language: Language,
) -> Vec<u8> {
    let parts = parts(input);
    let mut rows = vec![header(input, &parts, language)];
    for (at, row) in rows_of(input, outcome, previous).iter().enumerate() {
        let score = |e4: Option<i64>| e4.map_or(Cell::Empty, Cell::Score);
        let count = |n: Option<i64>| n.map_or(Cell::Empty, Cell::Int);
        let mut cells = vec![
            count(i64::try_from(at + 1).ok()),
            Cell::text(row.name),
            count(row.group),
        ];
        cells.extend(parts.iter().map(|c| score(row.component(*c))));
        cells.extend([
            score(row.result.raw_e4),
            count(row.result.rank_in_group.and_then(|n| i64::try_from(n).ok())),
            score(row.result.corrected_e4),
            count(row.rank()),
            count(row.gained),
            Cell::text(row.mark(language)),
        ]);
        rows.push(cells);
    }
    csv_bytes(&rows)
}

/// The table as JSON: rules, method, δ, rows in the order of the table, sites with too few sheets.
pub fn results_json(input: &Input, outcome: &Outcome, previous: Option<&Outcome>) -> Value {
    let row = |(at, row): (usize, &Row)| {
        json!({
            "position": at + 1,
            "code": row.result.code,
            "name": row.name,
            "group": row.group,
            "components_e4": row.result.components_e4,
            "raw_e4": row.result.raw_e4,
            "rank_in_group": row.result.rank_in_group,
            "corrected_e4": row.result.corrected_e4,
            "rank_corrected": row.result.rank_corrected,
            "places_gained": row.gained,
            "award": row.award,
        })
    };
    let rows = rows_of(input, outcome, previous);
    json!({
        "rules": input.rules,
        "method": outcome.method,
        "groups": outcome.groups,
        "delta_limited": outcome.delta_limited,
        "rows": rows.iter().enumerate().map(row).collect::<Vec<Value>>(),
        "too_few_sheets": outcome.too_few_sheets,
    })
}

/// One township with what the table says of it.
struct Row<'a> {
    result: &'a TownshipResult,
    name: &'a str,
    group: Option<i64>,
    gained: Option<i64>,
    award: Option<&'static str>,
}

impl Row<'_> {
    fn rank(&self) -> Option<i64> {
        i64::try_from(self.result.rank_corrected?).ok()
    }

    fn component(&self, component: Component) -> Option<i64> {
        self.result.components_e4.get(&component).copied()
    }

    fn mark(&self, language: Language) -> &'static str {
        match (self.award, language) {
            (Some("red_flag"), Language::Zh) => "流动红旗",
            (Some("red_flag"), Language::En) => "red flag",
            (Some(_), Language::Zh) => "警告黄牌",
            (Some(_), Language::En) => "yellow card",
            (None, _) => "",
        }
    }
}

fn rows_of<'a>(input: &'a Input, outcome: &'a Outcome, previous: Option<&Outcome>) -> Vec<Row<'a>> {
    let known: BTreeMap<&str, &Township> = input
        .townships
        .iter()
        .map(|t| (t.code.as_str(), t))
        .collect();
    let award = |code: &String| {
        if outcome.awards.red_flag.contains(code) {
            Some("red_flag")
        } else if outcome.awards.yellow_card.contains(code) {
            Some("yellow_card")
        } else {
            None
        }
    };
    let gained = |result: &TownshipResult| {
        let before = previous?.township(&result.code)?.rank_corrected?;
        let now = result.rank_corrected?;
        Some(i64::try_from(before).ok()? - i64::try_from(now).ok()?)
    };
    let mut rows: Vec<Row> = outcome
        .townships
        .iter()
        .map(|result| {
            let township = known.get(result.code.as_str());
            Row {
                result,
                name: township.map_or(result.code.as_str(), |t| &t.name),
                group: township.map(|t| t.group),
                gained: gained(result),
                award: award(&result.code),
            }
        })
        .collect();
    rows.sort_by_key(|row| {
        let rank = row.result.rank_corrected;
        (rank.is_none(), rank, row.result.code.clone())
    });
    rows
}

/// Components that count.
fn parts(input: &Input) -> Vec<Component> {
    let counts = |c: &Component| input.rules.weights.of(*c) > 0;
    Component::ALL.into_iter().filter(counts).collect()
}

fn header(input: &Input, parts: &[Component], language: Language) -> Vec<Cell> {
    let weights = &input.rules.weights;
    let sum: i64 = parts.iter().map(|c| weights.of(*c)).sum();
    let part = |c: &Component| {
        let percent = share(weights.of(*c), sum);
        match language {
            Language::Zh => format!("{}({percent}%)", c.zh()),
            Language::En => format!("{} ({percent}%)", c.en()),
        }
    };
    let (before, after): (&[&str], &[&str]) = match language {
        Language::Zh => (
            &["序号", "乡镇", "组别"],
            &["得分", "组内名次", "校正分", "总名次", "较上期", "备注"],
        ),
        Language::En => (
            &["No.", "Township", "Group"],
            &[
                "Score",
                "Rank in group",
                "Corrected score",
                "Overall rank",
                "Places gained",
                "Remark",
            ],
        ),
    };
    let texts = before.iter().map(|s| (*s).to_owned());
    let texts = texts.chain(parts.iter().map(part));
    let texts = texts.chain(after.iter().map(|s| (*s).to_owned()));
    texts.map(Cell::text).collect()
}

/// A share in percent, at most one decimal: `50`, `33.3`.
fn share(weight: i64, sum: i64) -> String {
    let tenths = domain::points::div_round(i128::from(weight) * 1000, i128::from(sum));
    let tenths = tenths.unwrap_or_default();
    match tenths % 10 {
        0 => (tenths / 10).to_string(),
        part => format!("{}.{part}", tenths / 10),
    }
}
