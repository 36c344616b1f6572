//! Texts: errors.

use crate::i18n::Lang;

messages! {
    error_code = "错误代码", "Error code";
    go_back = "返回首页", "Home";
    nothing_changed = "未做任何更改。", "Nothing was changed.";
    help_forbidden = "您的角色没有这项权限。确有需要时，请找系统管理员或督查室。", "Your role has no right to this. If you need it, ask the administrator or the supervision office.";
    help_not_found = "可能已被撤销，或不在您的范围内。请从首页重新进入。", "It may have been withdrawn, or it is out of your reach. Start again from your home page.";
    help_other = "请用浏览器的“后退”返回，改正后再试；如再次出现，请把错误代码告诉系统管理员。", "Go back in the browser, correct it and try again; if it happens again, tell the administrator the code.";
    no_campaign = "还没有活动", "No campaign yet";
    no_campaign_what = "先建立活动，这里才有内容", "A campaign comes first, then this page has something to show";
    no_campaign_do = "请先新建活动，再设小组、导入名册和点位。", "Make a campaign, then set its groups and import roster and sites.";
    no_campaign_hint = "请督查室先建立活动，设好小组，导入名册和点位。", "The supervision office makes a campaign, sets its groups and imports roster and sites.";
}

impl Lang {
    /// What to do about a refusal.
    pub fn help(self, code: &str) -> &'static str {
        match code {
            "forbidden" => self.help_forbidden(),
            "not_found" => self.help_not_found(),
            _ => self.help_other(),
        }
    }
}
