//! Texts: board.

use std::fmt::Display;

use crate::i18n::Lang;

messages! {
    sort = "排序", "Sort";
    sort_group = "按小组、路线", "By group and route";
    sort_lack = "缺得多的在前", "Most lacking first";
    board_empty = "还没有乡镇", "No townships yet";
    board_empty_hint = "导入活动、分组和点位后，这里显示各乡镇的进度。", "Once campaign, groups and sites are imported, each township's progress shows here.";
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
    unconfirmed_phones = "待核对手机", "Phones not confirmed";
    last_arrival = "最近到达", "Last arrival";
    lacks = "缺什么", "What is missing";
    locked = "已锁定", "Locked";
    open = "未锁定", "Open";
    nothing_yet = "尚无", "none yet";
    lack_nothing = "✓ 已齐", "✓ complete";
    lack_all(n) = "全部未到：{n} 张评分单", "nothing submitted yet: {n} sheets";
    lack_sheets(site, n) = "{site}：{n} 张", "{site}: {n} sheet(s)";
    lack_photos(site, n) = "{site}：照片 {n} 张", "{site}: {n} photo(s)";
    lack_both(site, n, photos) = "{site}：{n} 张、照片 {photos} 张", "{site}: {n} sheet(s), {photos} photo(s)";
    lack_prefix(list) = "缺：{list}", "missing: {list}";
    and_others(names, n) = "{names} 等 {n} 人", "{names} and others ({n})";
    no_sites = "尚无点位", "no sites yet";
}
