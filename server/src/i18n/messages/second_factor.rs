//! Texts: the second factor.

use std::fmt::Display;

use crate::i18n::Lang;

messages! {
    factor_title = "两步验证", "Second factor";
    factor_hint = "开启后，登录除密码外还要输入手机验证器（如各应用市场的“身份验证器”）上每 30 秒更换一次的 6 位验证码。验证器不需要联网。", "Once on, signing in asks for the password and for a six-digit code that a generator on your phone (an 'authenticator' app) shows, a new one every 30 seconds. The generator needs no network.";
    factor_none = "未开启。登录只需密码。", "Off: the password alone signs you in.";
    factor_open = "查看与开启", "Show and turn on";
    factor_manage = "查看与关闭", "Show and turn off";
    factor_due = "您的角色须先开启两步验证，才能使用其他页面。", "Your role must have it: turn it on before you use any other page.";
    factor_step_1 = "第一步：把密钥放进验证器", "Step 1: put the secret into the generator";
    factor_step_1_hint = "在手机验证器里选择“扫描二维码”：", "Choose 'scan QR code' in the generator on your phone:";
    factor_qr_alt = "验证器密钥的二维码；内容同下方密钥", "QR code of the generator's secret; the same as the letters below";
    factor_by_hand = "不能扫描时，手工输入密钥（基于时间，6 位）：", "If it cannot scan, type the secret (time based, six digits):";
    factor_step_2 = "第二步：用验证码确认", "Step 2: confirm with a code";
    factor_code = "验证码", "Code";
    factor_code_or_recovery = "验证码或备用码", "Code or recovery code";
    factor_on = "开启两步验证", "Turn it on";
    factor_on_done = "两步验证已开启，其他登录已退出。", "The second factor is on; your other sessions ended.";
    factor_off = "关闭两步验证", "Turn it off";
    factor_off_hint = "需要密码和一个验证码（或备用码）。换手机时先关闭，再用新手机开启。", "Needs the password and a code (or a recovery code). For a new phone turn it off, then on again with that phone.";
    factor_off_done = "两步验证已关闭，其他登录已退出。", "The second factor is off; your other sessions ended.";
    factor_is_on = "已开启", "On";
    factor_since(at) = "开启于 {at}。", "Since {at}.";
    factor_codes_left(n) = "还剩备用码 {n} 个。", "Recovery codes left: {n}.";
    factor_codes_hint = "备用码用完前，请关闭后重新开启，以取得新的一组。", "Before they run out, turn it off and on again to get new ones.";
    factor_code_wrong = "验证码不对或已用过，请等下一个再输入。一直不对时，请核对手机和服务器的时间。", "The code is wrong or was used: wait for the next one. If it stays wrong, compare the clocks of phone and server.";
    factor_password_wrong = "密码不对", "The password is wrong";
    recovery_title = "两步验证备用码", "Recovery codes of the second factor";
    recovery_once = "只显示这一次：请打印或抄下，离开本页后不再显示。", "Shown once: print or copy them; they do not show again after you leave this page.";
    recovery_hint = "手机不在身边时，用一个备用码代替验证码登录；每个只能用一次。请与电脑、手机分开存放。", "Without your phone, one of these takes the place of a code; each works once. Keep them apart from computer and phone.";
    code_step_title = "输入验证码", "Enter the code";
    code_step_hint = "密码正确。请输入验证器上的 6 位验证码，5 分钟内有效；连续 5 次输错将锁定 15 分钟。", "The password is right. Enter the six-digit code of your generator within five minutes; five wrong ones lock for 15 minutes.";
    code_step_lost = "手机不在身边？输入一个备用码。都没有时，请管理员解除两步验证。", "Phone not at hand? Enter a recovery code. Without either, ask an administrator to remove the second factor.";
    code_late = "验证码等待已超时，请重新登录。", "The wait for the code is over: sign in again.";
    factor_mark = "两步验证", "second factor";
    factor_remove = "解除两步验证", "Remove the second factor";
    factor_remove_hint = "仅在本人手机和备用码都已丢失并核实身份后使用；其所有登录立即退出。", "Only if the person lost phone and recovery codes and you know who asks; all sessions end at once.";
    factor_removed = "已解除该账号的两步验证。", "The second factor of this sign-in was removed.";
}
