//! The rules of a campaign: weights, correction between groups, awards. Frozen when the tour starts.
//!
//! Invariant: `Default` is the tour's default; an unknown field is refused, since another rule gives another result.
//! Leaves out: the arithmetic itself, and the quarter's and year's constants.

use serde::{Deserialize, Serialize};

/// The parts a township's score is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Component {
    /// Demonstration villages.
    V,
    /// Households.
    H,
    /// Route segments.
    E,
    /// Streets.
    S,
    /// Rectification: closed of due issues.
    R,
    /// Materials; no site gives it, so it is never present.
    M,
}

impl Component {
    /// All, in order of print.
    pub const ALL: [Self; 6] = [Self::V, Self::H, Self::E, Self::S, Self::R, Self::M];

    /// Its letter.
    pub fn letter(self) -> &'static str {
        match self {
            Self::V => "V",
            Self::H => "H",
            Self::E => "E",
            Self::S => "S",
            Self::R => "R",
            Self::M => "M",
        }
    }

    /// Chinese name.
    pub fn zh(self) -> &'static str {
        match self {
            Self::V => "示范村",
            Self::H => "农户",
            Self::E => "沿途",
            Self::S => "街道",
            Self::R => "整改",
            Self::M => "资料",
        }
    }

    /// English name.
    pub fn en(self) -> &'static str {
        match self {
            Self::V => "Demonstration villages",
            Self::H => "Households",
            Self::E => "En route",
            Self::S => "Streets",
            Self::R => "Rectification",
            Self::M => "Materials",
        }
    }
}

/// Weights of the components; one left out of the JSON is 0.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "the letters are those of `Component`")]
pub struct Weights {
    #[serde(default)]
    pub v: i64,
    #[serde(default)]
    pub h: i64,
    #[serde(default)]
    pub e: i64,
    #[serde(default)]
    pub s: i64,
    #[serde(default)]
    pub r: i64,
    #[serde(default)]
    pub m: i64,
}

impl Weights {
    /// Weight of a component.
    pub fn of(&self, component: Component) -> i64 {
        match component {
            Component::V => self.v,
            Component::H => self.h,
            Component::E => self.e,
            Component::S => self.s,
            Component::R => self.r,
            Component::M => self.m,
        }
    }
}

impl Default for Weights {
    fn default() -> Self {
        Self {
            v: 50,
            h: 20,
            e: 20,
            s: 0,
            r: 10,
            m: 0,
        }
    }
}

/// How scores of different groups are made comparable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Correction {
    /// T' = T − δ of the sites every group scored.
    #[default]
    BenchmarkAdditive,
    /// T' = T·R/A (二次平均法).
    SecondAverage,
    /// T' = R + S̄·(T − A)/S.
    Zscore,
    /// 100 − 40·(rank − 1)/(n − 1).
    RankPoints,
    /// T' = T.
    None,
}

impl Correction {
    /// Chinese name.
    pub fn zh(self) -> &'static str {
        match self {
            Self::BenchmarkAdditive => "基准点位校正",
            Self::SecondAverage => "二次平均法",
            Self::Zscore => "标准分法",
            Self::RankPoints => "名次计分法",
            Self::None => "不校正",
        }
    }

    /// English name.
    pub fn en(self) -> &'static str {
        match self {
            Self::BenchmarkAdditive => "benchmark sites",
            Self::SecondAverage => "second average",
            Self::Zscore => "z-score",
            Self::RankPoints => "rank points",
            Self::None => "no correction",
        }
    }
}

/// Over whom awards are given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AwardScope {
    /// In each group, by T.
    #[default]
    PerGroup,
    /// Over all, by T'.
    Overall,
}

/// How many awards, and their gates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
pub struct AwardRules {
    /// Over whom.
    pub scope: AwardScope,
    /// Red flags, per group or overall.
    pub red: i64,
    /// Yellow cards, per group or overall.
    pub yellow: i64,
    /// If set, a red flag needs at least this score.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub red_min_e4: Option<i64>,
    /// If set, a yellow card needs a score below this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub yellow_max_e4: Option<i64>,
}

impl Default for AwardRules {
    fn default() -> Self {
        let scope = AwardScope::PerGroup;
        Self {
            scope,
            red: 2,
            yellow: 1,
            red_min_e4: None,
            yellow_max_e4: None,
        }
    }
}

/// All rules of one campaign.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Rules {
    /// Weights of the components.
    pub weights: Weights,
    /// Correction between groups.
    pub correction: Correction,
    /// Awards.
    pub award: AwardRules,
}

impl Rules {
    /// Canonical JSON for hashing: every field in fixed order, no spaces, gates only if set.
    pub fn hash_input(&self) -> Vec<u8> {
        // Integers and unit variants only: serialising cannot fail.
        serde_json::to_vec(self).unwrap_or_default()
    }
}
