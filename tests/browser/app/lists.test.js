// Long lists: only what is in sight is drawn, and whoever goes back finds the place where he was.

import assert from 'node:assert/strict';
import test from 'node:test';
import { look } from './look.js';
import { office } from './office.js';
import { SYNC, ask, phone, start } from './phone.js';

const MANY = 400;
const SITES = 120;
/** More than fit a screen twice over, far from all. */
const FEW = 60;
const SHAGANG = ['640422215', '640422215200'];
const HOUSES = [...Array(SITES).keys()].map((n) => ['农户', `农户${n + 2}`, ...SHAGANG, String(n + 2)]);

async function enrolled(t, { lang = 'zh', sites = [] } = {}) {
  const server = await office(t, { sites });
  const it = await phone(t, server.dir, server.url, { lang });
  await start(it.page, it.url);
  await ask(it.page, 'enrol', server.codes[0], '测试手机');
  await ask(it.page, 'sync', SYNC);
  return it;
}

const log = (page, many) => page.evaluate(async (many) => {
  const blank = { site: null, township_code: null, place: '村口', category: 'exposed_garbage', severity: 'minor', position: null, fixed_on_spot: null };
  // Some rows are higher than others.
  const words = (n) => `第${n}处：垃圾未清${'，需要清理'.repeat(n % 9)}`;
  for (let n = 0; n < many; n += 1) await globalThis.guanmo.core.call('logIssue', { ...blank, description: words(n) });
}, many);

/** Rows that are drawn, and where each begins on the screen. */
const rows = (page) => page.$$eval('[data-issue]', (all) => all.map((el) => [el.dataset.issue, Math.round(el.getBoundingClientRect().top)]));
const drawn = (page) => page.locator('[data-issue]').count();
/** The first row that begins on the screen. */
const first = async (page) => (await rows(page)).find(([, top]) => top >= 0);
const atRest = (page) => page.evaluate(() => new Promise((done) => {
  let last = -1;
  const look = () => (scrollY === last ? done() : ((last = scrollY), requestAnimationFrame(() => requestAnimationFrame(look))));
  look();
}));

for (const lang of ['zh', 'en']) {
  test(`of four hundred issues those in sight are drawn, and a machine finds nothing wrong in the middle of them (${lang})`, async (t) => {
    const it = await enrolled(t, { lang });
    const { page } = it;
    await log(page, 12);
    await page.goto(`${it.url}issues`);
    await page.waitForSelector('[data-issue]');
    assert.equal(await drawn(page), 12, 'control: a short list is drawn whole');
    await log(page, MANY - 12);
    await page.waitForFunction((many) => document.querySelector('[aria-setsize]')?.getAttribute('aria-setsize') === String(many), MANY);
    assert.ok((await drawn(page)) < FEW, `${await drawn(page)} rows`);
    const seen = new Set();
    for (let to = 0; seen.size < MANY && to < 200; to += 1) {
      for (const [id] of await rows(page)) seen.add(id);
      await page.evaluate(() => scrollBy(0, innerHeight));
      await atRest(page);
    }
    assert.equal(seen.size, MANY, 'every row comes in sight');
    await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight / 2));
    await atRest(page);
    const place = await page.locator('[aria-posinset]').first().getAttribute('aria-posinset');
    assert.ok(Number(place) > 100, place);
    assert.deepEqual(await look(page, 'issues-many', lang), []);
    assert.deepEqual(it.faults, []);
  });
}

test('going back to a long list, by the arrow or by the phone, finds the same row at the same place', async (t) => {
  const it = await enrolled(t);
  const { page } = it;
  await log(page, 150);
  await page.goto(`${it.url}issues`);
  await page.waitForSelector('[data-issue]');
  for (const back of [() => page.click('.head-back'), () => page.goBack()]) {
    await page.evaluate(() => scrollBy(0, 3_000));
    await atRest(page);
    const [id, top] = await first(page);
    await page.evaluate((issue) => document.querySelector(`[data-issue="${issue}"]`).click(), id);
    await page.waitForSelector('.danger');
    await back();
    await page.waitForSelector(`[data-issue="${id}"]`);
    await atRest(page);
    const again = (await rows(page)).find(([one]) => one === id);
    assert.ok(Math.abs(again[1] - top) <= 2, `at ${top} before, at ${again[1]} now`);
  }
  // By the bar it is a new look at the list.
  await page.click('nav.tabs a[href$="/sites"]');
  await page.click('nav.tabs a[href$="/issues"]');
  await page.waitForSelector('[data-issue]');
  assert.equal(await page.evaluate(() => scrollY), 0, 'control: not back, so at the top');
});

test('a search among many sites is there again on the way back from one of them', async (t) => {
  const it = await enrolled(t, { sites: HOUSES });
  const { page } = it;
  await page.goto(`${it.url}sites`);
  await page.waitForSelector('.site-rows .line');
  assert.ok((await page.locator('.site-rows .line').count()) < FEW);
  await page.locator('#site-search').pressSequentially('nh11');
  await page.waitForFunction(() => document.querySelectorAll('.site-rows .line').length === 11);
  await page.locator('.site-rows .line').nth(3).click();
  await page.waitForSelector('#fact-name');
  await page.click('.head-back');
  await page.waitForFunction(() => document.querySelectorAll('.site-rows .line').length === 11);
  assert.equal(await page.inputValue('#site-search'), 'nh11');
  assert.deepEqual(it.faults, []);
});
