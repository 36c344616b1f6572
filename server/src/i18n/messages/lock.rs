//! Texts: lock.

use std::fmt::Display;

use crate::i18n::Lang;

messages! {
    groups_hint = "锁定前先看缺什么；锁定后公布结果校验码，评分才可查看。", "See what is missing before the lock; after it the result hash is shown and scores open.";
    few_title(n) = "不足 3 份评分单的点位 {n} 个", "Sites with fewer than 3 sheets: {n}";
    few_hint = "评分单太少时去掉一个最高分、一个最低分没有意义，请确认无人漏交后说明理由。", "With so few sheets a highest and a lowest cannot be dropped; make sure that nobody is missing, then say why you lock.";
    groups_empty = "还没有小组", "No groups yet";
    groups_empty_hint = "活动设好小组和各组的乡镇后，在这里核对、锁定，锁定后出排名。", "Once the campaign has groups with their townships, they are checked and locked here; the ranking follows the lock.";
    what_to_do = "操作", "Action";
    show_lock = "查看锁定结果", "Show the lock";
    check_and_lock = "检查并锁定", "Check and lock";
    lock_title(group) = "{group}：锁定", "{group}: lock";
    result_hash = "结果校验码", "Result hash";
    hash_hint = "请抄录或打印；任何人可用 guanmo verify 在另一台电脑上重新核对。", "Write it down or print it; anybody can check it again on another machine with guanmo verify.";
    locked_at = "锁定时间", "Locked at";
    lock_version = "锁定版本", "Lock version";
    sheets_counted = "计入评分单", "Sheets counted";
    sheets_left_out = "未计入评分单", "Sheets left out";
    left_out_caption = "未计入的评分单及理由", "Sheets left out, and why";
    lock_clean = "内容齐全，没有冲突和待定数据，可以锁定。", "Everything is here, no conflicts, nothing held: ready to lock.";
    lock_not_clean = "还有内容缺失或未处理，见下。可以等待，也可以说明理由后锁定。", "Something is missing or undecided, see below. Wait, or lock with a reason.";
    missing_title(n) = "缺内容的点位：{n} 个", "Sites that lack something: {n}";
    unsettled_title(n) = "未处理的冲突：{n} 处", "Unsettled conflicts: {n}";
    unsettled_hint = "仍有冲突的评分单将不计入，并列明理由。", "A sheet that still has a conflict is left out, with that reason.";
    drafts_title(n) = "仍是草稿的评分单：{n} 张", "Sheets still drafts: {n}";
    held_title(n) = "未决定的待定数据：{n} 条", "Held entries not decided: {n}";
    unconfirmed_title(n) = "未核对指纹的手机：{n} 部", "Phones whose fingerprint is not confirmed: {n}";
    unconfirmed_hint = "不影响锁定，但请先确认这些手机确由本人使用：锁定后其评分单照常计入。", "This does not stop the lock, but make sure first that these phones are their owners': their sheets count once locked.";
    unconfirmed_link = "去核对指纹", "Confirm fingerprints";
    enrolled_at = "登记时间", "Enrolled at";
    lock_now = "锁定", "Lock";
    lock_explained = "锁定后，本组评分固定；之后到达的评分单进入待定数据，由督查室决定是否计入。", "The lock fixes this group's scores; sheets that arrive later are held until the supervision office decides.";
    lock_reason = "有缺失仍要锁定的理由（必填）", "Why lock although something is missing (required)";
    lock_sure = "我已核对以上内容", "I have checked the above";
    lock_button(group) = "锁定{group}", "Lock {group}";
    lock_stale = "打开页面后内容有变化，尚未锁定。请核对新的清单。", "Something changed since you opened the page; nothing was locked. Check the new list.";
    lock_done = "已锁定。", "Locked.";
    returned_title(n) = "已退回未重新提交的评分单：{n} 张", "Sheets returned and not submitted again: {n}";
    versions_title = "锁定的各个版本", "Versions of the lock";
    locked_by = "锁定人", "Locked by";
    difference_title(from, to) = "第 {from} 版与第 {to} 版的差别", "Difference between version {from} and {to}";
    difference_none = "两版的分数、名次和计入的评分单都相同。", "Scores, places and counted sheets are the same in both.";
    place_in_group = "组内名次", "Place in group";
    before_and_after = "前 → 后", "Before → after";
    absent_sheet = "无", "none";
    unlock_title = "解锁本组（公布前）", "Unlock this group (before publication)";
    unlock_explained = "解锁后观摩人员可以继续更正；再次锁定即为新版本，并列明与上一版的差别。本组评分不再恢复封存。", "Observers may go on after it; the next lock is a new version with its difference to this one. The scores are not sealed again.";
    unlock_button(group) = "解锁{group}", "Unlock {group}";
    unlock_done = "已解锁。", "Unlocked.";
    lock_todo = "锁定前要办的事", "To do before the lock";
    how_many = "数量", "How many";
    todo_needs_reason = "未办完就锁定须说明理由", "A lock with it needs a reason";
    phones_title(n) = "可能还有未上传内容的手机：{n} 部", "Phones that may still hold something: {n}";
    phones_hint = "列出的是最近一次联系时手机自报的数量；超过一天没有联系的也在其中。请本人打开手机同步。", "The numbers are what each phone said at its last contact; phones not heard of for a day are listed too. Ask the person to sync.";
    last_contact = "最近联系", "Last contact";
    phone_holds(changes, photos) = "上次同步后手机上还有未传：变更 {changes}、照片 {photos}", "Not sent at its last sync: changes {changes}, photos {photos}";
    left_changes = "未传的变更", "Unsent changes";
    left_photos = "未传的照片", "Unsent photos";
    never_synced = "从未同步", "never synced";
    not_said = "未报", "not said";
}
