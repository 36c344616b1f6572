//! Households: search by code, what was noted, corrections.

use std::fmt::Display;

use crate::i18n::Lang;

messages! {
    nav_households = "农户", "Households";
    hh_hint = "按户码查找农户，用于本人查阅、更正或删除。户码只供督查室内部使用；不记身份证号、电话。未入户（谢绝、无人）不影响得分。", "Find a household by its code, to answer, correct or erase at its request. Codes are for the office only; no identity numbers, no telephones. Not entered (refused, nobody home) costs no points.";
    hh_search = "户码或点位名称", "Code or name of the site";
    hh_found(n) = "共 {n} 户", "Households: {n}";
    hh_none = "没有找到农户", "No matching households";
    hh_none_hint = "请换一个户码或点位名称。", "Try another code or name.";
    hh_none_yet = "还没有农户", "No households yet";
    hh_none_yet_hint = "督查室在“点位与路线”里添加农户名额后列在这里。", "They are listed here once the supervision office adds household slots to the route.";
    hh_code = "户码", "Household code";
    hh_no_code = "未登记", "Not recorded";
    hh_visits = "入户情况", "Visits";
    hh_entered(n) = "已入户 {n} 次", "Entered: {n}";
    hh_refused(n) = "未入户：谢绝 {n}", "Not entered, refused: {n}";
    hh_absent(n) = "未入户：无人 {n}", "Not entered, nobody home: {n}";
    hh_costs_nothing = "未入户（谢绝、无人）不影响得分。", "Not entered (refused, nobody home) costs no points.";
    hh_open = "户码与登记内容", "Code and what was noted";
    hh_no_visits = "还没有评分单", "No sheets yet";
    hh_noted_by(group) = "第 {group} 组登记内容", "Recorded by group {group}";
    hh_conflict = "两部手机登记的不同，请先在记录里裁定", "Phones differ: settle it in the record first";
    hh_correct = "更正或删除", "Correct or erase";
    hh_field = "项目", "Field";
    hh_value = "改为（留空即删除）", "New value (empty erases it)";
    hh_code_hint = "户码写作“村代码-组号-户号”，例如 640422100201-03-015；点位有村的，只写“3-15”也可以。", "A code is VILLAGE-GROUP-NUMBER, for example 640422100201-03-015; where the site has a village, 3-15 will do.";
    hh_sheets = "评分单", "Sheets";
    hh_save = "保存更正", "Save the correction";
    hh_history = "更正的原因和经手人记入历史与审计；原内容在农户记录到期清除前仍在历史中。", "Reason and name go into the history and the audit; what stood before stays in the history until household logs are erased at the end of their time.";
}
