// A phone that is nearly full: filling goes on, photos are refused in words, and what is confirmed can make room.
//
// Invariant: what was acknowledged is this test's own list; the browser's own limit is what is short, set from outside.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test from 'node:test';
import { photograph } from './hand.js';
import { look } from './look.js';
import { office } from './office.js';
import { jpeg } from './pictures.js';
import { SYNC, ask, fitting, phone, start } from './phone.js';

const FILTER = { township: null, kind: null, text: null, unfinished: false, all_groups: false, struck: false };
/** Less than a photo takes. */
const LEFT = 400_000;
/** Answers until the last byte of a phone's room is surely used. */
const MOST = 4_000;

/** An enrolled phone on the screen of a village's sheet, and `quota(bytes)` that sets the browser's limit; null: its own. */
async function atSheet(t, lang = 'zh') {
  const server = await office(t);
  const it = await phone(t, server.dir, server.url, { lang });
  await start(it.page, it.url);
  await ask(it.page, 'enrol', server.codes[0], '测试手机');
  await ask(it.page, 'sync', SYNC);
  const site = (await ask(it.page, 'sites', FILTER)).find((s) => s.kind === 'demonstration_village');
  const sheet = await ask(it.page, 'openSheet', site.id, 'detailed');
  await it.page.goto(`${it.url}sheet/${sheet}`);
  await it.page.waitForSelector('input[data-source=camera]', { state: 'attached' });
  const cdp = await it.context.newCDPSession(it.page);
  const quota = (bytes) => cdp.send('Storage.overrideQuotaForOrigin', { origin: new URL(it.url).origin, ...(bytes === null ? {} : { quotaSize: bytes }) });
  return { ...it, server, sheet, quota, lines: (await ask(it.page, 'sheet', sheet)).lines };
}

const used = (page) => page.evaluate(async () => (await navigator.storage.estimate()).usage);
/** Bytes held for scores. */
const reserved = (page) => page.evaluate(async () => {
  const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('guanmo');
  const file = await folder.getFileHandle('reserve').catch(() => null);
  return file ? (await file.getFile()).size : 0;
});
/** Bytes of the databases. */
const kept = (page) => page.evaluate(async () => {
  const sizes = async (folder) => {
    let sum = 0;
    for await (const entry of folder.values()) sum += entry.kind === 'directory' ? await sizes(entry) : (await entry.getFile()).size;
    return sum;
  };
  const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('guanmo');
  return sizes(await folder.getDirectoryHandle('files'));
});
const choose = (page, buffer) => page.setInputFiles('input[data-source=camera]', { name: 'a.jpg', mimeType: 'image/jpeg', buffer });
const marks = async (page, sheet) => Object.fromEntries((await ask(page, 'sheet', sheet)).lines.filter((l) => l.answer).map((l) => [l.item.id, l.answer.mark]));

for (const lang of ['zh', 'en']) {
  test(`on a full phone filling goes on, a photo is refused in words, and nothing that was kept is lost (${lang})`, async (t) => {
    const it = await atSheet(t, lang);
    const { page, sheet } = it;
    const large = await jpeg(page, { width: 3000, height: 2200, seed: 5, grain: true });
    assert.ok(large.length > 1_000_000, `${large.length} bytes`);
    await it.quota((await used(page)) + LEFT);
    await choose(page, large);
    await page.waitForSelector('[role=alert] code');
    assert.equal(await page.innerText('[role=alert] code'), 'disk_full');
    assert.deepEqual(await ask(page, 'photos', { kind: 'sheet', id: sheet }), []);
    const found = await look(page, 'photo-no-room', lang);
    await page.click('[role=alert] .button');

    const told = {};
    // Far more than was left beside what is held for them.
    for (let round = 0; round < 8; round += 1) {
      for (const line of it.lines) {
        await ask(page, 'answer', sheet, line.item.id, fitting(line));
        told[line.item.id] = fitting(line).mark;
      }
    }
    assert.ok(Object.keys(told).length > 30);
    assert.deepEqual(await marks(page, sheet), told, 'no answer was refused');
    await page.click('.head-back');
    await page.click('nav.tabs a[href$="/sync"]');
    await page.waitForSelector('[data-part=storage] [role=alert]');
    found.push(...(await look(page, 'sync-no-room', lang)));
    const [file] = await Promise.all([page.waitForEvent('download'), page.click('[data-part=bundle] button')]);
    assert.ok((await readFile(await file.path())).length > 1_000, 'what is unsent can still be exported');
    await it.kill();

    const again = await phone(t, it.server.dir, it.server.url);
    await start(again.page, again.url);
    assert.deepEqual(await marks(again.page, sheet), told, 'there after a kill, too');
    await again.page.goto(`${again.url}sheet/${sheet}`);
    await again.page.waitForSelector('input[data-source=camera]', { state: 'attached' });
    await photograph(again.page, large);
    const report = await ask(again.page, 'sync', SYNC);
    assert.deepEqual([report.agreed.agreed, report.agreed.photos.held], [true, 1], 'control: with room the same photo is taken in');
    assert.deepEqual(found, []);
  });
}

