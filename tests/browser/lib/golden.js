// Outlines kept in the repository.
//
// `UPDATE=1` writes them anew; look at the difference before you commit it. Leaves out: how they are made (outline.js).

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const DIR = fileURLToPath(new URL('../golden/', import.meta.url));

// Slow requests depend on the machine; the first issue, conflict and record with photos on which phone was the first to sync.
const VARIES = /-(system|issues-one|conflicts-next|records-one-view-gallery)\.(zh|en)$/;

/** The outline kept under this name, or nothing. */
export const kept = (name) => readFile(path.join(DIR, `${name}.txt`), 'utf8').catch(() => '');

/** What differs from the outline kept under this name: nothing, or a line that says so. */
export async function differs(name, text) {
  if (VARIES.test(name)) return [];
  const file = path.join(DIR, `${name}.txt`);
  if (process.env.UPDATE) {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text);
    return [];
  }
  const before = await kept(name);
  if (before === text) return [];
  return [`the outline differs from golden/${name}.txt (look at it, then UPDATE=1):\n${diff(before, text)}`];
}

function diff(before, after) {
  const [was, is] = [before.split('\n'), after.split('\n')];
  const gone = was.filter((line) => !is.includes(line)).map((line) => `  - ${line}`);
  const come = is.filter((line) => !was.includes(line)).map((line) => `  + ${line}`);
  return [...gone, ...come].slice(0, 30).join('\n') || '  the same lines in another order';
}
