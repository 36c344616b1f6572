//! The lists an office takes out: records, their answers, sites; each row and its columns.
//!
//! Invariant: what is sealed comes in as nothing and leaves as nothing. Leaves out: which rows there are, and who may
//! have them (the server decides).

use super::Language;
use super::table::{Cell, Spec, column};

/// One record: a score sheet, an issue, an opinion, …
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordRow {
    /// Its id.
    pub id: String,
    /// Number of the tour group.
    pub group: Option<i64>,
    /// Name of the township.
    pub township: Option<String>,
    /// Name of the village.
    pub village: Option<String>,
    /// What people call it: the site's name.
    pub title: String,
    /// Kind of record, in the language asked for.
    pub kind: String,
    /// Kind of site, in the language asked for.
    pub site_kind: Option<String>,
    /// Who wrote it, as on the roster.
    pub observer: String,
    /// Form, in the language asked for.
    pub form: Option<String>,
    /// State, in the language asked for.
    pub state: Option<String>,
    /// Score, unless sealed.
    pub score_e4: Option<i64>,
    /// Answered items.
    pub answered: Option<i64>,
    /// Items.
    pub items: Option<i64>,
    /// When it was finished, or last written.
    pub written_ms: Option<i64>,
    /// When it arrived.
    pub arrived_ms: Option<i64>,
    /// Photos that are here.
    pub photos_arrived: i64,
    /// Photos it refers to.
    pub photos: i64,
    /// Fields with competing values.
    pub conflicts: i64,
    /// True while its values are closed to everybody but its author.
    pub sealed: bool,
}

/// Records.
pub static RECORDS: Spec = Spec {
    word: "records",
    zh: "检查记录",
    en: "Records",
    columns: &[
        column("id", "记录编号", "Record", 38),
        column("group", "组别", "Group", 7),
        column("township", "乡镇", "Township", 14),
        column("village", "村(社区)", "Village", 16),
        column("title", "点位", "Site", 22),
        column("kind", "类别", "Kind", 12),
        column("site_kind", "点位类型", "Kind of site", 14),
        column("observer", "观摩人员", "Observer", 14),
        column("form", "评分方式", "Form", 10),
        column("state", "状态", "State", 10),
        column("score_e4", "得分", "Score", 9),
        column("answered", "已答", "Answered", 8),
        column("items", "项目数", "Items", 8),
        column("written_ms", "填写时间", "Written", 18),
        column("arrived_ms", "到达时间", "Arrived", 18),
        column("photos_arrived", "照片(已到)", "Photos here", 10),
        column("photos", "照片(全部)", "Photos", 10),
        column("conflicts", "未决分歧", "Conflicts", 9),
        column("sealed", "封存", "Sealed", 8),
    ],
};

impl RecordRow {
    /// Its cells, in the order of [`RECORDS`].
    pub fn cells(&self, language: Language) -> Vec<Cell> {
        let sealed = self.sealed.then(|| language.pick("是", "yes"));
        vec![
            Cell::text(&self.id),
            Cell::int(self.group),
            Cell::some(self.township.as_deref()),
            Cell::some(self.village.as_deref()),
            Cell::text(&self.title),
            Cell::text(&self.kind),
            Cell::some(self.site_kind.as_deref()),
            Cell::text(&self.observer),
            Cell::some(self.form.as_deref()),
            Cell::some(self.state.as_deref()),
            Cell::score(self.score_e4.filter(|_| !self.sealed)),
            Cell::int(self.answered),
            Cell::int(self.items),
            Cell::time(self.written_ms),
            Cell::time(self.arrived_ms),
            Cell::Int(self.photos_arrived),
            Cell::Int(self.photos),
            Cell::Int(self.conflicts),
            Cell::some(sealed),
        ]
    }
}

/// One answer of a sheet that is no longer sealed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AnswerRow {
    /// The sheet.
    pub sheet: String,
    /// Number of the tour group.
    pub group: Option<i64>,
    /// Name of the township.
    pub township: Option<String>,
    /// Name of the site.
    pub site: String,
    /// Who wrote it.
    pub observer: String,
    /// Checklist with its version.
    pub checklist: String,
    /// Section, in the language asked for.
    pub section: String,
    /// Id of the item.
    pub item: String,
    /// The item, in the language asked for.
    pub title: String,
    /// Points it can give.
    pub max_e4: i64,
    /// Points it gave; none while competing answers wait.
    pub earned_e4: Option<i64>,
    /// The answer as text.
    pub answer: String,
    /// The note beside it.
    pub note: Option<String>,
    /// Reasons for a deduction.
    pub reasons: String,
    /// Photos of the item.
    pub photos: i64,
    /// True if competing answers wait.
    pub conflict: bool,
}

