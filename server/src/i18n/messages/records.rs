//! Texts: records.

use std::fmt::Display;

use crate::i18n::Lang;

messages! {
    record = "记录", "Record";
    record_kind = "记录类型", "Record kind";
    record_id = "记录编号", "Record id";
    records_found(n) = "共 {n} 条", "Records: {n}";
    records_empty = "没有符合条件的记录", "No record fits";
    records_empty_hint = "放宽筛选条件，或等待手机同步。", "Widen the filter, or wait for the phones to sync.";
    kind_of_site = "点位类型", "Kind of site";
    author = "填表人", "Author";
    state = "状态", "State";
    search = "搜索", "Search";
    search_hint = "点位、姓名、编号", "site, name, number";
    conflict_only = "仅看有冲突", "Conflicts only";
    all = "全部", "All";
    filter = "筛选", "Filter";
    clear = "清除", "Clear";
    first_page = "第一页", "First page";
    next_page = "下一页", "Next page";
    answered = "已答", "Answered";
    n_of_m(n, m) = "{n} / {m}", "{n} of {m}";
    score = "得分", "Score";
    written = "填写", "Written";
    arrived = "到达", "Arrived";
    sealed = "封存", "Sealed";
    sealed_notice = "本组锁定前，评分单只显示进度：答案、备注和照片对办公室封存。", "Until the group is locked only progress shows: answers, notes and photos are sealed from the office.";
    proposal_notice = "评分表为根据公开做法拟定的建议稿，分值须经县级主管部门确认后方可使用。", "The checklist is a proposal composed from public practice; the county office must confirm its points before use.";
    version(n) = "第 {n} 版", "version {n}";
    answers = "答案", "Answers";
    item = "项", "Item";
    question = "内容", "Question";
    answer = "答案", "Answer";
    earned = "得分 / 满分", "Earned / max";
    not_answered = "未答", "Not answered";
    other_fields = "其他内容", "Other fields";
    field_name = "字段", "Field";
    value_head = "值", "Value";
    photo_of(what) = "{what} 的照片", "Photo of {what}";
    photo_pending = "照片尚未到达", "Photo not arrived yet";
    no_time = "无时间", "no time";
    no_place = "无定位", "no position";
    history = "全部历史", "Full history";
    history_empty = "还没有变更。", "No changes yet.";
    who = "何人、何设备", "Who, on what";
    old_to_new = "旧值 → 新值", "Old → new";
    office_decision = "办公室决定", "Decision of the office";
    not_counted = "不计入", "not counted";
    reason = "理由", "Reason";
    n_changes(n) = "{n} 处变更", "changes: {n}";
    return_title = "退回评分单", "Return this sheet";
    return_sealed = "封存期间只能因缺项或缺照片退回，意见里请勿涉及分值。", "While sealed a sheet is returned only for what is missing; say nothing about scores.";
    return_nothing = "内容齐全；封存期间只能因缺项或缺照片退回。", "Nothing is missing; while sealed a sheet is returned only for that.";
    return_items = "在手机上标出的项", "Lines to highlight on the phone";
    return_comment = "退回意见（填表人会看到，必填）", "Comment (the author sees it; required)";
    return_button = "退回", "Return";
    return_done = "已退回，填表人下次同步时会看到。", "Returned; the author sees it after the next sync.";
    no_photo = "缺照片", "no photo";
    photos_on_the_way(n) = "照片未到 {n} 张", "Photos not arrived: {n}";
}
