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

    /// True for the two who let others in: one of each must remain.
    pub fn administers(self) -> bool {
        matches!(self, Self::Sysadmin | Self::Secadmin)
    }

    /// True if the role has any business in the console.
    pub fn enters_console(self) -> bool {
        !allowed(self).is_empty()
    }
}

macro_rules! actions {
    ($($name:ident = $word:literal, $doc:literal;)*) => {
        /// A right: something one can do at the office, in the console or by its interface.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Action { $(#[doc = $doc] $name,)* }
        impl Action {
            /// All rights.
            pub const ALL: &[Action] = &[$(Action::$name,)*];
            /// The word in the audit.
            pub fn word(self) -> &'static str { match self { $(Action::$name => $word,)* } }
            /// What it is, in a sentence.
            pub fn meaning(self) -> &'static str { match self { $(Action::$name => $doc,)* } }
        }
    };
}

actions! {
    ViewBoard = "view_board", "See the live board.";
    ViewRecords = "view_records", "See records (progress only while sealed), conflicts and their history.";
    ReturnSheet = "return_sheet", "Return a sheet to its author with a comment.";
    SettleConflict = "settle_conflict", "Settle a field with competing values, and undo that.";
    DecideHeld = "decide_held", "See and decide held entries.";
    ImportBundle = "import_bundle", "Take in a bundle: a phone's unsent work, brought on a stick.";
    ViewPhotos = "view_photos", "See photos and their state.";
    LockGroup = "lock_group", "Lock a group.";
    UnlockGroup = "unlock_group", "Unlock a group before publication.";
    ViewRanking = "view_ranking", "See ranking and explanation.";
    ViewStanding = "view_standing", "See the standing of quarters and the year.";
    ViewIssues = "view_issues", "See the ledger of issues.";
    EditIssues = "edit_issues", "Enter, assign, merge and move issues of the ledger.";
    ReportIssue = "report_issue", "Report an issue as done; a unit only its own.";
    Export = "export", "Take tables out: records, results, ledger.";
    ExportInternal = "export_internal", "Take out what is for the office only: household codes and positions.";
    Prepare = "prepare", "Prepare a campaign: rules, groups, roster, sites, checklists, imports, draws.";
    Nominate = "nominate", "Nominate villages; a township head for his own township.";
    StartCampaign = "start_campaign", "Start, close and archive a campaign.";
    Rehearse = "rehearse", "Make a rehearsal and wipe it.";
    ViewPeople = "view_people", "See the roster and its devices.";
    IssueCode = "issue_code", "Issue enrolment codes.";
    ConfirmDevice = "confirm_device", "Confirm the fingerprint of a device's key.";
    ResetPin = "reset_pin", "Let a locked phone set a new PIN.";
    RevokeDevice = "revoke_device", "Revoke a device.";
    ManageLogins = "manage_logins", "Invite people to the console, and see who may sign in.";
    SuspendLogin = "suspend_login", "Close or reopen a login, and sign it out everywhere.";
    ResetPassword = "reset_password", "Give a one-time secret to somebody who forgot the password.";
    ViewAudit = "view_audit", "Read, filter and export the audit.";
    ViewSystem = "view_system", "See the state of the server: disk, backups, certificate.";
    RunBackup = "run_backup", "Make a backup now.";
    ManageSettings = "manage_settings", "See and change the settings of the office.";
}

fn allowed(role: Role) -> &'static [Action] {
    use Action::*;
    match role {
        Role::Sysadmin => &[
            ViewBoard,
            ViewPeople,
            IssueCode,
            RevokeDevice,
            ResetPin,
            ManageLogins,
            SuspendLogin,
            ResetPassword,
            ViewSystem,
            RunBackup,
            ManageSettings,
        ],
        Role::Secadmin => &[
            ViewPeople,
            ConfirmDevice,
            RevokeDevice,
            SuspendLogin,
            ResetPassword,
        ],
        Role::Auditor => &[ViewAudit],
        Role::Supervisor => &[
            ViewBoard,
            ViewRecords,
            ReturnSheet,
            SettleConflict,
            DecideHeld,
            ImportBundle,
            ViewPhotos,
            LockGroup,
            UnlockGroup,
            ViewRanking,
            ViewStanding,
            ViewIssues,
            EditIssues,
            ReportIssue,
            Export,
            ExportInternal,
            Prepare,
            Nominate,
            StartCampaign,
            Rehearse,
            ViewPeople,
            IssueCode,
            ConfirmDevice,
            ResetPin,
            RevokeDevice,
        ],
        Role::CountyLead | Role::CountyReviewer => &[
            ViewBoard,
            ViewRecords,
            ViewPhotos,
            ViewRanking,
            ViewStanding,
            ViewIssues,
            Export,
        ],
        Role::GroupRapporteur | Role::Scrutineer | Role::TallyClerk => &[ViewBoard, ViewRanking],
        Role::TownshipLead => &[ViewIssues, ReportIssue, Nominate],
        Role::DepartmentLead | Role::VillageUser => &[ViewIssues, ReportIssue],
        Role::Observer | Role::SponsorLeader | Role::AreaLead | Role::GridLeader => &[],
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
        for role in [Role::Observer, Role::GridLeader, Role::AreaLead] {
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
