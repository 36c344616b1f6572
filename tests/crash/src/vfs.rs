//! The SQLite file system that leads to the disks.
//!
//! A path is `/DISK/FILE`. Device characteristics are 0: nothing is promised beyond what [`crate::Image`] keeps, so a
//! bug that a promise would hide is seen. Invariant: every callback answers with SQLite's own codes and never panics
//! across the border on bad arguments. Leaves out: loading of extensions, memory-mapped reading.
//!
//! Written here because the published wrapper needs libclang to build, and plain `cargo test` must not.

#![expect(
    unsafe_code,
    reason = "a SQLite VFS is a table of C functions; every one of them follows pointers SQLite gives"
)]

use std::ffi::{CStr, c_char, c_int, c_void};
use std::sync::{Arc, Once};

use rusqlite::ffi;

use crate::Disk;
use crate::faults::{Asks, Fault};
use crate::locks::Level;
use crate::shared::Shared;
use crate::state::{Change, Node, SECTOR};

/// The file system's name, as an URI's `vfs=` gives it.
pub(crate) const NAME: &str = "guanmo-disk";
const C_NAME: &CStr = c"guanmo-disk";
/// Longest path, bytes.
const LONGEST: usize = 512;

/// What SQLite keeps of an open file: its methods, and ours.
#[repr(C)]
struct File {
    base: ffi::sqlite3_file,
    open: *mut Open,
}

/// An open file.
struct Open {
    disk: Disk,
    node: Node,
    name: String,
    /// Names the connection among the holders of locks.
    id: u64,
    /// Which start of the machine it belongs to.
    start: u64,
    level: Level,
    shared: Option<Arc<Shared>>,
    delete_on_close: bool,
}

static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved),
    xFileControl: Some(control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

/// Makes the file system known to SQLite; it stays as long as the process.
pub(crate) fn register() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let vfs = Box::leak(Box::new(ffi::sqlite3_vfs {
            iVersion: 2,
            szOsFile: size_of::<File>() as c_int,
            mxPathname: LONGEST as c_int,
            pNext: std::ptr::null_mut(),
            zName: C_NAME.as_ptr(),
            pAppData: std::ptr::null_mut(),
            xOpen: Some(open),
            xDelete: Some(delete),
            xAccess: Some(access),
            xFullPathname: Some(full_path),
            xDlOpen: None,
            xDlError: None,
            xDlSym: None,
            xDlClose: None,
            xRandomness: Some(randomness),
            xSleep: Some(sleep),
            xCurrentTime: Some(time),
            xGetLastError: None,
            xCurrentTimeInt64: Some(time_ms),
            xSetSystemCall: None,
            xGetSystemCall: None,
            xNextSystemCall: None,
        }));
        // SAFETY: the table is complete and leaked, so it lives as long as SQLite keeps the pointer.
        let answer = unsafe { ffi::sqlite3_vfs_register(vfs, 0) };
        assert_eq!(answer, ffi::SQLITE_OK, "SQLite refuses the file system");
    });
}

/// The disk and the file's name on it that a path means.
///
/// # Safety
/// `path` is null or a C string.
unsafe fn place(path: *const c_char) -> Option<(Disk, String)> {
    if path.is_null() {
        return None;
    }
    // SAFETY: not null, so by this function's contract a C string.
    let path = unsafe { CStr::from_ptr(path) }.to_str().ok()?;
    let (disk, file) = path.strip_prefix('/')?.split_once('/')?;
    Some((Disk::named(disk)?, file.to_owned()))
}

/// # Safety
/// `file` was opened by [`open`] and is not closed; nobody else uses it during the call (SQLite sees to both).
unsafe fn opened<'a>(file: *mut ffi::sqlite3_file) -> &'a mut Open {
    // SAFETY: `open` put a leaked box there, which only `close` takes back; SQLite calls the methods of one file one
    // at a time.
    unsafe { &mut *(*file.cast::<File>()).open }
}

