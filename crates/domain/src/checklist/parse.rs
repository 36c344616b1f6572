//! Reading and checking `checklist/1` files.
//!
//! Invariant: points go from the decimal text to e4 without rounding.
//! Leaves out: unknown fields, which are ignored so that a file may carry notes.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Number, Value};

use super::{
    Area, Checklist, ChecklistError, Item, ItemType, Module, PhotoRule, Problem, Section,
    SectionCode,
};
use crate::{SiteKind, TownKind, builtin, points};

type Result<T> = std::result::Result<T, ChecklistError>;

const MAX_ITEMS: usize = 500;
/// Bytes of an item's id: `answer/ID` names a field, and a segment carries no name of more than 120 bytes.
pub const MAX_ID_BYTES: usize = 113;
/// The most points `schema` lets an answer have.
const MAX_POINTS_E4: i64 = 10_000_000;

#[derive(Deserialize)]
struct RawChecklist {
    #[serde(default)]
    schema: String,
    code: String,
    version: u32,
    title_zh: String,
    title_en: String,
    total: Number,
    site_kind: Option<String>,
    #[serde(default)]
    status: String,
    sections: Vec<RawSection>,
    items: Vec<Value>,
    #[serde(default)]
    modules: Vec<RawModule>,
}

#[derive(Deserialize)]
struct RawSection {
    code: String,
    #[serde(default)]
    label_zh: String,
    max_points: Number,
}

#[derive(Deserialize)]
struct RawModule {
    kind: String,
    sections_with_common: Vec<RawSection>,
    items: Vec<Value>,
}

#[derive(Deserialize)]
struct RawItem {
    id: String,
    section: String,
    title_zh: String,
    #[serde(default)]
    title_en: String,
    #[serde(default)]
    standard_zh: String,
    #[serde(default)]
    standard_en: String,
    r#type: String,
    max_points: Number,
    step: Option<Number>,
    deduct_per_unit: Option<Number>,
    sample_size: Option<i64>,
    #[serde(default)]
    floor: i64,
    photo: String,
    #[serde(default)]
    na_allowed: bool,
    area: Option<String>,
    #[serde(default)]
    quick_form: bool,
    auto: Option<String>,
    issue_category: String,
    unit_zh: Option<String>,
}

fn fail<T>(place: &str, problem: Problem) -> Result<T> {
    Err(ChecklistError {
        place: place.to_owned(),
        problem,
    })
}

pub(super) fn parse(json: &str) -> Result<Checklist> {
    let raw: RawChecklist = serde_json::from_str(json).or_else(|e| {
        fail(
            "checklist",
            Problem::Malformed {
                detail: e.to_string(),
            },
        )
    })?;
    let place = raw.code.as_str();
    if raw.schema != "checklist/1" {
        return fail(
            place,
            Problem::WrongSchema {
                found: raw.schema.clone(),
            },
        );
    }
    for (field, text) in [("code", &raw.code), ("title_zh", &raw.title_zh)] {
        need(place, field, text)?;
    }
    if raw.version == 0 {
        return fail(
            place,
            Problem::BadNumber {
                field: "version",
                value: 0,
            },
        );
    }
    let site_kind = raw
        .site_kind
        .as_deref()
        .map(|word| site_kind(place, word))
        .transpose()?;
    let total_e4 = points(place, "total", &raw.total)?;
    let mut ids = BTreeSet::new();
    let items = items(place, &raw.items, &mut ids)?;
    let sections = sections(place, &raw.sections, &raw.sections)?;
    check_sections(&sections, &items)?;
    let mut modules = Vec::with_capacity(raw.modules.len());
    for module in &raw.modules {
        let module = self::module(module, &raw.sections, &items, &mut ids)?;
        if modules
            .iter()
            .any(|other: &Module| other.kind == module.kind)
        {
            return fail(module.kind.word(), Problem::Duplicate);
        }
        check_total(module.kind.word(), &module.sections, total_e4)?;
        modules.push(module);
    }
    if modules.is_empty() {
        check_total(place, &sections, total_e4)?;
    }
    let RawChecklist {
        code,
        version,
        title_zh,
        title_en,
        status,
        ..
    } = raw;
    Ok(Checklist {
        code,
        version,
        title_zh,
        title_en,
        site_kind,
        status,
        sections,
        items,
        modules,
    })
}

