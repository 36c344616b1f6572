// Days without a network: the app starts from what the browser kept, fills, takes photos, exports.
//
// Invariant: there is no server at all while that is tried.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test from 'node:test';
import { kept } from './kept.js';
import { office } from './office.js';
import { jpeg } from './pictures.js';
import { SYNC, ask, fitting, phone, start } from './phone.js';

const FILTER = { township: null, kind: null, text: null, unfinished: false, all_groups: false, struck: false };

async function enrolledPhone(t) {
  const server = await office(t);
  const first = await phone(t, server.dir, server.url);
  await start(first.page, first.url);
  await ask(first.page, 'enrol', server.codes[0], '测试手机');
  await ask(first.page, 'sync', SYNC);
  const files = await kept(first.page);
  return { server, first, files };
}

test('with the server gone and the browser killed the app opens, fills, takes a photo and exports', async (t) => {
  const { server, first, files } = await enrolledPhone(t);
  assert.ok(files.some((f) => f.endsWith('.wasm')) && files.some((f) => f.endsWith('/index.html')), files.join('\n'));
  await server.stop();
  await first.kill();

  const second = await phone(t, server.dir, server.url);
  // A screen's own address, as a home screen's link or a reload would ask for it.
  await start(second.page, `${second.url}sites`);
  await second.page.waitForSelector('.line');
  const site = (await ask(second.page, 'sites', FILTER)).find((s) => s.kind === 'household');
  const sheet = await ask(second.page, 'openSheet', site.id, 'detailed');
  const told = new Map();
  for (const line of (await ask(second.page, 'sheet', sheet)).lines) {
    const answer = fitting(line);
    await ask(second.page, 'answer', sheet, line.item.id, answer);
    told.set(line.item.id, answer);
  }
  const picture = [...(await jpeg(second.page))];
  const photo = await second.page.evaluate(([all, id]) => globalThis.guanmo.core.call('attachPhoto', { kind: 'sheet', id }, null, new Uint8Array(all), { caption: null, taken_at_ms: Date.now(), position: null, source: 'camera', stage: null }), [picture, sheet]);
  await second.kill();

  const third = await phone(t, server.dir, server.url);
  await start(third.page, `${third.url}sheet/${sheet}`);
  const view = await ask(third.page, 'sheet', sheet);
  assert.ok(told.size > 10);
  for (const line of view.lines) assert.deepEqual(line.answer, told.get(line.item.id), line.item.id);
  assert.deepEqual(view.photos.map((p) => p.id), [photo]);
  await third.page.goto(`${third.url}sync`);
  await third.page.waitForSelector('[data-verdict=no]');
  const [file] = await Promise.all([third.page.waitForEvent('download'), third.page.click('[data-part=bundle] button')]);
  const bundle = await readFile(await file.path());
  await third.page.waitForSelector('[data-part=bundle] [role=status]');
  t.diagnostic(`exported without a network: ${bundle.length} bytes, ${await third.page.innerText('[data-part=bundle] [role=status]')}`);
  assert.match(file.suggestedFilename(), /^guanmo-.*\.gmb$/);
  assert.ok(bundle.length > 50_000, 'with the photo');
});

test('control: a browser that kept no files cannot open the app without the server', async (t) => {
  const { server, first } = await enrolledPhone(t);
  await first.page.evaluate(async () => {
    for (const r of await navigator.serviceWorker.getRegistrations()) await r.unregister();
    for (const name of await caches.keys()) await caches.delete(name);
  });
  await server.stop();
  await first.kill();
  const second = await phone(t, server.dir, server.url);
  await assert.rejects(second.page.goto(second.url), /ERR_CONNECTION_REFUSED/);
});

test('the screen about this phone says what it can do, and that it cannot start offline where no files are kept', async (t) => {
  const { first } = await enrolledPhone(t);
  await first.page.goto(`${first.url}settings/can`);
  await first.page.waitForSelector('[data-whole=true]');
  const other = await first.context.newPage();
  await other.addInitScript(() => {
    ServiceWorkerContainer.prototype.register = () => Promise.reject(new DOMException('planted', 'SecurityError'));
  });
  await start(other, `${first.url}settings/can`);
  await other.waitForSelector('[data-whole=false]');
});