/// Answers, one row each.
pub static ANSWERS: Spec = Spec {
    word: "answers",
    zh: "逐项评分",
    en: "Answers",
    columns: &[
        column("sheet", "评分单编号", "Sheet", 38),
        column("group", "组别", "Group", 7),
        column("township", "乡镇", "Township", 14),
        column("site", "点位", "Site", 22),
        column("observer", "观摩人员", "Observer", 14),
        column("checklist", "评分表", "Checklist", 18),
        column("section", "部分", "Section", 8),
        column("item", "项目编号", "Item", 10),
        column("title", "评分项目", "Title", 28),
        column("max_e4", "分值", "Points", 8),
        column("earned_e4", "得分", "Earned", 8),
        column("answer", "填写", "Answer", 12),
        column("note", "说明", "Note", 30),
        column("reasons", "扣分原因", "Reasons", 24),
        column("photos", "照片", "Photos", 7),
        column("conflict", "分歧", "Conflict", 7),
    ],
};

impl AnswerRow {
    /// Its cells, in the order of [`ANSWERS`].
    pub fn cells(&self, language: Language) -> Vec<Cell> {
        let conflict = self.conflict.then(|| language.pick("是", "yes"));
        vec![
            Cell::text(&self.sheet),
            Cell::int(self.group),
            Cell::some(self.township.as_deref()),
            Cell::text(&self.site),
            Cell::text(&self.observer),
            Cell::text(&self.checklist),
            Cell::text(&self.section),
            Cell::text(&self.item),
            Cell::text(&self.title),
            Cell::Score(self.max_e4),
            Cell::score(self.earned_e4),
            Cell::text(&self.answer),
            Cell::some(self.note.as_deref()),
            Cell::text(&self.reasons),
            Cell::Int(self.photos),
            Cell::some(conflict),
        ]
    }
}

/// One site.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SiteRow {
    /// Its id.
    pub id: String,
    /// Kind, in the language asked for.
    pub kind: String,
    /// True for a household.
    pub household: bool,
    /// Name; of a household its code.
    pub name: String,
    /// Township: code and name.
    pub township: Option<(String, String)>,
    /// Village: code and name.
    pub village: Option<(String, String)>,
    /// Number of the tour group; none: every group.
    pub group: Option<i64>,
    /// Place on the route.
    pub order: i64,
    /// True if the township proposed it.
    pub nominated: bool,
    /// Why it was struck.
    pub struck: Option<String>,
    /// Latitude and longitude, WGS-84, 1e-7 degree.
    pub place_e7: Option<(i64, i64)>,
}

/// Sites.
pub static SITES: Spec = Spec {
    word: "sites",
    zh: "点位",
    en: "Sites",
    columns: &[
        column("id", "点位编号", "Site", 38),
        column("kind", "点位类型", "Kind", 14),
        column("name", "点位名称", "Name", 24),
        column("township_code", "乡镇代码", "Township code", 14),
        column("township", "乡镇", "Township", 14),
        column("village_code", "村代码", "Village code", 16),
        column("village", "村(社区)", "Village", 18),
        column("group", "组别", "Group", 7),
        column("order", "顺序", "Order", 7),
        column("nominated", "推荐", "Nominated", 8),
        column("struck", "撤销原因", "Struck", 20),
        column("lat_e7", "纬度", "Latitude", 14),
        column("lon_e7", "经度", "Longitude", 14),
    ],
};

/// Name that stands for a household outside the office.
pub(super) fn no_household(language: Language) -> &'static str {
    language.pick("农户", "Household")
}

impl SiteRow {
    /// Without what says which household it is, unless for the office only.
    #[must_use]
    pub fn shown(mut self, internal: bool, language: Language) -> Self {
        if self.household && !internal {
            no_household(language).clone_into(&mut self.name);
            self.place_e7 = None;
        }
        self
    }

    /// Its cells, in the order of [`SITES`].
    pub fn cells(&self, language: Language) -> Vec<Cell> {
        let code = |unit: &Option<(String, String)>| Cell::some(unit.as_ref().map(|u| u.0.clone()));
        let name = |unit: &Option<(String, String)>| Cell::some(unit.as_ref().map(|u| u.1.clone()));
        let degrees = |e7: Option<i64>| e7.map_or(Cell::Empty, Cell::Degrees);
        vec![
            Cell::text(&self.id),
            Cell::text(&self.kind),
            Cell::text(&self.name),
            code(&self.township),
            name(&self.township),
            code(&self.village),
            name(&self.village),
            Cell::int(self.group),
            Cell::Int(self.order),
            Cell::text(if self.nominated {
                language.pick("是", "yes")
            } else {
                ""
            }),
            Cell::some(self.struck.as_deref()),
            degrees(self.place_e7.map(|(lat, _)| lat)),
            degrees(self.place_e7.map(|(_, lon)| lon)),
        ]
    }
}

/// Every column of every list, for the manual.
pub fn specs() -> [&'static Spec; 4] {
    [&RECORDS, &ANSWERS, &SITES, &super::ledger::ISSUES]
}
