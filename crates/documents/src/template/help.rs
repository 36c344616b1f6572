//! What the explanation of a template says of each column, and what its drop-down lists offer.
//!
//! Invariant: every column of every table has a line; the examples import. Leaves out: how it is laid out.

use domain::checklist::{Area, PhotoRule, SectionCode};
use domain::{SiteKind, TownKind, builtin};

use crate::export::Language;
use crate::import::{Kind, ROLES};

/// Lines above the table of columns.
pub(super) fn general(language: Language) -> &'static [&'static str] {
    language.pick(
        &[
            "请只在第一张表中填写，表头下每行一条，不要合并单元格，不要改动表头；带 * 的列必填。",
            "“说明”“代码”两张表不会被导入；下面的例一、例二只是示例，不会导入。",
            "整个文件要么全部导入，要么一条都不导入；有错时会列出每处错误所在的行和列。",
        ],
        &[
            "Fill in the first sheet only, one entry a row below the header; do not merge cells or change the header. Columns with * are needed.",
            "The sheets Notes and Codes are not imported; examples 1 and 2 below are examples and not imported.",
            "The whole file is imported or nothing of it; every error is listed with its row and column.",
        ],
    )
}

/// What a drop-down list offers for a column, if it has one.
pub(super) fn choices(key: &str, language: Language) -> Option<Vec<String>> {
    let pick = |(zh, en): (&str, &str)| language.pick(zh, en).to_owned();
    let list = match key {
        "kind" | "site_kind" => SiteKind::ALL
            .iter()
            .map(|k| pick((k.zh(), k.word())))
            .collect(),
        "town_kind" | "module" => TownKind::ALL
            .iter()
            .map(|k| pick((k.zh(), k.word())))
            .collect(),
        "role" => ROLES
            .iter()
            .map(|(id, zh)| pick((zh.first().unwrap_or(id), id)))
            .collect(),
        "form" => [("逐项", "detailed"), ("速评", "quick")].map(pick).to_vec(),
        "nominated" | "na_allowed" | "quick_form" => {
            [("是", "yes"), ("否", "no")].map(pick).to_vec()
        }
        "level" => [
            ("省", "province"),
            ("市", "prefecture"),
            ("县", "county"),
            ("镇", "town"),
            ("乡", "township"),
            ("村", "village"),
            ("社区", "community"),
        ]
        .map(pick)
        .to_vec(),
        "section" => SectionCode::ALL
            .iter()
            .map(|s| pick((s.zh(), s.word())))
            .collect(),
        "type" => [
            ("打分", "score"),
            ("是否", "yes_no"),
            ("扣分", "deduct"),
            ("比例", "ratio"),
        ]
        .map(pick)
        .to_vec(),
        "photo" => PhotoRule::ALL
            .iter()
            .map(|p| pick((p.zh(), p.word())))
            .collect(),
        "area" => Area::ALL.iter().map(|a| pick((a.zh(), a.word()))).collect(),
        "issue_category" => {
            let all = builtin::issue_categories().categories.iter();
            all.map(|c| pick((&c.zh, &c.code))).collect()
        }
        _ => return None,
    };
    Some(list)
}

/// Content and two examples of each column, in the order of the table's columns.
pub(super) fn lines(kind: Kind, language: Language) -> impl Iterator<Item = (String, [String; 2])> {
    let lines = match kind {
        Kind::Divisions => DIVISIONS,
        Kind::Groups => GROUPS,
        Kind::Sites => SITES,
        Kind::Roster => ROSTER,
        Kind::Checklist => CHECKLIST,
    };
    lines.iter().map(move |(zh, en, one, two)| {
        let own = |example: &str| {
            let (zh, en) = example.split_once('|').unwrap_or((example, example));
            language.pick(zh, en).to_owned()
        };
        (language.pick(*zh, *en).to_owned(), [own(one), own(two)])
    })
}

/// Chinese, English, two examples (`中文|English` where they differ).
type Line = (&'static str, &'static str, &'static str, &'static str);

const DIVISIONS: &[Line] = &[
    (
        "2、4、6、9 或 12 位统计用区划代码",
        "statistical code of 2, 4, 6, 9 or 12 digits",
        "640422",
        "640422215",
    ),
    (
        "全称，至多 100 字",
        "at most 100 characters",
        "西吉县",
        "火石寨乡",
    ),
    ("不带“委会”的简称，可空", "short name; may be empty", "", ""),
    (
        "上级代码；空着则按代码的前几位",
        "code of the one above; empty: by the code's own prefix",
        "",
        "640422",
    ),
    (
        "级别；空着则按代码",
        "level; empty: by the code",
        "县|county",
        "乡|township",
    ),
];

const GROUPS: &[Line] = &[
    (
        "乡镇的代码，或全称",
        "code of the township, or its full name",
        "640422215",
        "平峰镇",
    ),
    (
        "观摩组的组号；每个乡镇只能在一组",
        "number of the tour group; a township is in one group only",
        "1",
        "2",
    ),
    (
        "组的名称，可空",
        "name of the group; may be empty",
        "第一组|Group 1",
        "第二组|Group 2",
    ),
];

