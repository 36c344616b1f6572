//! The checks, one function each.
//!
//! Invariant: a check that cannot look says so; it never counts as well. Leaves out: the words around (`words`).

use std::path::Path;
use std::time::{Duration, SystemTime};

use server::backup;
use server::net::tls::describe;
use server::store::sqlite::look::{Looked, look};

use super::words::{UNHARMED, ill, well};
use super::{Finding, Level};
use crate::config::Settings;

const DAY_MS: i64 = 86_400_000;
/// 2026-01-01: no clock that is right shows an earlier time.
const BUILT_MS: i64 = 1_767_225_600_000;
/// How far behind its own entries the clock may be.
const BEHIND_MS: i64 = 300_000;
/// Days before the certificate's end from which it is told.
const WARN_DAYS: i64 = 30;

/// Everything, in the order of what matters.
pub fn all(s: &Settings, now_ms: i64) -> Vec<Finding> {
    let mut found = vec![well("config", "设置可用", "The settings are good")];
    let path = s.data.join("server.db");
    if !path.is_file() {
        let dir = s.data.display();
        found.push(ill(
            "folder",
            Level::Wrong,
            (format!("{dir} 中没有数据库"), format!("there is no database in {dir}")),
            ("这里没有数据。", "There are no data here."),
            (
                "用 --data 指明数据目录；新服务器用 guanmo serve 首次启动时建立；原来有数据时，用 guanmo restore 恢复到新目录。",
                "Give the folder with --data; for a new server guanmo serve makes it; if there were data, guanmo restore them into a new folder.",
            ),
        ));
        return found;
    }
    match look(&path, now_ms - DAY_MS) {
        Ok(looked) => found.extend(database(&looked, now_ms)),
        Err(error) => found.push(ill(
            "database",
            Level::Wrong,
            (format!("数据库打不开：{error}"), format!("the database cannot be opened: {error}")),
            (
                "不确定：先不要写入。手机上的内容不受影响，会再送来。",
                "Unknown: write nothing. What is on the phones is not affected and comes again.",
            ),
            (
                "停止服务器，整个目录另存一份，再用最近的备份恢复到新目录（guanmo restore）。",
                "Stop the server, copy the whole folder away, then restore the newest backup into a new folder (guanmo restore).",
            ),
        )),
    }
    found.push(rights(&s.data));
    found.push(disk(s));
    found.push(backups(s, now_ms));
    found.extend(certificate(s, now_ms));
    found.extend(leftovers(&s.data));
    found
}

fn database(d: &Looked, now_ms: i64) -> Vec<Finding> {
    let mut found = Vec::new();
    let (schema, known) = d.schema;
    found.push(match schema.cmp(&known) {
        std::cmp::Ordering::Equal => well("database", "数据库可以打开，版本相符", "The database opens and fits this version"),
        std::cmp::Ordering::Less => ill(
            "database",
            Level::Hint,
            (format!("数据库是较早的版本（第 {schema} 步，共 {known} 步）"), format!("the database is of an earlier version (step {schema} of {known})")),
            ("数据安全。", "Data are safe."),
            ("先备份；下次启动服务器时自动升级。", "Back up first; the next start of the server brings it up to date."),
        ),
        std::cmp::Ordering::Greater => ill(
            "database",
            Level::Wrong,
            (format!("数据库由更新版本写入（第 {schema} 步，本程序只到 {known}）"), format!("the database was written by a newer version (step {schema}; this one knows {known})")),
            ("数据安全，本程序不会改动它。", "Data are safe; this version does not touch them."),
            ("使用更新的版本。", "Use the newer version."),
        ),
    });
    found.push(match d.damage.first() {
        None => well("integrity", "数据库文件完整", "The database file is whole"),
        Some(damage) => ill(
            "integrity",
            Level::Wrong,
            (format!("数据库文件有损坏：{damage}"), format!("the database file is damaged: {damage}")),
            ("部分数据可能已损坏；手机上的内容不受影响。", "Some data may be damaged; what is on the phones is not affected."),
            (
                "停止服务器，整个目录另存一份，用最近的备份恢复到新目录；检查磁盘。",
                "Stop the server, copy the whole folder away, restore the newest backup into a new folder; test the disk.",
            ),
        ),
    });
    found.push(match d.audit_broken_at {
        None => well("audit", "审计链完整", "The audit chain is whole"),
        Some(id) => ill(
            "audit",
            Level::Wrong,
            (
                format!("审计链在第 {id} 条断裂：记录被人改过"),
                format!("the audit chain breaks at entry {id}: somebody altered it"),
            ),
            (
                "评分由手机签名，另行核对。",
                "Scores are signed by the phones and checked apart.",
            ),
            (
                "保留现场，报告督查室；运行 guanmo verify --rebuild。",
                "Change nothing, tell the supervisors; run guanmo verify --rebuild.",
            ),
        ),
    });
    found.push(clock(d.last_ms, now_ms));
    found.push(if d.unsynced == 0 {
        let n = d.phones;
        well(
            "phones",
            format!("{n} 部手机一天内都已同步"),
            format!("All {n} phones have synced within a day"),
        )
    } else {
        ill(
            "phones",
            Level::Hint,
            (
                format!("{} 部手机中有 {} 部一天以上未同步", d.phones, d.unsynced),
                format!(
                    "of {} phones {} have not synced for a day",
                    d.phones, d.unsynced
                ),
            ),
            (
                "未同步的内容只在那些手机上。",
                "What they have not sent is on those phones only.",
            ),
            (
                "在“人员与设备”页查看是谁，请他联网同步。",
                "See who on the page of people and devices, and have them sync.",
            ),
        )
    });
    found
}

