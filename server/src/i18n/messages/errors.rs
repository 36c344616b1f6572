//! Texts: errors.

use crate::i18n::Lang;

messages! {
    error_code = "错误代码", "Error code";
    go_back = "返回", "Go back";
    no_campaign = "还没有活动", "No campaign yet";
    no_campaign_what = "先建立活动，这里才有内容", "A campaign comes first, then this page has something to show";
    no_campaign_hint = "请督查室先建立活动，设好小组，导入名册和点位。", "The supervision office makes a campaign, sets its groups and imports roster and sites.";
}
