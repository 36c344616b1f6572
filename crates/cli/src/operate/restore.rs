//! `guanmo restore`: a backup into an empty folder, as a new generation.
//!
//! Leaves out: what phones hold; they send it again when they next sync.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use server::backup::{Identity, Restored, restore};
use server::{system_clock, system_entropy};

use crate::exit::{Exit, Outcome};
use crate::office::runtime;
use crate::out;

/// `guanmo restore`.
#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// 备份文件；照片在它旁边的 photos 目录 · The backup; its photos are in `photos` beside it
    file: PathBuf,
    /// 私钥文件 · File of the secret key
    #[arg(long, value_name = "FILE")]
    identity: PathBuf,
    /// 新的或空的数据目录 · New or empty data folder
    #[arg(long, value_name = "DIR")]
    into: PathBuf,
    /// 输出 JSON · Print JSON
    #[arg(long)]
    json: bool,
}

/// Restores. Ends with 1 if photos are lacking.
pub fn run(args: &RestoreArgs) -> Outcome {
    let key = Identity::read(&args.identity)?;
    let done = restore(
        &args.file,
        &key,
        &args.into,
        system_clock(),
        system_entropy(),
    );
    let restored = runtime()?.block_on(done)?;
    if args.json {
        out::print_json(&json!({
            "into": args.into,
            "backup_at_ms": restored.manifest.at_ms,
            "generation": restored.generation,
            "photos": restored.photos,
            "photos_lacking": restored.lacking,
        }))?;
    } else {
        out::print(&told(&restored, args))?;
    }
    let whole = restored.lacking.is_empty();
    Ok(if whole { Exit::Ok } else { Exit::Failed })
}

fn told(r: &Restored, args: &RestoreArgs) -> String {
    let at = chrono::DateTime::from_timestamp_millis(r.manifest.at_ms).unwrap_or_default();
    let (at, into) = (at.format("%Y-%m-%d %H:%M UTC"), args.into.display());
    let mut text = format!(
        "已恢复到 {into}：{at} 的备份，新的世代 {generation}，照片 {photos} 张。\n\
         手机下次同步时会把此后填写的内容再送来。此后只在办公室写下的（裁定、锁定、新账号、停用设备）已经丢失，须重做；\n\
         旧的登录会话和未用的登记码已作废。\n\
         Restored to {into}: the backup of {at}, new generation {generation}, {photos} photos.\n\
         Phones send again what they wrote since at their next sync. What only the office wrote since (decisions, locks,\n\
         new logins, revoked devices) is lost and must be done again; old sessions and unused codes have ended.",
        generation = r.generation,
        photos = r.photos,
    );
    if r.manifest.photos.is_none() {
        text += "\n备份不含照片。 · The backup has no photos.";
    }
    if !r.lacking.is_empty() {
        text += &format!(
            "\n备份中缺少或损坏的照片 {n} 张；仍有原件的手机会再送。\
             \n{n} photos are missing or damaged in the backup; phones that still have them send them again.",
            n = r.lacking.len()
        );
    }
    text
}
