//! The roster of a tour.
//!
//! Invariant: every role is a known one; an observer has a group; a home unit is a listed division.
//! Leaves out: passwords and devices, which no file carries.

use domain::sheet::Form;
use serde::{Deserialize, Serialize};

use super::check::{Check, NAME};
use super::error::{ImportErrors, Problem};
use super::sheet::{Row, Sheet};
use super::sites::MAX_GROUP;
use super::{Existing, Format, columns};

/// One person of the roster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RosterRow {
    /// Name as printed on papers; it is the key of the row.
    pub name: String,
    /// Role id.
    pub role: String,
    /// Number of the tour group.
    pub group: Option<i64>,
    /// Division the person works for: barred from scoring it.
    pub home_unit: Option<String>,
    /// Form of the sheets.
    pub form: Form,
}

/// Role ids with the Chinese words accepted for them.
pub const ROLES: &[(&str, &[&str])] = &[
    ("sysadmin", &["系统管理员"]),
    ("secadmin", &["安全管理员"]),
    ("auditor", &["审计员"]),
    ("supervisor", &["督查室"]),
    ("county_lead", &["县委、县政府领导", "县级领导", "带队领导"]),
    ("county_reviewer", &["点评领导"]),
    ("group_rapporteur", &["通报人"]),
    ("scrutineer", &["监票人"]),
    ("tally_clerk", &["计票人"]),
    ("observer", &["观摩人员", "观摩员", "评委"]),
    ("sponsor_leader", &["包乡县级领导", "包乡领导"]),
    ("township_lead", &["乡镇负责人"]),
    ("department_lead", &["部门负责人"]),
    ("village_user", &["村级人员"]),
    ("area_lead", &["片区牵头领导"]),
    ("grid_leader", &["网格长"]),
];

/// Reads a roster; home units and groups must be there, names must not.
///
/// # Errors
/// Everything that is wrong, by row and column.
pub fn roster(
    bytes: &[u8],
    format: Format,
    existing: &Existing,
) -> Result<Vec<RosterRow>, ImportErrors> {
    rows(&Sheet::read(bytes, format, columns::ROSTER)?, existing)
}

pub(super) fn rows(sheet: &Sheet, existing: &Existing) -> Result<Vec<RosterRow>, ImportErrors> {
    let mut check = Check::new(sheet);
    let rows = sheet
        .rows
        .iter()
        .map(|row| person(&mut check, row, existing))
        .collect();
    check.finish(rows)
}

fn person<'s>(check: &mut Check<'s>, row: &'s Row, existing: &Existing) -> RosterRow {
    let name = check.need(row, "name", NAME);
    check.unique(row, "name", name.clone(), name.clone());
    let role = role(check, row);
    if existing.people.contains(&name) {
        let value = name.clone();
        check.fail(row.number, "name", &Problem::AlreadyThere { value });
    }
    let group = existing.group(check, row, MAX_GROUP);
    if role == "observer" && check.raw(row, "group").is_empty() {
        check.fail(row.number, "group", &Problem::Required);
    }
    let home_unit = check.code(row, "home_unit");
    if let Some(text) = home_unit
        .as_ref()
        .filter(|c| existing.divisions.get(c).is_none())
    {
        let problem = Problem::UnknownDivision { text: text.clone() };
        check.fail(row.number, "home_unit", &problem);
    }
    RosterRow {
        form: form(check, row),
        name,
        role,
        group,
        home_unit,
    }
}

fn role<'s>(check: &mut Check<'s>, row: &'s Row) -> String {
    let text = check.need(row, "role", NAME);
    let word = text.to_lowercase();
    let known = ROLES
        .iter()
        .find(|(id, zh)| *id == word || zh.contains(&text.as_str()));
    match known {
        Some((id, _)) => (*id).to_owned(),
        None => {
            if !text.is_empty() {
                check.fail(row.number, "role", &Problem::UnknownRole { text });
            }
            String::new()
        }
    }
}

fn form<'s>(check: &mut Check<'s>, row: &'s Row) -> Form {
    match check.raw(row, "form").to_lowercase().as_str() {
        "" | "detailed" | "详评" | "逐项" | "评分表" => Form::Detailed,
        "quick" | "速评" | "速评表" => Form::Quick,
        other => {
            let problem = Problem::UnknownWord {
                text: other.to_owned(),
                known: "逐项 (detailed), 速评 (quick)".into(),
            };
            check.fail(row.number, "form", &problem);
            Form::Detailed
        }
    }
}
