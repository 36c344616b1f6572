//! Demonstration villages that townships nominate until a deadline, and the office's ruling on each (F-04).
//!
//! Invariant: the deadline is held by the server's clock; a nomination is never changed, only ruled on; what is
//! accepted becomes a site marked as nominated. Leaves out: whose township a login may speak for (the caller says it).

use domain::SiteKind;
use domain::divisions::Level;
use merge::Value;
use protocol::problem::Code;
use uuid::Uuid;

use super::sites::SiteForm;
use crate::error::{Error, Result};
use crate::services::campaign::{self, Campaign};
use crate::services::office::{Actor, Office};
use crate::store::Tx;

/// Villages a township may nominate if the office says nothing else.
pub const PER_TOWNSHIP: i64 = 2;

/// The office's (or, withdrawing, the township's) word on a nomination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruling {
    /// `accepted`, `refused` or `withdrawn`.
    pub word: String,
    /// Why.
    pub reason: String,
    /// The site made of it.
    pub site: Option<Uuid>,
    /// When, ms UTC.
    pub at_ms: i64,
    /// Whose word.
    pub by: String,
}

/// A nomination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nomination {
    /// Its record.
    pub id: Uuid,
    /// Township code.
    pub township: String,
    /// Village code.
    pub village: String,
    /// The village's name when it was nominated.
    pub name: String,
    /// Why it is worth seeing.
    pub remark: String,
    /// When, ms UTC by the server's clock.
    pub at_ms: i64,
    /// Who entered it.
    pub by: String,
    /// The ruling, if there is one.
    pub ruling: Option<Ruling>,
}

fn text(v: &Value) -> String {
    v.as_text().unwrap_or_default().to_owned()
}

/// Every nomination, by township, then in order of time.
///
/// # Errors
/// The database's.
pub fn all(tx: &mut dyn Tx, c: &Campaign) -> Result<Vec<Nomination>> {
    let mut list = Vec::new();
    for id in tx.ids("nomination", Some(c.scope()))? {
        let Some(view) = tx.view(id)? else { continue };
        let (entry, ruling) = (view.get("entry"), view.get("ruling"));
        let Some(township) = entry.at(0).as_text() else {
            continue;
        };
        let ruling = ruling.at(0).as_text().map(|word| Ruling {
            word: word.to_owned(),
            reason: text(ruling.at(1)),
            site: ruling.at(2).as_id(),
            at_ms: ruling.at(3).as_int().unwrap_or(0),
            by: text(ruling.at(4)),
        });
        list.push(Nomination {
            id,
            township: township.to_owned(),
            village: text(entry.at(1)),
            name: text(entry.at(2)),
            remark: text(entry.at(3)),
            at_ms: entry.at(4).as_int().unwrap_or(0),
            by: text(entry.at(5)),
            ruling,
        });
    }
    list.sort_by(|a, b| (&a.township, a.at_ms, a.id).cmp(&(&b.township, b.at_ms, b.id)));
    Ok(list)
}

/// Opens nominations until a time (ms UTC), so many villages a township; `None` closes them.
///
/// # Errors
/// `Frozen` after the start, `Invalid` naming the field.
pub fn set_deadline(
    tx: &mut dyn Tx,
    actor: &Actor,
    c: &Campaign,
    (until_ms, per_township): (Option<i64>, i64),
    now_ms: i64,
) -> Result<()> {
    c.must_prepare()?;
    if until_ms.is_some_and(|at| at <= now_ms) {
        return Err(super::refuse(
            "until",
            "截止时间已过",
            "that time has passed",
        ));
    }
    if !(1..=100).contains(&per_township) {
        return Err(super::refuse(
            "per_township",
            "每乡镇 1—100 个",
            "1 to 100 a township",
        ));
    }
    let mut office = Office::begin(tx, actor, now_ms);
    let value = Value::List(vec![until_ms.into(), per_township.into()]);
    office.set(c.scope(), "campaign", c.id, "nominations", value)?;
    office.done("set_nominations", c.id, "")
}