fn clock(last_ms: i64, now_ms: i64) -> Finding {
    if now_ms >= BUILT_MS && now_ms + BEHIND_MS >= last_ms {
        return well("clock", "系统时钟正常", "The clock is sane");
    }
    ill(
        "clock",
        Level::Wrong,
        (
            "系统时钟早于已有的记录".to_owned(),
            "the clock is behind what was written before".to_owned(),
        ),
        (
            "数据安全：名次不依赖时钟；但登录、登记码和备份时间会出错。",
            "Data are safe, ranks do not depend on clocks; but sign-ins, codes and backup times go wrong.",
        ),
        (
            "校准时钟（timedatectl set-ntp true）。",
            "Set it (timedatectl set-ntp true).",
        ),
    )
}

#[cfg(unix)]
fn rights(dir: &Path) -> Finding {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(dir).map_or(0, |m| m.permissions().mode());
    if mode & 0o077 == 0 {
        return well(
            "rights",
            "数据目录只有所有者可读",
            "Only its owner can read the data folder",
        );
    }
    let dir = dir.display();
    ill(
        "rights",
        Level::Hint,
        (
            format!("本机其他用户也能进入 {dir}"),
            format!("other users of this machine can enter {dir}"),
        ),
        (
            "数据未丢失，但可能被本机其他人读到。",
            "Nothing is lost, but others on this machine may read it.",
        ),
        ("chmod 700 数据目录。", "chmod 700 the data folder."),
    )
}

#[cfg(not(unix))]
fn rights(_: &Path) -> Finding {
    ill(
        "rights",
        Level::Hint,
        (
            "此系统上不检查目录权限".to_owned(),
            "rights are not checked on this system".to_owned(),
        ),
        UNHARMED,
        (
            "确认只有服务账号能读数据目录。",
            "See that only the service's account can read the data folder.",
        ),
    )
}

fn disk(s: &Settings) -> Finding {
    let free = server::app::free_disk(&s.data);
    let mb = free / 1_000_000;
    if free >= s.disk_reserve.saturating_mul(2) {
        return well(
            "disk",
            format!("磁盘可用 {mb} MB"),
            format!("{mb} MB of disk are free"),
        );
    }
    let low = free < s.disk_reserve;
    ill(
        "disk",
        if low { Level::Wrong } else { Level::Hint },
        (
            format!("磁盘只剩 {mb} MB"),
            format!("only {mb} MB of disk are free"),
        ),
        (
            "数据安全：空间低于保留量时先拒收照片，评分照常接收。",
            "Data are safe: below the reserve photos are refused first, scores are still taken.",
        ),
        (
            "腾出空间，或把数据目录移到更大的磁盘。",
            "Free some space, or move the data folder to a larger disk.",
        ),
    )
}

fn backups(s: &Settings, now_ms: i64) -> Finding {
    let Some(plan) = &s.backup else {
        return ill(
            "backup",
            Level::Hint,
            (
                "没有设置定时备份".to_owned(),
                "no backups are set up".to_owned(),
            ),
            (
                "磁盘损坏时，只有手机上还留着的内容能找回。",
                "If the disk breaks, only what phones still hold comes back.",
            ),
            (
                "guanmo backup keygen 生成密钥，再设置 backup.dir 和 backup.recipient。",
                "Make a key with guanmo backup keygen, then set backup.dir and backup.recipient.",
            ),
        );
    };
    let newest = match backup::newest(&plan.dir) {
        Ok(newest) => newest,
        Err(error) => {
            return ill(
                "backup",
                Level::Wrong,
                (error.message_zh(), error.to_string()),
                UNHARMED,
                ("检查备份目录。", "Look at the backup folder."),
            );
        }
    };
    let late = Duration::from_millis(newest.map_or(u64::MAX, |at| {
        u64::try_from(now_ms.saturating_sub(at)).unwrap_or_default()
    }));
    let hours = late.as_secs() / 3_600;
    if late <= plan.every.saturating_mul(2) {
        return well(
            "backup",
            format!("最近备份在 {hours} 小时前"),
            format!("The last backup is {hours} hours old"),
        );
    }
    let what = match newest {
        None => ("还没有备份".to_owned(), "there is no backup yet".to_owned()),
        Some(_) => (
            format!("最近备份已是 {hours} 小时前"),
            format!("the last backup is {hours} hours old"),
        ),
    };
    ill(
        "backup",
        Level::Wrong,
        what,
        (
            "数据未丢失，但磁盘损坏时会丢。",
            "Nothing is lost, but a broken disk would lose it.",
        ),
        (
            "看日志中备份失败的原因；可先手工备份（guanmo backup --to …）。",
            "Read in the log why it failed; make one by hand meanwhile (guanmo backup --to …).",
        ),
    )
}

