//! Checklists: what is looked at, and for how many points.
//!
//! Invariant: a `Checklist` was checked: ids are unique, sections sum up, every category is known, points are exact.
//! Leaves out: the prose of a checklist file (`rules`, `privacy`, `note`); answers and points (`sheet`).

mod error;
mod parse;

use serde::Serialize;

pub use error::{ChecklistError, Problem};
pub use parse::MAX_ID_BYTES;

use crate::words::words;
use crate::{SiteKind, TownKind};

words! {
    /// The seven characters of the standard: 拆清整绿建亮管.
    SectionCode {
        Demolish = "demolish", "拆", "Demolish";
        Clear = "clear", "清", "Clear";
        Tidy = "tidy", "整", "Tidy";
        Green = "green", "绿", "Green";
        Build = "build", "建", "Build";
        Light = "light", "亮", "Light";
        Manage = "manage", "管", "Manage";
    }
}

words! {
    /// Where an item is looked at.
    Area {
        OutsideYard = "outside_yard", "院外", "Outside the yard";
        InsideYard = "inside_yard", "院内", "Inside the yard";
        Indoors = "indoors", "屋内", "Indoors";
    }
}

words! {
    /// When a photo is asked for.
    PhotoRule {
        OnLoss = "on_loss", "扣分需拍照", "When points are taken off";
        Optional = "optional", "可拍照", "Optional";
        Required = "required", "须拍照或写明原因", "Required, or a reason";
        None = "none", "不拍照", "No photo";
    }
}

/// How an item is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ItemType {
    /// Points from 0 to the maximum.
    Score {
        /// Smallest difference.
        step_e4: i64,
    },
    /// All points or none.
    YesNo,
    /// The maximum less so much for each one found, not below 0.
    Deduct {
        /// Points off for each.
        per_unit_e4: i64,
    },
    /// The share that is in order.
    Ratio {
        /// How many to look at, if that is fixed.
        sample_size: Option<i64>,
    },
}

/// One line of a checklist.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Item {
    /// Key of the answer, e.g. `V-C1`; in the quick form the section's word.
    pub id: String,
    /// Section it counts in.
    pub section: SectionCode,
    /// Short text.
    pub title_zh: String,
    /// Short text in English.
    pub title_en: String,
    /// What is asked for.
    pub standard_zh: String,
    /// The same in English; empty if the file has none.
    pub standard_en: String,
    /// How it is answered.
    #[serde(flatten)]
    pub kind: ItemType,
    /// Full points.
    pub max_e4: i64,
    /// When a photo is asked for.
    pub photo: PhotoRule,
    /// True if "does not apply" is an answer.
    pub na_allowed: bool,
    /// Where to look, for households.
    pub area: Option<Area>,
    /// True if printed as a prompt on the quick form.
    pub quick_form: bool,
    /// Source of a value filled in from the ledger.
    pub auto: Option<String>,
    /// Issue category of a finding.
    pub issue_category: String,
    /// Unit of a count.
    pub unit_zh: Option<String>,
}

/// A section with its points.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Section {
    /// Which.
    pub code: SectionCode,
    /// Label, e.g. 依法拆.
    pub label_zh: String,
    /// Points of all its items.
    pub max_e4: i64,
}

/// The part of a town-site checklist for one kind of town site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Module {
    /// Kind of town site.
    pub kind: TownKind,
    /// Sections of common items and module together.
    pub sections: Vec<Section>,
    /// The module's own items.
    pub items: Vec<Item>,
}

/// A checked checklist.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Checklist {
    /// Code, e.g. `village_demo`.
    pub code: String,
    /// Version; a change is a new version.
    pub version: u32,
    /// Title.
    pub title_zh: String,
    /// Title in English.
    pub title_en: String,
    /// Kind of site it is for; none: any.
    pub site_kind: Option<SiteKind>,
    /// How binding the file says it is.
    pub status: String,
    /// Sections of the common items.
    pub sections: Vec<Section>,
    /// Common items.
    pub items: Vec<Item>,
    /// Modules; only for town sites.
    pub modules: Vec<Module>,
}

