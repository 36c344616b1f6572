// Without JavaScript: pages show the same words, filters filter, and a conflict can be settled.
//
// Invariant: script adds comfort, never content. Leaves out: what only comfort does (refreshing, keys).

import assert from 'node:assert/strict';
import test from 'node:test';
import { launch, signIn, visitor } from './lib/browser.js';
import { crawl, nameOf } from './lib/pages.js';
import { played } from './lib/seed.js';

/** The words of a page, without times and offered secrets: it is opened twice, at different moments. */
async function wordsOf(page) {
  const text = await page.innerText('main');
  return text.replace(/\d\d:\d\d(:\d\d)?/g, '').replace(/([A-Z2-7]{4} ){7}[A-Z2-7]{4}/g, '').replace(/\s+/g, ' ');
}

test('every page says the same without JavaScript', async (t) => {
  const server = await played(t);
  const browser = await launch(t);
  const { page: withScript } = await visitor(browser, server.url);
  const { page: without, faults } = await visitor(browser, server.url, { javaScriptEnabled: false });
  await signIn(withScript, server.url, server.logins.supervisor);
  await signIn(without, server.url, server.logins.supervisor);
  const { found } = await crawl(withScript, server.url);
  // The list of one's own sign-ins marks the one that looks: each of these two is another.
  found.delete([...found.keys()].find((form) => found.get(form) === '/console/account'));
  for (const [form, at] of found) {
    await t.test(`${nameOf(form)} (${at})`, async () => {
      await withScript.goto(server.url + at);
      await without.goto(server.url + at);
      assert.equal(await wordsOf(without), await wordsOf(withScript));
      assert.deepEqual(faults, []);
    });
  }
});

test('filters and decisions are plain forms', async (t) => {
  const server = await played(t);
  const browser = await launch(t);
  const { page } = await visitor(browser, server.url, { javaScriptEnabled: false });
  await signIn(page, server.url, server.logins.supervisor);
  await page.goto(`${server.url}/console/records`);
  await page.fill('form.filters input[name=q]', '观摩员05');
  await Promise.all([page.waitForNavigation(), page.press('form.filters input[name=q]', 'Enter')]);
  assert.match(page.url(), /q=/);
  await page.goto(`${server.url}/console/conflicts`);
  const before = await page.locator('tbody tr').count();
  assert.ok(before > 0, 'the tour left no conflict');
  await page.locator('tbody tr a').first().click();
  const form = page.locator('form[action*="/settle"]').first();
  await form.locator('input[name=take]').first().check();
  await form.locator('input[name=reason]').fill('与村委会核对');
  await Promise.all([page.waitForNavigation(), form.locator('button.primary').click()]);
  await page.waitForSelector('.notice.ok');
  await page.goto(`${server.url}/console/conflicts`);
  assert.equal(await page.locator('tbody tr').count(), before - 1);
});
