//! The frame of every page: head, menu, notice.
//!
//! Invariant: the menu offers only what the role may open. Leaves out: the pages' own content.

use askama::Template;
use axum::http::Uri;
use axum::response::{Html, IntoResponse, Response};

use super::data::Viewer;
use super::model::CampaignHead;
use super::refusal::Refusal;
use crate::auth::{Action, Role, allows};
use crate::i18n::Lang;

/// One entry of the menu.
#[derive(Clone, Debug)]
pub struct MenuItem {
    /// Where it leads.
    pub href: &'static str,
    /// Its text.
    pub label: &'static str,
    /// True on that page and those below it.
    pub current: bool,
}

/// What the frame shows.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// The campaign.
    pub campaign: Option<CampaignHead>,
    /// This page in the other language.
    pub other_lang_url: String,
    /// Who is signed in.
    pub viewer: Option<Viewer>,
    /// The session's token, for forms.
    pub csrf: String,
    /// The menu; empty if nobody is signed in.
    pub menu: Vec<MenuItem>,
    /// What the action before this page did.
    pub notice: Option<&'static str>,
}

impl Page {
    /// The frame without a signed-in person.
    pub fn bare(t: Lang, uri: &Uri) -> Self {
        Self {
            other_lang_url: other_lang_url(t, uri),
            ..Self::default()
        }
    }
}

/// This address with `lang` set to the other language.
fn other_lang_url(t: Lang, uri: &Uri) -> String {
    let mut pairs: Vec<&str> = uri
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|p| !p.is_empty() && !p.starts_with("lang=") && !p.starts_with("done="))
        .collect();
    let lang = format!("lang={}", t.other().word());
    pairs.push(&lang);
    format!("{}?{}", uri.path(), pairs.join("&"))
}

/// The menu of a role.
pub fn menu(t: Lang, role: Role, path: &str) -> Vec<MenuItem> {
    let all = [
        (Action::ViewBoard, "/console", t.nav_board()),
        (Action::ViewRecords, "/console/records", t.nav_records()),
        (Action::ViewRecords, "/console/conflicts", t.nav_conflicts()),
        (Action::DecideHeld, "/console/held", t.nav_held()),
        (Action::LockGroup, "/console/groups", t.nav_groups()),
        (Action::ViewRanking, "/console/ranking", t.nav_ranking()),
        (Action::ViewPeople, "/console/people", t.nav_people()),
        (Action::SuspendLogin, "/console/logins", t.nav_logins()),
        (Action::ViewAudit, "/console/audit", t.nav_audit()),
    ];
    let offered = all.into_iter().filter(|(a, _, _)| allows(role, *a));
    let item = |(_, href, label): (Action, &'static str, &'static str)| MenuItem {
        href,
        label,
        current: match path.strip_prefix(href) {
            Some("") => true,
            Some(rest) => href != "/console" && rest.starts_with('/'),
            None => false,
        },
    };
    offered.map(item).collect()
}

/// The first page a role may open.
pub fn home(role: Role) -> &'static str {
    menu(Lang::Zh, role, "")
        .first()
        .map_or("/sign-in", |m| m.href)
}

/// What `?done=` says, if it is one of ours.
pub fn notice(t: Lang, uri: &Uri) -> Option<&'static str> {
    let pairs = uri.query()?.split('&');
    match pairs.filter_map(|p| p.strip_prefix("done=")).next()? {
        "settled" => Some(t.settled_notice()),
        "locked" => Some(t.lock_done()),
        "held" => Some(t.held_done()),
        "revoked" => Some(t.revoke_done()),
        "login" => Some(t.login_changed()),
        "setup" => Some(t.set_up_done()),
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

    #[test]
    fn the_menu_offers_only_what_the_role_may_open() {
        let hrefs = |role| {
            let items = menu(Lang::Zh, role, "/console/audit");
            items.iter().map(|m| m.href).collect::<Vec<_>>()
        };
        assert_eq!(hrefs(Role::Auditor), ["/console/audit"]);
        assert!(hrefs(Role::Observer).is_empty());
        assert!(!hrefs(Role::Supervisor).contains(&"/console/audit"));
        assert_eq!(home(Role::Auditor), "/console/audit");
        assert_eq!(home(Role::Supervisor), "/console");
    }

    #[test]
    fn a_page_below_another_marks_that_one_but_not_the_board() {
        let items = menu(Lang::En, Role::Supervisor, "/console/records/0190");
        let current: Vec<_> = items.iter().filter(|m| m.current).collect();
        assert_eq!(current.len(), 1);
        assert_eq!(current[0].href, "/console/records");
    }
}
