//! A mark as typed, read by the kind of its item.
//!
//! Invariant: `na` and the numbers mean what the item's kind says; nothing is rounded.
//! Leaves out: whether the item takes it (`domain::sheet::check_answer`).

use domain::checklist::{Item, ItemType};
use domain::points;
use domain::sheet::Mark;

use crate::exit::{Failure, Outcome};

/// The mark that `text` is for `item`.
pub fn parse(item: &Item, text: &str) -> Outcome<Mark> {
    let text = text.trim();
    if matches!(text.to_lowercase().as_str(), "na" | "n/a" | "不适用") {
        return Ok(Mark::NotApplicable);
    }
    let mark = match item.kind {
        ItemType::Score { .. } => points::parse(text).map(Mark::Points),
        ItemType::Deduct { .. } => text.parse().ok().map(Mark::Count),
        ItemType::YesNo => match text.to_lowercase().as_str() {
            "yes" | "y" | "是" => Some(Mark::YesNo(true)),
            "no" | "n" | "否" => Some(Mark::YesNo(false)),
            _ => None,
        },
        ItemType::Ratio { .. } => text.split_once('/').and_then(|(ok, sampled)| {
            Some(Mark::Ratio {
                ok: ok.trim().parse().ok()?,
                sampled: sampled.trim().parse().ok()?,
            })
        }),
    };
    let (zh, en) = match item.kind {
        ItemType::Score { .. } => ("分数，如 3.5", "points, e.g. 3.5"),
        ItemType::Deduct { .. } => ("处数，如 2", "a count, e.g. 2"),
        ItemType::YesNo => ("yes 或 no", "yes or no"),
        ItemType::Ratio { .. } => ("合格/抽查，如 4/5", "ok/sampled, e.g. 4/5"),
    };
    mark.ok_or_else(|| {
        let id = &item.id;
        Failure::bad_input(
            "wrong_type",
            format!("{id}：“{text}”不是{zh}"),
            format!("{id}: `{text}` is not {en}"),
        )
    })
}

/// A mark for people.
pub fn show(mark: &Mark) -> String {
    match mark {
        Mark::NotApplicable => "不适用 n/a".into(),
        Mark::Points(e4) => points::show(*e4),
        Mark::Count(count) => format!("{count} 处 found"),
        Mark::YesNo(true) => "是 yes".into(),
        Mark::YesNo(false) => "否 no".into(),
        Mark::Ratio { ok, sampled } => format!("{ok}/{sampled}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(kind: fn(&ItemType) -> bool) -> &'static Item {
        let all = domain::builtin::checklists().iter();
        all.flat_map(|c| &c.items).find(|i| kind(&i.kind)).unwrap()
    }

    #[test]
    fn a_mark_is_read_by_the_kind_of_its_item() {
        let score = item(|k| matches!(k, ItemType::Score { .. }));
        let deduct = item(|k| matches!(k, ItemType::Deduct { .. }));
        let yes_no = item(|k| matches!(k, ItemType::YesNo));
        let ratio = item(|k| matches!(k, ItemType::Ratio { .. }));
        assert_eq!(parse(score, "3.5"), Ok(Mark::Points(35_000)));
        assert_eq!(parse(deduct, "2"), Ok(Mark::Count(2)));
        assert_eq!(parse(yes_no, "No"), Ok(Mark::YesNo(false)));
        let four = Mark::Ratio { ok: 4, sampled: 5 };
        assert_eq!(parse(ratio, "4/5"), Ok(four));
        assert_eq!(parse(ratio, "na"), Ok(Mark::NotApplicable));
        let wrong = [
            (score, "yes"),
            (deduct, "1.5"),
            (yes_no, "1"),
            (ratio, "4"),
            (score, ""),
        ];
        for (item, text) in wrong {
            assert_eq!(parse(item, text).unwrap_err().code, "wrong_type", "{text}");
        }
    }
}
