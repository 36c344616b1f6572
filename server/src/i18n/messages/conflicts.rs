//! Texts: conflicts.

use std::fmt::Display;

use crate::i18n::Lang;

messages! {
    unsettled = "冲突未处理", "Unsettled";
    conflict_in = "冲突：", "Conflict: ";
    conflict_hint = "几个人互不知情地改了同一项，各值都保留着。请选定一个或另写，并说明理由；系统不会按时间替您决定。", "People changed the same field without seeing each other; every value is kept. Choose one or write another, with a reason; the system never decides by time.";
    conflict_sealed = "本组锁定前，值对办公室封存；由填表人自己选定，或在锁定时不计入。", "Values are sealed until the lock; the author settles it himself, or the sheet is left out at the lock.";
    settled_by_office = "由督查室裁定。", "The supervision office settles it.";
    choose_value = "选定一个值", "Choose a value";
    take_this = "采用此值", "Take this";
    another_value = "另写一个值", "Write another";
    text_label = "文字", "Text";
    points_up_to(max) = "分数（满分 {max}）", "Points (up to {max})";
    count_label = "处数", "Count";
    ratio_label = "合格数/抽查数", "In order / sampled";
    note_label = "备注", "Note";
    not_applicable = "不适用", "Not applicable";
    yes = "是", "Yes";
    no = "否", "No";
    reason_required = "理由（必填）", "Reason (required)";
    settle = "确定", "Settle";
    settled_notice = "冲突已处理，已记入历史。", "The conflict is settled and in the history.";
    stale_title = "内容刚刚有变化", "Something changed meanwhile";
    stale_text = "您看到之后又有新的值到达，您的决定没有写入。请看清新值后重新决定。", "A new value arrived after you opened the page; your decision was not written. Look at it and decide again.";
    your_reason = "您填写的理由", "Your reason";
    new_value = "新到", "New";
    settled_by_other = "这个冲突已由他人处理。", "Somebody else has settled this conflict.";
    back_to_record = "返回记录", "Back to the record";
    conflicts_found(n) = "待处理 {n} 处", "Open: {n}";
    conflicts_hint = "时间早的在前。点开记录即可并排比较。", "Oldest first. Open a record to compare side by side.";
    conflicts_empty = "没有待处理的冲突", "No open conflicts";
    conflicts_empty_hint = "几部手机互不知情地改了同一项时，各值都保留，在这里请您选定。", "When phones change the same thing without knowing of each other, every value is kept and you choose here.";
    values_head = "并存的值", "Competing values";
    since = "始于", "Since";
    next_conflict = "处理下一处", "Next conflict";
    undo = "撤销裁定", "Undo";
    undo_reason = "撤销的理由", "Why undo";
    undo_done = "裁定已撤销，原来并存的值恢复待定。", "Undone: the values compete again.";
    take_both = "两个都要", "Keep both";
    both_hint = "已把几个值合在一起，可以修改。", "The values are joined here; edit them as needed.";
    value_now = "现在的值", "Value now";
    who_settled = "处理人", "Settled by";
    settled_at = "处理时间", "Settled at";
}