const SITES: &[Line] = &[
    (
        "点位类型，从列表中选",
        "kind, from the list",
        "示范村|demonstration_village",
        "县城点位|town_site",
    ),
    (
        "点位名称，至多 100 字",
        "at most 100 characters",
        "沙岗村",
        "文垚市场",
    ),
    (
        "只有县城点位填",
        "for a county-town site only",
        "",
        "市场|market",
    ),
    (
        "所在乡镇的代码；县城点位不填",
        "code of the township; empty for a county-town site",
        "640422215",
        "",
    ),
    (
        "村(社区)的 12 位代码；示范村必填",
        "12-digit code of the village; needed for a demonstration village",
        "640422215200",
        "",
    ),
    (
        "现场选定的点位的编号，如村内第 1 户",
        "number of a site chosen on the spot: household 1 of the village",
        "",
        "",
    ),
    (
        "组号；空着则随乡镇",
        "number of the group; empty: the township's",
        "",
        "",
    ),
    ("路线上的先后", "place on the route", "1", ""),
    ("是否由乡镇推荐", "proposed by the township", "是|yes", ""),
    (
        "WGS-84 纬度，至多 7 位小数；可空",
        "WGS-84 degrees, at most 7 places; may be empty",
        "35.964",
        "",
    ),
    (
        "WGS-84 经度，与纬度同填",
        "WGS-84 degrees; with the latitude",
        "105.729",
        "",
    ),
];

const ROSTER: &[Line] = &[
    (
        "名单上的名称，不能重复",
        "name as printed on papers; unique",
        "观摩员01",
        "督查室01",
    ),
    (
        "角色，从列表中选",
        "role, from the list",
        "观摩人员|observer",
        "督查室|supervisor",
    ),
    (
        "组号；观摩人员必填",
        "number of the group; needed for an observer",
        "1",
        "",
    ),
    (
        "所在单位的区划代码：不给本乡镇评分(回避)",
        "division code of the own unit, which the person does not score",
        "640422102",
        "",
    ),
    (
        "逐项或速评；空着为逐项",
        "detailed or quick; empty: detailed",
        "速评|quick",
        "",
    ),
];

const CHECKLIST: &[Line] = &[
    (
        "评分表代码；第一行必填，以下可空或相同",
        "code of the checklist; in the first row, below empty or the same",
        "village-x",
        "",
    ),
    (
        "版本，从 1 起；改动即新版本",
        "version, from 1; a change is a new version",
        "1",
        "",
    ),
    ("评分表名称", "title of the checklist", "示范村评分表", ""),
    (
        "用于哪类点位",
        "kind of site it is for",
        "示范村|demonstration_village",
        "",
    ),
    (
        "英文名称，可空",
        "English title; may be empty",
        "Village",
        "",
    ),
    (
        "只用于一种县城点位的项目填",
        "kind of county-town site the item is for; empty: all",
        "",
        "",
    ),
    ("项目编号，不能重复", "unique in the checklist", "a1", "a2"),
    (
        "拆清整绿建亮管之一",
        "one of the seven sections",
        "清|clear",
        "拆|demolish",
    ),
    ("项目名称", "title of the item", "垃圾清运", "乱搭乱建"),
    ("英文，可空", "may be empty", "Waste", ""),
    ("评分标准", "standard", "无积存", ""),
    ("英文，可空", "may be empty", "", ""),
    (
        "计分方式，从列表中选",
        "type, from the list",
        "打分|score",
        "扣分|deduct",
    ),
    (
        "满分，大于 0，至多 4 位小数",
        "above 0, at most 4 places",
        "60",
        "40",
    ),
    (
        "打分的步长，须能整除满分",
        "step of a score; divides the points",
        "1",
        "",
    ),
    (
        "扣分项每处扣几分",
        "points for each finding of a deduction",
        "",
        "5",
    ),
    (
        "比例项抽查数，可空",
        "sample size of a ratio; may be empty",
        "",
        "",
    ),
    (
        "拍照要求，从列表中选",
        "photo rule, from the list",
        "可拍照|optional",
        "扣分需拍照|on_loss",
    ),
    ("可否不适用", "may be not applicable", "", ""),
    (
        "院外、院内、屋内；可空",
        "where it is looked at; may be empty",
        "",
        "",
    ),
    (
        "是否印在速评表上",
        "printed as a prompt on the quick form",
        "是|yes",
        "",
    ),
    (
        "问题类别，从列表中选",
        "category of issues, from the list",
        "暴露垃圾|exposed_garbage",
        "暴露垃圾|exposed_garbage",
    ),
    (
        "计数的单位，可空",
        "unit of a count; may be empty",
        "",
        "处",
    ),
];
