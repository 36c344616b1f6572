//! The roster at the desk: adding, editing, substitutes, recusal rulings and taking them back.
//!
//! Invariant: whoever is replaced keeps the sheets he submitted, and they count; the substitute begins his own.
//! Leaves out: logins (`auth`), devices (`devices`), and rosters from files (`campaign::add_accounts`).

use domain::sheet::Form;
use merge::Value;
use protocol::problem::Code;
use uuid::Uuid;

use crate::auth::Role;
use crate::error::Result;
use crate::services::campaign::{self, Account, Campaign, NewAccount};
use crate::services::office::{Actor, Office};
use crate::store::Tx;

/// Somebody as a form gives him.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// Name as printed on papers.
    pub name: String,
    /// Role id.
    pub role: String,
    /// Group number.
    pub group: Option<i64>,
    /// Division code of the home unit.
    pub home_unit: Option<String>,
    /// Form.
    pub form: Form,
}

impl Person {
    fn checked(&self, c: &Campaign, own: Option<Uuid>) -> Result<(String, Option<Uuid>)> {
        let name = super::name("name", &self.name)?;
        let other = |a: &&Account| a.name == name && Some(a.id) != own;
        if c.accounts.values().any(|a| other(&a)) {
            return Err(super::refuse(
                "name",
                "名册中已有同名的人",
                "the name is on the roster already",
            ));
        }
        if Role::parse(&self.role).is_none() {
            return Err(super::refuse("role", "未知角色", "unknown role"));
        }
        if let Some(code) = &self.home_unit
            && !c.divisions.contains_key(code)
        {
            return Err(super::refuse("home_unit", "未知单位", "unknown unit"));
        }
        let group = match self.group {
            None => None,
            Some(n) => {
                let found = c.groups.iter().find(|g| g.number == n);
                let unknown = || super::refuse("group", "没有这个组", "there is no such group");
                let group = found.ok_or_else(unknown)?;
                if group.locked {
                    return Err(Code::Locked.into());
                }
                Some(group.id)
            }
        };
        Ok((name, group))
    }
}

fn open(c: &Campaign, account: Uuid) -> Result<&Account> {
    let found = c.accounts.get(&account).ok_or(Code::NotFound)?;
    if c.state == "closed" || c.state == "archived" {
        return Err(Code::Frozen.into());
    }
    if found
        .group
        .and_then(|g| c.group(g))
        .is_some_and(|g| g.locked)
    {
        return Err(Code::Locked.into());
    }
    Ok(found)
}

/// Adds somebody; returns the account.
///
/// # Errors
/// `Invalid` naming the field, `Frozen`, `Locked`.
pub fn add(
    tx: &mut dyn Tx,
    actor: &Actor,
    c: &Campaign,
    person: &Person,
    now_ms: i64,
) -> Result<Uuid> {
    let (name, _) = person.checked(c, None)?;
    let row = NewAccount {
        name,
        role: person.role.clone(),
        group: person.group,
        home_unit: person.home_unit.clone(),
        form: person.form,
    };
    // One row in, one id out.
    Ok(campaign::add_accounts(tx, actor, c, &[row], now_ms)?[0])
}

/// Edits somebody: freely while preparing, later with a reason.
///
/// # Errors
/// `NotFound`, `Invalid` naming the field, `ReasonRequired` after the start, `Frozen`, `Locked`.
#[expect(clippy::too_many_arguments, reason = "the fields of a form")]
pub fn edit(
    tx: &mut dyn Tx,
    actor: &Actor,
    c: &Campaign,
    account: Uuid,
    person: &Person,
    active: bool,
    reason: &str,
    now_ms: i64,
) -> Result<()> {
    let old = open(c, account)?;
    let (name, group) = person.checked(c, Some(account))?;
    let reason = match c.state.as_str() {
        "preparing" => super::line("reason", reason, super::REASON_CHARS)?,
        _ => super::reason(reason)?,
    };
    if active && old.replaced.is_some() {
        return Err(super::refuse(
            "active",
            "已由他人替补，不能恢复；请另加一人",
            "was replaced; add the person anew",
        ));
    }
    let mut office = Office::begin(tx, actor, now_ms);
    let fields: [(&str, bool, Value); 6] = [
        ("name", old.name != name, name.into()),
        ("role", old.role != person.role, person.role.as_str().into()),
        ("group", old.group != group, group.into()),
        (
            "home_unit",
            old.home_unit != person.home_unit,
            person.home_unit.as_deref().into(),
        ),
        ("form", old.form != person.form, person.form.word().into()),
        ("active", old.active != active, active.into()),
    ];
    for (field, changed, value) in fields {
        if changed {
            office.set(c.scope(), "account", account, field, value)?;
        }
    }
    office.done("edit_account", account, &reason)
}

