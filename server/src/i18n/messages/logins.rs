//! Texts: sign-ins.

use std::fmt::Display;

use crate::i18n::Lang;

messages! {
    invite = "发放一次性密钥", "Invite";
    invitation_for(role) = "一次性密钥（{role}）", "One-time secret ({role})";
    invitation_hint(at) = "请交给本人，在“设置账号”页使用，有效期至 {at}，只能用一次。", "Hand it over; it is used on the page 'Set up sign-in', once, until {at}.";
    reset_for(name) = "重设密码的一次性密钥（{name}）", "One-time secret for a new password ({name})";
    grant_unit = "所辖单位（乡镇、村或部门名称）", "Unit (township, village or department)";
    grant_unit_hint = "乡镇、部门、村级角色必填，否则什么也看不到。", "Township, department and village roles need a unit; without it they see nothing.";
    whole_county = "全县", "whole county";
    grant_group = "组号（通报人）", "Group number (rapporteur)";
    grant_expires = "账号最后有效日", "Last day of the account";
    valid_hours = "密钥有效期（小时，1–168）", "Secret valid for (hours, 1–168)";
    reach_head = "范围", "Scope";
    expires_head = "最后有效日", "Last day";
    change_login = "更改角色与范围", "Change role and scope";
    reset_password = "重设密码", "Reset password";
    reset_password_hint = "原密码立即失效并退出所有登录；角色和范围不变。", "The old password and all sessions end at once; role and scope stay.";
    login_expired = "已过期", "Expired";
    must_change_mark = "须改密码", "Must change password";
    logins_empty = "还没有登录账号", "No accounts yet";
    last_sign_in = "最近登录", "Last sign-in";
    login_open = "可登录", "Active";
    login_closed = "已停用", "Disabled";
    close_login = "停用", "Disable";
    reopen_login = "恢复", "Enable";
    login_changed = "登录账号已更改。", "The account was changed.";
}
