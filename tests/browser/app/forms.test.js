// The other shapes of a sheet, by taps: a route counted with one thumb, the quick form, a household nobody opened.

import assert from 'node:assert/strict';
import test from 'node:test';
import { county } from './county.js';
import { SYNC, ask, phone, start } from './phone.js';

const FILTER = { township: null, kind: null, text: null, unfinished: false, all_groups: false, struck: false };

/** An enrolled phone at the screen of a site of this kind; the sheet is opened by a tap. */
async function atSheet(t, kind, form) {
  const server = await county(t);
  const it = await phone(t, server.dir, server.url);
  await start(it.page, it.url);
  await ask(it.page, 'enrol', server.codes[0], '测试手机');
  await ask(it.page, 'sync', SYNC);
  const site = (await ask(it.page, 'sites', FILTER)).find((s) => s.kind === kind);
  await it.page.goto(`${it.url}sites`);
  await it.page.fill('#site-search', site.name);
  await it.page.click('.line');
  await it.page.click(`fieldset button:nth-of-type(${form === 'quick' ? 2 : 1})`);
  await it.page.click('.bottom button.main');
  await it.page.waitForURL('**/sheet/*');
  const sheet = new URL(it.page.url()).pathname.split('/')[3];
  return { ...it, sheet, site, view: () => ask(it.page, 'sheet', sheet) };
}

/** Waits until the screen says that everything is on the phone. */
const saved = (page) => page.waitForSelector('.saved[data-saving=false]:not(:empty)', { state: 'attached' });

test('what goes by a bus window is counted with one button, and taken back with another', async (t) => {
  const it = await atSheet(t, 'route_segment', 'detailed');
  await it.page.waitForSelector('.route-more');
  const counted = (await it.view()).lines.filter((l) => l.item.type === 'deduct');
  const card = it.page.locator(`[data-item="${counted[0].item.id}"]`);
  for (let n = 0; n < 3; n += 1) await card.locator('.route-more').click();
  await card.locator('.answer-pair button').first().click();
  await it.page.locator(`[data-item="${counted[1].item.id}"] .answer-pair button`).nth(1).click();
  await saved(it.page);
  const after = (await it.view()).lines.filter((l) => l.item.type === 'deduct').map((l) => l.answer?.mark);
  assert.deepEqual(after.slice(0, 3), [{ count: 2 }, { count: 0 }, undefined]);
  const box = await card.locator('.route-more').boundingBox();
  assert.ok(box.height >= 80 && box.width >= 280, JSON.stringify(box));
  assert.deepEqual(it.faults, []);
});

test('the quick form is filled and handed in on one page', async (t) => {
  const it = await atSheet(t, 'street', 'quick');
  await it.page.waitForSelector('.score-quick');
  const { lines, form } = await it.view();
  assert.equal(form, 'quick');
  const lowest = lines.at(-1).item.id;
  for (const { item } of lines.slice(0, -1)) await it.page.locator(`[data-item="${item.id}"] .score-quick button`).first().click();
  await it.page.evaluate(() => scrollTo(0, 0));
  await it.page.click('.bottom button.main');
  const box = await it.page.locator(`[data-item="${lowest}"]`).boundingBox();
  assert.ok(box.y > 0 && box.y + box.height < 740, `the open line is not in sight: ${JSON.stringify(box)}`);
  for (const { item } of lines.slice(-1)) await it.page.locator(`[data-item="${item.id}"] .score-quick button`).first().click();
  await it.page.locator(`[data-item="${lines[0].item.id}"] .stepper button`).first().click();
  await saved(it.page);
  const after = await it.view();
  const expected = 1_000_000 - lines[0].item.step_e4 * (1_000_000 / lines.reduce((sum, l) => sum + l.item.max_e4, 0));
  assert.equal(after.score.score_e4, expected);
  assert.ok((await it.page.innerText('.total')).includes(String(expected / 10_000)));
  await it.page.click('.bottom button.main');
  await it.page.waitForSelector('.note.success');
  assert.equal((await it.view()).state, 'submitted');
});

test('a household that was not entered is handed in without a line, and one that was is not', async (t) => {
  const it = await atSheet(t, 'household', 'detailed');
  const visit = (n) => it.page.locator('fieldset .answer-pair button').nth(n).click();
  await visit(0);
  await saved(it.page);
  await it.page.waitForSelector('.section-chip');
  assert.equal(await it.page.locator('.bottom button.main').innerText(), '下一个未填项');
  await visit(1);
  await it.page.waitForSelector('.section-chip', { state: 'detached' });
  await it.page.click('.bottom button.main');
  await it.page.waitForSelector('.note.success');
  const { state, visit: kept } = await it.view();
  assert.deepEqual([state, kept], ['submitted', 'refused']);
});

test('an amendment asks for a reason before anything is changed', async (t) => {
  const it = await atSheet(t, 'household', 'detailed');
  await it.page.locator('fieldset .answer-pair button').nth(2).click();
  await it.page.click('.bottom button.main');
  await it.page.click('.note.success button');
  const go = it.page.locator('dialog button.main');
  assert.equal(await go.isDisabled(), true);
  await it.page.keyboard.press('Escape');
  await it.page.waitForSelector('dialog', { state: 'detached' });
  assert.equal((await it.view()).state, 'submitted');
  await it.page.click('.note.success button');
  await it.page.fill('#amend-reason', '主人回来了');
  await go.click();
  await it.page.waitForSelector('.note.success', { state: 'detached' });
  const { state, reason } = await it.view();
  assert.deepEqual([state, reason], ['draft', '主人回来了']);
});
