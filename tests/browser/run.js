// Runs the tests: plays the tour once, then every *.test.js, two files at a time.
//
// `npm test`, or `npm test -- screens walk` for some of them. Leaves out: the single tests.

import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { play } from './lib/seed.js';

const here = import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname);
const wanted = process.argv.slice(2);
const files = readdirSync(here)
  .filter((name) => name.endsWith('.test.js') && (wanted.length === 0 || wanted.includes(name.replace('.test.js', ''))))
  .map((name) => path.join(here, name));
if (files.length === 0) throw new Error(`no test is called ${wanted.join(' ')}`);

const seed = process.env.GUANMO_SEED ?? (await mkdtemp(path.join(tmpdir(), 'guanmo-seed-')));
const ends = [];
if (!process.env.GUANMO_SEED) {
  const started = Date.now();
  ends.push(() => rm(seed, { recursive: true, force: true }));
  await play({ after: (end) => ends.push(end) }, seed);
  process.env.GUANMO_SEED = seed;
  console.log(`the tour is played: ${((Date.now() - started) / 1000).toFixed(1)} s`);
}
const tests = run({ files, concurrency: 2 });
tests.on('test:fail', () => { process.exitCode = 1; });
tests.compose(new spec()).pipe(process.stdout);
tests.on('close', async () => { for (const end of ends.reverse()) await end(); });
