// Puts what Vite built where the server takes it from, with each file that gains by it packed as well.
//
// Invariant: the folder then holds exactly this build (and its own README).

import { readFileSync, readdirSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const here = path.dirname(new URL(import.meta.url).pathname);
const [from, to] = [path.join(here, '../dist'), path.join(here, '../../app')];
const PACKED = /\.(html|js|css|wasm|svg|json|webmanifest)$/;
const OURS = ['README.md', '.gitignore'];

for (const name of readdirSync(to)) if (!OURS.includes(name)) rmSync(path.join(to, name), { recursive: true });
for (const name of readdirSync(from, { recursive: true, withFileTypes: true })) {
  if (!name.isFile()) continue;
  const source = path.join(name.parentPath, name.name);
  const target = path.join(to, path.relative(from, source));
  mkdirSync(path.dirname(target), { recursive: true });
  const bytes = readFileSync(source);
  writeFileSync(target, bytes);
  if (!PACKED.test(name.name)) continue;
  const gz = gzipSync(bytes, { level: 9 });
  const br = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } });
  for (const [suffix, packed] of [['.gz', gz], ['.br', br]]) {
    if (packed.length < bytes.length * 0.95) writeFileSync(target + suffix, packed);
  }
}
