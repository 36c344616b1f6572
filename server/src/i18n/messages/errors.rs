//! Texts: errors.

use crate::i18n::Lang;

messages! {
    error_code = "错误代码", "Error code";
    go_back = "返回", "Go back";
    no_campaign = "还没有活动", "No campaign yet";
    no_campaign_hint = "请在服务器上用 guanmo campaign 建立活动、用 guanmo import 导入名册和点位，然后刷新本页。", "On the server, make a campaign with guanmo campaign and import roster and sites with guanmo import; then reload this page.";
}
