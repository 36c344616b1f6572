//! The menu: every page of its own, in sections.
//!
//! Invariant: offers only what the role may open. A new page is one row of [`ROWS`].

use crate::auth::{Access, Action, Role, allows};
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

/// Entries that belong together.
#[derive(Clone, Debug)]
pub struct MenuSection {
    /// Its heading.
    pub label: &'static str,
    /// Its entries, at least one.
    pub items: Vec<MenuItem>,
}

type Text = fn(Lang) -> &'static str;

/// Section, right, address, text; rows of a section stand together.
const ROWS: &[(Text, Access, &str, Text)] = &[
    (
        Lang::menu_tour,
        may(Action::ViewBoard),
        "/console",
        Lang::nav_board,
    ),
    (
        Lang::menu_tour,
        may(Action::ViewRecords),
        "/console/records",
        Lang::nav_records,
    ),
    (
        Lang::menu_tour,
        may(Action::ViewRecords),
        "/console/conflicts",
        Lang::nav_conflicts,
    ),
    (
        Lang::menu_tour,
        may(Action::ViewPhotos),
        "/console/photos",
        Lang::nav_photos,
    ),
    (
        Lang::menu_tour,
        may(Action::DecideHeld),
        "/console/held",
        Lang::nav_held,
    ),
    (
        Lang::menu_tour,
        may(Action::ImportBundle),
        "/console/bundles",
        Lang::nav_bundles,
    ),
    (
        Lang::menu_tour,
        may(Action::ExportInternal),
        "/console/households",
        Lang::nav_households,
    ),
    (
        Lang::menu_ledger,
        may(Action::ViewIssues),
        "/console/issues",
        Lang::nav_issues,
    ),
    (
        Lang::menu_result,
        may(Action::LockGroup),
        "/console/groups",
        Lang::nav_groups,
    ),
    (
        Lang::menu_result,
        may(Action::ViewRanking),
        "/console/ranking",
        Lang::nav_ranking,
    ),
    (
        Lang::menu_result,
        may(Action::ViewStanding),
        "/console/standing",
        Lang::nav_standing,
    ),
    (
        Lang::menu_prepare,
        may(Action::Prepare),
        "/console/campaigns",
        Lang::nav_campaigns,
    ),
    (
        Lang::menu_prepare,
        may(Action::Prepare),
        "/console/prepare",
        Lang::nav_prepare,
    ),
    (
        Lang::menu_prepare,
        may(Action::Prepare),
        "/console/prepare/rules",
        Lang::nav_rules,
    ),
    (
        Lang::menu_prepare,
        may(Action::Prepare),
        "/console/prepare/groups",
        Lang::nav_prep_groups,
    ),
    (
        Lang::menu_prepare,
        may(Action::Prepare),
        "/console/prepare/sites",
        Lang::nav_sites,
    ),
    (
        Lang::menu_prepare,
        may(Action::Prepare),
        "/console/prepare/roster",
        Lang::nav_roster,
    ),
    (
        Lang::menu_prepare,
        may(Action::Prepare),
        "/console/prepare/checklists",
        Lang::nav_checklists,
    ),
    (
        Lang::menu_prepare,
        may(Action::Nominate),
        "/console/prepare/nominations",
        Lang::nav_nominations,
    ),
    (
        Lang::menu_prepare,
        may(Action::Prepare),
        "/console/prepare/draws",
        Lang::nav_draws,
    ),
    (
        Lang::menu_prepare,
        may(Action::Prepare),
        "/console/prepare/import",
        Lang::nav_import,
    ),
    (
        Lang::menu_system,
        may(Action::ViewPeople),
        "/console/people",
        Lang::nav_people,
    ),
    (
        Lang::menu_system,
        may(Action::SuspendLogin),
        "/console/logins",
        Lang::nav_logins,
    ),
    (
        Lang::menu_system,
        may(Action::ViewAudit),
        "/console/audit",
        Lang::nav_audit,
    ),
    (
        Lang::menu_system,
        Access::SignedIn,
        "/console/account",
        Lang::nav_account,
    ),
    (
        Lang::menu_system,
        may(Action::ViewSystem),
        "/console/system",
        Lang::nav_system,
    ),
    (
        Lang::menu_system,
        may(Action::ManageSettings),
        "/console/settings",
        Lang::nav_settings,
    ),
];

const fn may(action: Action) -> Access {
    Access::May(action)
}

fn offered(role: Role, access: Access) -> bool {
    match access {
        Access::May(action) => allows(role, action),
        Access::SignedIn => role.enters_console(),
        Access::Open | Access::Phone => false,
    }
}

fn is_current(href: &str, path: &str) -> bool {
    match path.strip_prefix(href) {
        Some("") => true,
        // These have pages of their own below them in the menu.
        Some(rest) => !["/console", "/console/prepare"].contains(&href) && rest.starts_with('/'),
        None => false,
    }
}

/// The menu of a role.
pub fn menu(t: Lang, role: Role, path: &str) -> Vec<MenuSection> {
    let mut sections: Vec<MenuSection> = Vec::new();
    for (section, access, href, label) in ROWS {
        if !offered(role, *access) {
            continue;
        }
        let item = MenuItem {
            href,
            label: label(t),
            current: is_current(href, path),
        };
        match sections.last_mut() {
            Some(last) if last.label == section(t) => last.items.push(item),
            _ => sections.push(MenuSection {
                label: section(t),
                items: vec![item],
            }),
        }
    }
    sections
}

/// The first page a role may open.
pub fn home(role: Role) -> &'static str {
    let first = ROWS.iter().find(|(_, access, _, _)| offered(role, *access));
    first.map_or("/sign-in", |(_, _, href, _)| href)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(role: Role, path: &str) -> Vec<MenuItem> {
        let sections = menu(Lang::En, role, path);
        sections.into_iter().flat_map(|s| s.items).collect()
    }

    #[test]
    fn the_menu_offers_only_what_the_role_may_open() {
        let hrefs = |role| {
            let items = items(role, "/console/audit");
            items.iter().map(|m| m.href).collect::<Vec<_>>()
        };
        assert_eq!(hrefs(Role::Auditor)[0], "/console/audit");
        assert!(!hrefs(Role::Auditor).contains(&"/console"));
        assert!(hrefs(Role::Observer).is_empty());
        assert!(!hrefs(Role::Supervisor).contains(&"/console/audit"));
        assert_eq!(home(Role::Auditor), "/console/audit");
        assert_eq!(home(Role::Supervisor), "/console");
    }

    #[test]
    fn a_page_below_another_marks_that_one_but_not_the_board() {
        let items = items(Role::Supervisor, "/console/records/0190");
        let current: Vec<_> = items.iter().filter(|m| m.current).collect();
        assert_eq!(current.len(), 1);
        assert_eq!(current[0].href, "/console/records");
    }
}
