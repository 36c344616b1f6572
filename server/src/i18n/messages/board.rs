//! Texts: board.

use std::fmt::Display;

use crate::i18n::Lang;

messages! {
    sort = "排序", "Sort";
    sort_group = "按小组、路线", "By group and route";
    sort_lack = "缺得多的在前", "Most lacking first";
    board_empty = "还没有乡镇", "No townships yet";
    board_empty_hint = "在活动准备里设好小组、乡镇和点位后，这里显示各乡镇的进度。", "Once groups, townships and sites are set in the preparation, each township's progress shows here.";
    wall_on = "大屏显示", "Large screen";
    wall_off = "退出大屏", "Leave the large screen";
    board_caption = "各乡镇进度", "Progress by township";
    as_of(at) = "截至 {at}", "as of {at}";
    refreshes = "每 10 秒刷新", "refreshes every 10 s";
    town_sites_caption = "县城点位（各组都评）", "County-town sites (scored by every group)";
    county_town = "县城点位", "County town";
    townships_complete = "已齐乡镇", "Townships complete";
    township = "乡镇", "Township";
    group = "小组", "Group";
    group_short = "组", "Group";
    group_n(n) = "第 {n} 组", "group {n}";
    site = "点位", "Site";
    sites = "点位", "Sites";
    sheets = "评分单", "Sheets";
    photos = "照片", "Photos";
    conflicts = "冲突", "Conflicts";
    held_entries = "待定数据", "Held entries";
    held_short = "待定", "Held";
    sheets_of = "评分单（已交/应交）", "Sheets (submitted/due)";
    issues_open = "未销号问题", "Open issues";
    issues_short = "问题", "Issues";
    issues_overdue(n) = "逾期 {n}", "overdue {n}";
    mean_score = "平均得分", "Mean score";
    score_t = "得分 T", "Score T";
    silent_phones = "24 小时未同步手机", "Phones not synced for 24 h";
    unconfirmed_phones = "待核对手机", "Phones not confirmed";
    last_arrival = "最近到达", "Last arrival";
    lacks = "缺什么", "What is missing";
    locked = "已锁定", "Locked";
    open = "未锁定", "Open";
    nothing_yet = "尚无", "none yet";
    lack_nothing = "✓ 已齐", "✓ complete";
    lack_all(n) = "评分单全部未到（{n} 张）", "all sheets (in all {n})";
    lack_sheets(site, n) = "{site}：{n} 张", "{site}: sheets {n}";
    lack_photos(site, n) = "{site}：照片 {n} 张", "{site}: photos {n}";
    lack_both(site, n, photos) = "{site}：{n} 张、照片 {photos} 张", "{site}: sheets {n}, photos {photos}";
    and_others(names, n) = "{names} 等 {n} 人", "{names} and others, {n} in all";
    no_sites = "尚无点位", "no sites yet";
}
