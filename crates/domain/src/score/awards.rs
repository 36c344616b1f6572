//! Moving red flags and yellow cards.
//!
//! Invariant: equal at the line means all of them; who gets red gets no yellow; a gate can leave an award vacant.
//! Leaves out: the flag's way back, the statement a card asks for; a second card in a row is counted, not punished.

use serde::{Deserialize, Serialize};

use super::rank::Key;
use super::{AwardLists, AwardRules};
use crate::points::cents;

/// An award.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Award {
    /// 流动红旗
    RedFlag,
    /// 警告黄牌
    YellowCard,
}

/// Why a township gets an award, or does not although its place would give it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// By its place.
    Placed,
    /// Equal with others at the line; all of them get it.
    TiedAtLine,
    /// Not given: vetoed.
    Vetoed,
    /// Not given: the score does not pass the gate.
    Gate,
    /// Not given: it has the red flag.
    HasRedFlag,
}

impl Reason {
    /// True if the award is given.
    pub fn given(self) -> bool {
        matches!(self, Self::Placed | Self::TiedAtLine)
    }

    /// In Chinese.
    pub fn zh(self) -> &'static str {
        match self {
            Self::Placed => "按名次",
            Self::TiedAtLine => "并列，一并授予",
            Self::Vetoed => "一票否决，不授予红旗",
            Self::Gate => "未达到分数线，空缺",
            Self::HasRedFlag => "已授予红旗，不发黄牌",
        }
    }

    /// In English.
    pub fn en(self) -> &'static str {
        match self {
            Self::Placed => "by place",
            Self::TiedAtLine => "equal at the line, given to all of them",
            Self::Vetoed => "vetoed, no red flag",
            Self::Gate => "score does not pass the gate, left vacant",
            Self::HasRedFlag => "has the red flag, no yellow card",
        }
    }
}

/// One decision about one township.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Decision {
    /// Township.
    pub code: String,
    /// Award it is about.
    pub award: Award,
    /// Why, or why not.
    pub reason: Reason,
}

/// A ranked township among whom awards are given.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub code: String,
    pub vetoed: bool,
    pub key: Key,
}

/// Decisions over one field: a group, or all.
pub(crate) fn decide(mut field: Vec<Candidate>, rules: &AwardRules) -> Vec<Decision> {
    field.sort_by(|a, b| b.key.cmp(&a.key).then_with(|| a.code.cmp(&b.code)));
    let mut decisions = red_flags(&field, rules);
    let flagged: Vec<String> = decisions
        .iter()
        .filter(|d| d.reason.given())
        .map(|d| d.code.clone())
        .collect();
    field.reverse();
    decisions.extend(yellow_cards(&field, &flagged, rules));
    decisions
}

/// `field` from best to worst.
fn red_flags(field: &[Candidate], rules: &AwardRules) -> Vec<Decision> {
    let eligible: Vec<&Candidate> = field.iter().filter(|c| !c.vetoed).collect();
    let Some(line) = line(&eligible, rules.red) else {
        return vec![];
    };
    let tied = tied(&eligible, line, rules.red);
    let reason = |c: &Candidate| {
        if c.vetoed {
            Reason::Vetoed
        } else if rules.red_min_e4.is_some_and(|min| c.key.score < cents(min)) {
            Reason::Gate
        } else if tied && c.key == *line {
            Reason::TiedAtLine
        } else {
            Reason::Placed
        }
    };
    let reached = field.iter().filter(|c| c.key >= *line);
    reached
        .map(|c| decision(c, Award::RedFlag, reason(c)))
        .collect()
}

/// `field` from worst to best.
fn yellow_cards(field: &[Candidate], flagged: &[String], rules: &AwardRules) -> Vec<Decision> {
    let all: Vec<&Candidate> = field.iter().collect();
    let Some(line) = line(&all, rules.yellow) else {
        return vec![];
    };
    let tied = tied(&all, line, rules.yellow);
    let reason = |c: &Candidate| {
        if flagged.contains(&c.code) {
            Reason::HasRedFlag
        } else if rules
            .yellow_max_e4
            .is_some_and(|max| c.key.score >= cents(max))
        {
            Reason::Gate
        } else if tied && c.key == *line {
            Reason::TiedAtLine
        } else {
            Reason::Placed
        }
    };
    let reached = field.iter().filter(|c| c.key <= *line);
    reached
        .map(|c| decision(c, Award::YellowCard, reason(c)))
        .collect()
}

fn decision(candidate: &Candidate, award: Award, reason: Reason) -> Decision {
    Decision {
        code: candidate.code.clone(),
        award,
        reason,
    }
}

/// The key of the last of `places`; none if there is no place or nobody.
fn line<'a>(ordered: &[&'a Candidate], places: i64) -> Option<&'a Key> {
    let last = usize::try_from(places)
        .ok()?
        .min(ordered.len())
        .checked_sub(1)?;
    ordered.get(last).map(|c| &c.key)
}

/// True if more have reached the line than there are places.
fn tied(ordered: &[&Candidate], line: &Key, places: i64) -> bool {
    let next = usize::try_from(places).ok().and_then(|n| ordered.get(n));
    next.is_some_and(|c| c.key == *line)
}

/// The lists as published, sorted by code.
pub(crate) fn lists(decisions: &[Decision]) -> AwardLists {
    let of = |award| {
        let given = decisions
            .iter()
            .filter(|d| d.award == award && d.reason.given());
        let mut codes: Vec<String> = given.map(|d| d.code.clone()).collect();
        codes.sort();
        codes
    };
    AwardLists {
        red_flag: of(Award::RedFlag),
        yellow_card: of(Award::YellowCard),
    }
}

/// How many rounds in a row, up to the last one, gave this township the award.
/// `rounds` are the award lists from the oldest to the newest.
pub fn in_a_row(rounds: &[AwardLists], code: &str, award: Award) -> usize {
    let has = |lists: &&AwardLists| {
        let codes = match award {
            Award::RedFlag => &lists.red_flag,
            Award::YellowCard => &lists.yellow_card,
        };
        codes.iter().any(|c| c == code)
    };
    rounds.iter().rev().take_while(has).count()
}
