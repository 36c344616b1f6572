// How much of the browser's room is used, as far as it tells.
//
// Leaves out: making room.

/** What is held for scores (reserve.ts): some hundreds of answers when nothing else is left, bytes. */
export const RESERVE_BYTES = 16 << 20;
export const RESERVE_FOLDER = 'guanmo';
export const RESERVE_NAME = 'reserve';

/** What Chromium says is left, whatever is: no answer. */
const PRETENDED_LEFT = 10 * 2 ** 30;
/** More than this part of what is allowed is nearly all of it. */
export const SHORT = 0.9;

/** Bytes used; bytes allowed, where the browser tells; whether scores began to use what was held for them. */
export async function room(): Promise<{ used: number; allowed: number | null; short: boolean } | null> {
  const said = await navigator.storage?.estimate?.();
  if (said?.usage === undefined || said.quota === undefined) return null;
  const allowed = said.quota - said.usage === PRETENDED_LEFT ? null : said.quota;
  return { used: said.usage, allowed, short: (allowed !== null && said.usage > allowed * SHORT) || !(await reserveHeld()) };
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
