//! Texts: what each role can do, on the first page it sees.

use crate::auth::Role;
use crate::i18n::Lang;

messages! {
    duty_sysadmin = "您可以：邀请和停用登录账号、发放手机登记码、查看系统状态并备份。各乡镇进度只供了解。", "You can: invite people and disable their accounts, issue codes for phones, see the state of the system and back it up. The townships' progress is for information only.";
    duty_secadmin = "您可以：核对手机指纹、停用丢失的手机、停用登录账号、为忘记密码的人发一次性密钥。", "You can: compare fingerprints of phones, revoke lost ones, disable accounts, and give one-time secrets to people who forgot their password.";
    duty_auditor = "您可以：查看、筛选和导出审计记录；不能更改任何内容。", "You can: read, filter and export the audit; you cannot change anything.";
    duty_supervisor = "先看哪个乡镇还缺什么，再处理冲突和待定数据；齐全后锁定小组，即出排名。", "See first what each township lacks, then settle conflicts and held entries; once all is there, lock the groups and the ranking follows.";
    duty_county_lead = "您可以：查看各乡镇进度、检查记录、照片和问题台账，锁定后查看排名，并导出表格；不能更改。", "You can: see every township's progress, records, photos and the ledger of issues, the ranking once groups are locked, and export tables; you cannot change anything.";
    duty_group_rapporteur = "您可以：看本组各点位是否检查齐全；锁定后看排名与授奖。", "You can: see whether your group's sites are complete, and the ranking and awards once it is locked.";
    duty_counter = "您可以：看各组检查是否齐全；锁定后核对排名，点“查看”可逐项核对分数由来。", "You can: see whether every group is complete; once locked, check the ranking: 'Show' leads to how a township's score came about, item by item.";
    duty_township_lead = "您可以：查看本乡镇的问题和整改期限，整改后打开该问题上报；在“示范村申报”中申报示范村。", "You can: see your township's issues and when they are due; open an issue to report it done; name villages to be looked at under 'Nominations'.";
    duty_department_lead = "您可以：查看本部门负责的问题和整改期限，整改后打开该问题上报。", "You can: see the issues your department answers for and when they are due; open an issue to report it done.";
    duty_village_user = "您可以：查看本村的问题和整改期限，整改后打开该问题上报。", "You can: see your village's issues and when they are due; open an issue to report it done.";
}

impl Lang {
    /// What a role can do here; none for one that does not enter.
    pub fn duty(self, role: Role) -> Option<&'static str> {
        let text = match role {
            Role::Sysadmin => self.duty_sysadmin(),
            Role::Secadmin => self.duty_secadmin(),
            Role::Auditor => self.duty_auditor(),
            Role::Supervisor => self.duty_supervisor(),
            Role::CountyLead | Role::CountyReviewer => self.duty_county_lead(),
            Role::GroupRapporteur => self.duty_group_rapporteur(),
            Role::Scrutineer | Role::TallyClerk => self.duty_counter(),
            Role::TownshipLead => self.duty_township_lead(),
            Role::DepartmentLead => self.duty_department_lead(),
            Role::VillageUser => self.duty_village_user(),
            Role::Observer | Role::SponsorLeader | Role::AreaLead | Role::GridLeader => return None,
        };
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_enters_is_told_what_to_do_there() {
        for role in Role::ALL {
            let told = Lang::Zh.duty(*role).is_some();
            assert_eq!(told, role.enters_console(), "{}", role.word());
        }
    }
}
