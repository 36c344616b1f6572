//! `guanmo device bundle`: unsent work out as a file, and bundles of others along.
//!
//! Invariant: a file has its name only when it is whole and on the disk; what is half written is removed.
//! Leaves out: what is in it (`mobile_core`), looking into one without a phone (`guanmo bundle show`).

use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use mobile_core::{BundleOptions, Carried, CarriedBundle, Replica};
use protocol::limits;
use serde_json::json;

use super::args::{BundleCommand, BundleExportArgs};
use super::done;
use crate::exit::{Exit, Failure, Outcome};
use crate::out;

/// Runs one.
pub fn run(phone: &mut Replica, command: &BundleCommand) -> Outcome {
    match command {
        BundleCommand::Export(args) => export(phone, args),
        BundleCommand::Carry { file } => carry(phone, file),
        BundleCommand::List(args) => list(phone, args.json),
        BundleCommand::Copy { sha256, out } => copy(phone, sha256, out),
        BundleCommand::Drop { sha256 } => {
            let bundle = find(phone, sha256)?;
            phone.drop_carried(&bundle.sha256)?;
            done("不再代送", "no longer carried")
        }
    }
}

/// The name of a part: as given, or with its number before the ending.
fn name(out: &Path, part: usize, parts: usize) -> PathBuf {
    if parts == 1 {
        return out.to_owned();
    }
    let stem = out.file_stem().unwrap_or_default().to_string_lossy();
    let ending = out.extension().map(|e| format!(".{}", e.to_string_lossy()));
    let name = format!("{stem}-{}{}", part + 1, ending.unwrap_or_default());
    out.with_file_name(name)
}

fn export(phone: &mut Replica, args: &BundleExportArgs) -> Outcome {
    let plan = phone.plan_bundle(&BundleOptions {
        photos: !args.no_photos,
        all: args.all,
        part_bytes: args.split.unwrap_or(0) << 20,
    })?;
    let mut files = Vec::new();
    for part in 0..plan.parts() {
        let path = name(&args.out, part, plan.parts());
        let aside = aside(&path);
        let written = write(&aside, |out| {
            let sum = phone.write_bundle(&plan, part, out)?;
            Ok(hex::encode(sum))
        });
        let sum = written
            .and_then(|sum| {
                fs::rename(&aside, &path).map_err(file(&path))?;
                Ok(sum)
            })
            .inspect_err(|_| {
                // Half of it helps nobody; the error is what is told.
                let _ = fs::remove_file(&aside);
            })?;
        let bytes = fs::metadata(&path).map_err(file(&path))?.len();
        files.push(json!({"file": path, "sha256": sum, "bytes": bytes}));
    }
    if args.json {
        out::print_json(&json!({
            "files": files,
            "changes": plan.changes,
            "photo_files": plan.photo_files,
            "photos_left_out": plan.photos_left_out,
        }))?;
        return Ok(Exit::Ok);
    }
    out::print(&format!(
        "已导出 {} 项更改、{} 个照片文件，共 {} 份；未含照片文件 {}\n\
         exported {0} changes and {1} photo files in {2} file(s); photo files not in it: {3}\n\
         这还不算送达：服务器导入后，本机下次同步才确认 · it counts as held only once the server says so at a sync",
        plan.changes,
        plan.photo_files,
        plan.parts(),
        plan.photos_left_out
    ))?;
    Ok(Exit::Ok)
}

fn aside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".partial");
    PathBuf::from(name)
}

/// Writes a file and syncs it.
fn write<T>(path: &Path, fill: impl FnOnce(&mut BufWriter<File>) -> Outcome<T>) -> Outcome<T> {
    let mut out = BufWriter::new(File::create(path).map_err(file(path))?);
    let filled = fill(&mut out)?;
    let out = out.into_inner().map_err(|e| file(path)(e.into_error()))?;
    out.sync_all().map_err(file(path))?;
    Ok(filled)
}

fn file(path: &Path) -> impl Fn(std::io::Error) -> Failure {
    let path = path.display().to_string();
    move |error| {
        Failure::new(
            "file",
            format!("无法写入 {path}：{error}；本机数据没有改动"),
            format!("cannot write {path}: {error}; the phone's data is as it was"),
        )
    }
}

fn carry(phone: &mut Replica, path: &Path) -> Outcome {
    let size = fs::metadata(path).map_or(0, |m| m.len());
    if size > limits::CARRY_BYTES {
        let most = limits::CARRY_BYTES >> 20;
        return Err(Failure::bad_input(
            "bundle_too_large",
            format!("离线包超过 {most} MB，手机带不了；请在原手机上用 --split 分份导出，或用 U 盘"),
            format!("the bundle is over {most} MB; export it in parts (--split), or use a stick"),
        ));
    }
    let bundle = phone.carry_bundle(&out::read_file(path)?)?;
    let (id, when) = (&bundle.sha256[..12], out::day_and_time(bundle.made_ms));
    done(
        &format!("已带上离线包 {id}（{when} 导出），下次同步时交给服务器"),
        &format!("carrying bundle {id}, made {when}; the next sync hands it over"),
    )
}

fn list(phone: &mut Replica, json: bool) -> Outcome {
    let bundles = phone.carried_bundles()?;
    if json {
        out::print_json(&bundles)?;
        return Ok(Exit::Ok);
    }
    let mut table = out::table(["编号\nNumber", "导出\nMade", "字节\nBytes", "状态\nState"]);
    for b in &bundles {
        let state = match &b.state {
            Carried::Waiting { code: None } => "待同步 waits for a sync".to_owned(),
            Carried::Waiting { code: Some(code) } => format!("待同步 waits [{code}]"),
            Carried::Delivered => "已交给服务器 handed over".to_owned(),
            Carried::Refused { code } => format!("服务器没有接收 refused [{code}]"),
        };
        table.add_row([
            b.sha256[..12].to_owned(),
            out::day_and_time(b.made_ms),
            b.size_bytes.to_string(),
            state,
        ]);
    }
    out::print(&format!("{table}\n共 {} 个 · {0} bundles", bundles.len()))?;
    Ok(Exit::Ok)
}

fn find(phone: &mut Replica, beginning: &str) -> Outcome<CarriedBundle> {
    let bundles = phone.carried_bundles()?;
    let mut fits = bundles
        .into_iter()
        .filter(|b| b.sha256.starts_with(beginning));
    match (fits.next(), fits.next()) {
        (Some(bundle), None) => Ok(bundle),
        _ => Err(Failure::new(
            "not_found",
            format!("没有（或不止一个）编号以 {beginning} 开头的离线包"),
            format!("there is no bundle, or more than one, whose number begins with {beginning}"),
        )),
    }
}

fn copy(phone: &mut Replica, sha256: &str, to: &Path) -> Outcome {
    let bundle = find(phone, sha256)?;
    let bytes = phone.carried_file(&bundle.sha256)?;
    write(to, |out| {
        std::io::Write::write_all(out, &bytes).map_err(file(to))
    })?;
    done("已转存", "written")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_numbered_before_the_ending() {
        let out = Path::new("/u/王村.guanmo");
        assert_eq!(name(out, 0, 1), out);
        assert_eq!(name(out, 1, 3), Path::new("/u/王村-2.guanmo"));
        assert_eq!(name(Path::new("b"), 0, 2), Path::new("b-1"));
    }
}
