//! Texts: frame.

use crate::i18n::Lang;
use crate::middleware::density::Density;

messages! {
    product = "观摩通", "Guanmo";
    skip_to_content = "跳到正文", "Skip to content";
    other_language = "English", "中文";
    signed_in_as = "当前用户：", "Signed in as: ";
    sign_out = "退出", "Sign out";
    main_menu = "主菜单", "Main menu";
    breadcrumb = "位置", "Breadcrumb";
    pages = "分页", "Pages";
    nav_board = "实时看板", "Live board";
    nav_records = "检查记录", "Records";
    nav_conflicts = "冲突处理", "Conflicts";
    nav_held = "待定数据", "Held entries";
    nav_groups = "小组锁定", "Group lock";
    nav_ranking = "排名与授奖", "Ranking and awards";
    nav_standing = "季度与年度", "Quarters and year";
    nav_people = "人员与设备", "People and devices";
    nav_logins = "登录账号", "Accounts";
    nav_audit = "审计日志", "Audit log";
    rows_normal = "改为标准行距", "Switch to normal rows";
    rows_compact = "改为紧凑行距", "Switch to compact rows";
    colon = "：", ": ";
    menu_prepare = "准备", "Prepare";
    menu_tour = "现场", "Tour";
    menu_result = "结果", "Results";
    menu_ledger = "台账", "Ledger";
    menu_system = "系统", "System";
}

impl Lang {
    /// What the link to a density says.
    pub fn density(self, density: Density) -> &'static str {
        match density {
            Density::Normal => self.rows_normal(),
            Density::Compact => self.rows_compact(),
        }
    }
}
