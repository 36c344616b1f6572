//! How many disk syncs one autosave costs, counted in a process of its own.
//!
//! The child (`guanmo bench autosave`) counts SQLite's requests with the layer of `syncs`; where `strace` is
//! installed, the parent also counts system calls between two marks. Controls: a plain commit with `FULL` must show
//! one, the same with `NORMAL` none. Leaves out: time (`fill`).

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use domain::points::POINT;
use domain::sheet::{Answer, Mark};
use mobile_core::{Ports, Replica, SiteFilter};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::raw::Raw;
use super::syncs;

const BEGIN: &str = "mark-begin";
const END: &str = "mark-end";

/// What the child is told.
#[derive(Debug, clap::Args)]
pub struct ChildArgs {
    /// Folder of a phone with an opened sheet; it is written to.
    pub phone: PathBuf,
    /// Folder for plain databases and marks.
    pub scratch: PathBuf,
    /// Autosaves to make.
    #[arg(long, default_value_t = 300)]
    pub count: u32,
}

/// Disk syncs for so many autosaves.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Counted {
    /// Autosaves made.
    pub autosaves: u32,
    /// Syncs they asked for.
    pub syncs: u64,
    /// Syncs of as many plain commits with `synchronous=FULL`.
    pub raw_full: u64,
    /// The same with `NORMAL`: the control.
    pub raw_normal: u64,
    /// System calls seen by `strace`, if it is installed.
    pub traced: Option<u64>,
}

/// The child: makes autosaves and prints what they cost.
///
/// # Errors
/// The phone's.
pub fn child(args: &ChildArgs) -> Result<()> {
    syncs::count_from_now_on()?;
    let mut counted = Counted {
        autosaves: args.count,
        ..Counted::default()
    };
    let mut phone = Replica::open(&args.phone, Ports::system())?;
    let filter = SiteFilter {
        all_groups: true,
        ..SiteFilter::default()
    };
    let opened = phone
        .sites(&filter)?
        .into_iter()
        .find_map(|site| site.sheet);
    let sheet = opened.context("no sheet is opened on this phone")?;
    let mut answer = |no: u32| -> Result<()> {
        // Every 30 answers the same line gets another score and note: something new to save each time.
        let mark = Mark::Points(i64::from(no / 30 % 11) * POINT);
        let answer = Answer {
            note: Some(format!("第{no}次")),
            ..Answer::from(mark)
        };
        let saved = phone.answer(sheet, &format!("B-{}", no % 30 + 1), answer)?;
        ensure!(saved.changed, "nothing was saved");
        Ok(())
    };
    (0..30).try_for_each(&mut answer)?;
    std::fs::write(args.scratch.join(BEGIN), [])?;
    let before = syncs::so_far();
    (30..30 + args.count).try_for_each(&mut answer)?;
    counted.syncs = syncs::so_far() - before;
    std::fs::write(args.scratch.join(END), [])?;
    let mut raw = Raw::create(&args.scratch.join("raw.db"), &[])?;
    counted.raw_full = plain_commits(&mut raw, args.count, 0)?;
    raw.do_not_wait_for_the_disk()?;
    counted.raw_normal = plain_commits(&mut raw, args.count, 1)?;
    println!("{}", serde_json::to_string(&counted)?);
    Ok(())
}

fn plain_commits(raw: &mut Raw, count: u32, inspection: u128) -> Result<u64> {
    let before = syncs::so_far();
    for item in 0..count {
        raw.answer(Uuid::from_u128(inspection), item, 7, None, 0)?;
    }
    Ok(syncs::so_far() - before)
}

/// Runs the child on a copy of a phone's folder that nobody else has open.
///
/// # Errors
/// If the child cannot be run or says no.
pub fn count(phone: &Path, scratch: &Path) -> Result<Counted> {
    std::fs::create_dir_all(scratch)?;
    let copy = scratch.join("phone");
    copy_folder(phone, &copy)?;
    let program = std::env::current_exe()?;
    let trace = scratch.join("strace.txt");
    let is_installed = Command::new("strace")
        .arg("-V")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    let mut command = match is_installed {
        Ok(status) if status.success() => {
            let mut command = Command::new("strace");
            command.args([
                "-f",
                "-qq",
                "-e",
                "trace=fsync,fdatasync,sync_file_range,openat",
                "-o",
            ]);
            command.arg(&trace).arg(program);
            command
        }
        _ => Command::new(program),
    };
    let output = command
        .args(["bench", "autosave"])
        .arg(copy)
        .arg(scratch)
        .stderr(Stdio::inherit())
        .output()?;
    ensure!(
        output.status.success(),
        "the counting child failed: {}",
        output.status
    );
    let mut counted: Counted =
        serde_json::from_slice(&output.stdout).context("the counting child's answer")?;
    if let Ok(text) = std::fs::read_to_string(&trace) {
        let between = text
            .lines()
            .skip_while(|l| !l.contains(BEGIN))
            .take_while(|l| !l.contains(END));
        counted.traced = Some(between.filter(|l| l.contains("sync(")).count() as u64);
    }
    Ok(counted)
}

/// Copies a folder with everything in it.
///
/// # Errors
/// The disk's.
pub fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