fn need(place: &str, field: &'static str, text: &str) -> Result<()> {
    if text.trim().is_empty() {
        fail(place, Problem::Missing { field })
    } else {
        Ok(())
    }
}

fn word<T>(place: &str, field: &'static str, word: &str, found: Option<T>) -> Result<T> {
    found.map_or_else(
        || {
            fail(
                place,
                Problem::UnknownWord {
                    field,
                    word: word.to_owned(),
                },
            )
        },
        Ok,
    )
}

fn site_kind(place: &str, text: &str) -> Result<SiteKind> {
    // The first published files call a street so.
    let known = if text == "township_street" {
        Some(SiteKind::Street)
    } else {
        SiteKind::parse(text)
    };
    word(place, "site_kind", text, known)
}

/// Either the character or the word.
fn section_code(place: &str, text: &str) -> Result<SectionCode> {
    let by_zh = SectionCode::ALL.iter().copied().find(|s| s.zh() == text);
    word(
        place,
        "section",
        text,
        by_zh.or_else(|| SectionCode::parse(text)),
    )
}

/// The number's own decimal text is read, so no binary fraction gets in.
fn points(place: &str, field: &'static str, number: &Number) -> Result<i64> {
    let text = number.to_string();
    match points::parse(&text) {
        Some(e4) if e4 > 0 && e4 <= MAX_POINTS_E4 => Ok(e4),
        _ => fail(place, Problem::BadPoints { field, text }),
    }
}

/// Modules leave out the labels; they are those of the common sections.
fn sections(place: &str, raw: &[RawSection], labels: &[RawSection]) -> Result<Vec<Section>> {
    let mut sections: Vec<Section> = Vec::with_capacity(raw.len());
    for section in raw {
        let code = section_code(place, &section.code)?;
        let place = format!("{place} {}", code.zh());
        if sections.iter().any(|s| s.code == code) {
            return fail(&place, Problem::Duplicate);
        }
        let label = labels
            .iter()
            .find(|l| l.code == section.code && !l.label_zh.is_empty());
        let label_zh = label.map_or(code.zh(), |l| &l.label_zh).to_owned();
        let max_e4 = points(&place, "max_points", &section.max_points)?;
        sections.push(Section {
            code,
            label_zh,
            max_e4,
        });
    }
    Ok(sections)
}

fn check_sections(sections: &[Section], items: &[Item]) -> Result<()> {
    let mut sums: BTreeMap<SectionCode, i64> = sections.iter().map(|s| (s.code, 0)).collect();
    for item in items {
        match sums.get_mut(&item.section) {
            Some(sum) => *sum += item.max_e4,
            None => {
                let word = item.section.zh().to_owned();
                return fail(&item.id, Problem::UndeclaredSection { word });
            }
        }
    }
    for section in sections {
        let (sum_e4, declared_e4) = (sums[&section.code], section.max_e4);
        if sum_e4 != declared_e4 {
            return fail(
                section.code.zh(),
                Problem::SectionSum {
                    sum_e4,
                    declared_e4,
                },
            );
        }
    }
    Ok(())
}

fn check_total(place: &str, sections: &[Section], declared_e4: i64) -> Result<()> {
    let sum_e4 = sections.iter().map(|s| s.max_e4).sum();
    if sum_e4 == declared_e4 {
        Ok(())
    } else {
        fail(
            place,
            Problem::TotalSum {
                sum_e4,
                declared_e4,
            },
        )
    }
}

fn module(
    raw: &RawModule,
    labels: &[RawSection],
    common: &[Item],
    ids: &mut BTreeSet<String>,
) -> Result<Module> {
    let kind = word(
        &raw.kind,
        "town kind",
        &raw.kind,
        TownKind::parse(&raw.kind),
    )?;
    let items = items(kind.word(), &raw.items, ids)?;
    let sections = sections(kind.word(), &raw.sections_with_common, labels)?;
    check_sections(&sections, &[common, &items].concat())?;
    Ok(Module {
        kind,
        sections,
        items,
    })
}

