//! The standing of a year, as pages and interface show it.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// The standing of a year.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct YearStanding {
    /// The year.
    pub year: i32,
    /// Years with a result that counts, newest first.
    pub years: Vec<i32>,
    /// Campaigns that count, by first day.
    pub campaigns: Vec<StandingCampaign>,
    /// Quarters with a result, in order.
    pub quarters: Vec<StandingQuarter>,
    /// The year so far, by place.
    pub townships: Vec<StandingYearRow>,
}

/// A campaign whose result counts.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StandingCampaign {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// `tour` (T' counts) or `monthly` (T counts).
    pub kind: String,
    /// First day, `YYYY-MM-DD`.
    pub from: String,
    /// Result hash of the lock it was taken from.
    pub result_hash: Option<String>,
}

/// A quarter.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StandingQuarter {
    /// 1–4.
    pub quarter: u32,
    /// By place.
    pub rows: Vec<StandingRow>,
}

/// A township in a quarter.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StandingRow {
    /// Division code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Mean of the monthly checks, 1/10,000 point.
    pub months_e4: Option<i64>,
    /// Mean of the tours, 1/10,000 point.
    pub tours_e4: Option<i64>,
    /// The quarter's score, 1/10,000 point.
    pub score_e4: i64,
    /// Place; equal places are equal.
    pub rank: usize,
    /// Places gained against the quarter before; negative: lost.
    pub moved: Option<i64>,
}

/// A township in the year.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StandingYearRow {
    /// Division code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Mean of its quarters, 1/10,000 point.
    pub mean_e4: i64,
    /// Red flags.
    pub flags: i64,
    /// Yellow cards.
    pub cards: i64,
    /// Bonus for flags, 1/10,000 point.
    pub bonus_e4: i64,
    /// Malus, 1/10,000 point.
    pub malus_e4: i64,
    /// The year's score, 1/10,000 point.
    pub score_e4: i64,
    /// Place; equal places are equal.
    pub rank: usize,
}

impl StandingRow {
    /// `▲ 2`, `▼ 1`, `＝`; a dash without a quarter before.
    pub fn moved_sign(&self) -> String {
        match self.moved {
            None => "–".to_owned(),
            Some(0) => "＝".to_owned(),
            Some(n) if n > 0 => format!("▲ {n}"),
            Some(n) => format!("▼ {}", n.unsigned_abs()),
        }
    }
}
