// How much of the browser's room is used, as far as it tells.
//
// Leaves out: making room.

/** What is held for scores (reserve.ts): some hundreds of answers when nothing else is left, bytes. */
export const RESERVE_BYTES = 16 << 20;
export const RESERVE_FOLDER = 'guanmo';
export const RESERVE_NAME = 'reserve';

/** More than this part of what is allowed is nearly all of it. */
export const SHORT = 0.9;

/** Bytes used and allowed, and whether scores began to use what was held for them. */
export async function room(): Promise<{ used: number; allowed: number; short: boolean } | null> {
  const said = await navigator.storage?.estimate?.();
  if (said?.usage === undefined || said.quota === undefined) return null;
  return { used: said.usage, allowed: said.quota, short: said.usage / said.quota > SHORT || !(await reserveHeld()) };
}

/** Whether the reserve is there; yes where that cannot be known. */
async function reserveHeld(): Promise<boolean> {
  try {
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle(RESERVE_FOLDER);
    return (await (await folder.getFileHandle(RESERVE_NAME)).getFile()).size >= RESERVE_BYTES;
  } catch {
    return true;
  }
}