fn certificate(s: &Settings, now_ms: i64) -> Option<Finding> {
    let files = s.tls.as_ref()?;
    let renew = (
        "guanmo cert renew 更新，或向签发机构申请新证书。",
        "Renew it: guanmo cert renew, or ask who issued it.",
    );
    let readable = std::fs::File::open(&files.key);
    Some(match (describe(&files.cert), readable) {
        (Err(error), _) => ill(
            "tls",
            Level::Wrong,
            (error.message_zh(), error.message_en()),
            UNHARMED,
            renew,
        ),
        (_, Err(error)) => {
            let key = files.key.display();
            let what = (
                format!("无法读取私钥 {key}：{error}"),
                format!("the key {key} cannot be read: {error}"),
            );
            ill(
                "tls",
                Level::Wrong,
                what,
                UNHARMED,
                ("检查路径和权限。", "Check path and rights."),
            )
        }
        (Ok(info), Ok(_)) => {
            let days = (info.valid_ms.1 - now_ms).div_euclid(DAY_MS);
            if days >= WARN_DAYS {
                well(
                    "tls",
                    format!("证书还有 {days} 天有效"),
                    format!("The certificate is valid for {days} days"),
                )
            } else if days >= 0 {
                let what = (
                    format!("证书还有 {days} 天到期"),
                    format!("the certificate ends in {days} days"),
                );
                ill("tls", Level::Hint, what, UNHARMED, renew)
            } else {
                let what = (
                    "证书已过期，手机不会再连接".to_owned(),
                    "the certificate has ended; phones no longer connect".to_owned(),
                );
                ill("tls", Level::Wrong, what, UNHARMED, renew)
            }
        }
    })
}

fn leftovers(data: &Path) -> Vec<Finding> {
    let mut found = Vec::new();
    let photos = data.join("photos");
    let old = files_older_than(&photos.join("partial"), Duration::from_secs(86_400));
    if old > 0 {
        found.push(ill(
            "leftovers",
            Level::Hint,
            (
                format!("{old} 个一天前未完成的照片上传"),
                format!("{old} photo uploads not finished for a day"),
            ),
            ("原件仍在手机上。", "The photos are still on the phones."),
            (
                "无需处理：服务器会清理，手机会重传。",
                "Nothing: the server clears them, the phones send them again.",
            ),
        ));
    }
    let damaged = files_older_than(&photos.join("damaged"), Duration::ZERO);
    if damaged > 0 {
        found.push(ill(
            "photos",
            Level::Wrong,
            (
                format!("{damaged} 张照片在磁盘上已损坏"),
                format!("{damaged} photos are damaged on the disk"),
            ),
            (
                "仍有原件的手机会再送来；备份中也有。",
                "Phones that have them send them again; backups have them too.",
            ),
            (
                "检查磁盘；从备份恢复缺少的照片。",
                "Test the disk; restore what is lacking from a backup.",
            ),
        ));
    }
    found
}

/// Files below a folder that were last written so long ago; 0 if it is not there.
fn files_older_than(dir: &Path, age: Duration) -> u64 {
    let Ok(entries) = std::fs::read_dir(dir) else {
        return 0;
    };
    let mut count = 0;
    for entry in entries.flatten() {
        let Ok(meta) = entry.metadata() else { continue };
        if meta.is_dir() {
            count += files_older_than(&entry.path(), age);
        } else {
            let since = meta
                .modified()
                .ok()
                .and_then(|at| SystemTime::now().duration_since(at).ok());
            count += u64::from(since.unwrap_or_default() >= age);
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_behind_its_own_entries_is_wrong_and_a_little_is_not() {
        let now = BUILT_MS + DAY_MS;
        assert_eq!(clock(now, now).level, Level::Ok);
        assert_eq!(clock(now + BEHIND_MS, now).level, Level::Ok);
        assert_eq!(clock(now + BEHIND_MS + 1, now).level, Level::Wrong);
        assert_eq!(clock(0, BUILT_MS - 1).level, Level::Wrong);
    }

    #[test]
    fn a_damaged_database_and_a_broken_audit_are_wrong_and_an_older_step_is_a_hint() {
        let whole = Looked {
            schema: (4, 4),
            ..Looked::default()
        };
        let levels = |d: &Looked| -> Vec<(&str, Level)> {
            let found = database(d, BUILT_MS).into_iter();
            found
                .filter(|f| f.level != Level::Ok)
                .map(|f| (f.code, f.level))
                .collect()
        };
        assert_eq!(levels(&whole), []);
        let bad = Looked {
            schema: (3, 4),
            damage: vec!["page 3".into()],
            audit_broken_at: Some(7),
            phones: 3,
            unsynced: 1,
            ..whole
        };
        let expected = [
            ("database", Level::Hint),
            ("integrity", Level::Wrong),
            ("audit", Level::Wrong),
            ("phones", Level::Hint),
        ];
        assert_eq!(levels(&bad), expected);
    }
}
