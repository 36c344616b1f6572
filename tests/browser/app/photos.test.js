// Photos: from the camera's file to the server's disk, and everything that is done with them on the way.
//
// Invariant: hashes are computed here, from the bytes the test made and from the files on the server's disk.

import assert from 'node:assert/strict';
import path from 'node:path';
import test from 'node:test';
import { jpegsHeld, sha256 } from './desk.js';
import { look } from './look.js';
import { office } from './office.js';
import { jpeg } from './pictures.js';
import { SYNC, ask, fitting, phone, start } from './phone.js';

const CAMERA = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'];
const ISSUE = { site: null, township_code: null, place: '村口', category: 'exposed_garbage', description: '垃圾未清', severity: 'minor', position: null, fixed_on_spot: null };

/** An enrolled phone with an issue, its screen open. */
async function atIssue(t, more = {}) {
  const server = await office(t);
  const it = await phone(t, server.dir, server.url, more);
  await start(it.page, it.url);
  await ask(it.page, 'enrol', server.codes[0], '测试手机');
  await ask(it.page, 'sync', SYNC);
  const issue = await ask(it.page, 'logIssue', ISSUE);
  const target = { kind: 'issue', id: issue };
  await it.page.goto(`${it.url}issues/${issue}`);
  await it.page.waitForSelector('.photos');
  return { ...it, server, issue, target, photos: () => ask(it.page, 'photos', target) };
}

const choose = (page, source, buffer, name = 'a.jpg', mimeType = 'image/jpeg') => page.setInputFiles(`input[data-source=${source}]`, { name, mimeType, buffer });

/** The bytes of a photo as the phone gives them to its screens. */
const bytesOf = async (page, photo, command = 'photoBytes') => Buffer.from(await page.evaluate(async ([c, p]) => [...(await globalThis.guanmo.core.call(c, p))], [command, photo]));

/** Width, height and the colour near the upper left of a JPEG, as the browser sees them. */
const seen = (page, bytes) => page.evaluate(async (all) => {
  const bitmap = await createImageBitmap(new Blob([new Uint8Array(all)]));
  const to = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
  to.drawImage(bitmap, 0, 0);
  const at = (x, y) => [...to.getImageData(x, y, 1, 1).data.slice(0, 3)];
  return { width: bitmap.width, height: bitmap.height, upperLeft: at(20, 20), upperRight: at(bitmap.width - 20, 20), foot: at(bitmap.width - 4, bitmap.height - 4) };
}, [...bytes]);
const isRed = ([r, g, b]) => r > 180 && g < 80 && b < 80;

test('a photo is hashed as the camera wrote it, kept upright with its strip, and is the same file on the server', async (t) => {
  const it = await atIssue(t);
  // Turned by the camera: the red corner is at the upper right once it stands upright.
  const original = await jpeg(it.page, { width: 2000, height: 1500, orientation: 6 });
  await choose(it.page, 'camera', original);
  await it.page.waitForSelector('.photo .state[data-state=waiting]');
  const [photo] = await it.photos();
  assert.equal(photo.original_hash, sha256(original));
  assert.ok(photo.strip_px > 30, 'no strip: install fonts-noto-cjk');
  const stored = await bytesOf(it.page, photo.id);
  assert.equal(photo.stored_hash, sha256(stored));
  assert.equal(stored.includes(Buffer.from('Exif')), false);
  const view = await seen(it.page, stored);
  assert.deepEqual([view.width, view.height], [1200, 1600 + photo.strip_px]);
  assert.deepEqual(photo.size_pixels, [view.width, view.height]);
  assert.ok(isRed(view.upperRight) && !isRed(view.upperLeft), JSON.stringify(view));
  assert.ok(view.foot.every((c) => c < 60), `the strip is dark: ${view.foot}`);
  const small = await bytesOf(it.page, photo.id, 'photoThumbnail');
  assert.deepEqual((({ width, height }) => [width, height])(await seen(it.page, small)), [240, 320]);

  const before = jpegsHeld(path.join(it.server.dir, 'server'));
  assert.equal(before.has(sha256(stored)), false, 'control: not there before the sync');
  await it.page.goto(`${it.url}sync`);
  await it.page.click('.bottom .button.main');
  await it.page.waitForSelector('[data-verdict=yes]');
  const held = jpegsHeld(path.join(it.server.dir, 'server'));
  assert.ok(held.has(sha256(stored)) && held.has(sha256(small)));
  assert.equal(held.has(sha256(original)), false, 'originals stay on the phone');
  assert.deepEqual(it.faults, []);
});

