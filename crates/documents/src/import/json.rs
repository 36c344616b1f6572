//! JSON into a table: a list of objects, or an object that holds exactly one such list under a known key.
//!
//! Invariant: numbers keep their decimal text. Leaves out: nested values, which no column has.

use serde_json::{Map, Value};

use super::columns::Column;
use super::error::{ImportErrors, Problem};
use super::sheet::{Heading, Label, Row, Sheet, heading, missing, push_row};

/// Keys a list may stand under.
const LISTS: &[&str] = &[
    "units",
    "divisions",
    "sites",
    "roster",
    "accounts",
    "rows",
    "groups",
    "townships",
    "items",
];

pub(super) fn read(text: &str, columns: &'static [Column]) -> Result<Sheet, ImportErrors> {
    let malformed = |detail: String| ImportErrors::of_file(&Problem::Malformed { detail });
    let value: Value = serde_json::from_str(text).map_err(|e| malformed(e.to_string()))?;
    let list = list(value).ok_or_else(|| {
        malformed(format!(
            "expected a list of objects, or one under {}",
            LISTS.join(", ")
        ))
    })?;
    let mut errors = ImportErrors::default();
    let mut rows: Vec<Row> = vec![];
    for (place, entry) in list.iter().enumerate() {
        let number = place + 1;
        let Value::Object(entry) = entry else {
            let detail = "not an object".to_owned();
            errors.push(Problem::Malformed { detail }.at(Some(number), None, None));
            continue;
        };
        let cells = cells(entry, number, columns, &mut errors);
        push_row(&mut rows, number, cells);
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let label = |c: &Column| Label {
        name: c.key.into(),
        letter: None,
    };
    Ok(Sheet {
        columns,
        labels: columns.iter().map(label).collect(),
        rows,
        ..Sheet::default()
    })
}

fn list(value: Value) -> Option<Vec<Value>> {
    match value {
        Value::Array(list) => Some(list),
        Value::Object(mut object) => {
            let key = LISTS.iter().find(|key| object.contains_key(**key))?;
            match object.remove(*key) {
                Some(Value::Array(list)) => Some(list),
                _ => None,
            }
        }
        _ => None,
    }
}

fn cells(
    entry: &Map<String, Value>,
    number: usize,
    columns: &'static [Column],
    errors: &mut ImportErrors,
) -> Vec<String> {
    let mut cells = vec![String::new(); columns.len()];
    let mut found = vec![false; columns.len()];
    for (name, value) in entry {
        let problem = match (heading(columns, name), scalar(value)) {
            (Heading::PassedOver, _) => continue,
            (Heading::Unknown, _) => Problem::UnknownColumn { name: name.clone() },
            (Heading::Known(known), _) if found[known] => {
                Problem::DuplicateColumn { name: name.clone() }
            }
            (Heading::Known(known), Some(text)) => {
                (cells[known], found[known]) = (text, true);
                continue;
            }
            (Heading::Known(_), None) => Problem::Malformed {
                detail: "not a text, number or boolean".into(),
            },
        };
        errors.push(problem.at(Some(number), Some(name.clone()), None));
    }
    for problem in missing(columns, |known| found[known]) {
        let Problem::MissingColumn { key, .. } = &problem else {
            continue;
        };
        errors.push(problem.at(Some(number), Some((*key).into()), None));
    }
    cells
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::Null => Some(String::new()),
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(yes.to_string()),
        Value::Array(_) | Value::Object(_) => None,
    }
}