/// A checklist as it applies to one site: what a sheet is filled by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SiteChecklist {
    /// Code of the checklist.
    pub code: String,
    /// Its version.
    pub version: u32,
    /// Sections with the points of the applicable items.
    pub sections: Vec<Section>,
    /// Lines of the detailed form.
    pub items: Vec<Item>,
    /// Lines of the quick form: one per section.
    pub quick: Vec<Item>,
    /// Points of all sections.
    pub total_e4: i64,
}

/// Step of a line of the quick form.
pub const QUICK_STEP_E4: i64 = 5_000;

impl Checklist {
    /// Reads and checks a `checklist/1` file.
    ///
    /// # Errors
    /// `ChecklistError` naming the item or section and what is wrong.
    pub fn parse(json: &str) -> Result<Self, ChecklistError> {
        parse::parse(json)
    }

    /// The 30-item checklist used for measuring.
    pub fn bench() -> &'static Self {
        crate::builtin::bench()
    }

    /// The checklist as it applies to a site; a town site's is the common items and its module.
    ///
    /// # Errors
    /// `WrongSiteKind` for another kind of site, `NoModule` if it has modules but none for this town kind.
    pub fn for_site(
        &self,
        kind: SiteKind,
        town: Option<TownKind>,
    ) -> Result<SiteChecklist, ChecklistError> {
        let fail = |problem| {
            Err(ChecklistError {
                place: self.code.clone(),
                problem,
            })
        };
        if self.site_kind.is_some_and(|own| own != kind) {
            return fail(Problem::WrongSiteKind {
                word: kind.word().into(),
            });
        }
        if self.modules.is_empty() {
            return Ok(self.applied(self.sections.clone(), self.items.clone()));
        }
        let Some(module) = self.modules.iter().find(|m| Some(m.kind) == town) else {
            let word = town.map_or("-", TownKind::word).to_owned();
            return fail(Problem::NoModule { word });
        };
        let items = [self.items.as_slice(), module.items.as_slice()].concat();
        Ok(self.applied(module.sections.clone(), items))
    }

    fn applied(&self, sections: Vec<Section>, items: Vec<Item>) -> SiteChecklist {
        let quick = sections
            .iter()
            .map(|section| quick_line(section, &items))
            .collect();
        let total_e4 = sections.iter().map(|s| s.max_e4).sum();
        SiteChecklist {
            code: self.code.clone(),
            version: self.version,
            sections,
            items,
            quick,
            total_e4,
        }
    }
}

/// A section as one line. It may be "not applicable" only if every item of it may.
fn quick_line(section: &Section, items: &[Item]) -> Item {
    let own: Vec<&Item> = items.iter().filter(|i| i.section == section.code).collect();
    let prompts = own.iter().filter(|i| i.quick_form);
    let prompts: Vec<&Item> = prompts.copied().collect();
    let join = |text: fn(&Item) -> &str, by: &str| {
        prompts.iter().map(|i| text(i)).collect::<Vec<_>>().join(by)
    };
    Item {
        id: section.code.word().into(),
        section: section.code,
        title_zh: section.label_zh.clone(),
        title_en: section.code.en().into(),
        standard_zh: join(|i| &i.title_zh, "；"),
        standard_en: join(|i| &i.title_en, "; "),
        kind: ItemType::Score {
            step_e4: QUICK_STEP_E4,
        },
        max_e4: section.max_e4,
        photo: PhotoRule::Optional,
        na_allowed: !own.is_empty() && own.iter().all(|i| i.na_allowed),
        area: None,
        quick_form: true,
        auto: None,
        issue_category: own
            .first()
            .map(|i| i.issue_category.clone())
            .unwrap_or_default(),
        unit_zh: None,
    }
}
