//! Draws as records: seed, full list, order, who and when; drawing again is a new record with a reason.
//!
//! Invariant: a draw is written once and follows from its own seed and list (`domain::draw`); `verify` draws again.
//! Leaves out: the arithmetic, and what is done with the picks (adding sites is a step of its own).

use domain::draw::{self, Candidate, Drawn};
use domain::{SiteKind, divisions::Level};
use protocol::chain::sha256;
use protocol::problem::Code;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::services::campaign::Campaign;
use crate::services::office::{Actor, Office};
use crate::store::Tx;

/// What a draw is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Extra villages that nobody nominated.
    ExtraVillages,
    /// Households from a numbered list.
    Households,
    /// The order of the benchmark sites.
    BenchmarkOrder,
    /// Anything else.
    Other,
}

impl Purpose {
    /// All.
    pub const ALL: [Self; 4] = [
        Self::ExtraVillages,
        Self::Households,
        Self::BenchmarkOrder,
        Self::Other,
    ];

    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::ExtraVillages => "extra_villages",
            Self::Households => "households",
            Self::BenchmarkOrder => "benchmark_order",
            Self::Other => "other",
        }
    }

    /// The purpose of a word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.word() == word)
    }
}

/// What to draw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDraw {
    /// What for.
    pub purpose: Purpose,
    /// What it is about, for people: a village's name, a question.
    pub title: String,
    /// Typed seed; none: the server draws one.
    pub seed: Option<String>,
    /// Candidates.
    pub candidates: Vec<Candidate>,
    /// How many.
    pub n: usize,
    /// The draw this one replaces, with the reason.
    pub again: Option<(Uuid, String)>,
}

/// A draw as it is written down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DrawBody {
    /// What for.
    pub purpose: Purpose,
    /// What it is about.
    pub title: String,
    /// The seed.
    pub seed: String,
    /// True if somebody typed it, false if the server's random source gave it.
    pub typed: bool,
    /// Every candidate, as listed.
    pub candidates: Vec<Candidate>,
    /// How many were drawn.
    pub n: usize,
    /// Those drawn, in order.
    pub picks: Vec<Drawn>,
    /// When, ms UTC.
    pub at_ms: i64,
    /// Whose act.
    pub by: String,
    /// The draw it replaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<Uuid>,
    /// Why it was drawn again.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// SHA-256 of the candidates' ids, one a line, hex: to be read out before the seed is known.
pub fn list_hash(candidates: &[Candidate]) -> String {
    let lines: String = candidates.iter().map(|c| format!("{}\n", c.id)).collect();
    hex::encode(sha256(lines.as_bytes()))
}

/// Every draw, latest first.
///
/// # Errors
/// The database's.
pub fn all(tx: &mut dyn Tx, c: &Campaign) -> Result<Vec<(Uuid, DrawBody)>> {
    let mut list = Vec::new();
    for id in tx.ids("draw", Some(c.scope()))? {
        let live = tx.live(id, "body")?;
        let json = live.first().and_then(|l| l.value.as_text());
        // One that a newer version wrote otherwise is left out of the list, not lost.
        if let Some(Ok(body)) = json.map(serde_json::from_str::<DrawBody>) {
            list.push((id, body));
        }
    }
    list.sort_by_key(|(id, body)| std::cmp::Reverse((body.at_ms, *id)));
    Ok(list)
}

/// Villages of a township that are not on the route yet: the candidates for an extra one.
pub fn extra_villages(c: &Campaign, township: &str) -> Vec<Candidate> {
    let visited = |code: &str| {
        c.sites.values().any(|s| {
            s.kind == SiteKind::DemonstrationVillage
                && s.struck.is_none()
                && s.village.as_deref() == Some(code)
        })
    };
    let villages = c.divisions.values().filter(|d| {
        d.parent.as_deref() == Some(township)
            && matches!(d.level, Level::Village | Level::Community)
            && !visited(&d.code)
    });
    villages
        .map(|d| Candidate {
            id: d.code.clone(),
            name: d.label().to_owned(),
        })
        .collect()
}

/// The benchmark sites, for the order in which they are visited.
pub fn benchmarks(c: &Campaign) -> Vec<Candidate> {
    let sites = c.route.iter().filter_map(|id| c.sites.get(id));
    sites
        .filter(|s| s.kind == SiteKind::TownSite && s.struck.is_none())
        .map(|s| Candidate {
            id: s.id.to_string(),
            name: s.name.clone(),
        })
        .collect()
}

/// Draws, and writes the draw down. `entropy` becomes the seed if none was typed.
///
/// # Errors
/// `Invalid` naming the field; `ReasonRequired` to draw again; `NotFound` for an unknown draw to replace; `Conflict` if
/// that one was replaced already.
pub fn draw(
    tx: &mut dyn Tx,
    actor: &Actor,
    c: &Campaign,
    new: &NewDraw,
    entropy: [u8; 16],
    now_ms: i64,
) -> Result<(Uuid, DrawBody)> {
    if c.state == "closed" || c.state == "archived" {
        return Err(Code::Frozen.into());
    }
    let title = super::name("title", &new.title)?;
    let typed = new.seed.as_deref().map(str::trim).filter(|s| !s.is_empty());
    let seed = typed.map_or_else(|| hex::encode(entropy), str::to_owned);
    let mut candidates = new.candidates.clone();
    for (i, one) in candidates.iter_mut().enumerate() {
        let field = format!("candidates {}", i + 1);
        one.name = super::line(&field, &one.name, super::NAME_CHARS)?;
        one.id = super::line(&field, &one.id, super::NAME_CHARS)?;
    }
    let picks = draw::draw(&seed, &candidates, new.n);
    let picks = picks.map_err(|e| Error::because(Code::Invalid, format!("{} / {e}", e.zh())))?;
    let earlier = all(tx, c)?;
    let mut why = String::new();
    if let Some((replaces, reason)) = &new.again {
        why = super::reason(reason)?;
        if !earlier.iter().any(|(id, _)| id == replaces) {
            return Err(Code::NotFound.into());
        }
        if earlier.iter().any(|(_, b)| b.replaces == Some(*replaces)) {
            return Err(Code::Conflict.into());
        }
    } else if earlier
        .iter()
        .any(|(_, b)| b.purpose == new.purpose && b.title == title)
    {
        return Err(super::refuse(
            "title",
            "已按此题目抽过；重抽请从该次抽签进入并写明理由",
            "this was drawn already; to draw again, start from that draw and give a reason",
        ));
    }
    let body = DrawBody {
        purpose: new.purpose,
        title,
        seed,
        typed: typed.is_some(),
        candidates,
        n: new.n,
        picks,
        at_ms: now_ms,
        by: actor.user_name.chars().take(super::NAME_CHARS).collect(),
        replaces: new.again.as_ref().map(|(id, _)| *id),
        reason: why.clone(),
    };
    let json = serde_json::to_string(&body).map_err(Error::storage)?;
    let mut office = Office::begin(tx, actor, now_ms);
    let mut record = office.fresh()?;
    office.put(c.scope(), "draw", &mut record, "body", json)?;
    office.done("draw", record.id, &why)?;
    Ok((record.id, body))
}

/// True if a draw follows from its own seed and list.
pub fn holds(body: &DrawBody) -> bool {
    draw::draw(&body.seed, &body.candidates, body.n).as_ref() == Ok(&body.picks)
}
