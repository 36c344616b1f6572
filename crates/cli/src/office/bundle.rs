//! `guanmo bundle`: look at a bundle without any key; take bundles into a data folder.
//!
//! Invariant: `show` tells only what the file says in the clear and whether the copy is whole. Leaves out: what the
//! console does while the server runs.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use protocol::bundle::{BundleError, check_copy, peek};
use serde_json::json;
use server::services::bundles::TakenIn;
use uuid::Uuid;

use super::args::{BundleArgs, BundleCommand};
use super::{actor, with};
use crate::exit::{Exit, Failure, Outcome};
use crate::out;

/// Runs one.
pub fn run(args: &BundleArgs) -> Outcome {
    match &args.command {
        BundleCommand::Show { file, json } => show(file, *json),
        BundleCommand::Import { files, data, json } => {
            let mut worst = Exit::Ok;
            with(&data.data, async |app| {
                for file in files {
                    open(file)?;
                    let taken = app.import_bundle(&actor(), None, file).await?;
                    if !taken.complete {
                        worst = Exit::Failed;
                    }
                    told(file, &taken, *json)?;
                }
                Ok(())
            })?;
            Ok(worst)
        }
    }
}

fn open(path: &Path) -> Outcome<BufReader<File>> {
    let name = path.display();
    let file = File::open(path).map_err(|error| {
        let (zh, en) = (
            format!("无法读取 {name}：{error}"),
            format!("cannot read {name}: {error}"),
        );
        let missing = error.kind() == std::io::ErrorKind::NotFound;
        Failure::new(if missing { "file_not_found" } else { "file" }, zh, en)
    })?;
    Ok(BufReader::with_capacity(64 << 10, file))
}

fn failure(error: BundleError) -> Failure {
    server::services::bundles::refusal(error).into()
}

fn show(path: &Path, json: bool) -> Outcome {
    let (envelope, bytes) = peek(open(path)?).map_err(failure)?;
    let whole = match check_copy(open(path)?) {
        Ok((_, sum)) => Ok(hex::encode(sum)),
        Err(error @ BundleError::Damaged(_)) => Err(error.to_string()),
        Err(error) => return Err(failure(error)),
    };
    let (server, device) = (
        Uuid::from_bytes(envelope.server),
        Uuid::from_bytes(envelope.device),
    );
    let made = out::day_and_time(envelope.made_ms);
    if json {
        out::print_json(&json!({
            "server": server,
            "device": device,
            "made_ms": envelope.made_ms,
            "part": envelope.part,
            "parts": envelope.parts,
            "bytes": bytes,
            "whole": whole.is_ok(),
            "damage": whole.as_ref().err(),
            "sha256": whole.as_ref().ok(),
        }))?;
    } else {
        let state = match &whole {
            Ok(sum) => format!("文件完整 · the copy is whole; SHA-256 {sum}"),
            Err(why) => format!("文件不完整或已损坏 · THE COPY IS DAMAGED: {why}"),
        };
        out::print(&format!(
            "服务器 · server: {server}\n手机 · phone: {device}\n导出时间 · made: {made}\n\
             第 {} 份，共 {} 份 · part {0} of {1}\n大小 · bytes: {bytes}\n{state}\n\
             内容只有该服务器能读 · only that server can read what is in it",
            envelope.part, envelope.parts
        ))?;
    }
    Ok(if whole.is_ok() {
        Exit::Ok
    } else {
        Exit::Failed
    })
}

fn told(path: &Path, t: &TakenIn, json: bool) -> Outcome<()> {
    if json {
        return out::print_json(t);
    }
    let mut text = format!(
        "{}：{}（{}）\n\
         数据段：新 {}，已有 {}，其中待决定 {}，缺前段未收 {} · segments: {2} new, {3} there, {4} of the new held, {5} lack earlier ones\n\
         照片文件：新 {}，已有 {}，记录未生效未收 {}，未含在包内 {} · photo files: {6} new, {7} there, {8} wait for their record, {9} not in the bundle\n",
        path.display(),
        t.account_name,
        t.device_name,
        t.segments_new,
        t.segments_there,
        t.segments_held,
        t.segments_waiting,
        t.photos_new,
        t.photos_there,
        t.photos_waiting,
        t.photos_left_out,
    );
    text += match (t.stopped.as_deref(), t.complete, t.kept) {
        (Some("disk_full"), ..) => {
            "磁盘已满：上列已收的都安全，腾出空间后再导入一次 · the disk is full: what is counted as new or there is safe; make room and import again"
        }
        (Some(_), ..) => {
            "没有全部导入：已收的都安全，请再导入一次 · stopped: what is counted is safe; import again"
        }
        (None, true, _) => "全部在服务器上 · all of it is on the server",
        (None, false, true) => {
            "其余暂存在服务器上，决定之后自动收入 · the server keeps the file and takes the rest in by itself after a decision"
        }
        (None, false, false) => {
            "其余没有收入，请保留文件 · the rest was not taken in; keep the file"
        }
    };
    out::print(&text)
}
