// How much the first visit moves: to the first screen that can be used, and in all, with what is kept for days without a
// network. Row P13.
//
// Invariant: counted is what the server sends for each file to a browser that takes gzip and no brotli, so that a file it
// sends unpacked counts whole. Leaves out: headers, and how long it takes (figures.js).

import assert from 'node:assert/strict';
import { get } from 'node:http';
import test from 'node:test';
import { kept } from './kept.js';
import { office } from './office.js';
import { phone } from './phone.js';

/** What the first visit may move in all, bytes. */
const MOST = 900_000;
/** What may move before the first screen can be used. */
const MOST_FIRST = 840_000;

/** Bytes of the answer's body as they come over the line. */
const received = (url, encoding) => new Promise((resolve, reject) => {
  get(url, { headers: { 'accept-encoding': encoding } }, (answer) => {
    let bytes = 0;
    answer.on('data', (part) => (bytes += part.length));
    answer.on('end', () => (answer.statusCode === 200 ? resolve(bytes) : reject(new Error(`${url}: ${answer.statusCode}`))));
  }).on('error', reject);
});

/** The same of several files, each once. */
async function sum(urls, encoding = 'gzip') {
  let all = 0;
  for (const url of new Set(urls)) all += await received(url, encoding);
  return all;
}

/** A first visit: what the page asked for before and after it had the rest kept, and what is kept. `early`: a control. */
async function visit(t, { early = false } = {}) {
  const server = await office(t);
  const { page, context, url } = await phone(t, server.dir, server.url);
  const asked = [];
  context.on('request', (request) => {
    if (request.url().startsWith(url)) asked.push({ file: request.url(), page: request.serviceWorker() === null });
  });
  if (early) await page.addInitScript(() => void navigator.serviceWorker.register('/app/sw.js', { scope: '/app/' }));
  await page.goto(url);
  await page.locator('#enrol-code').waitFor();
  const files = (await kept(page)).map((path) => new URL(path, url).href);
  const keeping = asked.findIndex((request) => !request.page);
  assert.ok(keeping > 0, 'nothing is kept');
  const [first, after] = [asked.slice(0, keeping), asked.slice(keeping)].map((part) => part.filter((r) => r.page).map((r) => r.file));
  // Chromium looks at what a home screen would need when it likes.
  const later = after.filter((file) => !/\.(png|webmanifest)$/.test(file));
  return { url, first: [...new Set(first)], later, all: [...files, `${url}sw.js`, `${url}manifest.webmanifest`], files };
}

test('the first visit moves no more than was promised, and the first screen comes before what is only kept', async (t) => {
  const { url, first, later, all, files } = await visit(t);
  assert.ok(first.some((file) => file.endsWith('.wasm')), `the module is not among ${first.join(' ')}`);
  assert.deepEqual(first.filter((file) => file !== url && !all.includes(file)), [], 'asked for and not counted');
  assert.deepEqual(later, [], 'the first screen waits beside what is kept');
  const [before, whole, brotli] = [await sum(first), await sum(all), await sum(all, 'br')];
  t.diagnostic(`${before} bytes to the first screen (${first.length} files), ${whole} in all (${files.length} kept); by brotli ${await sum(first, 'br')} and ${brotli}`);
  assert.ok(before <= MOST_FIRST, `${before} bytes before the first screen can be used`);
  assert.ok(whole <= MOST, `${whole} bytes in all; was it built by cargo xtask app?`);

  // The control: the same files as they are would be too much.
  const plain = await sum(all, 'identity');
  assert.ok(plain > 2 * MOST, `${plain} bytes unpacked`);
});

test('control: an app that has its files kept at once asks for its first screen beside them', async (t) => {
  const { later } = await visit(t, { early: true });
  assert.ok(later.some((file) => file.endsWith('.wasm')), later.join(' '));
});
