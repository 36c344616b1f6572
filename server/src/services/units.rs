//! Units as people write them: by code or by name.
//!
//! Invariant: a unit that is stored by its code and one typed by its name are the same unit; a name that several villages
//! have is refused, not guessed. Departments have no code: their name stands. Leaves out: whose unit is whose.

use std::collections::BTreeMap;

use domain::Division;
use protocol::problem::Code;

use crate::error::{Error, Result};

/// Divisions by code.
pub type Divisions = BTreeMap<String, Division>;

/// A unit's name; what is no division is a department's name already.
pub fn name(all: &Divisions, code: &str) -> String {
    all.get(code)
        .map_or_else(|| code.to_owned(), |d| d.label().to_owned())
}

/// `township · village`, which tells villages of one name apart.
fn path(all: &Divisions, unit: &Division) -> String {
    let above = unit.parent.as_deref().and_then(|code| all.get(code));
    match above.filter(|d| d.level.is_township()) {
        Some(above) => format!("{} · {}", above.label(), unit.label()),
        None => unit.label().to_owned(),
    }
}

fn named<'a>(all: &'a Divisions, text: &str) -> Vec<&'a Division> {
    let is_named = |d: &&Division| d.name == text || d.label() == text || path(all, d) == text;
    let found: Vec<_> = all.values().filter(is_named).collect();
    // A township stands before villages of its name.
    match found.iter().find(|d| d.level.is_township()) {
        Some(township) => vec![township],
        None => found,
    }
}

/// What a form shows of a unit, so that [`code`] finds the same one again.
pub fn text(all: &Divisions, code: &str) -> String {
    let Some(unit) = all.get(code) else {
        return code.to_owned();
    };
    let is_it = |text: &str| matches!(named(all, text).as_slice(), [one] if one.code == code);
    [unit.label().to_owned(), path(all, unit)]
        .into_iter()
        .find(|text| is_it(text))
        .unwrap_or_else(|| code.to_owned())
}

/// The code of the township or village that a text names; a text that names none stays, as a department's name.
///
/// # Errors
/// `Invalid`, naming the field, if several villages have the name.
pub fn code(all: &Divisions, field: &str, text: &str) -> Result<String> {
    let text = text.trim();
    if all.contains_key(text) {
        return Ok(text.to_owned());
    }
    match named(all, text).as_slice() {
        [] => Ok(text.to_owned()),
        [one] => Ok(one.code.clone()),
        [first, ..] => {
            let example = path(all, first);
            let why = format!(
                "{field}: 有多个村叫“{text}”，请写明乡镇，如“{example}” / several villages are called '{text}': name the township too, as in '{example}'"
            );
            Err(Error::because(Code::Invalid, why))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn county() -> Divisions {
        let all = domain::builtin::divisions().iter();
        all.map(|d| (d.code.clone(), d.clone())).collect()
    }

    #[test]
    fn what_a_form_shows_of_a_unit_means_that_unit_again() {
        let all = county();
        for unit in all.values().filter(|d| d.parent.is_some()) {
            let shown = text(&all, &unit.code);
            assert_eq!(code(&all, "unit", &shown).unwrap(), unit.code, "{shown}");
        }
        assert_eq!(code(&all, "unit", " 住建局 ").unwrap(), "住建局");
        assert_eq!(text(&all, "住建局"), "住建局");
    }

    #[test]
    fn a_name_that_two_villages_have_is_refused_and_a_township_stands_before_its_village() {
        let mut all = county();
        let mut villages: Vec<_> = all
            .values()
            .filter(|d| !d.level.is_township())
            .cloned()
            .collect();
        villages.retain(|d| {
            d.parent
                .as_ref()
                .is_some_and(|p| all.get(p).is_some_and(|t| t.level.is_township()))
        });
        let (one, two) = (
            &villages[0],
            villages
                .iter()
                .find(|d| d.parent != villages[0].parent)
                .unwrap(),
        );
        for (unit, name) in [(one, "新村"), (two, "新村")] {
            let mut unit = unit.clone();
            (unit.name, unit.short_name) = (name.to_owned(), None);
            all.insert(unit.code.clone(), unit);
        }
        let refused = code(&all, "lead_unit", "新村").unwrap_err();
        assert!(
            refused.to_string().contains("lead_unit")
                || refused
                    .refusal()
                    .unwrap()
                    .detail
                    .as_ref()
                    .unwrap()
                    .starts_with("lead_unit")
        );
        for unit in [one, two] {
            let shown = text(&all, &unit.code);
            assert!(shown.contains(" · "), "{shown}");
            assert_eq!(code(&all, "lead_unit", &shown).unwrap(), unit.code);
        }
        let township = all
            .values()
            .find(|d| d.level.is_township())
            .unwrap()
            .clone();
        let label = township.label().to_owned();
        let mut same = one.clone();
        (same.name, same.short_name) = (label.clone(), None);
        all.insert(same.code.clone(), same);
        assert_eq!(code(&all, "unit", &label).unwrap(), township.code);
    }
}
