//! Disks that are full: SQLite's own file system, under which writes below some folders find no room.
//!
//! A full disk refuses every write, also to what a file has already: file systems that never write in place (f2fs on
//! phones) do. Invariant: everything else is the system's file system, untouched. Leaves out: photos, which are plain
//! files, and the index of a write-ahead log, which is memory; both are in `tests/crash` and on a real small disk in
//! `crates/cli/tests/full_disk.rs`.

#![expect(
    unsafe_code,
    reason = "a SQLite VFS is a table of C functions that follow pointers SQLite gives"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{CStr, OsStr, c_char, c_int, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use rusqlite::ffi;

/// The system's file system.
static REAL: AtomicPtr<ffi::sqlite3_vfs> = AtomicPtr::new(std::ptr::null_mut());
/// Folders without room.
static FULL: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
/// How many they are: most writes need not ask further.
static HOW_MANY: AtomicUsize = AtomicUsize::new(0);
/// Path of each open file, by its address.
static OPEN: Mutex<BTreeMap<usize, PathBuf>> = Mutex::new(BTreeMap::new());

/// A file's methods, and those they stand in for. SQLite sees the first.
#[repr(C)]
struct Methods {
    ours: ffi::sqlite3_io_methods,
    real: *const ffi::sqlite3_io_methods,
}

fn held<T>(of: &'static Mutex<T>) -> MutexGuard<'static, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From now on there is no room below a folder.
pub fn fill(folder: &Path) {
    let mut full = held(&FULL);
    full.insert(folder.to_owned());
    HOW_MANY.store(full.len(), Ordering::SeqCst);
}

/// Now there is.
pub fn make_room(folder: &Path) {
    let mut full = held(&FULL);
    full.remove(folder);
    HOW_MANY.store(full.len(), Ordering::SeqCst);
}

/// Whether there is no room below it.
#[must_use]
pub fn is_full(folder: &Path) -> bool {
    held(&FULL).contains(folder)
}

/// Puts the file system in place of SQLite's, for all connections of this process; again it does nothing.
pub fn register() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: a null name asks for the default one, which lives as long as the process; its copy is leaked.
        unsafe {
            let real = ffi::sqlite3_vfs_find(std::ptr::null());
            assert!(!real.is_null(), "SQLite has no file system");
            REAL.store(real, Ordering::SeqCst);
            let ours = Box::leak(Box::new(ffi::sqlite3_vfs {
                pNext: std::ptr::null_mut(),
                zName: c"guanmo-room".as_ptr(),
                xOpen: Some(open),
                ..*real
            }));
            assert_eq!(ffi::sqlite3_vfs_register(ours, 1), ffi::SQLITE_OK);
        }
    });
}

/// # Safety
/// SQLite's: `file` has room for the real file system's own, `name` is null or a path that outlives the file.
unsafe extern "C" fn open(
    _: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    let real = REAL.load(Ordering::SeqCst);
    // SAFETY: called as SQLite called us, with the file system the call belongs to.
    unsafe {
        let Some(open) = (*real).xOpen else {
            return ffi::SQLITE_CANTOPEN;
        };
        let answer = open(real, name, file, flags, out);
        if answer != ffi::SQLITE_OK || name.is_null() {
            return answer;
        }
        let path = Path::new(OsStr::from_bytes(CStr::from_ptr(name).to_bytes()));
        held(&OPEN).insert(file as usize, path.to_owned());
        (*file).pMethods = standing_in((*file).pMethods);
        answer
    }
}

/// Methods that ask for room and otherwise do what these do; one table for each.
fn standing_in(real: *const ffi::sqlite3_io_methods) -> *const ffi::sqlite3_io_methods {
    static TABLES: Mutex<BTreeMap<usize, usize>> = Mutex::new(BTreeMap::new());
    let mut tables = held(&TABLES);
    let table = tables.entry(real as usize).or_insert_with(|| {
        // SAFETY: an open file's methods are a table that lives as long as the process.
        let ours = ffi::sqlite3_io_methods {
            xClose: Some(close),
            xWrite: Some(write),
            ..unsafe { *real }
        };
        std::ptr::from_ref(Box::leak(Box::new(Methods { ours, real }))) as usize
    });
    *table as *const ffi::sqlite3_io_methods
}

/// # Safety
/// `file` was opened by [`open`].
unsafe fn methods(file: *mut ffi::sqlite3_file) -> ffi::sqlite3_io_methods {
    // SAFETY: `standing_in` made the table the file points to, and `ours` is the first of it.
    unsafe { *(*(*file).pMethods.cast::<Methods>()).real }
}

/// # Safety
/// As [`methods`].
unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    held(&OPEN).remove(&(file as usize));
    // SAFETY: called as SQLite called us.
    unsafe {
        match methods(file).xClose {
            Some(close) => close(file),
            None => ffi::SQLITE_OK,
        }
    }
}

/// # Safety
/// As [`methods`]; `from` has `many` bytes.
unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    from: *const c_void,
    many: c_int,
    at: ffi::sqlite3_int64,
) -> c_int {
    if HOW_MANY.load(Ordering::SeqCst) > 0 {
        let path = held(&OPEN).get(&(file as usize)).cloned();
        let full = held(&FULL);
        if path.is_some_and(|path| full.iter().any(|folder| path.starts_with(folder))) {
            return ffi::SQLITE_FULL;
        }
    }
    // SAFETY: called as SQLite called us.
    unsafe {
        match methods(file).xWrite {
            Some(write) => write(file, from, many, at),
            None => ffi::SQLITE_IOERR_WRITE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_refuses_writes_of_its_own_folder_until_there_is_room() {
        register();
        let dir = crate::files::scratch();
        let [full, other] = ["full", "other"].map(|name| dir.path().join(name));
        let [a, b] = [&full, &other].map(|folder| {
            std::fs::create_dir(folder).unwrap();
            let conn = rusqlite::Connection::open(folder.join("x.db")).unwrap();
            conn.execute_batch("PRAGMA journal_mode = wal; CREATE TABLE t (x)")
                .unwrap();
            conn
        });
        let put = |conn: &rusqlite::Connection| conn.execute("INSERT INTO t VALUES (1)", []);
        put(&a).unwrap();
        fill(&full);
        let refused = put(&a).unwrap_err().sqlite_error_code();
        assert_eq!(refused, Some(rusqlite::ErrorCode::DiskFull));
        put(&b).unwrap();
        make_room(&full);
        put(&a).unwrap();
        let count = |conn: &rusqlite::Connection| {
            conn.query_row("SELECT count(*) FROM t", [], |r| r.get::<_, i64>(0))
        };
        assert_eq!((count(&a), count(&b)), (Ok(2), Ok(1)));
    }
}
