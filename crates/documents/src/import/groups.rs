//! The table of tour groups: which township is in which group.
//!
//! Invariant: a township stands in one row only, so in one group; a group has one name. Leaves out: whether every
//! township is there, which the start of a campaign checks.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::check::{Check, NAME};
use super::error::{ImportErrors, Problem};
use super::sheet::{Row, Sheet};
use super::sites::MAX_GROUP;
use super::{Existing, Format, columns};

/// One township.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupRow {
    /// Its code.
    pub township_code: String,
    /// Number of its group.
    pub group: i64,
    /// Name of the group, where the table gives one.
    pub group_name: Option<String>,
}

/// Reads which townships are in which group; they must be among the divisions.
///
/// # Errors
/// Everything that is wrong, by row and column.
pub fn groups(
    bytes: &[u8],
    format: Format,
    existing: &Existing,
) -> Result<Vec<GroupRow>, ImportErrors> {
    rows(&Sheet::read(bytes, format, columns::GROUPS)?, existing)
}

pub(super) fn rows(sheet: &Sheet, existing: &Existing) -> Result<Vec<GroupRow>, ImportErrors> {
    let mut check = Check::new(sheet);
    let mut names = BTreeMap::new();
    let rows = sheet
        .rows
        .iter()
        .map(|row| township(&mut check, row, existing, &mut names))
        .collect();
    check.finish(rows)
}

fn township<'s>(
    check: &mut Check<'s>,
    row: &'s Row,
    existing: &Existing,
    names: &mut BTreeMap<i64, String>,
) -> GroupRow {
    let code = code(check, row, existing);
    check.unique(row, "township_code", code.clone(), code.clone());
    let group = check.int(row, "group", 1, MAX_GROUP);
    if check.raw(row, "group").is_empty() {
        check.fail(row.number, "group", &Problem::Required);
    }
    let group = group.unwrap_or_default();
    let group_name = check.text(row, "group_name", NAME);
    if let Some(name) = &group_name {
        let first = names.entry(group).or_insert_with(|| name.clone());
        if first != name {
            let first = first.clone();
            check.fail(row.number, "group_name", &Problem::NotTheSame { first });
        }
    }
    GroupRow {
        township_code: code,
        group,
        group_name,
    }
}

/// By code or, since no two townships of a county share one, by name.
fn code<'s>(check: &mut Check<'s>, row: &'s Row, existing: &Existing) -> String {
    let name = check.raw(row, "township_code");
    let mut named = existing.divisions.townships().filter(|t| t.name == name);
    if let (Some(one), None) = (named.next(), named.next()) {
        return one.code.clone();
    }
    if name.is_empty() {
        check.fail(row.number, "township_code", &Problem::Required);
    }
    let code = check.township(row, "township_code", &existing.divisions);
    code.unwrap_or_default()
}
