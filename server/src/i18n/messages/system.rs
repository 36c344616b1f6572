//! Texts: system.

use std::fmt::Display;

use crate::i18n::Lang;

messages! {
    nav_system = "系统状态", "System status";
    system_hint = "服务器自身的状态。数据库与照片都在数据目录里；备份是加密的，私钥不在本机。", "The state of the server itself. Database and photos are in the data folder; backups are encrypted, their secret key is not on this machine.";
    version_head = "版本", "Version";
    uptime_head = "已运行", "Running for";
    disk_free_head = "磁盘可用空间", "Free disk";
    disk_low = "空间不足：新照片已被拒收，评分照常接收。请清理磁盘。", "Low: new photos are refused, scores are still taken. Free some space.";
    database_head = "数据库大小", "Database size";
    wal_head = "预写日志大小", "Write-ahead log size";
    backup_head = "最近备份", "Last backup";
    backup_not_planned = "未在服务器的配置文件中设置", "Not set in the server's configuration file";
    backup_none_yet = "还没有备份", "No backup yet";
    backup_late = "备份已过期：请查看日志，或立即备份。", "Overdue: look at the log, or make one now.";
    backup_set_up = "请在服务器的配置文件中设置 backup.dir 和 backup.recipient，磁盘损坏时数据才不会丢失。", "Set backup.dir and backup.recipient in the configuration file of the server, so that a broken disk loses nothing.";
    verified_head = "最近自检", "Last self-check";
    verified_not_yet = "启动后尚未自检（每日一次）", "Not since the start (done once a day)";
    verify_found = "自检发现问题：数据可能被改动或磁盘有损坏。请不要删除任何文件，在服务器上执行 guanmo verify 查看，并通知督查室。", "The self-check found something: data may have been changed, or the disk is failing. Delete nothing, run guanmo verify on the server, and tell the supervision office.";
    backup_now = "立即备份", "Back up now";
    backup_done = "备份已完成并核对。", "The backup was made and checked.";
    tls_head = "证书有效期至", "Certificate valid until";
    tls_elsewhere = "本程序未启用 HTTPS（由代理提供，或仅限本机）", "No HTTPS by this program (a proxy's, or this machine only)";
    tls_ending = "证书即将到期，到期后手机无法同步：请用 guanmo cert renew 更新。", "Ends soon; phones cannot sync after that: renew it (guanmo cert renew).";
    queue_head = "等待写入的请求", "Requests waiting to write";
    phones_unsynced_head = "一天以上未同步的手机", "Phones not synced for a day";
    oldest_unsynced_head = "最久未同步", "Longest without sync";
    photos_waiting_head = "未到的照片", "Photos not here yet";
    open_conflicts_head = "未处理的冲突", "Open conflicts";
    held_entries_head = "待定数据", "Held entries";
    slow_head = "较慢的请求", "Slow requests";
    slow_empty = "没有超过 250 毫秒的请求", "No request took more than 250 ms";
    route_head = "请求", "Request";
    duration_head = "用时", "Time taken";
    ago(time) = "{time}前", "{time} ago";
    n_seconds(n) = "{n} 秒", "{n} s";
    n_minutes(n) = "{n} 分钟", "{n} min";
    n_hours(n) = "{n} 小时", "{n} h";
    n_days(n) = "{n} 天", "{n} d";
}
