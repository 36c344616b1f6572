// Syncing from the sync screen over a link that is slow, cut, paused, and from two tabs at once.
//
// Invariant: what passed towards the server is counted by the link, hashes by this test from the server's files.

import assert from 'node:assert/strict';
import path from 'node:path';
import test from 'node:test';
import { jpegsHeld, sha256 } from './desk.js';
import { kept } from './kept.js';
import { link } from './link.js';
import { look } from './look.js';
import { office } from './office.js';
import { jpeg } from './pictures.js';
import { SYNC, ask, phone, start } from './phone.js';

const ISSUE = { site: null, township_code: null, place: '村口', category: 'exposed_garbage', description: '垃圾未清', severity: 'minor', position: null, fixed_on_spot: null };
const PHOTOS = 8;
/** The folded lists of the sync screen, from above. */
const RECORDS = 0;
const PHOTO_LIST = 1;
const META = { caption: null, taken_at_ms: 1, position: null, source: 'camera', stage: null };

/** A phone with photos to send, and the hashes of their copies. */
async function withPhotos(t, count = PHOTOS, lang = 'zh') {
  const server = await office(t);
  const way = await link(t, server.url);
  const it = await phone(t, server.dir, way.url, { lang });
  await start(it.page, it.url);
  await ask(it.page, 'enrol', server.codes[0], '测试手机');
  await ask(it.page, 'sync', SYNC);
  const issue = await ask(it.page, 'logIssue', ISSUE);
  const hashes = [];
  for (let seed = 1; seed <= count; seed += 1) {
    const picture = [...(await jpeg(it.page, { seed }))];
    hashes.push(await it.page.evaluate(async ([all, id, meta]) => {
      const { core } = globalThis.guanmo;
      const photo = await core.call('attachPhoto', { kind: 'issue', id }, null, new Uint8Array(all), meta);
      const digest = await crypto.subtle.digest('SHA-256', await core.call('photoBytes', photo));
      return [...new Uint8Array(digest)].map((b) => b.toString(16).padStart(2, '0')).join('');
    }, [picture, issue, META]));
  }
  assert.equal(new Set(hashes).size, count);
  const held = () => jpegsHeld(path.join(server.dir, 'server'));
  const missing = () => hashes.filter((h) => !held().has(h)).length;
  await it.page.goto(`${it.url}sync`);
  await it.page.waitForSelector('[data-verdict=no]');
  return { ...it, server, way, hashes, missing, go: (page = it.page) => page.click('.bottom .button.main') };
}

const toSend = async (page) => (await ask(page, 'status')).photo_bytes_to_send;
const idle = (page) => page.waitForFunction(() => !document.querySelector('.bottom .button.main')?.disabled && !document.querySelector('progress'));

test('photos go over a slow link through a pause and a cut, each byte about once, and both sides agree', async (t) => {
  const it = await withPhotos(t);
  const bytes = await toSend(it.page);
  assert.equal(it.missing(), PHOTOS, 'control: none is there before');
  const before = it.way.sent();
  it.way.slow(150_000);
  const began = Date.now();

  await it.go();
  await it.page.waitForSelector('progress');
  await it.page.waitForFunction(() => Number(document.querySelector('progress')?.value) >= 10);
  await it.go();
  await it.page.waitForFunction(() => document.body.innerText.includes('已暂停'));
  const paused = await toSend(it.page);
  assert.ok(paused > 0 && paused < bytes, `${paused} of ${bytes} bytes wait after the pause`);
  // Nothing is asked of the network while nobody wants anything.
  const silent = it.way.sent();
  await it.page.waitForTimeout(3_000);
  assert.equal(it.way.sent(), silent);

  await it.go();
  await it.page.waitForSelector('progress');
  await it.page.waitForFunction(() => Number(document.querySelector('progress')?.value) >= 1);
  it.way.cut();
  await it.page.waitForSelector('main [role=alert], main [role=status]');
  it.way.mend();
  await it.page.waitForFunction(() => document.querySelector('[data-verdict=yes]') || document.querySelector('main [role=alert]'), null, { timeout: 60_000 });
  if (!(await it.page.$('[data-verdict=yes]'))) await it.go();
  await it.page.waitForSelector('[data-verdict=yes]', { timeout: 60_000 });

  assert.equal(it.missing(), 0);
  const sent = it.way.sent() - before;
  t.diagnostic(`${bytes} bytes of photos at 150 kB/s with a pause and a cut: ${sent} sent, ${((Date.now() - began) / 1000).toFixed(1)} s`);
  assert.ok(sent < bytes * 1.3, `${sent} bytes for ${bytes}`);
  const text = await it.page.innerText('[data-part=agreement]');
  assert.match(text, /手机与服务器一致/);
  assert.ok(text.includes(`照片 ${PHOTOS} 张`), text);
});

