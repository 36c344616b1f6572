// What the server really holds: its folder of photos, read as files.
//
// Leaves out: what its interface says of them.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** The SHA-256 of every file below the server's data folder that begins as a JPEG does. */
export function jpegsHeld(data) {
  const held = new Set();
  for (const entry of readdirSync(data, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const bytes = readFileSync(path.join(entry.parentPath, entry.name));
    if (bytes[0] === 0xff && bytes[1] === 0xd8) held.add(sha256(bytes));
  }
  return held;
}
