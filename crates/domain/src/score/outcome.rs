//! The published result, in the output form of the score file.
//!
//! Invariant: sorted by group or code; a value that does not exist is null, an absent component is left out.
//! Leaves out: how the numbers came about (`explain`).

use serde::{Deserialize, Serialize};

use super::{Components, Correction};

/// The result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = ScoreOutcome))]
pub struct Outcome {
    /// The method used; may differ from the one asked for.
    pub method: Correction,
    /// By group.
    pub groups: Vec<GroupDelta>,
    /// By code.
    pub townships: Vec<TownshipResult>,
    /// Awards.
    pub awards: AwardLists,
    /// Sites of townships without score.
    pub too_few_sheets: Vec<String>,
    /// True if a δ was cut at 5 points.
    pub delta_limited: bool,
}

/// A group's δ; 0 unless the benchmark was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GroupDelta {
    /// Group.
    pub group: i64,
    /// δ after the limit.
    pub delta_e4: i64,
}

/// One township's numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TownshipResult {
    /// Code.
    pub code: String,
    /// Components present.
    pub components_e4: Components,
    /// T.
    pub raw_e4: Option<i64>,
    /// T'.
    pub corrected_e4: Option<i64>,
    /// Place in the group, by T.
    pub rank_in_group: Option<usize>,
    /// Place over all, by T'.
    pub rank_corrected: Option<usize>,
}

/// Codes of the townships that get an award, sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AwardLists {
    /// 流动红旗
    pub red_flag: Vec<String>,
    /// 警告黄牌
    pub yellow_card: Vec<String>,
}

impl Outcome {
    /// The result of a township.
    pub fn township(&self, code: &str) -> Option<&TownshipResult> {
        self.townships.iter().find(|t| t.code == code)
    }
}
