//! `guanmo device check` and `salvage`: is the phone's data whole, and what to do if it is not.
//!
//! Invariant: neither needs the PIN: a check shows no content, a salvage only counts. Leaves out: how it is done
//! (`mobile_core::salvage`).

use std::path::Path;

use mobile_core::{Ports, Replica, SalvageReport};

use crate::exit::{Exit, Failure, Outcome};
use crate::out;

/// Checks everything that is stored.
pub fn check(dir: &Path, json: bool) -> Outcome {
    let report = Replica::open(dir, Ports::system())?.check()?;
    if report.is_whole() {
        if json {
            out::print_json(&report)?;
            return Ok(Exit::Ok);
        }
        out::print("本机数据完好 · the data on this phone is whole")?;
        return Ok(Exit::Ok);
    }
    let what = report.problems.join("; ");
    Err(Failure::new(
        "database_damaged",
        format!(
            "本机数据文件已损坏（{what}）。照片都在，已送达服务器的都安全；请运行 guanmo device salvage 抢救，再同步"
        ),
        format!(
            "the data file on this phone is damaged ({what}); photos are there, what the server acknowledged is safe; \
             run guanmo device salvage, then sync"
        ),
    ))
}

/// Sets a damaged database aside and saves what can be read.
pub fn salvage(dir: &Path, json: bool) -> Outcome {
    let report = mobile_core::salvage(dir, Ports::system(), &mut |_| {})?;
    if json {
        out::print_json(&report)?;
        return Ok(Exit::Ok);
    }
    out::print(&words(&report))?;
    Ok(Exit::Ok)
}

fn words(r: &SalvageReport) -> String {
    let mut lines = vec![
        format!(
            "已抢救 {} 项未送达的更改（其中 {} 项重新编号）；服务器已确认过 {} 项\n\
             saved {0} unsent changes ({1} under new numbers); the server had acknowledged {2}",
            r.saved, r.reissued, r.held
        ),
        format!(
            "本人照片 {} 张，待上传 {} 张；代送的离线包 {} 个\n\
             {0} own photos, {1} to be sent; {2} carried bundles",
            r.photos, r.photos_unsent, r.bundles
        ),
    ];
    if r.unreadable + r.pages_lost > 0 {
        lines.push(format!(
            "读不出：确知有过的更改 {} 项，数据页 {} 页；请对照记忆或纸面补填\n\
             could not be read: {0} changes known to have been there, {1} pages; fill in again what is missing",
            r.unreadable, r.pages_lost
        ));
    }
    if r.doubtful > 0 {
        lines.push(format!(
            "有 {} 项读自校验不符之处，请核对 · {0} were read where a checksum does not fit: look them over",
            r.doubtful
        ));
    }
    if r.files_damaged + r.loose_files.len() as u64 > 0 {
        lines.push(format!(
            "照片文件：缺失或损坏 {} 个，无处引用而保留 {} 个 · photo files: {0} missing or damaged, {1} kept that nothing refers to",
            r.files_damaged,
            r.loose_files.len()
        ));
    }
    if !r.pin {
        lines.push("本机现在没有 PIN · no PIN is set now".into());
    }
    lines.push(format!(
        "损坏的文件保留在 {}；请现在同步\nthe damaged files are kept in {0}; sync now",
        r.copy.display()
    ));
    lines.join("\n")
}
