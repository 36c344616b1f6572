//! Texts: photos.

use std::fmt::Display;

use crate::i18n::Lang;

messages! {
    nav_photos = "照片", "Photos";
    photos_empty = "没有符合条件的照片", "No matching photos";
    photos_empty_hint = "请放宽筛选条件，或等待手机同步。", "Widen the filter, or wait for the phones to sync.";
    photos_none_yet = "还没有照片", "No photos yet";
    photos_none_yet_hint = "手机同步后，照片列在这里。", "Photos are listed here once phones sync.";
    photos_closed(n, m) = "评分单的照片在本组锁定前封存，只显示进度：已到 {n} / 应到 {m}。", "Photos of score sheets are sealed until their group is locked; only progress shows: {n} of {m} arrived.";
    site_or_village = "点位名称", "Site's name";
    photo_belongs_to = "所属", "Belongs to";
    taken_from = "拍摄自", "Taken from";
    taken_to = "至", "Taken until";
    photo_flag = "标记", "Flag";
    photo_stage = "整改前后", "Before or after";
    missing_since(time) = "自 {time} 起未到", "missing since {time}";
    kb_of(n, m) = "{n} / {m} kB（千字节）", "{n} of {m} kB";
    copy_pending = "照片内容还没有全部到达；手机下次同步时继续上传。", "Not all of the photo has arrived yet; the phone goes on with it at its next sync.";
    photo_facts = "照片的各项事实", "Facts of the photo";
    photo_source = "来源", "Source";
    taken_at = "拍摄时间（手机）", "Taken (phone's clock)";
    exif_at = "照片自带时间（EXIF）", "The picture's own time (EXIF)";
    from_site(n) = "距点位 {n} 米", "{n} m from the site";
    photo_id = "照片编号", "Photo id";
    metres(n) = "{n} 米", "{n} m";
    photos_found(n) = "本页 {n} 张", "Photos on this page: {n}";
    photo_strip = "水印", "Strip";
    strip_there = "有，在画面下方", "Yes, below the picture";
    original_hash = "原图 SHA-256（校验值）", "SHA-256 of the original";
    copy_hash = "副本 SHA-256（校验值）", "SHA-256 of the copy";
    n_bytes(n) = "{n} 字节", "{n} bytes";
    same_original = "同一原图的其他照片", "Other photos of the same original";
    photo_is_evidence = "水印便于查看；可信的是签名记录中的校验值。照片是工作依据，不是司法证据。", "The strip is for the eye; what counts is the hash in the signed record. A photo is evidence for the office, not proof for a court.";
}
