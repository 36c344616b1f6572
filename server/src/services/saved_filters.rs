//! Filters of the records page that a login keeps under a name.
//!
//! Invariant: a filter belongs to one login and one campaign; nobody else sees or changes it. It decides nothing and
//! shows nothing by itself, so it leaves no audit entry. Leaves out: what a query means (`console::records`).

use protocol::problem::Code;
use uuid::Uuid;

use super::campaign::Campaign;
use crate::error::{Error, Result};
use crate::model::SavedFilterLine;
use crate::store::{SavedFilter, Tx};

/// Most filters of a login for a campaign.
const MOST: usize = 50;
/// Longest name, characters.
pub const MAX_NAME: usize = 40;
/// Longest query, bytes.
const MAX_QUERY: usize = 1_000;

fn line(f: SavedFilter) -> SavedFilterLine {
    SavedFilterLine {
        id: f.id,
        name: f.name,
        query: f.query,
    }
}

/// Those of a login, by name.
///
/// # Errors
/// The database's.
pub fn all(tx: &mut dyn Tx, c: &Campaign, login: Uuid) -> Result<Vec<SavedFilterLine>> {
    let all = tx.saved_filters(login, c.id)?;
    Ok(all.into_iter().map(line).collect())
}

fn checked(name: &str, query: &str) -> Result<String> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > MAX_NAME {
        let why = format!("名称须为 1–{MAX_NAME} 字 / a name has 1 to {MAX_NAME} characters");
        return Err(Error::because(Code::Invalid, why));
    }
    if query.len() > MAX_QUERY || query.chars().any(char::is_control) {
        let why = "筛选条件过长 / the filter is too long";
        return Err(Error::because(Code::Invalid, why));
    }
    Ok(name.to_owned())
}

/// Keeps a filter; one of the same name gets the new query.
///
/// # Errors
/// `Invalid` for a name or query that is too long, or if there are too many.
pub fn keep(
    tx: &mut dyn Tx,
    c: &Campaign,
    login: Uuid,
    name: &str,
    query: &str,
    now_ms: i64,
) -> Result<SavedFilterLine> {
    let name = checked(name, query)?;
    let known = tx.saved_filters(login, c.id)?;
    let same = known.iter().find(|f| f.name == name);
    let (id, made_ms) = match same {
        Some(f) => (f.id, f.made_ms),
        None if known.len() >= MOST => {
            let why = format!("最多保存 {MOST} 个筛选 / at most {MOST} filters");
            return Err(Error::because(Code::Invalid, why));
        }
        None => (tx.mint()?.0, now_ms),
    };
    let filter = SavedFilter {
        id,
        login,
        campaign: c.id,
        name,
        query: query.to_owned(),
        made_ms,
    };
    tx.put_filter(&filter)?;
    Ok(line(filter))
}

/// One of a login.
///
/// # Errors
/// `NotFound`.
pub fn one(tx: &mut dyn Tx, c: &Campaign, login: Uuid, id: Uuid) -> Result<SavedFilterLine> {
    let mut known = all(tx, c, login)?.into_iter();
    known
        .find(|f| f.id == id)
        .ok_or_else(|| Code::NotFound.into())
}

/// Gives a filter another name, and another query if there is one.
///
/// # Errors
/// `NotFound`, `Invalid`, `Conflict` if another one has that name.
pub fn edit(
    tx: &mut dyn Tx,
    c: &Campaign,
    login: Uuid,
    id: Uuid,
    (name, query): (&str, Option<&str>),
) -> Result<SavedFilterLine> {
    let known = tx.saved_filters(login, c.id)?;
    let own = known.iter().find(|f| f.id == id);
    let own = own.cloned().ok_or_else(|| Error::from(Code::NotFound))?;
    let query = query.unwrap_or(&own.query).to_owned();
    let name = checked(name, &query)?;
    if known.iter().any(|f| f.id != id && f.name == name) {
        let why = format!("已有同名筛选：{name} / the name is taken");
        return Err(Error::because(Code::Conflict, why));
    }
    let filter = SavedFilter { name, query, ..own };
    tx.put_filter(&filter)?;
    Ok(line(filter))
}

/// Takes a filter away.
///
/// # Errors
/// `NotFound`.
pub fn remove(tx: &mut dyn Tx, login: Uuid, id: Uuid) -> Result<()> {
    match tx.remove_filter(login, id)? {
        true => Ok(()),
        false => Err(Code::NotFound.into()),
    }
}
