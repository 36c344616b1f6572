// Runs the tests of the inspector's app, two files at a time. `node app/run.js smoke photos` runs some of them.
//
// Invariant: a file that failed beside another is run once more alone, and both results are shown: two browsers on two
// cores are slower than some of what is waited for. One that fails alone has failed.

import { readdirSync } from 'node:fs';
import path from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

const here = path.dirname(new URL(import.meta.url).pathname);
const wanted = process.argv.slice(2);
const all = readdirSync(here)
  .filter((name) => name.endsWith('.test.js') && (wanted.length === 0 || wanted.includes(name.replace('.test.js', ''))))
  .map((name) => path.join(here, name));
if (all.length === 0) throw new Error(`no test is called ${wanted.join(' ')}`);

/** Runs files; those in which something failed. */
async function failing(files, concurrency) {
  const failed = new Set();
  const tests = run({ files, concurrency });
  tests.on('test:fail', (test) => failed.add(test.file ?? test.name));
  const report = tests.compose(new spec());
  for await (const text of report) process.stdout.write(text);
  const known = files.filter((file) => failed.has(file));
  // What cannot be laid at one file's door is everybody's.
  return failed.size > 0 && known.length === 0 ? files : known;
}

const first = await failing(all, 2);
if (first.length > 0) {
  const names = first.map((file) => path.basename(file)).join(', ');
  console.log(`\nonce more, alone: ${names}`);
  const left = await failing(first, 1);
  console.log(left.length > 0 ? 'failed alone, too' : `failed beside others and passed alone: ${names}`);
  if (left.length > 0) process.exitCode = 1;
}
