//! Checklists: a `checklist/1` file as it is, or a table with one row per item.
//!
//! Invariant: what is returned passes `Checklist::parse`; sections and totals of a table are the sums of its items.
//! Leaves out: prose around the items, which only the JSON form has.

use domain::builtin;
use domain::checklist::{ChecklistError, PhotoRule, SectionCode};
use domain::{Checklist, SiteKind, TownKind, points};
use serde_json::{Map, Number, Value, json};

use super::check::{CODE, Check, NAME};
use super::error::{ImportErrors, Problem};
use super::sheet::{Row, Sheet};
use super::text::decode;
use super::{Format, columns};

/// A checklist that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChecklistFile {
    /// The checked checklist.
    pub checklist: Checklist,
    /// Its JSON, `checklist/1`: what a campaign keeps.
    pub body: String,
}

/// Characters of a checklist's JSON (`schema`).
pub(super) const MAX_BODY: usize = 1_500_000;
/// Characters of a standard.
const PROSE: usize = 2_000;
const TYPES: &[(&str, &str)] = &[
    ("打分", "score"),
    ("是否", "yes_no"),
    ("扣分", "deduct"),
    ("比例", "ratio"),
];

/// Reads checklists: in JSON one or a list of them, in a table one.
///
/// # Errors
/// Everything that is wrong, by row and column; in JSON the first thing that is wrong with each checklist, by its item.
pub fn checklist(bytes: &[u8], format: Format) -> Result<Vec<ChecklistFile>, ImportErrors> {
    match format {
        Format::Json => from_json(bytes),
        Format::Csv | Format::Xlsx => {
            let sheet = Sheet::read(bytes, format, columns::CHECKLIST)?;
            rows(&sheet)
        }
    }
}

fn from_json(bytes: &[u8]) -> Result<Vec<ChecklistFile>, ImportErrors> {
    let (text, _) = decode(bytes).map_err(|problem| ImportErrors::of_file(&problem))?;
    let value: Value = serde_json::from_str(&text).map_err(|error| {
        let detail = error.to_string();
        ImportErrors::of_file(&Problem::Malformed { detail })
    })?;
    let entries = match &value {
        // The text as it is keeps the order of its fields.
        Value::Object(_) => vec![(&value, text.clone().into_owned())],
        Value::Array(list) => list.iter().map(|v| (v, v.to_string())).collect(),
        _ => vec![],
    };
    if entries.is_empty() {
        return Err(ImportErrors::of_file(&Problem::Empty));
    }
    let mut errors = ImportErrors::default();
    let mut found: Vec<ChecklistFile> = vec![];
    for (at, (entry, body)) in entries.into_iter().enumerate() {
        let number = value.is_array().then_some(at + 1);
        match parsed(body) {
            Ok(file) => {
                let same = |other: &ChecklistFile| key(other) == key(&file);
                if let Some(first) = found.iter().position(same) {
                    let value = format!("{} v{}", file.checklist.code, file.checklist.version);
                    let first_row = first + 1;
                    let problem = Problem::Duplicate { value, first_row };
                    errors.push(problem.at(number, Some("code".into()), None));
                }
                found.push(file);
            }
            Err(problem) => {
                let place = place(&problem).map(str::to_owned);
                let row = number.or_else(|| item_number(entry, place.as_deref()));
                errors.push(problem.at(row, place, None));
            }
        }
    }
    if errors.is_empty() {
        Ok(found)
    } else {
        Err(errors)
    }
}

fn key(file: &ChecklistFile) -> (&str, u32) {
    (&file.checklist.code, file.checklist.version)
}

fn parsed(body: String) -> Result<ChecklistFile, Problem> {
    if body.chars().count() > MAX_BODY {
        return Err(Problem::TooLong { max: MAX_BODY });
    }
    let checklist = Checklist::parse(&body).map_err(Problem::Checklist)?;
    Ok(ChecklistFile { checklist, body })
}

/// Item, section or checklist the error is about.
fn place(problem: &Problem) -> Option<&str> {
    match problem {
        Problem::Checklist(ChecklistError { place, .. }) => Some(place),
        _ => None,
    }
}

fn item_number(checklist: &Value, place: Option<&str>) -> Option<usize> {
    let items = checklist["items"].as_array()?;
    let at = items.iter().position(|item| item["id"].as_str() == place)?;
    Some(at + 1)
}