/// Lets `substitute` go on instead of `account`: same group and form. What `account` submitted stays his and counts;
/// what his phone sends from now on waits for a decision.
///
/// # Errors
/// `NotFound`, `ReasonRequired`, `Invalid` if either cannot, `Frozen`, `Locked`.
pub fn substitute(
    tx: &mut dyn Tx,
    actor: &Actor,
    c: &Campaign,
    (account, substitute): (Uuid, Uuid),
    reason: &str,
    now_ms: i64,
) -> Result<()> {
    let reason = super::reason(reason)?;
    let leaving = open(c, account)?;
    let coming = open(c, substitute)?;
    if account == substitute || !leaving.active || !coming.active || leaving.role != coming.role {
        return Err(super::refuse(
            "substitute",
            "替补人应在岗、与原人员同角色且不是本人",
            "the substitute must be active, of the same role and somebody else",
        ));
    }
    if coming.group.is_some_and(|g| Some(g) != leaving.group) {
        return Err(super::refuse(
            "substitute",
            "替补人在另一组",
            "the substitute is in the other group",
        ));
    }
    let mut office = Office::begin(tx, actor, now_ms);
    let why = Value::List(vec![
        substitute.into(),
        now_ms.into(),
        reason.as_str().into(),
    ]);
    office.set(c.scope(), "account", account, "replaced", why)?;
    office.set(c.scope(), "account", account, "active", false)?;
    if coming.group != leaving.group {
        office.set(c.scope(), "account", substitute, "group", leaving.group)?;
    }
    if coming.form != leaving.form {
        office.set(
            c.scope(),
            "account",
            substitute,
            "form",
            leaving.form.word(),
        )?;
    }
    office.done("substitute", account, &reason)
}

/// A recusal ruling, in force or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruling {
    /// Its record.
    pub id: Uuid,
    /// Account.
    pub account: Uuid,
    /// Township code.
    pub township: String,
    /// Why.
    pub reason: String,
    /// False once taken back.
    pub in_force: bool,
}

/// Every recusal ruling.
///
/// # Errors
/// The database's.
pub fn rulings(tx: &mut dyn Tx, c: &Campaign) -> Result<Vec<Ruling>> {
    let mut list = Vec::new();
    for id in tx.ids("recusal", Some(c.scope()))? {
        let live = tx.live(id, "ruling")?;
        let Some(v) = live.first().map(|l| &l.value) else {
            continue;
        };
        if let (Some(account), Some(township)) = (v.at(0).as_id(), v.at(1).as_text()) {
            list.push(Ruling {
                id,
                account,
                township: township.to_owned(),
                reason: v.at(2).as_text().unwrap_or_default().to_owned(),
                in_force: v.at(3).as_bool().unwrap_or(false),
            });
        }
    }
    Ok(list)
}

/// Takes a recusal ruling back.
///
/// # Errors
/// `NotFound`, `ReasonRequired`, `Frozen`, `Locked`.
pub fn lift_recusal(
    tx: &mut dyn Tx,
    actor: &Actor,
    c: &Campaign,
    ruling: Uuid,
    reason: &str,
    now_ms: i64,
) -> Result<()> {
    let reason = super::reason(reason)?;
    let found = rulings(tx, c)?.into_iter().find(|r| r.id == ruling);
    let found = found.ok_or(Code::NotFound)?;
    open(c, found.account)?;
    let mut office = Office::begin(tx, actor, now_ms);
    let value = vec![
        found.account.into(),
        found.township.as_str().into(),
        found.reason.as_str().into(),
        false.into(),
    ];
    office.set(c.scope(), "recusal", ruling, "ruling", Value::List(value))?;
    office.done("lift_recusal", ruling, &reason)
}
