//! Rows of cells into a table: the first row with anything in it is the header.
//!
//! Invariant: what stands outside the header is an error, not lost; what nobody reads (序号, 备注) is not looked at.
//! Leaves out: where the cells come from (`csv`, `xlsx`).

use super::columns::Column;
use super::error::{ImportErrors, Problem};
use super::sheet::{Heading, Label, Row, Sheet, heading, missing, push_row};
use super::{MAX_ROWS, cell};

/// One cell as a file has it.
#[derive(Clone, Debug, Default)]
pub(super) struct RawCell {
    /// Its text.
    pub text: String,
    /// Why it cannot be used.
    pub problem: Option<Problem>,
    /// True if the text is the stored result of a formula.
    pub formula: bool,
}

impl From<&str> for RawCell {
    fn from(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            ..Self::default()
        }
    }
}

impl RawCell {
    fn is_empty(&self) -> bool {
        self.problem.is_none() && cell::trim(&self.text).is_empty()
    }
}

/// A table being read.
pub(super) struct Grid {
    columns: &'static [Column],
    head: Option<Head>,
    rows: Vec<Row>,
    errors: ImportErrors,
    formulas: usize,
}

impl Grid {
    pub(super) fn new(columns: &'static [Column]) -> Self {
        Self {
            columns,
            head: None,
            rows: vec![],
            errors: ImportErrors::default(),
            formulas: 0,
        }
    }

    /// Takes the next row, by its number in the file.
    ///
    /// # Errors
    /// A header that cannot be read, or more rows than are taken: nothing below is of use then.
    pub(super) fn line(&mut self, number: usize, line: Vec<RawCell>) -> Result<(), ImportErrors> {
        let Some(head) = &self.head else {
            if line.iter().all(RawCell::is_empty) {
                return Ok(());
            }
            self.head = Some(Head::read(&line, number, self.columns)?);
            return Ok(());
        };
        let mut cells = vec![String::new(); self.columns.len()];
        for (place, raw) in line.into_iter().enumerate() {
            let letter = Some(cell::letter(place));
            match head.at.get(place) {
                Some(Some(known)) => {
                    self.formulas += usize::from(raw.formula);
                    if let Some(problem) = raw.problem {
                        let name = head.labels[*known].name.clone();
                        let error = problem.at(Some(number), Some(name), letter);
                        self.errors.push(error);
                    }
                    cells[*known] = raw.text;
                }
                // A column nobody reads.
                Some(None) => {}
                None if raw.is_empty() => {}
                None => {
                    let text: String = cell::trim(&raw.text).chars().take(20).collect();
                    let problem = Problem::ExtraCell { text };
                    self.errors.push(problem.at(Some(number), None, letter));
                }
            }
        }
        push_row(&mut self.rows, number, cells);
        if self.rows.len() > MAX_ROWS {
            let problem = Problem::TooManyRows { max: MAX_ROWS };
            return Err(ImportErrors::of_file(&problem));
        }
        Ok(())
    }

    /// The table, or what is wrong with its cells.
    pub(super) fn finish(self) -> Result<Sheet, ImportErrors> {
        if !self.errors.is_empty() {
            return Err(self.errors);
        }
        Ok(Sheet {
            columns: self.columns,
            labels: self.head.map(|head| head.labels).unwrap_or_default(),
            rows: self.rows,
            formulas: self.formulas,
            ..Sheet::default()
        })
    }
}

/// The header row.
struct Head {
    /// The known column at each place of the file.
    at: Vec<Option<usize>>,
    /// By known column.
    labels: Vec<Label>,
}

impl Head {
    fn read(
        line: &[RawCell],
        number: usize,
        columns: &'static [Column],
    ) -> Result<Self, ImportErrors> {
        // Cells that only have a colour are no columns.
        let width = line
            .iter()
            .rposition(|c| !c.is_empty())
            .map_or(0, |n| n + 1);
        let mut errors = ImportErrors::default();
        let mut at = vec![None; width];
        let mut labels = vec![Label::default(); columns.len()];
        let mut found = vec![false; columns.len()];
        for (place, raw) in line.iter().take(width).enumerate() {
            let (name, letter) = (cell::trim(&raw.text), cell::letter(place));
            let problem = match heading(columns, &name) {
                _ if raw.problem.is_some() => raw.problem.clone().unwrap_or(Problem::Empty),
                _ if name.is_empty() => continue,
                Heading::PassedOver => continue,
                Heading::Known(known) if found[known] => {
                    Problem::DuplicateColumn { name: name.clone() }
                }
                Heading::Known(known) => {
                    at[place] = Some(known);
                    found[known] = true;
                    labels[known] = Label {
                        name,
                        letter: Some(letter),
                    };
                    continue;
                }
                Heading::Unknown => Problem::UnknownColumn { name: name.clone() },
            };
            errors.push(problem.at(Some(number), Some(name), Some(letter)));
        }
        for problem in missing(columns, |known| found[known]) {
            let Problem::MissingColumn { zh, .. } = &problem else {
                continue;
            };
            errors.push(problem.at(Some(number), Some((*zh).into()), None));
        }
        if errors.is_empty() {
            Ok(Self { at, labels })
        } else {
            Err(errors)
        }
    }
}
