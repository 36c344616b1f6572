//! The ranking, and how a number came about.

use domain::score::{AwardScope, Component, Correction, Weights};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Bilingual, GroupHead};

/// The ranking.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Ranking {
    /// SHA-256 of the frozen rules, hex.
    pub rules_hash: String,
    /// Weights.
    pub weights: Weights,
    /// The correction used.
    pub correction: Correction,
    /// Over whom awards are given.
    pub award_scope: AwardScope,
    /// Groups, by number.
    pub groups: Vec<GroupRanking>,
    /// All townships by corrected score; empty until every group is locked.
    pub overall: Vec<RankRow>,
    /// The sites every group scored, with each group's score.
    pub shared: Vec<SharedSiteRow>,
    /// True if a δ was cut at 5 points.
    pub delta_limited: bool,
}

/// One group's table.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct GroupRanking {
    /// The group.
    pub group: GroupHead,
    /// Result hash of its lock.
    pub result_hash: Option<String>,
    /// δ, once every group is locked.
    pub delta_e4: Option<i64>,
    /// By raw score; empty until it is locked.
    pub rows: Vec<RankRow>,
}

/// An award.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AwardKind {
    /// 流动红旗
    RedFlag,
    /// 警告黄牌
    YellowCard,
}

/// One township in a ranking.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RankRow {
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Group number.
    pub group_number: i64,
    /// Components that exist.
    pub components: Vec<(Component, i64)>,
    /// T.
    pub raw_e4: Option<i64>,
    /// T'.
    pub corrected_e4: Option<i64>,
    /// Place in this table; equal places are equal.
    pub rank: Option<usize>,
    /// Award.
    pub award: Option<AwardKind>,
}

/// A site every group scored.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SharedSiteRow {
    /// Name.
    pub name: String,
    /// Score by group number.
    pub scores: Vec<(i64, Option<i64>)>,
}

/// How a township's number came about.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Explanation {
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// The township's number at the root, sheets and items at the leaves.
    pub tree: ExplainNode,
}

/// A number and what it is made of.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ExplainNode {
    /// What it is.
    pub label: Bilingual,
    /// The number; `None` if there is none (too few sheets).
    pub value_e4: Option<i64>,
    /// How it follows from its children: a formula or a remark.
    pub how: Bilingual,
    /// False if it is shown but not counted (dropped highest or lowest).
    pub counted: bool,
    /// The record to look at.
    pub record: Option<Uuid>,
    /// Parts.
    #[schema(no_recursion)]
    pub children: Vec<ExplainNode>,
}

impl RankRow {
    /// The value of a component, if it exists.
    pub fn component(&self, component: &Component) -> Option<i64> {
        let found = self.components.iter().find(|(c, _)| c == component);
        found.map(|(_, value)| *value)
    }
}

impl SharedSiteRow {
    /// The score a group gave.
    pub fn of(&self, group_number: &i64) -> Option<i64> {
        let found = self.scores.iter().find(|(n, _)| n == group_number);
        found.and_then(|(_, score)| *score)
    }

    /// Highest less lowest, if at least two groups scored it.
    pub fn spread(&self) -> Option<i64> {
        let scores = || self.scores.iter().filter_map(|(_, score)| *score);
        let both = scores().count() >= 2;
        both.then(|| Some(scores().max()? - scores().min()?))?
    }
}

impl Ranking {
    /// True once a group is locked: before that there is nothing to take out.
    pub fn any_locked(&self) -> bool {
        self.groups.iter().any(|g| g.group.locked)
    }
}
