//! `guanmo backup`: now, beside a running server; keys, list and check of backups.
//!
//! Leaves out: backups the server makes by itself (`backup.dir` in the settings).

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::json;
use server::backup::{self, Identity, Order, Recipient};

use super::new_file;
use crate::exit::{Exit, Failure, Outcome};
use crate::out;

/// `guanmo backup`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct BackupArgs {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    now: NowArgs,
}

#[derive(Debug, Args)]
struct NowArgs {
    /// 备份文件 (.age)；照片写到它旁边的 photos 目录 · File to make (.age); photos go into `photos` beside it
    #[arg(long, value_name = "FILE", required = true)]
    to: Option<PathBuf>,
    /// 公钥 age1… · Recipient age1…
    #[arg(long, value_name = "AGE1…", required = true)]
    recipient: Option<String>,
    /// 不备份照片 · Without photos
    #[arg(long)]
    no_photos: bool,
    /// 服务器数据目录 · The server's data folder
    #[arg(long, default_value = "data", value_name = "DIR")]
    data: PathBuf,
    /// 输出 JSON · Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum What {
    /// 生成密钥对；私钥只显示一次 · Make a key pair; the secret key is shown once
    Keygen {
        /// 私钥写入新文件而不是屏幕 · Write the secret key to a new file instead
        #[arg(long, value_name = "FILE")]
        to: Option<PathBuf>,
    },
    /// 列出目录中的备份 · List the backups in a folder
    List {
        /// 目录 · The folder
        dir: PathBuf,
        /// 输出 JSON · Print JSON
        #[arg(long)]
        json: bool,
    },
    /// 用私钥核对备份的每个字节 · Check every byte of a backup with the secret key
    Verify {
        /// 备份文件 · The backup
        file: PathBuf,
        /// 私钥文件 · File of the secret key
        #[arg(long, value_name = "FILE")]
        identity: PathBuf,
        /// 输出 JSON · Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// Does it.
pub fn run(args: &BackupArgs) -> Outcome {
    match &args.what {
        None => now(&args.now),
        Some(What::Keygen { to }) => keygen(to.as_deref()),
        Some(What::List { dir, json }) => list(dir, *json),
        Some(What::Verify {
            file,
            identity,
            json,
        }) => verify(file, identity, *json),
    }
}

fn now(args: &NowArgs) -> Outcome {
    let (Some(to), Some(recipient)) = (&args.to, &args.recipient) else {
        return Err(Failure::bad_input(
            "usage",
            "须给出 --to 和 --recipient",
            "--to and --recipient are needed",
        ));
    };
    let done = backup::write(&Order {
        data: args.data.clone(),
        to: to.clone(),
        recipient: recipient.parse::<Recipient>()?,
        photos: !args.no_photos,
        now_ms: server::system_clock()(),
    })?;
    let (file, m) = (to.display(), &done.manifest);
    let photos = m.photos.as_ref().map_or(0, Vec::len);
    if args.json {
        out::print_json(&json!({
            "file": to, "bytes": done.bytes, "at_ms": m.at_ms, "generation": m.generation,
            "photos": photos, "new_photos": done.new_photos, "damaged_photos": m.damaged,
        }))?;
    } else {
        out::print(&format!(
            "已备份并核对 · Backed up and checked: {file} ({} kB, {photos} 张照片 photos, {} 新 new)",
            done.bytes / 1_000,
            done.new_photos
        ))?;
        for hash in &m.damaged {
            out::print(&format!(
                "照片在服务器磁盘上已损坏，未备份 · damaged on the server's disk, not backed up: {hash}"
            ))?;
        }
    }
    Ok(if m.damaged.is_empty() {
        Exit::Ok
    } else {
        Exit::Failed
    })
}

fn keygen(to: Option<&Path>) -> Outcome {
    let (recipient, secret) = backup::keygen();
    match to {
        Some(file) => {
            new_file(file, secret.as_bytes(), true)?;
            out::print(&recipient.to_string())?;
        }
        None => out::print(&secret)?,
    }
    eprintln!(
        "私钥不要留在服务器上：打印或存入两个U盘，分别锁好。没有私钥，备份无法打开。\n\
         Do not leave the secret key on the server: print it or put it on two sticks, locked away apart. \
         Without it no backup opens."
    );
    Ok(Exit::Ok)
}

fn list(dir: &Path, json: bool) -> Outcome {
    let found = backup::list(dir)?;
    if json {
        out::print_json(&found)?;
        return Ok(Exit::Ok);
    }
    let mut table = out::table(["时间 · Time (UTC)", "大小 · Size", "文件 · File"]);
    for backup in found {
        let at = chrono::DateTime::from_timestamp_millis(backup.at_ms).unwrap_or_default();
        table.add_row([
            at.format("%Y-%m-%d %H:%M:%S").to_string(),
            format!("{} kB", backup.bytes / 1_000),
            backup.file.display().to_string(),
        ]);
    }
    out::print(&table.to_string())?;
    Ok(Exit::Ok)
}

fn verify(file: &Path, identity: &Path, json: bool) -> Outcome {
    let key = Identity::read(identity)?;
    let checked = backup::verify(file, &key)?;
    let m = &checked.manifest;
    let photos = m.photos.as_ref().map_or(0, Vec::len);
    if json {
        out::print_json(&json!({
            "file": file, "at_ms": m.at_ms, "server": m.server, "generation": m.generation,
            "version": m.version, "database_bytes": m.database.bytes, "photos": photos,
            "photos_lacking": checked.lacking,
        }))?;
    } else {
        out::print(&format!(
            "数据库完整，{photos} 张照片中缺 {lacking} 张 · The database is whole; of {photos} photos {lacking} are lacking",
            lacking = checked.lacking.len()
        ))?;
        for hash in &checked.lacking {
            out::print(hash)?;
        }
    }
    let whole = checked.lacking.is_empty();
    Ok(if whole { Exit::Ok } else { Exit::Failed })
}
