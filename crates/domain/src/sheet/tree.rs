//! The explain tree of one sheet: sheet → section → line.
//!
//! Invariant: the tree of a complete sheet gives its score (`Node::check`).
//! Leaves out: what lies above the sheet (`score::explain`).

use super::{AnswerError, Answers, Form, LineScore, Mark, SheetScore, score};
use crate::checklist::{Item, ItemType, SiteChecklist};
use crate::points::show;
use crate::score::explain::{Node, Rule};

/// The tree of a sheet, to be hung into that of its township.
///
/// # Errors
/// The first answer that is refused.
pub fn explain_sheet(
    checklist: &SiteChecklist,
    form: Form,
    answers: &Answers,
) -> Result<Node, AnswerError> {
    let sheet = score(checklist, form, answers)?;
    let sections = checklist.sections.iter().map(|section| {
        let lines = sheet.lines.iter().zip(checklist.lines(form));
        let own = lines.filter(|(line, _)| line.section == section.code);
        let children: Vec<Node> = own.map(|(line, item)| line_node(line, item)).collect();
        let counted = children.iter().filter(|c| c.counted);
        let values: Vec<i64> = counted.clone().filter_map(|c| c.value_e4).collect();
        let max: i64 = counted.filter_map(|c| c.max_e4).sum();
        let mut node = Node::new(section.code.word(), &section.label_zh, section.code.en());
        node.rule = Rule::Sum;
        node.value_e4 = Some(values.iter().sum());
        node.max_e4 = Some(max);
        node.counted = !values.is_empty();
        node.formula = values
            .iter()
            .map(|v| show(*v))
            .collect::<Vec<_>>()
            .join(" + ");
        node.children = children;
        node
    });
    let children = sections.collect();
    Ok(sheet_node(checklist, &sheet, children))
}

fn sheet_node(checklist: &SiteChecklist, sheet: &SheetScore, children: Vec<Node>) -> Node {
    let mut node = Node::new(&checklist.code, "评分单", "Sheet");
    node.rule = Rule::Percent;
    node.value_e4 = sheet.score_e4;
    node.formula = format!("{} ÷ {} × 100", show(sheet.earned_e4), show(sheet.max_e4));
    node.children = children;
    node
}

fn line_node(line: &LineScore, item: &Item) -> Node {
    let mut node = Node::new(&item.id, &item.title_zh, &item.title_en);
    node.value_e4 = line.points_e4;
    node.max_e4 = Some(item.max_e4);
    node.counted = line.points_e4.is_some();
    let max = show(item.max_e4);
    node.formula = match (item.kind, line.mark) {
        (ItemType::Deduct { per_unit_e4 }, Some(Mark::Count(n))) => {
            format!("max(0, {max} − {} × {n})", show(per_unit_e4))
        }
        (_, Some(Mark::Ratio { ok, sampled })) => {
            node.rule = Rule::Share {
                part: ok,
                whole: sampled,
            };
            format!("{max} × {ok} ÷ {sampled}")
        }
        (_, Some(Mark::NotApplicable)) => "N/A".into(),
        (_, Some(_)) => format!("{} / {max}", show(line.points_e4.unwrap_or(0))),
        (_, None) => "–".into(),
    };
    node
}