test('a server that cannot be reached is said with what is safe, and trying again goes on', async (t) => {
  const it = await withPhotos(t, 1);
  it.way.cut();
  await it.go();
  await it.page.waitForSelector('main [role=alert]', { timeout: 60_000 });
  await idle(it.page);
  assert.equal(it.missing(), 1);
  it.way.mend();
  await it.page.click('main [role=alert] .button');
  await it.page.waitForSelector('[data-verdict=yes]');
  assert.equal(it.missing(), 0);
});

test('two tabs that sync at once make one sync, and both say how it went', async (t) => {
  const it = await withPhotos(t, 3);
  const other = await it.context.newPage();
  await start(other, `${it.url}sync`);
  await other.waitForSelector('[data-verdict=no]');
  const bytes = await toSend(other);
  const before = it.way.sent();
  it.way.slow(300_000);
  // The first taps twice, the second unless it was told already: neither is a wish to pause.
  const unlessTold = () => document.querySelector('.bottom[data-syncing=no] .button.main')?.click();
  await Promise.all([it.page.dblclick('.bottom .button.main'), other.evaluate(unlessTold)]);
  for (const page of [it.page, other]) await page.waitForSelector('[data-verdict=yes]', { timeout: 60_000 });
  assert.equal(it.missing(), 0);
  assert.ok(it.way.sent() - before < bytes * 1.3, `${it.way.sent() - before} bytes for ${bytes}`);
});

test('where photos wait for Wi-Fi the records go and the photos stay until somebody says so', async (t) => {
  const it = await withPhotos(t, 2);
  await it.page.goto(`${it.url}settings`);
  await it.page.check('.tick input >> nth=0');
  await it.page.goto(`${it.url}sync`);
  // Of a mobile network, as a phone would say.
  await it.page.evaluate(() => Object.defineProperty(navigator, 'connection', { value: { type: 'cellular' }, configurable: true }));
  await it.go();
  await it.page.waitForFunction(() => document.body.innerText.includes('照片在等 Wi-Fi'));
  const status = await ask(it.page, 'status');
  assert.deepEqual([status.issues.only_here, status.unsent_changes, it.missing()], [0, 0, 2]);
  await it.page.click('.bottom .button:not(.main)');
  await it.page.waitForSelector('[data-verdict=yes]');
  assert.equal(it.missing(), 0);
});

test('what the phone waits with is sent by itself when the network comes back, and only then', async (t) => {
  const it = await withPhotos(t, 1);
  await kept(it.page);
  await it.page.goto(`${it.url}settings`);
  await it.page.waitForSelector('.tick');
  assert.equal(await it.page.isChecked('.tick input >> nth=1'), false);
  await it.close();
  const again = await phone(t, it.server.dir, it.way.url, { auto: true });
  const { page } = again;
  it.way.cut();
  await start(page, `${it.url}sync`);
  await page.waitForSelector('main [role=alert]', { timeout: 60_000 });
  assert.equal(it.missing(), 1, 'control: without a network nothing is there');
  it.way.mend();
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await page.waitForSelector('[data-verdict=yes]', { timeout: 30_000 });
  assert.equal(it.missing(), 0);
});

const opened = (page, n) => page.locator('details.card').nth(n).locator('summary').click();
const row = (page, n, state) => page.locator('details.card').nth(n).locator('.each', { has: page.locator(`[data-state=${state}]`) });

for (const lang of ['zh', 'en']) {
  test(`a photo that the server refuses, and a record that did not get out, say why and go when tapped again (${lang})`, async (t) => {
    const it = await withPhotos(t, 1, lang);
    it.way.cut();
    await it.go();
    await it.page.waitForSelector('main > [role=alert], main .note[role=alert]');
    await opened(it.page, RECORDS);
    await opened(it.page, PHOTO_LIST);
    const found = await look(it.page, 'sync-not-out', lang);
    assert.equal(await row(it.page, RECORDS, 'waiting').count(), 1);

    // Records pass; the photos' bodies do not.
    it.way.mend();
    it.way.refuse(/blobs\/(?!have)|blobs$/, 413);
    await row(it.page, RECORDS, 'waiting').getByRole('button').click();
    await row(it.page, RECORDS, 'synced').waitFor();
    const refused = row(it.page, PHOTO_LIST, 'attention');
    await refused.waitFor();
    assert.equal(await row(it.page, RECORDS, 'synced').getByRole('button').count(), 0, 'nothing to try again where all is there');
    assert.equal(it.missing(), 1, 'control: the photo is not there');
    found.push(...(await look(it.page, 'sync-refused', lang)));

    it.way.mend();
    await refused.getByRole('button').click();
    await row(it.page, PHOTO_LIST, 'synced').waitFor();
    assert.equal(it.missing(), 0);
    await it.page.waitForSelector('[data-verdict=yes]');
    assert.deepEqual(found, []);
  });
}
