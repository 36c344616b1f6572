//! The one authorisation function: whether somebody may do something to something.
//!
//! Invariant: deny by default. [`may`] asks the table of rights and then how far the person's reach goes; the gate before
//! each route asks for the right, lists and single things ask with what they are about. What is out of reach is answered
//! as if it were not there. Leaves out: values that are sealed before the lock (services withhold them from everybody).

use uuid::Uuid;

use super::types::Login;
use super::{Action, Role, allows};
use crate::services::office::Actor;

/// How far somebody's rights go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The whole county.
    County,
    /// One tour group, by its number.
    Group(i64),
    /// One township, village or department: a division code or a department's name.
    Unit(String),
    /// Nothing: the login lacks the group or unit its role needs.
    Nothing,
}

/// What an action is about.
#[derive(Clone, Copy, Debug, Default)]
pub struct On<'a> {
    /// Number of the tour group it belongs to.
    pub group: Option<i64>,
    /// The units it concerns: township or village code, lead and assisting units.
    pub units: &'a [&'a str],
}

/// Somebody who is signed in, and the campaign looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer {
    /// The login.
    pub login: Login,
    /// How far the rights go.
    pub reach: Reach,
    /// The campaign chosen; none: the current one.
    pub campaign: Option<Uuid>,
}

impl Reach {
    /// Of a login: what its role needs.
    pub fn of(login: &Login) -> Self {
        match login.role {
            Role::GroupRapporteur => login.group_number.map_or(Self::Nothing, Self::Group),
            Role::TownshipLead
            | Role::DepartmentLead
            | Role::VillageUser
            | Role::SponsorLeader
            | Role::AreaLead
            | Role::GridLeader
            | Role::Observer => {
                let unit = login.unit.clone().filter(|u| !u.is_empty());
                unit.map_or(Self::Nothing, Self::Unit)
            }
            _ => Self::County,
        }
    }

    /// Whether it covers something. A township covers its villages: their codes begin with its own.
    pub fn covers(&self, on: On<'_>) -> bool {
        match self {
            Self::County => true,
            Self::Group(number) => on.group == Some(*number),
            Self::Unit(unit) => on.units.iter().any(|u| is_within(u, unit)),
            Self::Nothing => false,
        }
    }
}

fn is_within(code: &str, unit: &str) -> bool {
    let is_division = unit.len() >= 9 && unit.bytes().all(|b| b.is_ascii_digit());
    code == unit || (is_division && code.starts_with(unit))
}

impl Viewer {
    /// A login that looks at a campaign.
    pub fn new(login: Login, campaign: Option<Uuid>) -> Self {
        Self {
            reach: Reach::of(&login),
            login,
            campaign,
        }
    }

    /// Its role.
    pub fn role(&self) -> Role {
        self.login.role
    }

    /// True if it may make campaigns: where a page without one leads.
    pub fn may_prepare(&self) -> bool {
        allows(self.login.role, Action::Prepare)
    }

    /// As history and audit name it.
    pub fn actor(&self) -> Actor {
        Actor::new(self.login.user_name.clone(), self.login.role.word())
    }
}

/// Whether somebody may do something to something.
pub fn may(viewer: &Viewer, action: Action, on: On<'_>) -> bool {
    viewer.login.active && allows(viewer.login.role, action) && viewer.reach.covers(on)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn viewer(role: Role, unit: Option<&str>, group_number: Option<i64>) -> Viewer {
        let login = Login {
            id: Uuid::nil(),
            user_name: "甲".to_owned(),
            role,
            account: None,
            unit: unit.map(str::to_owned),
            group_number,
            expires_on: None,
            active: true,
            created_at_ms: 0,
            last_sign_in_ms: None,
            password_set_at_ms: 0,
            must_change: false,
            has_second_factor: false,
        };
        Viewer::new(login, None)
    }

    fn unit<'a>(units: &'a [&'a str]) -> On<'a> {
        On { group: None, units }
    }

    #[test]
    fn a_township_head_reaches_his_township_and_its_villages_only() {
        let head = viewer(Role::TownshipLead, Some("640422100"), None);
        assert!(may(&head, Action::ViewIssues, unit(&["640422100"])));
        assert!(may(&head, Action::ViewIssues, unit(&["640422100200"])));
        assert!(!may(&head, Action::ViewIssues, unit(&["640422101"])));
        assert!(!may(&head, Action::ViewIssues, unit(&[])));
        assert!(!may(&head, Action::EditIssues, unit(&["640422100"])));
    }

    #[test]
    fn a_department_is_not_found_by_the_beginning_of_its_name() {
        let head = viewer(Role::DepartmentLead, Some("城管"), None);
        assert!(may(&head, Action::ViewIssues, unit(&["公安局", "城管"])));
        assert!(!may(&head, Action::ViewIssues, unit(&["城管二队"])));
        // As long as a township's code, but no digits; digits, but shorter than one.
        let long = viewer(Role::DepartmentLead, Some("公安局"), None);
        assert!(!may(&long, Action::ViewIssues, unit(&["公安局二队"])));
        let short = viewer(Role::TownshipLead, Some("64042210"), None);
        assert!(!may(&short, Action::ViewIssues, unit(&["640422100"])));
    }

    #[test]
    fn who_lacks_the_unit_or_group_of_the_role_reaches_nothing() {
        let lost = viewer(Role::VillageUser, None, None);
        assert!(!may(&lost, Action::ViewIssues, unit(&["640422100"])));
        let rapporteur = viewer(Role::GroupRapporteur, None, None);
        let first = On {
            group: Some(1),
            units: &[],
        };
        assert!(!may(&rapporteur, Action::ViewRanking, first));
        let rapporteur = viewer(Role::GroupRapporteur, None, Some(1));
        assert!(may(&rapporteur, Action::ViewRanking, first));
    }

    #[test]
    fn who_prepares_campaigns_is_led_to_a_new_one_and_nobody_else() {
        assert!(viewer(Role::Supervisor, None, None).may_prepare());
        assert!(!viewer(Role::VillageUser, Some("640422100200"), None).may_prepare());
    }

    #[test]
    fn a_closed_login_may_do_nothing() {
        let mut closed = viewer(Role::Supervisor, None, None);
        closed.login.active = false;
        assert!(!may(&closed, Action::ViewBoard, On::default()));
    }
}
