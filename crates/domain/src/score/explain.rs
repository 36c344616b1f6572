//! The explanation of a result: every published number as a tree that adds up to it.
//!
//! T' ← T ← components ← sites ← sheets, and, where the caller supplies them, sections and items below the sheets.
//!
//! Invariant: `Explanation::check` recomputes every node from its children and compares with the outcome.
//! Leaves out: layout. Formulas are short texts with at least two decimals; the exact value is `value_e4`.

mod build;
mod node;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use node::{Node, Rule};

use super::correction::{self, DELTA_LIMIT_E4, Row};
use super::{Correction, Input, Outcome, ScoreError};

/// Names and sheet trees the input does not have. All may be empty: ids are shown then.
#[derive(Clone, Debug, Default)]
pub struct Details {
    /// Name of a site by id.
    pub site_names: BTreeMap<String, String>,
    /// Name of an observer by id.
    pub observer_names: BTreeMap<String, String>,
    /// Tree of a sheet (`sheet::explain_sheet`) by site and observer.
    pub sheets: BTreeMap<(String, String), Node>,
}

/// One township's numbers explained.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TownshipExplanation {
    /// Code.
    pub code: String,
    /// Group.
    pub group: i64,
    /// T, down to the sheets.
    pub raw: Node,
    /// T'.
    pub corrected_e4: Option<i64>,
    /// How T' comes from T.
    pub corrected_formula: String,
}

/// A result explained.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// Method used.
    pub method: Correction,
    /// By code.
    pub townships: Vec<TownshipExplanation>,
    /// δ of each group with the sites compared; empty unless the benchmark was used.
    pub deltas: Vec<Node>,
}

/// Explains the result of an input.
///
/// # Errors
/// Those of `compute`, and `DoesNotAddUp` if a sheet tree does not give the sheet's score.
pub fn explain(input: &Input, details: &Details) -> Result<Explanation, ScoreError> {
    let explanation = build::build(input, &super::work(input)?, details)?;
    explanation
        .townships
        .iter()
        .try_for_each(|t| t.raw.check())?;
    Ok(explanation)
}

impl Explanation {
    /// Recomputes everything bottom up and compares with the published result.
    ///
    /// # Errors
    /// `DoesNotAddUp` naming the first node that differs.
    pub fn check(&self, outcome: &Outcome) -> Result<(), ScoreError> {
        let fail = |node: &str| {
            Err(ScoreError::DoesNotAddUp {
                node: node.to_owned(),
            })
        };
        if self.method != outcome.method || self.townships.len() != outcome.townships.len() {
            return fail("method");
        }
        self.check_deltas(outcome)?;
        for (own, published) in self.townships.iter().zip(&outcome.townships) {
            own.raw.check()?;
            let parts = own
                .raw
                .children
                .iter()
                .map(|c| (c.code.as_str(), c.value_e4));
            let published_parts = published.components_e4.iter();
            let published_parts = published_parts.map(|(c, e4)| (c.letter(), Some(*e4)));
            let same = own.code == published.code
                && own.raw.value_e4 == published.raw_e4
                && own.corrected_e4 == published.corrected_e4
                && parts.eq(published_parts);
            if !same {
                return fail(&own.code);
            }
        }
        self.check_corrected(outcome)
    }

    fn check_deltas(&self, outcome: &Outcome) -> Result<(), ScoreError> {
        for group in &outcome.groups {
            let code = group.group.to_string();
            let node = self.deltas.iter().find(|n| n.code == code);
            let delta = match node {
                Some(node) => {
                    node.check()?;
                    node.value_e4
                        .unwrap_or(0)
                        .clamp(-DELTA_LIMIT_E4, DELTA_LIMIT_E4)
                }
                None => 0,
            };
            if delta != group.delta_e4 {
                return Err(ScoreError::DoesNotAddUp {
                    node: format!("δ {code}"),
                });
            }
        }
        Ok(())
    }

    fn check_corrected(&self, outcome: &Outcome) -> Result<(), ScoreError> {
        let deltas = outcome
            .groups
            .iter()
            .map(|g| (g.group, g.delta_e4))
            .collect();
        let rows: Vec<Row> = self
            .townships
            .iter()
            .zip(&outcome.townships)
            .map(|(own, published)| Row {
                group: own.group,
                raw_e4: own.raw.value_e4,
                rank_in_group: published.rank_in_group,
            })
            .collect();
        let corrected = correction::corrected(self.method, &rows, &deltas)?;
        for (own, value) in self.townships.iter().zip(corrected) {
            if own.corrected_e4 != value {
                return Err(ScoreError::DoesNotAddUp {
                    node: own.code.clone(),
                });
            }
        }
        Ok(())
    }
}
