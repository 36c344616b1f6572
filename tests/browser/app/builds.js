// Other builds of the app, made from the same sources under another name.

import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { ROOT, folder } from '../lib/guanmo.js';

const SOURCES = path.join(ROOT, 'server/web/inspector');

/** A build that says it is called `name`; its folder. */
export async function build(t, name) {
  const dir = await folder(t);
  await promisify(execFile)('npx', ['vite', 'build', '--outDir', dir, '--emptyOutDir', '--logLevel', 'error'], { cwd: SOURCES, env: { ...process.env, GUANMO_BUILD: name } });
  return dir;
}
