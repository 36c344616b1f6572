//! Texts: signing in.

use std::fmt::Display;

use crate::i18n::Lang;

messages! {
    sign_in = "登录", "Sign in";
    sign_in_hint = "督查室工作台。连续 5 次输错将锁定 15 分钟。", "Console of the supervision office. Five wrong tries lock a name for 15 minutes.";
    user_name = "用户名", "User name";
    password = "密码", "Password";
    password_again = "再输一次密码", "Password again";
    password_rule = "至少 10 个字符，含大写、小写、数字、符号中的三类。", "At least 10 characters of three kinds: upper case, lower case, digits, symbols.";
    first_start = "首次启动：请用服务器打印的一次性密钥创建管理员。", "First start: create the administrator with the one-time secret that the server printed.";
    have_invitation = "我有一次性密钥，要设置账号", "I have a one-time secret and want to set up my sign-in";
    set_up = "设置账号", "Set up sign-in";
    set_up_hint = "一次性密钥由服务器首次启动时打印，或由系统管理员发放；用后即失效。", "The one-time secret is printed at the first start of the server or given by the system administrator; it works once.";
    setup_secret = "一次性密钥", "One-time secret";
    back_to_sign_in = "返回登录", "Back to sign-in";
    signed_out_idle(n) = "请先登录；{n} 分钟未操作会自动退出。", "Sign in first; you are signed out after {n} minutes without action.";
    passwords_differ = "两次输入的密码不一致", "The two passwords differ";
    password_weak = "密码不符合要求：至少 10 个字符、含三类字符、不含用户名、不是常见密码", "The password does not fit: at least 10 characters of three kinds, without the user name, none of the commonest";
    password_used = "不能使用最近 5 次用过的密码", "One of the last five passwords cannot be used again";
    name_taken = "用户名已被使用", "This user name is taken";
    name_bad = "用户名应为 1 到 60 个字符", "A user name has 1 to 60 characters";
    secret_bad = "一次性密钥无效、已用或已过期", "The one-time secret is invalid, used or expired";
    set_up_done = "账号已设置，请登录", "The sign-in is set up; now sign in";
    csrf_refused = "表单来源或校验码不符，未做任何更改。请返回重新打开页面。", "The form's origin or token does not fit; nothing was changed. Go back and open the page again.";
}
