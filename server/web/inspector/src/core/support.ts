// Whether this browser can keep the phone's data; asked in the worker, where the answer is.
//
// Leaves out: whether it will keep it (keep.ts).

import type { Lack } from './messages';

/** What is missing, or nothing. */
export async function lacks(): Promise<Lack | null> {
  if (!self.isSecureContext) return 'insecure';
  const files = typeof FileSystemFileHandle !== 'undefined' && 'createSyncAccessHandle' in FileSystemFileHandle.prototype;
  if (!files || !navigator.storage?.getDirectory || typeof BroadcastChannel === 'undefined') return 'opfs';
  if (!navigator.locks) return 'locks';
  try {
    await navigator.storage.getDirectory();
    return null;
  } catch {
    // A private window, or storage switched off.
    return 'private';
  }
}
