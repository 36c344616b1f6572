//! Texts: sign-ins.

use std::fmt::Display;

use crate::i18n::Lang;

messages! {
    invite = "发放一次性密钥", "Invite";
    invitation_for(role) = "一次性密钥（{role}）", "One-time secret ({role})";
    invitation_hint = "请交给本人，在“设置账号”页使用，72 小时内有效。", "Hand it over; it is used on the page “Set up sign-in” within 72 hours.";
    logins_empty = "还没有登录账号", "No sign-ins yet";
    last_sign_in = "最近登录", "Last sign-in";
    login_open = "可登录", "Open";
    login_closed = "已停用", "Closed";
    close_login = "停用", "Close";
    reopen_login = "恢复", "Reopen";
    login_changed = "登录账号已更改。", "The sign-in was changed.";
}