fn code(fault: Fault, io: c_int) -> c_int {
    match fault {
        Fault::Io => io,
        Fault::Full => ffi::SQLITE_FULL,
        Fault::ReadOnly => ffi::SQLITE_READONLY,
    }
}

impl Open {
    /// False once the machine was started anew.
    fn is_alive(&self) -> bool {
        self.disk.lock().starts == self.start
    }

    fn change(&self, change: Change, io: c_int) -> c_int {
        let mut disk = self.disk.lock();
        if disk.starts != self.start {
            return io;
        }
        match disk.change(change) {
            Ok(()) => ffi::SQLITE_OK,
            Err(fault) => code(fault, io),
        }
    }
}

unsafe extern "C" fn open(
    _: *mut ffi::sqlite3_vfs,
    path: *const c_char,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    // SAFETY: SQLite gives room of `szOsFile` bytes; no methods mean "not open" until the end of this function.
    unsafe { (*file).pMethods = std::ptr::null() };
    let (disk, name) = if path.is_null() {
        // A temporary file: on a disk of its own, which has no faults and goes with it.
        (Disk::new(0), "temporary".to_owned())
    } else {
        // SAFETY: not null, so SQLite's C string.
        match unsafe { place(path) } {
            Some(found) => found,
            None => return ffi::SQLITE_CANTOPEN,
        }
    };
    let Ok((node, id, start, read_only)) = find_or_create(&disk, &name, flags) else {
        return ffi::SQLITE_CANTOPEN;
    };
    if !out_flags.is_null() {
        let (both, only) = (ffi::SQLITE_OPEN_READWRITE, ffi::SQLITE_OPEN_READONLY);
        let given = if read_only {
            flags & !both | only
        } else {
            flags
        };
        // SAFETY: not null, so SQLite's own place for it.
        unsafe { *out_flags = given };
    }
    let open = Open {
        disk,
        node,
        name,
        id,
        start,
        level: Level::None,
        shared: None,
        delete_on_close: flags & ffi::SQLITE_OPEN_DELETEONCLOSE != 0,
    };
    // SAFETY: the room is `szOsFile` bytes, that is a `File`; it is filled before its methods say that it is open.
    unsafe {
        (*file.cast::<File>()).open = Box::into_raw(Box::new(open));
        (*file).pMethods = &raw const METHODS;
    }
    ffi::SQLITE_OK
}

/// Node, handle, start, and whether it may only be read.
fn find_or_create(disk: &Disk, name: &str, flags: c_int) -> Result<(Node, u64, u64, bool), Fault> {
    let mut inner = disk.lock();
    inner.ask(Asks::Reading)?;
    let wants_new = flags & ffi::SQLITE_OPEN_CREATE != 0;
    let node = match inner.image.find(name) {
        Some(node) => node,
        None if wants_new => {
            inner.change(Change::Create {
                name: name.to_owned(),
            })?;
            inner.image.find(name).ok_or(Fault::Io)?
        }
        None => return Err(Fault::Io),
    };
    let wants_to_write = flags & ffi::SQLITE_OPEN_READWRITE != 0;
    let read_only = inner.is_read_only() || !wants_to_write;
    Ok((node, inner.handle(), inner.starts, read_only))
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: SQLite closes each file once; `open` made the box.
    let open = unsafe { Box::from_raw((*file.cast::<File>()).open) };
    // SAFETY: no methods mean "not open".
    unsafe { (*file).pMethods = std::ptr::null() };
    if let Some(shared) = &open.shared {
        shared.leave(open.id);
    }
    let mut disk = open.disk.lock();
    if disk.starts == open.start {
        if let Some(locks) = disk.locks.get_mut(&open.node) {
            locks.lower(open.id, Level::None);
        }
        if open.delete_on_close {
            let (name, durably) = (open.name.clone(), false);
            // As on a real disk: a temporary file that cannot be removed is left behind.
            let _ = disk.change(Change::Delete { name, durably });
        }
    }
    drop(disk);
    ffi::SQLITE_OK
}

