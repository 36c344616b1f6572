//! Texts: held.

use std::fmt::Display;

use crate::i18n::Lang;

messages! {
    held_hint = "这些数据已安全收下，但未计入任何结果。请逐条决定，并说明理由。", "These were received and kept, but count in no result. Decide each one, with a reason.";
    held_found(n) = "未决定 {n} 条", "Undecided: {n}";
    held_empty = "没有待定数据", "Nothing is held";
    held_empty_hint = "锁定后迟到、出自复制或停用手机的数据先收在这里，由您决定是否计入。", "What arrives after the lock, or from copied or revoked phones, is kept here until you decide whether it counts.";
    why_held = "原因", "Why";
    what = "内容", "What";
    changes = "变更数", "Changes";
    decision = "决定", "Decision";
    accepted = "已计入", "Taken in";
    left_out = "不计入", "Left out";
    accept = "计入", "Take in";
    leave_out = "不计入", "Leave out";
    undecided = "未决定", "Undecided";
    held_done = "决定已记录。", "The decision is recorded.";
    held_together = "对勾选的各条一并决定，理由（必填）", "Decide the ticked entries together, reason (required)";
    choose_entry(what) = "选择：{what}", "Choose: {what}";
    effect_head = "计入与否的结果", "Result with and without";
    effect_sheet(now, then) = "本单：现在{now}；计入后 {then}", "This sheet: now {now}; if taken in {then}";
    left_out_for(why) = "不计入（{why}）", "left out ({why})";
    n_points(n) = " {n} 分", "{n} points";
    township_score = "乡镇得分", "township score";
    effect_sealed = "封存中，锁定后可见", "Sealed; shown after the lock";
    effect_nothing = "不影响评分结果", "Enters no result";
    effect_anew = "计入后按新到数据审查", "Judged like a fresh arrival once taken in";
    effect_same = "名次和分数不变", "No score or place changes";
}
