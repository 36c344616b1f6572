// Two builds of the app over one database: the newer one waits, is taken when somebody says so, and loses nothing.
//
// Invariant: the second build is made here, from the same sources under another name, and served in the first one's place.

import assert from 'node:assert/strict';
import test from 'node:test';
import { build } from './builds.js';
import { link } from './link.js';
import { kept } from './kept.js';
import { office } from './office.js';
import { jpeg } from './pictures.js';
import { SYNC, ask, fitting, phone, start } from './phone.js';

const FILTER = { township: null, kind: null, text: null, unfinished: false, all_groups: false, struck: false };

const buildOf = (page, url) => page.goto(`${url}settings`).then(() => page.waitForSelector('[data-build]')).then((el) => el.getAttribute('data-build'));

/** Everything unsent that a person would miss. */
async function holdings(page, sheet) {
  const [view, issues, status] = [await ask(page, 'sheet', sheet), await ask(page, 'issues'), await ask(page, 'status')];
  return { answers: view.lines.map((l) => [l.item.id, l.answer]), photos: view.photos.map((p) => p.stored_hash), issues, unsent: status.unsent_changes, bytes: status.photo_bytes_to_send };
}

test('a newer build waits while the older fills on, and then has the drafts and everything unsent', async (t) => {
  const [one, two] = [await build(t, 'one'), await build(t, 'two')];
  const server = await office(t);
  const way = await link(t, server.url);
  way.app(one);
  const it = await phone(t, server.dir, way.url);
  await start(it.page, it.url);
  await ask(it.page, 'enrol', server.codes[0], '测试手机');
  await ask(it.page, 'sync', SYNC);
  await kept(it.page);
  assert.equal(await buildOf(it.page, it.url), 'one');
  const site = (await ask(it.page, 'sites', FILTER)).find((s) => s.kind === 'demonstration_village');
  const sheet = await ask(it.page, 'openSheet', site.id, 'detailed');
  const { lines } = await ask(it.page, 'sheet', sheet);
  for (const line of lines.slice(0, 15)) await ask(it.page, 'answer', sheet, line.item.id, fitting(line));
  const picture = [...(await jpeg(it.page))];
  await it.page.evaluate(([all, id]) => globalThis.guanmo.core.call('attachPhoto', { kind: 'sheet', id }, null, new Uint8Array(all), { caption: null, taken_at_ms: 1, position: null, source: 'camera', stage: null }), [picture, sheet]);
  const before = await holdings(it.page, sheet);
  assert.ok(before.unsent > 15 && before.photos.length === 1);

  way.app(two);
  await it.page.reload();
  await it.page.waitForSelector('.update');
  const other = await it.context.newPage();
  await start(other, `${it.url}sheet/${sheet}`);
  assert.equal(await buildOf(it.page, it.url), 'one', 'not taken before somebody says so');
  await ask(other, 'answer', sheet, lines[15].item.id, fitting(lines[15]));
  const meanwhile = await holdings(other, sheet);

  await it.page.waitForSelector('.update');
  await Promise.all([it.page.waitForNavigation(), it.page.click('.update .button')]);
  await start(it.page, it.url);
  assert.equal(await buildOf(it.page, it.url), 'two');
  assert.deepEqual(await holdings(it.page, sheet), meanwhile);
  // The older page still works, and says that it is the older one.
  await other.waitForSelector('.update');
  await ask(other, 'answer', sheet, lines[16].item.id, fitting(lines[16]));
  assert.equal((await holdings(it.page, sheet)).unsent, meanwhile.unsent + 1);

  // And without a network it is the newer one that opens.
  way.cut();
  await it.kill();
  const again = await phone(t, server.dir, way.url);
  await start(again.page, again.url);
  assert.equal(await buildOf(again.page, again.url), 'two');
  assert.equal((await holdings(again.page, sheet)).unsent, meanwhile.unsent + 1);
  way.mend();
  const report = await ask(again.page, 'sync', SYNC);
  assert.equal(report.agreed.agreed, true);
  assert.equal(report.agreed.photos.held, 1);
});
