//! The columns of each table, by English key (also the JSON key), Chinese name and other accepted names.
//!
//! Invariant: within a table no two columns share a name. Leaves out: what may stand in the cells.

/// One column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// English name; the key in JSON.
    pub key: &'static str,
    /// Chinese name.
    pub zh: &'static str,
    /// Other names that are accepted.
    pub also: &'static [&'static str],
    /// True if the file must have it.
    pub required: bool,
}

const fn need(key: &'static str, zh: &'static str, also: &'static [&'static str]) -> Column {
    Column {
        key,
        zh,
        also,
        required: true,
    }
}

const fn may(key: &'static str, zh: &'static str, also: &'static [&'static str]) -> Column {
    Column {
        key,
        zh,
        also,
        required: false,
    }
}

/// Columns every table may have and nobody reads; the last two are counts in the published divisions.
pub const PASSED_OVER: &[&str] = &[
    "序号",
    "备注",
    "no",
    "no.",
    "remark",
    "remarks",
    "villages",
    "communities",
];

/// Divisions.
pub const DIVISIONS: &[Column] = &[
    need("code", "代码", &["区划代码", "行政区划代码"]),
    need("name", "名称", &["区划名称"]),
    may("short_name", "简称", &[]),
    may("parent", "上级代码", &["上级", "上级区划代码"]),
    may("level", "级别", &["层级"]),
];

/// Sites.
pub const SITES: &[Column] = &[
    need("kind", "点位类型", &["类型", "类别"]),
    need("name", "点位名称", &["名称", "点位"]),
    may("town_kind", "县城点位类型", &["县城类型"]),
    may("township_code", "乡镇代码", &["乡镇", "township"]),
    may(
        "village_code",
        "村代码",
        &["村(社区)代码", "行政村代码", "village"],
    ),
    may("slot", "编号", &["号位", "户号"]),
    may("group", "组别", &["组", "观摩组"]),
    may("order", "顺序", &["路线顺序", "stop"]),
    may("nominated", "推荐", &["乡镇推荐"]),
    may("lat", "纬度", &["latitude"]),
    may("lon", "经度", &["lng", "longitude"]),
];

/// Roster.
pub const ROSTER: &[Column] = &[
    need("name", "名称", &["姓名", "人员"]),
    need("role", "角色", &["职责", "身份"]),
    may("group", "组别", &["组", "观摩组"]),
    may(
        "home_unit",
        "所在单位代码",
        &["回避单位代码", "所在乡镇代码", "单位代码"],
    ),
    may("form", "评分方式", &["表式"]),
];

/// Groups: one row per township.
pub const GROUPS: &[Column] = &[
    need(
        "township_code",
        "乡镇代码",
        &["乡镇", "乡镇名称", "township"],
    ),
    need("group", "组别", &["组", "组号", "观摩组"]),
    may("group_name", "组名", &["组的名称"]),
];

/// Checklist: one row per item; the first four are needed in the first row and may be repeated below.
pub const CHECKLIST: &[Column] = &[
    need("checklist", "评分表代码", &["表代码"]),
    need("version", "版本", &["版本号"]),
    need("checklist_title", "评分表名称", &["表名"]),
    need("site_kind", "点位类型", &[]),
    may("checklist_title_en", "评分表英文名称", &[]),
    may("module", "县城点位类型", &["专项", "模块"]),
    need("id", "项目编号", &["编号", "项号"]),
    need("section", "部分", &["七字"]),
    need("title_zh", "评分项目", &["项目", "项目名称"]),
    may("title_en", "评分项目英文", &[]),
    may("standard_zh", "评分标准", &["标准"]),
    may("standard_en", "评分标准英文", &[]),
    need("type", "计分方式", &["题型"]),
    need("max_points", "分值", &["满分"]),
    may("step", "步长", &[]),
    may("deduct_per_unit", "每处扣分", &["扣分"]),
    may("sample_size", "抽查数", &[]),
    need("photo", "拍照要求", &["拍照"]),
    may("na_allowed", "可不适用", &["不适用"]),
    may("area", "位置", &["区域"]),
    may("quick_form", "速评提示", &["速评"]),
    need("issue_category", "问题类别", &["问题类别代码"]),
    may("unit_zh", "单位", &["计量单位"]),
];

/// Compares names of columns: case, spaces, `_`, `*` and full-width brackets do not matter.
pub(super) fn plain(name: &str) -> String {
    let fold = |c: char| match c {
        '（' => '(',
        '）' => ')',
        other => other,
    };
    name.chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '_' | '*' | '＊' | '\u{feff}' | '\u{200b}'))
        .map(fold)
        .flat_map(char::to_lowercase)
        .collect()
}

/// The column a header cell names.
pub(super) fn find(columns: &[Column], name: &str) -> Option<usize> {
    let name = plain(name);
    let is = |other: &str| plain(other) == name;
    columns
        .iter()
        .position(|c| is(c.key) || is(c.zh) || c.also.iter().any(|other| is(other)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLES: &[(&str, &[Column])] = &[
        ("divisions", DIVISIONS),
        ("groups", GROUPS),
        ("sites", SITES),
        ("roster", ROSTER),
        ("checklist", CHECKLIST),
    ];

    #[test]
    fn no_name_means_two_columns() {
        for (table, columns) in TABLES {
            let names: Vec<String> = columns
                .iter()
                .flat_map(|c| [c.key, c.zh].into_iter().chain(c.also.iter().copied()))
                .chain(PASSED_OVER.iter().copied())
                .map(plain)
                .collect();
            let once: std::collections::BTreeSet<&String> = names.iter().collect();
            assert_eq!(once.len(), names.len(), "{table}");
        }
    }

    #[test]
    fn the_manual_lists_every_column() {
        let manual = include_str!("../../../../docs/howto/import.md");
        for (table, columns) in TABLES {
            let part = manual
                .split("\n## ")
                .find(|part| part.contains(&format!("guanmo import {table}")))
                .unwrap_or_else(|| panic!("no part for {table}"));
            for c in *columns {
                let line = part
                    .lines()
                    .find(|l| l.contains(&format!("| `{}` |", c.key)));
                let line = line.unwrap_or_else(|| panic!("{table}: {} is not listed", c.key));
                for name in std::iter::once(&c.zh).chain(c.also) {
                    assert!(line.contains(name), "{table}.{}: {name}", c.key);
                }
                assert_eq!(line.contains("| yes |"), c.required, "{table}.{}", c.key);
            }
        }
    }

    #[test]
    fn spelling_of_a_header_does_not_matter() {
        assert_eq!(find(SITES, " Township_Code "), find(SITES, "乡镇代码*"));
        assert_eq!(find(SITES, "村（社区）代码"), find(SITES, "village_code"));
        assert_eq!(find(SITES, "乡镇名"), None);
    }
}
