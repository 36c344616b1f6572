//! Roles and the table of what each may do in the console.
//!
//! Invariant: deny by default; the three administrators are apart: who runs the system neither scores nor reads the
//! audit, and who reads the audit changes nothing. Leaves out: values that are sealed (the data layer withholds them).

macro_rules! roles {
    ($($name:ident = $id:literal, $zh:literal, $en:literal;)*) => {
        /// A role id of the data model. Roles that only use the phone may not enter the console.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Role { $(#[doc = $en] $name,)* }
        impl Role {
            /// All roles.
            pub const ALL: &[Role] = &[$(Role::$name,)*];
            /// The stored word.
            pub fn word(self) -> &'static str { match self { $(Role::$name => $id,)* } }
            /// Chinese name.
            pub fn zh(self) -> &'static str { match self { $(Role::$name => $zh,)* } }
            /// English name.
            pub fn en(self) -> &'static str { match self { $(Role::$name => $en,)* } }
        }
    };
}

roles! {
    Sysadmin = "sysadmin", "系统管理员", "System administrator";
    Secadmin = "secadmin", "安全管理员", "Security administrator";
    Auditor = "auditor", "审计员", "Audit reader";
    Supervisor = "supervisor", "督查室", "Supervision office";
    CountyLead = "county_lead", "县委、县政府领导", "County leader";
    CountyReviewer = "county_reviewer", "点评领导", "County reviewer";
    GroupRapporteur = "group_rapporteur", "通报人", "Group rapporteur";
    Scrutineer = "scrutineer", "监票人", "Scrutineer";
    TallyClerk = "tally_clerk", "计票人", "Tally clerk";
    Observer = "observer", "观摩人员", "Observer";
    SponsorLeader = "sponsor_leader", "包乡县级领导", "Sponsoring leader";
    TownshipLead = "township_lead", "乡镇负责人", "Township head";
    DepartmentLead = "department_lead", "部门负责人", "Department head";
    VillageUser = "village_user", "村级人员", "Village user";
    AreaLead = "area_lead", "片区牵头领导", "Area leader";
    GridLeader = "grid_leader", "网格长", "Grid leader";
}

impl Role {
    /// From the stored word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|r| r.word() == word)
    }

    /// True if the role has any business in the console.
    pub fn enters_console(self) -> bool {
        !allowed(self).is_empty()
    }
}

/// Something one can do in the console.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// See the live board.
    ViewBoard,
    /// See records (progress only while sealed), conflicts and photos.
    ViewRecords,
    /// Settle a field with competing values.
    SettleConflict,
    /// Lock a group.
    LockGroup,
    /// See ranking and explanation.
    ViewRanking,
    /// See and decide held entries.
    DecideHeld,
    /// See the roster and its devices.
    ViewPeople,
    /// Issue an enrolment code.
    IssueCode,
    /// Revoke a device.
    RevokeDevice,
    /// Invite people to the console, and see who may sign in.
    ManageLogins,
    /// Close or reopen a login.
    SuspendLogin,
    /// Read the audit.
    ViewAudit,
}

impl Action {
    /// All actions.
    pub const ALL: &[Action] = &[
        Self::ViewBoard,
        Self::ViewRecords,
        Self::SettleConflict,
        Self::LockGroup,
        Self::ViewRanking,
        Self::DecideHeld,
        Self::ViewPeople,
        Self::IssueCode,
        Self::RevokeDevice,
        Self::ManageLogins,
        Self::SuspendLogin,
        Self::ViewAudit,
    ];

    /// The word in the audit.
    pub fn word(self) -> &'static str {
        match self {
            Self::ViewBoard => "view_board",
            Self::ViewRecords => "view_records",
            Self::SettleConflict => "settle_conflict",
            Self::LockGroup => "lock_group",
            Self::ViewRanking => "view_ranking",
            Self::DecideHeld => "decide_held",
            Self::ViewPeople => "view_people",
            Self::IssueCode => "issue_code",
            Self::RevokeDevice => "revoke_device",
            Self::ManageLogins => "manage_logins",
            Self::SuspendLogin => "suspend_login",
            Self::ViewAudit => "view_audit",
        }
    }
}

fn allowed(role: Role) -> &'static [Action] {
    use Action::*;
    match role {
        Role::Sysadmin => &[
            ViewBoard,
            ViewPeople,
            IssueCode,
            RevokeDevice,
            ManageLogins,
            SuspendLogin,
        ],
        Role::Secadmin => &[ViewPeople, RevokeDevice, SuspendLogin],
        Role::Auditor => &[ViewAudit],
        Role::Supervisor => &[
            ViewBoard,
            ViewRecords,
            SettleConflict,
            LockGroup,
            ViewRanking,
            DecideHeld,
            ViewPeople,
            IssueCode,
            RevokeDevice,
        ],
        Role::CountyLead | Role::CountyReviewer => &[ViewBoard, ViewRecords, ViewRanking],
        Role::GroupRapporteur | Role::Scrutineer | Role::TallyClerk => &[ViewBoard, ViewRanking],
        _ => &[],
    }
}

/// Whether a role may do something.
pub fn allows(role: Role, action: Action) -> bool {
    allowed(role).contains(&action)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phone_roles_may_do_nothing_in_the_console() {
        for role in [Role::Observer, Role::TownshipLead, Role::VillageUser] {
            assert!(!role.enters_console());
            assert!(Action::ALL.iter().all(|a| !allows(role, *a)));
        }
    }

    #[test]
    fn the_audit_reader_reads_the_audit_and_changes_nothing() {
        for action in Action::ALL {
            assert_eq!(allows(Role::Auditor, *action), *action == Action::ViewAudit);
        }
        assert!(!allows(Role::Sysadmin, Action::ViewAudit));
        assert!(!allows(Role::Supervisor, Action::ViewAudit));
    }

    #[test]
    fn only_the_supervision_office_settles_locks_and_decides() {
        for action in [
            Action::SettleConflict,
            Action::LockGroup,
            Action::DecideHeld,
        ] {
            for role in Role::ALL {
                assert_eq!(allows(*role, action), *role == Role::Supervisor);
            }
        }
    }

    #[test]
    fn every_role_is_found_by_its_word() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.word()), Some(*role));
        }
        assert_eq!(Role::parse("nobody"), None);
    }
}
