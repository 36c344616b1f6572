//! `guanmo verify`: is everything in a data folder what was signed, and does it give the published results?
//!
//! Invariant: changes nothing; ends with 1 if anything was found. Leaves out: the checks themselves (`server`).

use server::services::verify::{VerifyOptions, VerifyReport};

use super::args::VerifyArgs;
use super::with;
use crate::exit::{Exit, Outcome};
use crate::out;

/// Verifies.
pub fn run(args: &VerifyArgs) -> Outcome {
    let options = VerifyOptions {
        rebuild: args.rebuild,
        blobs: args.blobs,
    };
    let bar = out::spinner();
    bar.set_message("正在核对 · verifying");
    let report = with(&args.data.data, async |app| Ok(app.verify(options).await?));
    bar.finish_and_clear();
    let report = report?;
    if args.json {
        out::print_json(&report)?;
    } else {
        out::print(&readable(&report, options))?;
    }
    Ok(if report.findings.is_empty() {
        Exit::Ok
    } else {
        Exit::Failed
    })
}

fn readable(report: &VerifyReport, options: VerifyOptions) -> String {
    let mut table = out::table(["核对内容\nChecked", "数量\nCount"]);
    let mut row = |what: &str, count: u64| {
        table.add_row([what.to_owned(), count.to_string()]);
    };
    row("日志 logs", report.logs);
    row(
        "数据段（链与签名）segments: chain and signature",
        report.segments,
    );
    row("更改 changes", report.changes);
    row("封存集合 closing sets", report.closing_sets);
    row("重算结果 results recomputed", report.results);
    if options.rebuild {
        row(
            "重建比对的记录 records compared with a rebuild",
            report.records,
        );
    }
    if options.blobs {
        row("照片 photos", report.blobs);
    }
    let mut text = format!("{table}\n");
    for (group, hash) in &report.result_hashes {
        text += &format!("第 {group} 组结果哈希 · result hash of group {group}: {hash}\n");
    }
    if report.findings.is_empty() {
        return text + "没有发现问题 · Nothing was found";
    }
    let mut findings = out::table(["代码\nCode", "位置\nPlace", "问题\nFinding"]);
    for f in &report.findings {
        findings.add_row([
            f.code.to_owned(),
            f.place.clone(),
            format!("{}\n{}", f.zh, f.en),
        ]);
    }
    let count = report.findings.len();
    text + &format!("{findings}\n发现 {count} 个问题 · {count} findings")
}