/// Nominates a village.
///
/// # Errors
/// `NotReady` after the deadline or while nominations are not open; `Invalid` naming the field: not a village of the
/// township, nominated already, more than the township may.
pub fn nominate(
    tx: &mut dyn Tx,
    actor: &Actor,
    c: &Campaign,
    (township, village): (&str, &str),
    remark: &str,
    now_ms: i64,
) -> Result<Uuid> {
    open_now(c, now_ms)?;
    if !c.townships.contains_key(township) {
        return Err(super::refuse(
            "township",
            "该乡镇不参加本次观摩",
            "the township does not take part",
        ));
    }
    let unit = c.divisions.get(village);
    let unit = unit.filter(|d| {
        d.parent.as_deref() == Some(township)
            && matches!(d.level, Level::Village | Level::Community)
    });
    let Some(unit) = unit else {
        return Err(super::refuse(
            "village",
            "该村不属于本乡镇",
            "not a village of the township",
        ));
    };
    let remark = super::line("remark", remark, super::REASON_CHARS)?;
    let of_township: Vec<Nomination> = all(tx, c)?
        .into_iter()
        .filter(|n| n.township == township)
        .filter(|n| n.ruling.as_ref().is_none_or(|r| r.word == "accepted"))
        .collect();
    if of_township.iter().any(|n| n.village == village) {
        return Err(super::refuse(
            "village",
            "该村已申报",
            "the village is nominated already",
        ));
    }
    let most = usize::try_from(c.nominations.1).unwrap_or(0);
    if of_township.len() >= most {
        let (zh, en) = (
            format!("每乡镇最多申报 {most} 个村"),
            format!("at most {most} villages a township"),
        );
        return Err(super::refuse("village", &zh, &en));
    }
    let mut office = Office::begin(tx, actor, now_ms);
    let mut record = office.fresh()?;
    let id = record.id;
    let by: String = actor.user_name.chars().take(super::NAME_CHARS).collect();
    let entry = vec![
        township.into(),
        village.into(),
        unit.label().into(),
        remark.into(),
        now_ms.into(),
        by.into(),
    ];
    office.put(
        c.scope(),
        "nomination",
        &mut record,
        "entry",
        Value::List(entry),
    )?;
    office.done("nominate", id, "")?;
    Ok(id)
}

fn open_now(c: &Campaign, now_ms: i64) -> Result<()> {
    c.must_prepare()?;
    match c.nominations.0 {
        None => Err(Error::because(
            Code::NotReady,
            "尚未开放申报 / nominations are not open",
        )),
        Some(until) if now_ms >= until => Err(Error::because(
            Code::NotReady,
            "申报已截止；确需补报请联系督查室延长截止时间 / the deadline has passed; ask the office to extend it",
        )),
        Some(_) => Ok(()),
    }
}

fn undecided(tx: &mut dyn Tx, c: &Campaign, id: Uuid) -> Result<Nomination> {
    let found = all(tx, c)?.into_iter().find(|n| n.id == id);
    let found = found.ok_or(Code::NotFound)?;
    match &found.ruling {
        None => Ok(found),
        Some(r) => Err(Error::because(
            Code::Conflict,
            format!("{} {}", r.by, r.word),
        )),
    }
}

fn rule(
    office: &mut Office,
    c: &Campaign,
    id: Uuid,
    (word, reason, site): (&str, &str, Option<Uuid>),
    (by, now_ms): (&str, i64),
) -> Result<()> {
    let by: String = by.chars().take(super::NAME_CHARS).collect();
    let value = vec![
        word.into(),
        reason.into(),
        site.into(),
        now_ms.into(),
        by.into(),
    ];
    office.set(c.scope(), "nomination", id, "ruling", Value::List(value))
}

/// Takes a nomination back before the deadline.
///
/// # Errors
/// `NotFound` (also of another township), `Conflict` once it is ruled on, `NotReady` after the deadline.
pub fn withdraw(tx: &mut dyn Tx, actor: &Actor, c: &Campaign, id: Uuid, now_ms: i64) -> Result<()> {
    undecided(tx, c, id)?;
    open_now(c, now_ms)?;
    let mut office = Office::begin(tx, actor, now_ms);
    rule(
        &mut office,
        c,
        id,
        ("withdrawn", "", None),
        (&actor.user_name, now_ms),
    )?;
    office.done("withdraw_nomination", id, "")
}

/// Accepts a nomination: its village becomes a site of the route, marked as nominated. Or refuses it with a reason.
///
/// # Errors
/// `NotFound`, `Conflict` once it is ruled on, `ReasonRequired` to refuse, `Frozen`, `Locked`.
pub fn decide(
    tx: &mut dyn Tx,
    actor: &Actor,
    c: &Campaign,
    id: Uuid,
    accept: bool,
    reason: &str,
    now_ms: i64,
) -> Result<Option<Uuid>> {
    let found = undecided(tx, c, id)?;
    let reason = match accept {
        true => super::line("reason", reason, super::REASON_CHARS)?,
        false => super::reason(reason)?,
    };
    let mut site = None;
    if accept {
        let of_township = c
            .sites
            .values()
            .filter(|s| s.township.as_deref() == Some(found.township.as_str()));
        let form = SiteForm {
            name: found.name.clone(),
            kind: SiteKind::DemonstrationVillage,
            town_kind: None,
            township: Some(found.township.clone()),
            village: Some(found.village.clone()),
            slot: None,
            order: of_township.map(|s| s.order).max().map_or(1, |o| o + 1),
        };
        form.alone(c, None)?;
        site = campaign::add_sites(tx, actor, c, &[form.row(true)], now_ms)?.pop();
    }
    let mut office = Office::begin(tx, actor, now_ms);
    let word = if accept { "accepted" } else { "refused" };
    rule(
        &mut office,
        c,
        id,
        (word, &reason, site),
        (&actor.user_name, now_ms),
    )?;
    let action = if accept {
        "accept_nomination"
    } else {
        "refuse_nomination"
    };
    office.done(action, id, &reason)?;
    Ok(site)
}