fn items(place: &str, raw: &[Value], ids: &mut BTreeSet<String>) -> Result<Vec<Item>> {
    if raw.is_empty() || raw.len() > MAX_ITEMS {
        return fail(place, Problem::ItemCount { count: raw.len() });
    }
    let mut items = Vec::with_capacity(raw.len());
    for (n, value) in raw.iter().enumerate() {
        let id = value["id"].as_str().unwrap_or_default();
        let place = if id.is_empty() {
            format!("{place} #{}", n + 1)
        } else {
            id.to_owned()
        };
        let item = item(&place, value)?;
        if !ids.insert(item.id.clone()) {
            return fail(&place, Problem::Duplicate);
        }
        items.push(item);
    }
    Ok(items)
}

fn item(place: &str, value: &Value) -> Result<Item> {
    let raw = RawItem::deserialize(value).or_else(|e| {
        fail(
            place,
            Problem::Malformed {
                detail: e.to_string(),
            },
        )
    })?;
    for (field, text) in [("id", &raw.id), ("title_zh", &raw.title_zh)] {
        need(place, field, text)?;
    }
    // `answer/ID` is the name of a field.
    let separates = |c: char| c == '/' || c.is_control();
    if raw.id.len() > MAX_ID_BYTES || raw.id.contains(separates) {
        return fail(place, Problem::BadId);
    }
    if SectionCode::parse(&raw.id).is_some() {
        return fail(
            place,
            Problem::UnknownWord {
                field: "id",
                word: raw.id,
            },
        );
    }
    if raw.floor != 0 {
        return fail(
            place,
            Problem::BadNumber {
                field: "floor",
                value: raw.floor,
            },
        );
    }
    let max_e4 = points(place, "max_points", &raw.max_points)?;
    let area = |text: &str| {
        let by_zh = Area::ALL.iter().copied().find(|a| a.zh() == text);
        word(place, "area", text, by_zh.or_else(|| Area::parse(text)))
    };
    let known = builtin::issue_category(&raw.issue_category).map(|c| c.code.clone());
    Ok(Item {
        section: section_code(place, &raw.section)?,
        kind: item_type(place, &raw, max_e4)?,
        photo: word(place, "photo", &raw.photo, PhotoRule::parse(&raw.photo))?,
        area: raw.area.as_deref().map(area).transpose()?,
        issue_category: word(place, "issue_category", &raw.issue_category, known)?,
        id: raw.id,
        title_zh: raw.title_zh,
        title_en: raw.title_en,
        standard_zh: raw.standard_zh,
        standard_en: raw.standard_en,
        max_e4,
        na_allowed: raw.na_allowed,
        quick_form: raw.quick_form,
        auto: raw.auto,
        unit_zh: raw.unit_zh,
    })
}

fn item_type(place: &str, raw: &RawItem, max_e4: i64) -> Result<ItemType> {
    let need = |field: &'static str, number: &Option<Number>| match number {
        Some(number) => points(place, field, number),
        None => fail(place, Problem::Missing { field }),
    };
    match raw.r#type.as_str() {
        "score" => {
            let step_e4 = need("step", &raw.step)?;
            if max_e4 % step_e4 != 0 {
                return fail(place, Problem::StepDoesNotDivide { step_e4, max_e4 });
            }
            Ok(ItemType::Score { step_e4 })
        }
        "yes_no" => Ok(ItemType::YesNo),
        "deduct" => Ok(ItemType::Deduct {
            per_unit_e4: need("deduct_per_unit", &raw.deduct_per_unit)?,
        }),
        "ratio" => match raw.sample_size {
            Some(value) if value < 1 => fail(
                place,
                Problem::BadNumber {
                    field: "sample_size",
                    value,
                },
            ),
            sample_size => Ok(ItemType::Ratio { sample_size }),
        },
        other => fail(
            place,
            Problem::UnknownWord {
                field: "type",
                word: other.to_owned(),
            },
        ),
    }
}
