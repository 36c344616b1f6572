// What comes back: a sheet the office returns, values that two phones wrote without seeing each other, a site struck off, a
// lock.

import assert from 'node:assert/strict';
import path from 'node:path';
import test from 'node:test';
import { county } from './county.js';
import { look } from './look.js';
import { SYNC, ask, fitting, phone, start } from './phone.js';

const FILTER = { township: null, kind: null, text: null, unfinished: false, all_groups: false, struck: false };
const COMMENT = '请补拍公示栏照片';

async function enrolled(t, server, code, { folder = '', lang = 'zh' } = {}) {
  const it = await phone(t, path.join(server.dir, folder), server.url, { lang });
  await start(it.page, it.url);
  await ask(it.page, 'enrol', code, '测试手机');
  await ask(it.page, 'sync', SYNC);
  const sites = await ask(it.page, 'sites', FILTER);
  const open = (kind, form) => ask(it.page, 'openSheet', sites.find((s) => s.kind === kind).id, form);
  return { ...it, open, sites };
}

for (const lang of ['zh', 'en']) {
  test(`a returned sheet is on top of the day, says what is asked, and is handed in again by taps (${lang})`, async (t) => {
    const server = await county(t, { open: true });
    const it = await enrolled(t, server, server.codes[0], { lang });
    const { page } = it;
    const sheet = await it.open('demonstration_village', 'detailed');
    for (const line of (await ask(page, 'sheet', sheet)).lines) await ask(page, 'answer', sheet, line.item.id, fitting(line));
    await ask(page, 'submit', sheet);
    await ask(page, 'sync', SYNC);
    const { unpictured } = await server.desk.ask('GET', `/api/v1/records/${sheet}/lacks`);
    const asked = unpictured.slice(0, 2).map(([id]) => id);
    assert.equal(asked.length, 2);
    await server.desk.ask('POST', `/api/v1/records/${sheet}/return`, { comment: COMMENT, items: asked });
    await ask(page, 'sync', SYNC);

    await page.goto(it.url);
    await page.waitForSelector('.attention');
    const found = await look(page, 'home-returned', lang);
    await page.click('.attention');
    await page.locator('.note.danger', { hasText: COMMENT }).waitFor();
    await page.waitForSelector('.line.question');
    assert.equal(await page.locator('.line.question').count(), asked.length);
    found.push(...(await look(page, 'sheet-returned', lang)));
    await page.goto(`${it.url}sheet/${sheet}/${asked[0]}`);
    await page.waitForSelector('.answer[role=group]');
    assert.equal(await page.locator('.answer button:enabled').count(), 0);
    found.push(...(await look(page, 'item-returned', lang)));
    await page.click('.head-back');
    await page.click('.note.danger button.main');
    await page.waitForSelector('.bottom button.main');
    assert.equal((await ask(page, 'sheet', sheet)).state, 'draft');
    await page.click('.bottom button.main');
    await page.waitForSelector('.note.success');
    await ask(page, 'sync', SYNC);
    const { items } = await server.desk.ask('GET', '/api/v1/records?limit=200');
    assert.equal(items.find((r) => r.id === sheet).state, 'submitted');
    await page.click('.head-back');
    await page.waitForSelector('.town');
    assert.equal(await page.locator('.attention').count(), 0);
    assert.deepEqual(found, []);
    assert.deepEqual(it.faults, []);
  });

  test(`two phones of one person that differ show both answers; a tap decides for both (${lang})`, async (t) => {
    const server = await county(t, { who: ['观摩员01', '观摩员01'] });
    const [one, two] = [await enrolled(t, server, server.codes[0], { lang }), await enrolled(t, server, server.codes[1], { folder: 'second', lang })];
    const sheet = await one.open('demonstration_village', 'detailed');
    assert.equal(await two.open('demonstration_village', 'detailed'), sheet);
    const lines = (await ask(one.page, 'sheet', sheet)).lines.filter((l) => l.item.type === 'deduct');
    const [chosen, anew] = lines.map((l) => l.item.id);
    for (const [it, count] of [[one, 2], [two, 5]]) {
      for (const item of [chosen, anew]) await ask(it.page, 'answer', sheet, item, { mark: { count }, note: null, reasons: [] });
    }
    for (const it of [one, two, one]) await ask(it.page, 'sync', SYNC);

    const { page } = one;
    await page.goto(`${one.url}sheet/${sheet}/${chosen}`);
    await page.waitForSelector('.note.danger .card');
    const found = await look(page, 'item-differs', lang);
    const shown = await page.locator('.note.danger .card .number').allInnerTexts();
    assert.deepEqual(shown.map((s) => s.match(/\d+/)[0]).sort(), ['2', '5']);
    // By the value: the time of a card has a 5 in it, too, some minutes.
    const five = page.locator('.note.danger .card', { has: page.locator('.number', { hasText: /^\D*5/ }) });
    await five.getByRole('button').click();
    await page.waitForSelector('.note.danger', { state: 'detached' });
    await page.goto(`${one.url}sheet/${sheet}/${anew}`);
    await page.waitForSelector('.note.danger .card');
    await page.locator('.answer-whole').click();
    await page.waitForSelector('.note.danger', { state: 'detached' });
    for (const it of [one, two]) await ask(it.page, 'sync', SYNC);
    for (const it of [one, two]) {
      const view = await ask(it.page, 'sheet', sheet);
      const of = (id) => view.lines.find((l) => l.item.id === id);
      assert.deepEqual([of(chosen).answer.mark, of(anew).answer.mark], [{ count: 5 }, { count: 0 }]);
      assert.deepEqual([of(chosen).siblings, of(anew).siblings], [[], []]);
    }
    assert.deepEqual(found, []);
    assert.deepEqual([one.faults, two.faults], [[], []]);
  });
}