test('a phone without a byte left says so at the first answer that it cannot keep, and goes on once there is room', async (t) => {
  const it = await atSheet(t);
  const { page, sheet } = it;
  await it.quota(await used(page));
  const { code, acknowledged, told } = await page.evaluate(async ([sheet, item, most]) => {
    const { core } = globalThis.guanmo;
    const done = { code: null, acknowledged: 0, told: null };
    while (!done.code && done.acknowledged < most) {
      const mark = { count: done.acknowledged % 90 };
      try {
        await core.call('answer', sheet, item, { mark, note: '村口'.repeat(200), reasons: [] });
        done.acknowledged += 1;
        done.told = mark;
      } catch (fault) {
        done.code = fault.code;
      }
    }
    return done;
  }, [sheet, it.lines.find((l) => l.item.type === 'deduct').item.id, MOST]);
  t.diagnostic(`${acknowledged} answers kept with nothing left`);
  assert.equal(code, 'disk_full');
  const kept = () => marks(page, sheet).then((all) => Object.values(all));
  assert.deepEqual(await kept(), acknowledged ? [told] : []);
  await it.quota(null);
  const first = it.lines[0].item.id;
  await ask(page, 'answer', sheet, first, fitting(it.lines[0]));
  assert.deepEqual((await marks(page, sheet))[first], fitting(it.lines[0]).mark);
});

for (const lang of ['zh', 'en']) {
  test(`originals wait for a week unless room is short, then go when somebody says so; one that was not confirmed stays (${lang})`, async (t) => {
    const it = await atSheet(t, lang);
    const { page } = it;
    const sizes = [];
    for (const seed of [1, 2, 3]) {
      const picture = await jpeg(page, { width: 1600, height: 1200, seed, grain: true });
      await photograph(page, picture);
      sizes.push(picture.length);
    }
    const confirmed = sizes.reduce((a, b) => a + b);
    await page.goto(`${it.url}sync`);
    await page.waitForSelector('[data-verdict=no]');
    assert.equal(await page.locator('[data-part=originals]').count(), 0, 'control: nothing is offered before the server has them');
    assert.deepEqual(await ask(page, 'releaseOriginals', 0), { photos: 0, size_bytes: 0 });
    await page.click('.bottom .button.main');
    await page.waitForSelector('[data-part=originals-later]');
    const found = await look(page, 'originals-later', lang);
    assert.equal(await page.locator('[data-part=originals]').count(), 0, 'not before a week');
    await page.goto(`${it.url}sheet/${it.sheet}`);
    await page.waitForSelector('input[data-source=camera]', { state: 'attached' });
    const late = await jpeg(page, { width: 1600, height: 1200, seed: 4, grain: true });
    await photograph(page, late);

    await it.quota(await used(page));
    for (let n = 0; n < MOST && (await reserved(page)); n += 1) await ask(page, 'answer', it.sheet, it.lines[n % it.lines.length].item.id, fitting(it.lines[n % it.lines.length]));
    assert.equal(await reserved(page), 0, 'scores began to use what is held for them');
    await page.click('.head-back');
    await page.click('nav.tabs a[href$="/sync"]');
    await page.waitForSelector('[data-part=originals]');
    const before = await kept(page);
    await page.click('[data-part=storage] .button');
    found.push(...(await look(page, 'originals-ask', lang)));
    await page.click('[data-part=storage] .button.danger');
    await page.waitForSelector('[data-part=storage] [role=status]');
    found.push(...(await look(page, 'originals-gone', lang)));
    const photos = await ask(page, 'photos', { kind: 'sheet', id: it.sheet });
    assert.equal(photos.length, 4);
    for (const { id } of photos) assert.ok(await page.evaluate((p) => globalThis.guanmo.core.call('photoBytes', p).then((b) => b.length > 1_000), id));

    // What was written meanwhile stands in logs until the databases are opened anew.
    await page.reload();
    await page.waitForSelector('[data-part=storage] [data-used]');
    const given = before - (await kept(page));
    assert.ok(given > confirmed * 0.9, `${given} of ${confirmed} bytes given back`);
    await ask(page, 'sync', SYNC);
    assert.deepEqual(await ask(page, 'releasableOriginals', 0), { photos: 1, size_bytes: late.length }, 'the late one was still here');
    assert.deepEqual(found, []);
    assert.deepEqual(it.faults, []);
  });
}
