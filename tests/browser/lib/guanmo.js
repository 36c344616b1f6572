// The real program: a server in a folder of its own, and single commands.
//
// Invariant: every server started here listens on a free port of the loopback and is stopped by the test that started
// it. Leaves out: what is asked of it (api.js), the browser (browser.js).

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** The workspace root. */
export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** The program under test; `GUANMO` names another one. */
export const PROGRAM = process.env.GUANMO ?? path.join(ROOT, 'target/debug/guanmo');

/** Where screenshots go. */
export const SCREENSHOTS = path.join(process.env.CARGO_TARGET_DIR ?? path.join(ROOT, 'target'), 'screenshots');

/** A folder that is gone when the test is over. */
export async function folder(t) {
  const dir = await mkdtemp(path.join(tmpdir(), 'guanmo-browser-'));
  // A browser that is still closing may write into it.
  t.after(() => rm(dir, { recursive: true, force: true, maxRetries: 10 }));
  return dir;
}

/** Runs a command to its end: `{ code, out, err }`. */
export async function guanmo(...args) {
  const child = spawn(PROGRAM, args, { stdio: ['ignore', 'pipe', 'pipe'], env: quiet() });
  const [out, err] = [collect(child.stdout), collect(child.stderr)];
  const [code] = await once(child, 'close');
  return { code, out: await out, err: await err };
}

/** As `guanmo`, but anything but success is an error; what it printed. */
export async function must(...args) {
  const { code, out, err } = await guanmo(...args);
  if (code !== 0) throw new Error(`guanmo ${args.join(' ')}: exit ${code}\n${out}${err}`);
  return out;
}

/** Starts a server on a data folder: `{ url, secret, log, stop }`. `secret` is null but for the first start. */
export async function serve(t, dir, ...more) {
  const args = ['serve', '--data', dir, '--listen', '127.0.0.1:0', '--json', ...more];
  const child = spawn(PROGRAM, args, { stdio: ['ignore', 'pipe', 'pipe'], env: quiet() });
  const log = [];
  createInterface(child.stderr).on('line', (line) => log.push(line));
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  };
  t.after(stop);
  const first = createInterface(child.stdout)[Symbol.asyncIterator]().next();
  const died = once(child, 'exit').then(() => ({ done: true }));
  const { value, done } = await Promise.race([first, died]);
  if (done) throw new Error(`the server did not start\n${log.join('\n')}`);
  const { url, setup_secret: secret } = JSON.parse(value);
  return { url, secret, log, stop };
}

function quiet() {
  return { ...process.env, NO_COLOR: '1', GUANMO_LOG: process.env.GUANMO_LOG ?? 'warn' };
}

async function collect(stream) {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}