test('what two of a group found differently at a site is settled on its screen', async (t) => {
  const server = await county(t, { who: ['观摩员01', '观摩员02'] });
  const [one, two] = [await enrolled(t, server, server.codes[0]), await enrolled(t, server, server.codes[1], { folder: 'second' })];
  const site = one.sites.find((s) => s.kind === 'street').id;
  for (const [it, name] of [[one, '东街'], [two, '西街']]) {
    await it.page.goto(`${it.url}sites/${site}`);
    await it.page.locator('#fact-name').pressSequentially(name);
    await it.page.locator('#fact-code').focus();
    await it.page.waitForSelector('.saved[data-saving=false]:not(:empty)', { state: 'attached' });
  }
  for (const it of [one, two, one]) await ask(it.page, 'sync', SYNC);
  await one.page.waitForSelector('.note.danger .card');
  const found = await look(one.page, 'site-differs', 'zh');
  await one.page.locator('.note.danger .card', { hasText: '西街' }).getByRole('button').click();
  await one.page.waitForSelector('.note.danger', { state: 'detached' });
  for (const it of [one, two]) await ask(it.page, 'sync', SYNC);
  for (const it of [one, two]) assert.equal((await ask(it.page, 'sites', FILTER)).find((s) => s.id === site).name, '西街');
  assert.deepEqual(found, []);
});

for (const lang of ['zh', 'en']) {
  test(`a site that was struck off and a group that is locked say so and take nothing more (${lang})`, async (t) => {
    const server = await county(t);
    const it = await enrolled(t, server, server.codes[0], { lang });
    const { page } = it;
    const [street, village] = ['street', 'demonstration_village'].map((kind) => it.sites.find((s) => s.kind === kind).id);
    const sheet = await it.open('demonstration_village', 'quick');
    await ask(page, 'sync', SYNC);
    await server.desk.ask('POST', `/api/v1/prepare/sites/${street}/strike`, { strike: true, reason: '修路' }, { 'if-match': '*' });
    await ask(page, 'sync', SYNC);
    await page.goto(`${it.url}sites/${street}`);
    await page.waitForSelector('#fact-name');
    const found = await look(page, 'site-struck', lang);
    assert.ok((await page.innerText('main')).includes('修路'));
    assert.equal(await page.locator('.bottom').count(), 0);

    const { items } = await server.desk.ask('GET', '/api/v1/groups');
    const group = items.find((g) => g.number === 1).id;
    const { shown } = await server.desk.ask('GET', `/api/v1/groups/${group}/lock`);
    await server.desk.ask('POST', `/api/v1/groups/${group}/lock`, { shown, reason: '时间到' });
    await ask(page, 'sync', SYNC);
    await page.goto(`${it.url}sheet/${sheet}`);
    await page.waitForSelector('.stepper');
    found.push(...(await look(page, 'sheet-locked', lang)));
    assert.equal(await page.locator('main .answer button:enabled, main textarea:enabled').count() - (await page.locator('details button:enabled, details textarea:enabled').count()), 0);
    await page.goto(`${it.url}sites/${village}`);
    await page.waitForSelector('#fact-name');
    assert.equal(await page.locator('#fact-name').isDisabled(), true);
    found.push(...(await look(page, 'site-locked', lang)));
    assert.deepEqual(found, []);
    assert.deepEqual(it.faults, []);
  });
}
