// Runs the tests of the inspector's app, two files at a time. `node app/run.js smoke photos` runs some of them.

import { readdirSync } from 'node:fs';
import path from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

const here = path.dirname(new URL(import.meta.url).pathname);
const wanted = process.argv.slice(2);
const files = readdirSync(here)
  .filter((name) => name.endsWith('.test.js') && (wanted.length === 0 || wanted.includes(name.replace('.test.js', ''))))
  .map((name) => path.join(here, name));
if (files.length === 0) throw new Error(`no test is called ${wanted.join(' ')}`);
const tests = run({ files, concurrency: 2 });
tests.on('test:fail', () => { process.exitCode = 1; });
tests.compose(new spec()).pipe(process.stdout);
