//! Texts: the own account, and signing out.

use std::fmt::Display;

use crate::i18n::Lang;

messages! {
    nav_account = "我的账号", "My account";
    change_password = "更改密码", "Change password";
    old_password = "原密码", "Old password";
    new_password = "新密码", "New password";
    new_password_again = "再输一次新密码", "New password again";
    new_password_rule = "至少 10 个字符，含大写、小写、数字、符号中的三类；不含用户名；不是常见密码；不是最近 5 次用过的。", "At least 10 characters of three kinds (upper case, lower case, digits, symbols), without the user name, none of the commonest, none of the last five.";
    password_age(at) = "上次更改：{at}", "Last changed: {at}";
    password_changed = "密码已更改，其他登录已退出。", "The password was changed; your other sessions ended.";
    password_must_change = "密码已到期，请先更改。", "Your password is due: change it first.";
    password_wrong = "原密码不对", "The old password is wrong";
    my_sessions = "我的登录", "My sessions";
    session_began = "登录于", "Signed in";
    session_seen = "最近操作", "Last used";
    session_ends = "自动退出", "Signs out at";
    session_kind = "途径", "Via";
    session_unknown = "不记录", "not recorded";
    session_here = "本次登录", "this one";
    session_api = "程序接口", "API";
    session_console = "网页", "console";
    sign_out_everywhere = "退出其他所有登录", "Sign out everywhere else";
    sign_out_everywhere_hint = "在公用电脑上忘了退出时使用。", "If you forgot to sign out on a shared computer.";
    sign_out_other = "退出其所有登录", "Sign out everywhere";
    signed_out_done = "其他登录已退出。", "The other sessions ended.";
}
