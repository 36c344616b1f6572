//! One number with what it comes from.
//!
//! Invariant: `check` accepts a node only if its rule, applied to its children, gives its value.
//! Leaves out: where the children come from.

use serde::{Deserialize, Serialize};

use super::super::ScoreError;
use super::super::sites::{MIN_SHEETS, mean, share, trimmed_mean, weighted_mean};
use crate::points::div_round;
use crate::sheet::percent;

/// How a node's value comes from its children.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// It was given; nothing below it.
    Given,
    /// `max · part / whole`.
    Share {
        /// Numerator.
        part: i64,
        /// Denominator.
        whole: i64,
    },
    /// Sum of the counted children; so is the maximum.
    Sum,
    /// Σ value / Σ max of the counted children, times 100.
    Percent,
    /// Mean of the sheets: 5 or more without one highest and lowest, none of fewer than 3.
    Sheets,
    /// Mean of the counted children.
    Mean,
    /// Mean of the counted children by weight.
    WeightedMean,
    /// Mean over the children (sites) of the child named `group` less the mean of all (groups).
    Gap {
        /// Number of the group.
        group: i64,
    },
}

/// A number of the explanation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// Key among its siblings: division code, letter, site, observer, section, item.
    pub code: String,
    /// Label.
    pub label_zh: String,
    /// Label in English.
    pub label_en: String,
    /// The value; none if it does not exist.
    pub value_e4: Option<i64>,
    /// Full points, of sections and items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_e4: Option<i64>,
    /// Weight, of components.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<i64>,
    /// False if shown but left out: trimmed, without value or without weight.
    pub counted: bool,
    /// How the value comes from the children.
    pub rule: Rule,
    /// The same for people.
    pub formula: String,
    /// What it comes from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<Node>,
}

impl Node {
    /// A given number without value yet.
    pub fn new(code: &str, label_zh: &str, label_en: &str) -> Self {
        Self {
            code: code.into(),
            label_zh: label_zh.into(),
            label_en: label_en.into(),
            value_e4: None,
            max_e4: None,
            weight: None,
            counted: true,
            rule: Rule::Given,
            formula: String::new(),
            children: vec![],
        }
    }

    /// Checks this node and all below it.
    ///
    /// # Errors
    /// `DoesNotAddUp` naming the lowest node that differs.
    pub fn check(&self) -> Result<(), ScoreError> {
        self.children.iter().try_for_each(Node::check)?;
        let right = match self.rule {
            Rule::Given => self.children.is_empty(),
            Rule::Share { part, whole } => self
                .max_e4
                .is_some_and(|max| share(part, whole, max).ok() == self.value_e4),
            Rule::Sum => {
                let max = self
                    .counted_values(|c| c.max_e4)
                    .map(|max| max.iter().sum::<i64>());
                self.total() == self.value_e4 && max == self.max_e4
            }
            Rule::Percent => self.percent() == self.value_e4,
            Rule::Sheets => self.sheets_are_right()?,
            Rule::Mean => match self.counted_values(|c| c.value_e4) {
                Some(values) if values.is_empty() => self.value_e4.is_none(),
                Some(values) => Some(mean(&values)?) == self.value_e4,
                None => false,
            },
            Rule::WeightedMean => {
                let parts = self.counted_values(|c| c.value_e4);
                let weights = self.counted_values(|c| c.weight);
                match (parts, weights) {
                    (Some(parts), Some(weights)) => {
                        weighted_mean(parts.into_iter().zip(weights))? == self.value_e4
                    }
                    _ => false,
                }
            }
            Rule::Gap { group } => self.gap(group) == self.value_e4,
        };
        if right {
            Ok(())
        } else {
            Err(ScoreError::DoesNotAddUp {
                node: self.code.clone(),
            })
        }
    }

    /// One value of every counted child; none if one lacks it.
    fn counted_values(&self, of: impl Fn(&Node) -> Option<i64>) -> Option<Vec<i64>> {
        self.children.iter().filter(|c| c.counted).map(of).collect()
    }

    fn total(&self) -> Option<i64> {
        self.counted_values(|c| c.value_e4)
            .map(|values| values.iter().sum())
    }

    fn percent(&self) -> Option<i64> {
        percent(
            self.total()?,
            self.counted_values(|c| c.max_e4)?.iter().sum(),
        )
    }

    /// The value is the trimmed mean of all sheets, and the sheets marked as left out are the right ones.
    fn sheets_are_right(&self) -> Result<bool, ScoreError> {
        let all: Option<Vec<i64>> = self.children.iter().map(|c| c.value_e4).collect();
        let (Some(mut all), Some(counted)) = (all, self.counted_values(|c| c.value_e4)) else {
            return Ok(false);
        };
        all.sort_unstable();
        let from_counted = match counted.len() {
            n if n < MIN_SHEETS => None,
            _ => Some(mean(&counted)?),
        };
        let value = trimmed_mean(&all)?;
        Ok(value == self.value_e4 && from_counted == self.value_e4)
    }

    /// δ before the limit, as one exact fraction over all sites.
    fn gap(&self, group: i64) -> Option<i64> {
        let code = group.to_string();
        let (mut sum, mut parts) = (0i128, 0i128);
        for site in &self.children {
            let own = site.children.iter().find(|g| g.code == code)?.value_e4?;
            let all: Option<Vec<i64>> = site.children.iter().map(|g| g.value_e4).collect();
            let all = all?;
            let groups = i128::try_from(all.len()).ok()?;
            sum += i128::from(own) * groups - all.iter().copied().map(i128::from).sum::<i128>();
            parts += groups;
        }
        div_round(sum, parts)
    }
}
