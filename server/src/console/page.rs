//! The frame of every page: head, menu, notice.
//!
//! Invariant: the menu offers only what the role may open. Leaves out: the pages' own content.

use askama::Template;
use axum::http::Uri;
use axum::response::{Html, IntoResponse, Response};

pub use super::menu::{MenuSection, home, menu};
use super::refusal::Refusal;
use crate::auth::{Action, Viewer, allows};
use crate::i18n::Lang;
use crate::middleware::density::Density;
use crate::model::CampaignHead;

/// What the frame shows.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// The campaign.
    pub campaign: Option<CampaignHead>,
    /// This page in the other language.
    pub other_lang_url: String,
    /// How dense tables are.
    pub density: Density,
    /// This page with the other density.
    pub other_density_url: String,
    /// Who is signed in.
    pub viewer: Option<Viewer>,
    /// The session's token, for forms.
    pub csrf: String,
    /// A key for the forms of this page that make something: one of them is done once (`once`).
    pub once: String,
    /// The menu; empty if nobody is signed in.
    pub menu: Vec<MenuSection>,
    /// What the action before this page did.
    pub notice: Option<&'static str>,
    /// The first page of who is signed in: where the product's name leads.
    pub home: &'static str,
    /// What the role can do, on that page.
    pub duty: Option<&'static str>,
}

impl Page {
    /// Whether who is signed in may take tables out.
    pub fn may_export(&self) -> bool {
        let role = self.viewer.as_ref().map(Viewer::role);
        role.is_some_and(|role| allows(role, Action::Export))
    }

    /// Whether who is signed in may lock groups.
    pub fn may_lock(&self) -> bool {
        let role = self.viewer.as_ref().map(Viewer::role);
        role.is_some_and(|role| allows(role, Action::LockGroup))
    }

    /// The frame without a signed-in person.
    pub fn bare(t: Lang, uri: &Uri) -> Self {
        Self {
            other_lang_url: other_lang_url(t, uri),
            home: "/console",
            ..Self::default()
        }
    }
}

/// This address with `lang` set to the other language.
fn other_lang_url(t: Lang, uri: &Uri) -> String {
    with_pair(uri, "lang", t.other().word())
}

/// This address with the pair set, and without what the action before it said.
pub fn with_pair(uri: &Uri, key: &str, value: &str) -> String {
    let pairs = uri.query().unwrap_or_default().split('&');
    let is_key = |pair: &&str| pair.split('=').next() == Some(key);
    let mut pairs: Vec<&str> = pairs
        .filter(|p| !p.is_empty() && !is_key(p) && !p.starts_with("done="))
        .collect();
    let chosen = format!("{key}={value}");
    pairs.push(&chosen);
    format!("{}?{}", uri.path(), pairs.join("&"))
}

/// What `?done=` says, if it is one of ours.
pub fn notice(t: Lang, uri: &Uri) -> Option<&'static str> {
    let pairs = uri.query()?.split('&');
    match pairs.filter_map(|p| p.strip_prefix("done=")).next()? {
        "settled" => Some(t.settled_notice()),
        "locked" => Some(t.lock_done()),
        "filters" => Some(t.saved_done()),
        "returned" => Some(t.return_done()),
        "undone" => Some(t.undo_done()),
        "unlocked" => Some(t.unlock_done()),
        "held" => Some(t.held_done()),
        "issue" => Some(t.issue_saved()),
        "issue_new" => Some(t.issue_entered()),
        "issue_counts" => Some(t.counts_filled()),
        "pair" => Some(t.duplicates_done()),
        "revoked" => Some(t.revoke_done()),
        "login" => Some(t.login_changed()),
        "saved" => Some(t.pp_saved()),
        "made" => Some(t.pp_made()),
        "imported" => Some(t.pp_imported()),
        "started" => Some(t.pp_started()),
        "wiped" => Some(t.pp_wiped()),
        "password" => Some(t.password_changed()),
        "must_change" => Some(t.password_must_change()),
        "signed_out" => Some(t.signed_out_done()),
        "confirmed" => Some(t.confirm_done()),
        "pin_reset" => Some(t.reset_pin_done()),
        "factor_off" => Some(t.factor_off_done()),
        "factor_removed" => Some(t.factor_removed()),
        "code_late" => Some(t.code_late()),
        "settings" => Some(t.settings_saved()),
        "setup" => Some(t.set_up_done()),
        "backup" => Some(t.backup_done()),
        _ => None,
    }
}

/// Renders a template.
pub fn html(page: &impl Template) -> Result<Response, Refusal> {
    Ok(Html(page.render()?).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_other_language_keeps_the_filters() {
        let uri: Uri = "/console/records?township=640422100&lang=zh&conflict=1"
            .parse()
            .unwrap();
        assert_eq!(
            other_lang_url(Lang::Zh, &uri),
            "/console/records?township=640422100&conflict=1&lang=en"
        );
        assert_eq!(
            other_lang_url(Lang::En, &"/console".parse().unwrap()),
            "/console?lang=zh"
        );
    }
}
