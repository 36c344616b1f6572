// Files that leave the app: saved to the phone, or handed to another app.
//
// Leaves out: what is in them.

/** Puts a file where the browser puts downloads. */
export function save(name: string, parts: BlobPart[], type = 'application/octet-stream'): void {
  const url = URL.createObjectURL(new Blob(parts, { type }));
  const link = Object.assign(document.createElement('a'), { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  // The browser has taken it by then; at once would be too early for some.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** Whether this browser hands such files to other apps. */
export function canShare(files: File[]): boolean {
  return typeof navigator.share === 'function' && typeof navigator.canShare === 'function' && navigator.canShare({ files });
}

/** Hands files to another app; false if the person thought better of it. */
export async function share(files: File[]): Promise<boolean> {
  try {
    await navigator.share({ files });
    return true;
  } catch {
    return false;
  }
}

/** Bytes of a file that somebody chose. */
export const bytesOf = async (file: Blob): Promise<Uint8Array<ArrayBuffer>> => new Uint8Array(await file.arrayBuffer());

/** `0.4`: millions of bytes. */
export const megabytes = (bytes: number): string => (bytes / 1_000_000).toFixed(bytes > 0 && bytes < 10_000_000 ? 1 : 0);
/** Thousands of bytes. */
export const kilobytes = (bytes: number): string => String(Math.ceil(bytes / 1_000));
