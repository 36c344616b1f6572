//! Counts how often SQLite asks for the disk, without tools: a layer over its file system that counts `xSync`.
//!
//! Invariant: everything is passed on unchanged. It counts SQLite's own requests; that each is one system call is
//! what `strace` confirms where it is installed (`autosave`). Leaves out: files not written by SQLite.

#![expect(
    unsafe_code,
    reason = "a SQLite VFS is a table of C functions; no safe wrapper of it is published"
)]

use std::ffi::{c_char, c_int};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock};

use anyhow::{Result, ensure};
use rusqlite::ffi;

static SYNCS: AtomicU64 = AtomicU64::new(0);
static PLAIN: OnceLock<Plain> = OnceLock::new();
static SYNC: OnceLock<Sync> = OnceLock::new();
/// Method tables met (databases and their logs have different ones) and the same with `xSync` counted.
static TABLES: Mutex<Vec<(Table, Table)>> = Mutex::new(Vec::new());

type Open = unsafe extern "C" fn(
    *mut ffi::sqlite3_vfs,
    *const c_char,
    *mut ffi::sqlite3_file,
    c_int,
    *mut c_int,
) -> c_int;
type Sync = unsafe extern "C" fn(*mut ffi::sqlite3_file, c_int) -> c_int;

/// What the layer calls.
struct Plain {
    open: Open,
}

/// The methods of a kind of file.
#[derive(Clone, Copy, PartialEq)]
struct Table(*const ffi::sqlite3_io_methods);

// SAFETY: the tables are constant and live as long as the process.
unsafe impl Send for Table {}

/// Puts the layer under every database opened from now on in this process.
///
/// # Errors
/// If SQLite has no file system of its own, or refuses the layer.
pub fn count_from_now_on() -> Result<()> {
    if PLAIN.get().is_some() {
        return Ok(());
    }
    // SAFETY: a null name asks for the default VFS, which lives as long as the process.
    let default = unsafe { ffi::sqlite3_vfs_find(std::ptr::null()) };
    ensure!(!default.is_null(), "SQLite has no file system");
    // SAFETY: `default` is a valid VFS; the copy shares its callbacks and their private data, which it needs.
    let mut layer = unsafe { std::ptr::read(default) };
    let Some(open) = layer.xOpen else {
        anyhow::bail!("SQLite's file system cannot open files");
    };
    ensure!(
        PLAIN.set(Plain { open }).is_ok(),
        "the layer is there already"
    );
    layer.xOpen = Some(open_counted);
    layer.zName = c"guanmo-count".as_ptr();
    layer.pNext = std::ptr::null_mut();
    // SAFETY: SQLite keeps the pointer, so the layer is leaked; it is complete, being a copy.
    let answer = unsafe { ffi::sqlite3_vfs_register(Box::leak(Box::new(layer)), 1) };
    ensure!(
        answer == ffi::SQLITE_OK,
        "SQLite refuses the counting layer: {answer}"
    );
    Ok(())
}

/// Syncs since the start of the process.
pub fn so_far() -> u64 {
    SYNCS.load(Ordering::Relaxed)
}

unsafe extern "C" fn open_counted(
    vfs: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    let Some(plain) = PLAIN.get() else {
        return ffi::SQLITE_ERROR;
    };
    // SAFETY: the arguments are SQLite's own, passed on as they are.
    let answer = unsafe { (plain.open)(vfs, name, file, flags, out_flags) };
    if answer != ffi::SQLITE_OK {
        return answer;
    }
    // SAFETY: SQLite gave `file`; once opened it points to its methods, a constant table.
    let plain = Table(unsafe { (*file).pMethods });
    if let Some(counted) = counted(plain) {
        // SAFETY: the table is leaked and the same as before but for `xSync`.
        unsafe { (*file).pMethods = counted.0 };
    }
    answer
}

/// The counting table for a plain one; none if its files cannot be synced, or in a way not met before.
fn counted(plain: Table) -> Option<Table> {
    // SAFETY: a table is null or constant and complete.
    let methods = unsafe { plain.0.as_ref() }?;
    let sync = methods.xSync?;
    if !std::ptr::fn_addr_eq(*SYNC.get_or_init(|| sync), sync) {
        return None;
    }
    let mut tables = TABLES
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some((_, known)) = tables.iter().find(|(from, _)| *from == plain) {
        return Some(*known);
    }
    let made = ffi::sqlite3_io_methods {
        xSync: Some(sync_counted),
        ..*methods
    };
    let made = Table(Box::leak(Box::new(made)));
    tables.push((plain, made));
    Some(made)
}

unsafe extern "C" fn sync_counted(file: *mut ffi::sqlite3_file, flags: c_int) -> c_int {
    SYNCS.fetch_add(1, Ordering::Relaxed);
    match SYNC.get() {
        // SAFETY: `file` was opened by `open_counted`, which saw that this is its own method.
        Some(sync) => unsafe { sync(file, flags) },
        None => ffi::SQLITE_IOERR_FSYNC,
    }
}
