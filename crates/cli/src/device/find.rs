//! Finding a site or a sheet by what people type.
//!
//! Invariant: exactly one is found, or the command is refused naming why. Leaves out: searching in texts (`sites`).

use mobile_core::{Replica, SiteFilter, SiteView};
use uuid::Uuid;

use crate::exit::{Failure, Outcome};

/// Fewest characters of a part of an id.
const PART: usize = 4;

/// The one site that `text` names: id, its beginning or end, name, or household code.
pub fn site(phone: &mut Replica, text: &str) -> Outcome<SiteView> {
    let all = sites(phone)?;
    one(all, text, |site| {
        let named = [&site.name, &site.planned_name, &site.code];
        is_part(site.id, text) || named.iter().any(|name| name.as_str() == text)
    })
}

/// The one sheet that `text` names: its id or a part of it, or its site.
pub fn sheet(phone: &mut Replica, text: &str) -> Outcome<Uuid> {
    let mut opened = sites(phone)?;
    opened.retain(|site| site.sheet.is_some());
    let found = one(opened, text, |site| {
        let named = [&site.name, &site.planned_name, &site.code];
        is_part(site.id, text)
            || site.sheet.is_some_and(|sheet| is_part(sheet, text))
            || named.iter().any(|name| name.as_str() == text)
    })?;
    found.sheet.ok_or_else(|| unknown(text))
}

fn sites(phone: &mut Replica) -> Outcome<Vec<SiteView>> {
    let filter = SiteFilter {
        all_groups: true,
        struck: true,
        ..SiteFilter::default()
    };
    Ok(phone.sites(&filter)?)
}

fn is_part(id: Uuid, text: &str) -> bool {
    let (id, text) = (id.to_string(), text.to_lowercase());
    text.len() >= PART && (id.starts_with(&text) || id.ends_with(&text))
}

fn one(all: Vec<SiteView>, text: &str, is: impl Fn(&SiteView) -> bool) -> Outcome<SiteView> {
    let mut found: Vec<SiteView> = all.into_iter().filter(is).collect();
    match (found.pop(), found.len()) {
        (Some(site), 0) => Ok(site),
        (None, _) => Err(unknown(text)),
        (Some(_), more) => Err(Failure::bad_input(
            "ambiguous",
            format!("“{text}”对应 {} 个点位，请用编号", more + 1),
            format!("`{text}` names {} sites; give the id", more + 1),
        )),
    }
}

fn unknown(text: &str) -> Failure {
    Failure::new(
        "not_found",
        format!("本机没有“{text}”"),
        format!("this phone has no `{text}`"),
    )
}
