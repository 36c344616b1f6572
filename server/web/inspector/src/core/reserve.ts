// Room that is kept for scores: a file of nothing, which is given up when a score finds no other room.
//
// Invariant: photos are taken in only while it is there. Browsers do not tell how much they allow (Chromium says ten
// gigabytes more than is used, whatever is left), so that what is needed later has to be held now. Leaves out: a disk that
// is full for every app; the file is of the browser's allowance, it has no blocks of its own.

import { RESERVE_BYTES, RESERVE_FOLDER, RESERVE_NAME } from './room';

async function withFile<T>(work: (file: FileSystemSyncAccessHandle) => T): Promise<T> {
  const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle(RESERVE_FOLDER, { create: true });
  const handle = await (await folder.getFileHandle(RESERVE_NAME, { create: true })).createSyncAccessHandle();
  try {
    return work(handle);
  } finally {
    handle.close();
  }
}

/** Holds it, if the browser allows; whether it is held. */
export const holdReserve = (): Promise<boolean> =>
  withFile((file) => {
    if (file.getSize() >= RESERVE_BYTES) return true;
    file.truncate(RESERVE_BYTES);
    return true;
  }).catch(() => false);

/** Gives it up; whether there was any. */
export const spendReserve = (): Promise<boolean> =>
  withFile((file) => {
    const had = file.getSize() > 0;
    file.truncate(0);
    return had;
  }).catch(() => false);
