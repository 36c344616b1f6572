//! What inspectors write: short notes, issues, opinions. Made up; no real person or place is meant.
//!
//! Leaves out: names of people (roles only) and of places (`domain::builtin`).

/// Notes on an answer that cost points.
pub const NOTES: &[&str] = &[
    "巷口有散落垃圾，已提醒清理",
    "柴草靠墙堆放，没有归垛",
    "水渠内有塑料瓶和杂草",
    "垃圾桶满溢，清运不及时",
    "门前杂物较多，当场整改",
    "路灯一盏不亮",
    "残墙一处，尚未拆除",
    "农膜挂在地埂上",
    "台账有登记，但缺整改时限",
    "车辆停放占道",
    "畜禽散养，院外有粪污",
    "补植的树苗缺水",
];

/// Notes on a good answer.
pub const PRAISE: &[&str] = &["干净整洁", "保持较好", "比上次明显改善", "绿化管护到位"];

/// Descriptions of issues, completed by the category.
pub const ISSUES: &[&str] = &[
    "村道南侧约二十米",
    "活动广场东北角",
    "主干道与巷道交叉口",
    "村口桥头两侧",
    "居民点背后空地",
    "沿街门面前",
    "渠道下游转弯处",
    "文化墙背面",
];

/// What was done when an issue was fixed on the spot.
pub const FIXED: &[&str] = &[
    "村保洁员当场清理完毕",
    "现场已整改，拍照留存",
    "负责人当场安排人员清运",
    "已当场归整",
];

/// Opinions: category and text.
pub const OPINIONS: &[(&str, &str)] = &[
    ("mechanism", "建议建立村级每周巡查、每月评比的长效机制"),
    ("facility", "建议增加背街小巷垃圾收集点，方便群众投放"),
    ("funding", "建议统筹项目资金，优先解决污水横流问题"),
    ("participation", "建议发挥村民小组长作用，发动群众自己动手"),
    ("market", "建议市场监管部门牵头规范马路市场"),
    ("greening", "建议春季统一补植补造，落实管护责任人"),
];

/// Units opinions are addressed to.
pub const UNITS: &[&str] = &[
    "县住建局",
    "县农业农村局",
    "县自然资源局",
    "县市场监管局",
    "县城管局",
];

/// Commendations.
pub const COMMENDATIONS: &[&str] = &[
    "小菜园、小果园整齐，空地利用值得各村学习",
    "保洁员定岗定责，牌子上墙，路面一直干净",
    "红黑榜按月评比，群众知晓率高",
    "旧院落改造成公共绿地，花钱少、效果好",
];

/// Names phones give a household found on the spot: a code by the list of the village, never a person's name.
pub fn household_code(village: &str, number: usize) -> String {
    format!("{village}{number}号户")
}
