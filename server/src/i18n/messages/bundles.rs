//! Texts: bundles.

use std::fmt::Display;

use crate::i18n::Lang;

messages! {
    nav_bundles = "离线包", "Bundles";
    bundle_hint = "手机长时间没有信号、送修或丢失前，可把未送达的更改和照片导出为离线包，用 U 盘带来。同一个包可以导入多次，不会重复；手机以后自己同步也不会重复。", "A phone without signal for long, or about to be repaired, can export what it has not sent as a bundle; bring it on a stick. The same bundle may be taken in several times, and the phone may sync later: nothing is doubled.";
    bundle_choose = "导入离线包", "Take in a bundle";
    bundle_file = "离线包文件（.guanmo）", "Bundle (.guanmo)";
    bundle_import = "导入", "Take in";
    bundle_taken = "导入结果", "What was in it";
    bundle_complete = "全部在服务器上了。手机下次同步时会确认收到。", "All of it is on the server. The phone sees so at its next sync.";
    bundle_nothing_new = "包里的内容服务器都有了，没有改变什么。", "The server had all of it already; nothing was changed.";
    bundle_kept = "有一部分暂不能收入，包已存在服务器上，条件具备后自动收入。", "Some of it cannot be taken in yet; the server keeps the bundle and takes it in by itself as soon as it can.";
    bundle_not_kept = "有一部分暂不能收入，服务器也没有保存这个包，请保留文件。", "Some of it could not be taken in, and the server does not keep the bundle: keep the file.";
    bundle_disk_full = "服务器磁盘已满：下列已收的都安全，其余没有收入。请保留文件，腾出空间后再导入一次。", "The server's disk is full: what is counted below is safe, the rest is not here. Keep the file, make room, take it in again.";
    bundle_stopped = "没有全部导入：下列已收的都安全。请保留文件，再导入一次。", "It stopped before its end: what is counted below is safe. Keep the file and take it in again.";
    bundle_of = "人员", "Person";
    bundle_phone = "手机", "Phone";
    bundle_made = "导出时间", "Made";
    bundle_part = "第几份", "Part";
    bundle_size = "大小", "Size";
    bundle_what = "内容", "Content";
    bundle_new = "新收", "New";
    bundle_there = "已有", "There already";
    bundle_waits = "未收", "Not taken";
    bundle_segments = "更改（数据段）", "Changes (segments)";
    bundle_photos = "照片文件", "Photo files";
    bundle_held(n) = "这部手机有 {n} 条待定数据，请去处理", "{n} held entries of this phone wait for a decision";
    bundle_needs_all = "缺少更早的更改：请在原手机上选“全部内容”重新导出。", "Earlier changes are missing: export again on the phone, with everything.";
    bundle_left_out(n) = "另有 {n} 个照片文件只在手机上，没有装进包里。", "{n} more photo files are only on the phone, not in the bundle.";
    bundle_waiting = "等待收入的离线包", "Bundles that wait";
    bundle_none_waits = "没有等待的离线包", "None waits";
    bundle_none_waits_why = "已停用手机的照片，在待定数据采纳之前存在这里。", "Photos of a revoked phone are kept here until its held entries are accepted.";
    bundle_waiting_why = "待定数据采纳后，或缺少的部分导入后，自动收入。", "They come in by themselves once their held entries are accepted, or what they lack is taken in.";
}