unsafe extern "C" fn read(
    file: *mut ffi::sqlite3_file,
    out: *mut c_void,
    count: c_int,
    at: ffi::sqlite3_int64,
) -> c_int {
    // SAFETY: an open file of ours.
    let open = unsafe { opened(file) };
    let (Ok(count), Ok(at)) = (usize::try_from(count), usize::try_from(at)) else {
        return ffi::SQLITE_IOERR_READ;
    };
    // SAFETY: SQLite gives room for `count` bytes.
    let out = unsafe { std::slice::from_raw_parts_mut(out.cast::<u8>(), count) };
    let mut disk = open.disk.lock();
    if disk.starts != open.start || disk.ask(Asks::Reading).is_err() {
        return ffi::SQLITE_IOERR_READ;
    }
    let bytes = disk.image.read(open.node);
    let found = bytes.get(at..).unwrap_or_default();
    let length = found.len().min(count);
    out[..length].copy_from_slice(&found[..length]);
    out[length..].fill(0);
    if length < count {
        return ffi::SQLITE_IOERR_SHORT_READ;
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    bytes: *const c_void,
    count: c_int,
    at: ffi::sqlite3_int64,
) -> c_int {
    // SAFETY: an open file of ours.
    let open = unsafe { opened(file) };
    let (Ok(count), Ok(at)) = (usize::try_from(count), usize::try_from(at)) else {
        return ffi::SQLITE_IOERR_WRITE;
    };
    // SAFETY: SQLite gives `count` bytes.
    let bytes = unsafe { std::slice::from_raw_parts(bytes.cast::<u8>(), count) };
    let (node, bytes) = (open.node, bytes.into());
    open.change(Change::Write { node, at, bytes }, ffi::SQLITE_IOERR_WRITE)
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, size: ffi::sqlite3_int64) -> c_int {
    // SAFETY: an open file of ours.
    let open = unsafe { opened(file) };
    let Ok(size) = usize::try_from(size) else {
        return ffi::SQLITE_IOERR_TRUNCATE;
    };
    let node = open.node;
    open.change(Change::Size { node, size }, ffi::SQLITE_IOERR_TRUNCATE)
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, _: c_int) -> c_int {
    // SAFETY: an open file of ours.
    let open = unsafe { opened(file) };
    let node = open.node;
    open.change(Change::Sync { node }, ffi::SQLITE_IOERR_FSYNC)
}

unsafe extern "C" fn file_size(
    file: *mut ffi::sqlite3_file,
    size: *mut ffi::sqlite3_int64,
) -> c_int {
    // SAFETY: an open file of ours.
    let open = unsafe { opened(file) };
    let mut disk = open.disk.lock();
    if disk.starts != open.start || disk.ask(Asks::Reading).is_err() {
        return ffi::SQLITE_IOERR_FSTAT;
    }
    let found = disk.image.read(open.node).len();
    // SAFETY: SQLite's own place for it.
    unsafe { *size = found as ffi::sqlite3_int64 };
    ffi::SQLITE_OK
}

unsafe extern "C" fn lock(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    // SAFETY: an open file of ours.
    let open = unsafe { opened(file) };
    let wanted = Level::of(level);
    let mut disk = open.disk.lock();
    if disk.starts != open.start || !disk.has_power_now() {
        return ffi::SQLITE_IOERR_LOCK;
    }
    let locks = disk.locks.entry(open.node).or_default();
    open.level = locks.raise(open.id, wanted);
    if open.level < wanted {
        ffi::SQLITE_BUSY
    } else {
        ffi::SQLITE_OK
    }
}

unsafe extern "C" fn unlock(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    // SAFETY: an open file of ours.
    let open = unsafe { opened(file) };
    let to = Level::of(level);
    let mut disk = open.disk.lock();
    if disk.starts == open.start
        && let Some(locks) = disk.locks.get_mut(&open.node)
    {
        locks.lower(open.id, to);
    }
    open.level = open.level.min(to);
    ffi::SQLITE_OK
}

unsafe extern "C" fn check_reserved(file: *mut ffi::sqlite3_file, out: *mut c_int) -> c_int {
    // SAFETY: an open file of ours.
    let open = unsafe { opened(file) };
    let disk = open.disk.lock();
    let reserved = disk.locks.get(&open.node).is_some_and(|l| l.is_reserved());
    // SAFETY: SQLite's own place for it.
    unsafe { *out = c_int::from(reserved) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn control(_: *mut ffi::sqlite3_file, _: c_int, _: *mut c_void) -> c_int {
    ffi::SQLITE_NOTFOUND
}

unsafe extern "C" fn sector_size(_: *mut ffi::sqlite3_file) -> c_int {
    SECTOR as c_int
}

unsafe extern "C" fn characteristics(_: *mut ffi::sqlite3_file) -> c_int {
    0
}

unsafe extern "C" fn shm_map(
    file: *mut ffi::sqlite3_file,
    region: c_int,
    bytes: c_int,
    extend: c_int,
    out: *mut *mut c_void,
) -> c_int {
    // SAFETY: an open file of ours.
    let open = unsafe { opened(file) };
    // SAFETY: SQLite's own place for the answer.
    unsafe { *out = std::ptr::null_mut() };
    let (Ok(region), Ok(bytes)) = (usize::try_from(region), usize::try_from(bytes)) else {
        return ffi::SQLITE_IOERR_SHMMAP;
    };
    let mut disk = open.disk.lock();
    if disk.starts != open.start {
        return ffi::SQLITE_IOERR_SHMMAP;
    }
    if open.shared.is_none() {
        let known = disk
            .shared
            .get(&open.node)
            .and_then(std::sync::Weak::upgrade);
        let shared = known.unwrap_or_default();
        disk.shared.insert(open.node, Arc::downgrade(&shared));
        open.shared = Some(shared);
    }
    let Some(shared) = &open.shared else {
        return ffi::SQLITE_IOERR_SHMMAP;
    };
    let extends = extend != 0 && !shared.has(region);
    // On a real disk the memory is a file beside the database: it needs space, too.
    if extends && let Err(fault) = disk.ask_for_memory(bytes) {
        return match fault {
            Fault::Io => ffi::SQLITE_IOERR_SHMMAP,
            Fault::Full => ffi::SQLITE_IOERR_SHMSIZE,
            Fault::ReadOnly => ffi::SQLITE_READONLY_CANTINIT,
        };
    }
    // SAFETY: SQLite's own place for the answer; the region lives as long as `open.shared`.
    unsafe { *out = shared.region(region, bytes, extend != 0) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn shm_lock(
    file: *mut ffi::sqlite3_file,
    first: c_int,
    count: c_int,
    flags: c_int,
) -> c_int {
    // SAFETY: an open file of ours.
    let open = unsafe { opened(file) };
    let (Ok(first), Ok(count)) = (usize::try_from(first), usize::try_from(count)) else {
        return ffi::SQLITE_IOERR_SHMLOCK;
    };
    let (slots, id) = (first..first + count, open.id);
    let Some(shared) = &open.shared else {
        return ffi::SQLITE_IOERR_SHMLOCK;
    };
    if flags & ffi::SQLITE_SHM_UNLOCK != 0 {
        shared.unlock(id, slots);
        return ffi::SQLITE_OK;
    }
    if !open.is_alive() {
        return ffi::SQLITE_IOERR_SHMLOCK;
    }
    if shared.lock(id, slots, flags & ffi::SQLITE_SHM_EXCLUSIVE != 0) {
        ffi::SQLITE_OK
    } else {
        ffi::SQLITE_BUSY
    }
}

unsafe extern "C" fn shm_barrier(_: *mut ffi::sqlite3_file) {
    std::sync::atomic::fence(std::sync::atomic::Ordering::SeqCst);
}

unsafe extern "C" fn shm_unmap(file: *mut ffi::sqlite3_file, _: c_int) -> c_int {
    // SAFETY: an open file of ours.
    let open = unsafe { opened(file) };
    if let Some(shared) = open.shared.take() {
        shared.leave(open.id);
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn delete(
    _: *mut ffi::sqlite3_vfs,
    path: *const c_char,
    sync_folder: c_int,
) -> c_int {
    // SAFETY: SQLite gives a C string.
    let Some((disk, name)) = (unsafe { place(path) }) else {
        return ffi::SQLITE_IOERR_DELETE;
    };
    let mut disk = disk.lock();
    if disk.image.find(&name).is_none() {
        return ffi::SQLITE_IOERR_DELETE_NOENT;
    }
    let durably = sync_folder != 0;
    match disk.change(Change::Delete { name, durably }) {
        Ok(()) => ffi::SQLITE_OK,
        Err(_) => ffi::SQLITE_IOERR_DELETE,
    }
}

unsafe extern "C" fn access(
    _: *mut ffi::sqlite3_vfs,
    path: *const c_char,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    // SAFETY: SQLite gives a C string.
    let Some((disk, name)) = (unsafe { place(path) }) else {
        return ffi::SQLITE_IOERR_ACCESS;
    };
    let mut disk = disk.lock();
    if disk.ask(Asks::Reading).is_err() {
        return ffi::SQLITE_IOERR_ACCESS;
    }
    let found = disk.image.find(&name).map(|node| disk.image.read(node));
    let answer = match (flags, found) {
        (_, None) => false,
        (ffi::SQLITE_ACCESS_READWRITE, Some(_)) => !disk.is_read_only(),
        // As SQLite's own: an empty file counts as none.
        (_, Some(bytes)) => !bytes.is_empty(),
    };
    // SAFETY: SQLite's own place for it.
    unsafe { *out = c_int::from(answer) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn full_path(
    _: *mut ffi::sqlite3_vfs,
    path: *const c_char,
    room: c_int,
    out: *mut c_char,
) -> c_int {
    // SAFETY: SQLite gives a C string.
    let path = unsafe { CStr::from_ptr(path) }.to_bytes_with_nul();
    if usize::try_from(room).is_ok_and(|room| path.len() <= room) {
        // SAFETY: `out` has room for `room` bytes, which is enough; the two do not overlap.
        unsafe { std::ptr::copy_nonoverlapping(path.as_ptr().cast(), out, path.len()) };
        return ffi::SQLITE_OK;
    }
    ffi::SQLITE_CANTOPEN
}

unsafe extern "C" fn randomness(_: *mut ffi::sqlite3_vfs, count: c_int, out: *mut c_char) -> c_int {
    let length = usize::try_from(count).unwrap_or(0);
    // SAFETY: SQLite gives room for `count` bytes.
    let out = unsafe { std::slice::from_raw_parts_mut(out.cast::<u8>(), length) };
    crate::Random::new(length as u64).fill(out);
    count
}

unsafe extern "C" fn sleep(_: *mut ffi::sqlite3_vfs, micros: c_int) -> c_int {
    let micros_asked = u64::try_from(micros).unwrap_or(0);
    std::thread::sleep(std::time::Duration::from_micros(micros_asked));
    micros
}

unsafe extern "C" fn time(_: *mut ffi::sqlite3_vfs, out: *mut f64) -> c_int {
    // SAFETY: SQLite's own place for it. A day of 2026 as days of the Julian calendar: time stands still here.
    unsafe { *out = 2_461_000.5 };
    ffi::SQLITE_OK
}

unsafe extern "C" fn time_ms(_: *mut ffi::sqlite3_vfs, out: *mut ffi::sqlite3_int64) -> c_int {
    // SAFETY: SQLite's own place for it. The same day in milliseconds.
    unsafe { *out = 2_461_000 * 86_400_000 + 43_200_000 };
    ffi::SQLITE_OK
}