test('filling goes on while twelve million pixels are taken in', async (t) => {
  const it = await atIssue(t);
  const { open } = await enrolledAlready(it);
  const sheet = await open('demonstration_village', 'detailed');
  const { lines } = await ask(it.page, 'sheet', sheet);
  const original = await jpeg(it.page, { width: 4032, height: 3024, seed: 3, grain: true });
  const took = await it.page.evaluate(async ([all, target, sheet, lines, answers]) => {
    const { core } = globalThis.guanmo;
    const meta = { caption: null, taken_at_ms: Date.now(), position: null, source: 'camera', stage: null };
    const picture = new Uint8Array(all);
    const began = performance.now();
    let done = null;
    const kept = core.call('attachPhoto', target, null, picture, meta).then((id) => {
      done = performance.now() - began;
      return id;
    });
    const saved = [];
    for (const [n, line] of lines.entries()) {
      const tapped = performance.now();
      await core.call('answer', sheet, line, answers[n]);
      saved.push(performance.now() - tapped);
      if (done !== null) break;
    }
    return { photo: await kept, attach: done, during: saved.length, longest: Math.max(...saved), megabytes: all.length / 1e6 };
  }, [[...original], it.target, sheet, lines.map((l) => l.item.id), lines.map(fitting)]);
  t.diagnostic(`12 MP, ${took.megabytes.toFixed(1)} MB: kept in ${Math.round(took.attach)} ms; ${took.during} answers meanwhile, the longest ${Math.round(took.longest)} ms`);
  assert.ok(took.during >= 1);
  assert.ok(took.longest < took.attach || took.during === 1, JSON.stringify(took));
  assert.equal((await it.photos()).length, 1);
});

const FILTER = { township: null, kind: null, text: null, unfinished: false, all_groups: false, struck: false };
async function enrolledAlready(it) {
  const sites = await ask(it.page, 'sites', FILTER);
  return { open: (kind, form) => ask(it.page, 'openSheet', sites.find((s) => s.kind === kind).id, form) };
}

test('what is no picture is refused in words, and nothing is recorded', async (t) => {
  const it = await atIssue(t);
  const whole = await jpeg(it.page);
  for (const [name, bytes, code] of [
    ['a page', Buffer.from('<html>no picture</html>'), 'not_a_picture'],
    ['a picture cut off', whole.subarray(0, whole.length / 2), 'damaged'],
    ['a picture with nothing in it', Buffer.concat([whole.subarray(0, 400), Buffer.from([0xff, 0xd9])]), 'damaged'],
  ]) {
    await choose(it.page, 'album', bytes);
    await it.page.waitForSelector('[role=alert]');
    const text = await it.page.innerText('[role=alert]');
    assert.ok(text.includes(code), `${name}: ${text}`);
    await it.page.click('[role=alert] .button');
    await it.page.waitForSelector('[role=alert]', { state: 'detached' });
  }
  assert.deepEqual(await it.photos(), []);
  await choose(it.page, 'album', whole);
  await it.page.waitForSelector('.photo');
  assert.equal((await it.photos()).length, 1, 'control: a whole one is taken in');
});

test('the camera inside the app takes a photo with the words of its strip, and is off afterwards', async (t) => {
  const it = await atIssue(t, { flags: CAMERA });
  await it.context.grantPermissions(['camera', 'geolocation']);
  await it.context.setGeolocation({ latitude: 36.05, longitude: 105.71, accuracy: 12 });
  await it.page.click('.photos .button');
  await it.page.waitForSelector('.camera[data-state=on]');
  await it.page.waitForSelector('.camera-words');
  const words = await it.page.innerText('.camera-words');
  assert.match(words, /村口/);
  assert.match(words, /36\.05000,105\.71000/);
  assert.deepEqual(await look(it.page, 'camera', 'zh'), []);
  await it.page.click('.camera-foot .main');
  await it.page.click('.camera [role=radio]:nth-child(3)');
  await it.page.click('.camera-foot .main');
  await it.page.waitForFunction(() => document.querySelectorAll('.photo').length === 2);
  await it.page.click('.camera-foot .button');
  await it.page.waitForSelector('.camera', { state: 'detached' });
  const photos = await it.photos();
  assert.deepEqual(photos.map((p) => p.stage).sort(), ['after', 'before']);
  assert.deepEqual(photos.map((p) => p.position), Array(2).fill({ lat_e7: 360500000, lon_e7: 1057100000, accuracy_m: 12 }));
  assert.deepEqual(it.faults, []);
});

test('without a camera the other ways are named', async (t) => {
  const it = await atIssue(t);
  await it.page.click('.photos .button');
  await it.page.waitForSelector('.camera[data-state=failed]');
  await it.page.click('.camera-foot .button');
  await choose(it.page, 'camera', await jpeg(it.page));
  await it.page.waitForSelector('.photo');
  const [photo] = await it.photos();
  assert.equal(photo.position, null, 'no position was waited for');
});

test('a photo is taken again, deleted, and brought back', async (t) => {
  const it = await atIssue(t);
  await choose(it.page, 'camera', await jpeg(it.page, { seed: 1 }));
  await it.page.waitForSelector('.photo');
  const [first] = await it.photos();
  await it.page.click('.photo-link');
  await it.page.waitForSelector('.photo-whole img');
  const again = await jpeg(it.page, { seed: 2 });
  await it.page.setInputFiles('main input[type=file]', { name: 'b.jpg', mimeType: 'image/jpeg', buffer: again });
  await it.page.waitForFunction((old) => !location.search.includes(old), first.id);
  let [photo] = await it.photos();
  assert.deepEqual([photo.original_hash, (await it.photos()).length], [sha256(again), 1]);
  await it.page.waitForSelector('.photo-whole img');
  await it.page.click('main .button.danger');
  await it.page.waitForFunction(() => document.querySelector('.undo'));
  assert.deepEqual(await it.photos(), []);
  await it.page.click('.undo .button');
  await it.page.waitForSelector('.undo', { state: 'detached' });
  [photo] = await it.photos();
  assert.equal(photo.original_hash, sha256(again));
});