/// The checklist of a table.
pub(super) fn rows(sheet: &Sheet) -> Result<Vec<ChecklistFile>, ImportErrors> {
    from_table(sheet).map(|one| vec![one])
}

fn from_table(sheet: &Sheet) -> Result<ChecklistFile, ImportErrors> {
    let mut check = Check::new(sheet);
    let head = head(&mut check, &sheet.rows);
    let items: Vec<TableItem> = sheet.rows.iter().map(|row| item(&mut check, row)).collect();
    if !check.is_clean() {
        return Err(check.into_errors());
    }
    match parsed(assemble(head, &items).to_string()) {
        Ok(file) => Ok(file),
        Err(problem) => {
            let id = place(&problem).unwrap_or_default();
            let at = sheet
                .rows
                .iter()
                .zip(&items)
                .find(|(_, item)| item.id == id);
            check.fail_row(at.map(|(row, _)| row.number), &problem);
            Err(check.into_errors())
        }
    }
}

/// What every row says of the checklist as a whole: the first row's words, repeated or left empty below.
fn head<'s>(check: &mut Check<'s>, rows: &'s [Row]) -> Map<String, Value> {
    let mut head = Map::new();
    let Some((first, rest)) = rows.split_first() else {
        return head;
    };
    let code = check.need(first, "checklist", CODE);
    let title_zh = check.need(first, "checklist_title", NAME);
    let title_en = check.text(first, "checklist_title_en", NAME);
    let version = check.int(first, "version", 1, 10_000);
    if check.raw(first, "version").is_empty() {
        check.fail(first.number, "version", &Problem::Required);
    }
    let text = check.need(first, "site_kind", NAME);
    let kind = SiteKind::ALL.iter().find(|k| k.zh() == text);
    let kind = kind.copied().or_else(|| SiteKind::parse(&text));
    if kind.is_none() && !text.is_empty() {
        let known = join(SiteKind::ALL.iter().map(|k| (k.zh(), k.word())));
        check.fail(
            first.number,
            "site_kind",
            &Problem::UnknownKind { text, known },
        );
    }
    for key in [
        "checklist",
        "checklist_title",
        "checklist_title_en",
        "version",
        "site_kind",
    ] {
        let above = check.raw(first, key);
        for row in rest {
            let own = check.raw(row, key);
            if !own.is_empty() && own != above {
                let first = above.to_owned();
                check.fail(row.number, key, &Problem::NotTheSame { first });
            }
        }
    }
    head.insert("schema".into(), json!("checklist/1"));
    head.insert("code".into(), json!(code));
    head.insert("version".into(), json!(version));
    head.insert("title_zh".into(), json!(title_zh));
    head.insert("title_en".into(), json!(title_en.unwrap_or_default()));
    head.insert("site_kind".into(), json!(kind.map(SiteKind::word)));
    head
}

/// One row.
struct TableItem {
    id: String,
    module: Option<TownKind>,
    section: String,
    max_e4: i64,
    body: Value,
}

fn item<'s>(check: &mut Check<'s>, row: &'s Row) -> TableItem {
    let id = check.need(row, "id", CODE);
    check.unique(row, "id", id.clone(), id.clone());
    let module = check.text(row, "module", NAME).and_then(|text| {
        let kinds = TownKind::ALL.iter().map(|k| (k.zh(), k.word()));
        let word = word(check, row, "module", &text, kinds)?;
        TownKind::parse(&word)
    });
    let text = check.need(row, "section", NAME);
    let sections = SectionCode::ALL.iter().map(|s| (s.zh(), s.word()));
    let section = word(check, row, "section", &text, sections).unwrap_or_default();
    let text = check.need(row, "type", NAME);
    let kind = word(check, row, "type", &text, TYPES.iter().copied());
    let text = check.need(row, "photo", NAME);
    let rules = PhotoRule::ALL.iter().map(|p| (p.zh(), p.word()));
    let photo = word(check, row, "photo", &text, rules);
    let text = check.need(row, "issue_category", NAME);
    let categories = &builtin::issue_categories().categories;
    let known = categories.iter().map(|c| (c.zh.as_str(), c.code.as_str()));
    let category = word(check, row, "issue_category", &text, known);
    let max = number(check, row, "max_points");
    if check.raw(row, "max_points").is_empty() {
        check.fail(row.number, "max_points", &Problem::Required);
    }
    let max_e4 = max.as_ref().and_then(|n| points::parse(&n.to_string()));
    let body = json!({
        "id": id, "section": section, "type": kind, "photo": photo, "max_points": max,
        "title_zh": check.need(row, "title_zh", NAME),
        "title_en": check.text(row, "title_en", PROSE).unwrap_or_default(),
        "standard_zh": check.text(row, "standard_zh", PROSE).unwrap_or_default(),
        "standard_en": check.text(row, "standard_en", PROSE).unwrap_or_default(),
        "step": number(check, row, "step"),
        "deduct_per_unit": number(check, row, "deduct_per_unit"),
        "sample_size": check.int(row, "sample_size", 1, 100_000),
        "na_allowed": check.flag(row, "na_allowed"),
        "area": check.text(row, "area", NAME),
        "quick_form": check.flag(row, "quick_form"),
        "issue_category": category,
        "unit_zh": check.text(row, "unit_zh", NAME),
    });
    TableItem {
        id,
        module,
        section,
        max_e4: max_e4.unwrap_or_default(),
        body,
    }
}

