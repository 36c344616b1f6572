//! A campaign's own fields, and its way from preparing to archived.
//!
//! Invariant: fields change while it is being prepared only; a state never goes back.
//! Leaves out: rules (`rules`), and the start, which has its list of conditions (`readiness`).

use merge::Value;
use protocol::problem::Code;

use crate::error::{Error, Result};
use crate::services::campaign::{Campaign, NewCampaign};
use crate::services::office::{Actor, Office, reasoned};
use crate::store::Tx;

/// Kinds of a campaign.
pub const KINDS: [&str; 3] = ["tour", "monthly", "spot"];
/// States in their order.
pub const STATES: [&str; 4] = ["preparing", "running", "closed", "archived"];

/// What may be edited while a campaign is being prepared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Basics {
    /// Name.
    pub name: String,
    /// `tour`, `monthly` or `spot`.
    pub tour_kind: String,
    /// First and last day, `YYYY-MM-DD`.
    pub dates: (String, String),
    /// True if the group sees all sheets at once.
    pub sheets_open: bool,
}

impl Basics {
    /// Of a campaign as it is.
    pub fn of(c: &Campaign) -> Self {
        Self {
            name: c.name.clone(),
            tour_kind: c.tour_kind.clone(),
            dates: c.dates.clone().unwrap_or_default(),
            sheets_open: c.sheets_open,
        }
    }

    /// The same, trimmed and checked.
    ///
    /// # Errors
    /// `Invalid` naming the field.
    pub fn checked(&self) -> Result<Self> {
        if !KINDS.contains(&self.tour_kind.as_str()) {
            return Err(super::refuse("tour_kind", "类型未知", "unknown kind"));
        }
        let day = |field: &str, text: &str| {
            let text = text.trim();
            match chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d") {
                Ok(day) => Ok(day.format("%Y-%m-%d").to_string()),
                Err(_) => Err(super::refuse(
                    field,
                    "日期应为 年-月-日",
                    "a day as YYYY-MM-DD",
                )),
            }
        };
        let dates = (
            day("first_day", &self.dates.0)?,
            day("last_day", &self.dates.1)?,
        );
        if dates.0 > dates.1 {
            return Err(super::refuse(
                "last_day",
                "结束日期早于开始日期",
                "the last day is before the first",
            ));
        }
        Ok(Self {
            name: super::name("name", &self.name)?,
            tour_kind: self.tour_kind.clone(),
            dates,
            sheets_open: self.sheets_open,
        })
    }

    /// With rules, as a campaign to make.
    pub fn with_rules(self, rules: domain::score::Rules) -> NewCampaign {
        NewCampaign {
            name: self.name,
            tour_kind: self.tour_kind,
            dates: self.dates,
            rules,
            sheets_open: self.sheets_open,
        }
    }
}

/// Edits a campaign that is being prepared.
///
/// # Errors
/// `Frozen` after the start, `Invalid` naming the field.
pub fn edit(
    tx: &mut dyn Tx,
    actor: &Actor,
    c: &Campaign,
    basics: &Basics,
    now_ms: i64,
) -> Result<()> {
    c.must_prepare()?;
    let new = basics.checked()?;
    let mut office = Office::begin(tx, actor, now_ms);
    let dates = vec![new.dates.0.into(), new.dates.1.into()];
    let fields: [(&str, Value); 4] = [
        ("name", new.name.into()),
        ("tour_kind", new.tour_kind.into()),
        ("dates", Value::List(dates)),
        ("sheets_open", new.sheets_open.into()),
    ];
    for (field, value) in fields {
        office.set(c.scope(), "campaign", c.id, field, value)?;
    }
    office.done("edit_campaign", c.id, "")
}

/// Closes a running campaign, or archives a closed one.
///
/// # Errors
/// `Invalid` for any other step; `ReasonRequired` to close while a group is not locked.
pub fn advance(
    tx: &mut dyn Tx,
    actor: &Actor,
    c: &Campaign,
    to: &str,
    reason: &str,
    now_ms: i64,
) -> Result<()> {
    let at = |state: &str| STATES.iter().position(|s| *s == state);
    let next = at(&c.state)
        .zip(at(to))
        .is_some_and(|(a, b)| a >= 1 && b == a + 1);
    if !next {
        return Err(Error::because(Code::Invalid, format!("{} → {to}", c.state)));
    }
    if to == "closed" && c.groups.iter().any(|g| !g.locked) {
        reasoned(reason)?;
    }
    let mut office = Office::begin(tx, actor, now_ms);
    office.set(c.scope(), "campaign", c.id, "state", to)?;
    let action = if to == "closed" {
        "close_campaign"
    } else {
        "archive_campaign"
    };
    office.done(action, c.id, reason)
}
