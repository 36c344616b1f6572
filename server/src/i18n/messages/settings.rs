//! Texts: the settings of the office.

use std::fmt::Display;

use crate::i18n::Lang;

messages! {
    nav_settings = "设置", "Settings";
    settings_hint = "本单位自行决定的规则，保存后立即生效，每次更改都记入审计。监听地址、证书、备份等由运维人员在服务器的配置文件中设置。", "What the office decides. A change acts at once and is in the audit. Addresses, certificate and backups are the operator's, in the configuration of the server.";
    set_numbers = "期限与上限", "Times and limits";
    set_password_days = "密码有效天数", "Days until a password is due";
    set_password_days_hint = "到期后登录须先更改密码；0 表示不到期。", "After that a new one must be set first; 0 means never.";
    set_idle_minutes = "未操作自动退出（分钟）", "Sign out without action after (minutes)";
    set_idle_minutes_hint = "自动刷新的页面不算操作。", "A page that refreshes by itself is no action.";
    set_session_hours = "一次登录最长（小时）", "Sign out in any case after (hours)";
    set_session_hours_hint = "到时即使一直在操作也须重新登录；程序接口最长 8 小时。", "Even while in use; API tokens last 8 hours at most.";
    set_code_hours = "登记码与一次性密钥有效期（小时）", "Codes and one-time secrets valid for (hours)";
    set_code_hours_hint = "发放时可另定；已发放的不受影响。", "May be said otherwise when one is given; those given already stay as they are.";
    set_quarantine_mb = "停用手机隔离数据上限（MB）", "Data held per revoked phone, at most (MB)";
    set_quarantine_mb_hint = "每部已停用手机仍可送来、等待决定的数据。", "What each revoked phone may still send, to be decided.";
    set_photo_mb_a_day = "每部手机每日可传照片（MB）", "Photos one phone may upload a day (MB)";
    set_photo_mb_a_day_hint = "超出后当天照片稍候再传，评分照常接收；0 表示不限。", "Beyond it photos wait for the next day, scores are still taken; 0 means no limit.";
    set_disk_reserve_mb = "照片不得占用的磁盘空间（MB）", "Disk space kept free of photos (MB)";
    set_disk_reserve_mb_hint(n) = "可用空间低于此值时拒收照片，评分照常接收；不低于运维人员设置的 {n} MB。", "Below it photos are refused, scores are still taken; never less than the operator's {n} MB.";
    set_bounds(min, max) = "可填 {min}–{max}。", "Allowed: {min}–{max}.";
    set_out_of_bounds(min, max) = "请填 {min} 到 {max} 的整数", "A whole number from {min} to {max}";
    set_factor_roles = "必须开启两步验证的角色", "Roles that must have a second factor";
    set_factor_roles_hint = "勾选后，该角色未开启者登录后只能先开启；其程序接口同时停用。请先开启自己的，再勾选自己的角色。", "People in a ticked role must turn it on before doing anything else, and cannot use the API. Turn on your own before you tick your own role.";
    set_save = "保存设置", "Save the settings";
    settings_saved = "设置已保存。", "The settings were saved.";
    set_wrong = "有内容不符合要求，未做任何更改。请改正标出的项。", "Something does not fit; nothing was changed. Correct what is marked.";
    set_stale = "打开页面后设置已被他人更改，未做任何更改。下面是现在的设置。", "Somebody changed the settings since you opened the page; nothing was changed. These are the settings now.";
}