/// The stored word of a Chinese or English one; an empty cell was refused before.
fn word<'s, 'a>(
    check: &mut Check<'s>,
    row: &'s Row,
    key: &str,
    text: &str,
    known: impl Iterator<Item = (&'a str, &'a str)> + Clone,
) -> Option<String> {
    let found = known
        .clone()
        .find(|(zh, word)| *zh == text || *word == text);
    if found.is_none() && !text.is_empty() {
        let problem = Problem::UnknownWord {
            text: text.to_owned(),
            known: join(known),
        };
        check.fail(row.number, key, &problem);
    }
    found.map(|(_, word)| word.to_owned())
}

fn join<'a>(known: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let words: Vec<String> = known.map(|(zh, word)| format!("{zh} ({word})")).collect();
    words.join(", ")
}

/// Points as a JSON number with the cell's decimals.
fn number<'s>(check: &mut Check<'s>, row: &'s Row, key: &str) -> Option<Number> {
    let text = super::cell::half_width(check.raw(row, key));
    if text.is_empty() {
        return None;
    }
    let number = points::parse(&text)
        .filter(|e4| (1..=10_000_000).contains(e4))
        .and_then(|_| text.parse().ok());
    if number.is_none() {
        let problem = Problem::BadPoints { text };
        check.fail(row.number, key, &problem);
    }
    number
}

fn assemble(mut head: Map<String, Value>, items: &[TableItem]) -> Value {
    let of = |module: Option<TownKind>| {
        let own = items.iter().filter(move |item| item.module == module);
        own.map(|item| item.body.clone()).collect::<Vec<Value>>()
    };
    let kinds: Vec<TownKind> = TownKind::ALL
        .iter()
        .copied()
        .filter(|kind| items.iter().any(|item| item.module == Some(*kind)))
        .collect();
    let modules = kinds.iter().map(|kind| {
        json!({
            "kind": kind.word(),
            "sections_with_common": sections(items, Some(*kind)),
            "items": of(Some(*kind)),
        })
    });
    let whole = kinds.first().copied();
    let total: i64 = items
        .iter()
        .filter(|item| item.module.is_none() || item.module == whole)
        .map(|item| item.max_e4)
        .sum();
    head.insert("total".into(), json!(decimal(total)));
    head.insert("sections".into(), json!(sections(items, None)));
    head.insert("items".into(), json!(of(None)));
    head.insert("modules".into(), modules.collect());
    Value::Object(head)
}

/// Sections in order of appearance with the sum of their items: the common ones, and the module's.
fn sections(items: &[TableItem], module: Option<TownKind>) -> Vec<Value> {
    let mut sums: Vec<(&str, i64)> = vec![];
    for item in items {
        if item.module.is_some() && item.module != module {
            continue;
        }
        match sums.iter_mut().find(|(code, _)| *code == item.section) {
            Some((_, sum)) => *sum += item.max_e4,
            None => sums.push((&item.section, item.max_e4)),
        }
    }
    sums.into_iter()
        .map(|(code, sum)| json!({"code": code, "max_points": decimal(sum)}))
        .collect()
}

/// e4 as a JSON number; exact, since a sum of points has few digits.
fn decimal(e4: i64) -> Option<Number> {
    points::show(e4).parse().ok()
}
