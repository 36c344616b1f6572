// Everything can be done by keyboard, and the place of the focus is always seen.
//
// Leaves out: what a screen reader says, which axe checks on every page.

import assert from 'node:assert/strict';
import test from 'node:test';
import { launch, signIn, visitor } from './lib/browser.js';
import { played } from './lib/seed.js';

/** Presses Tab through the page; what was reached, and what could not be seen when it was. */
async function tabThrough(page, most) {
  const reached = new Set();
  const unseen = [];
  for (let stop = 0; stop < most; stop += 1) {
    await page.keyboard.press('Tab');
    const at = await page.evaluate(() => {
      const el = document.activeElement;
      if (!el || el === document.body) return null;
      const [style, box] = [getComputedStyle(el), el.getBoundingClientRect()];
      const marked = (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2) || style.boxShadow !== 'none';
      const inView = box.bottom > 0 && box.top < innerHeight && box.width > 0 && box.left >= 0;
      el.dataset.stop ??= String(Math.random());
      return { id: el.dataset.stop, seen: marked && inView, html: el.outerHTML.slice(0, 120) };
    });
    if (at === null || reached.has(at.id)) break;
    reached.add(at.id);
    if (!at.seen) unseen.push(at.html);
  }
  return { reached: reached.size, unseen };
}

test('the first stop is the link to the content, and it leads there', async (t) => {
  const server = await played(t);
  const { page } = await visitor(await launch(t), server.url);
  await signIn(page, server.url, server.logins.supervisor);
  await page.goto(`${server.url}/console/records`);
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.className), 'skip');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  assert.ok(await page.evaluate(() => document.querySelector('main').contains(document.activeElement)), 'the focus is not in the content');
});

for (const at of ['/console', '/console/records', '/console/conflicts', '/console/held', '/console/people', '/console/groups']) {
  test(`all that can be used on ${at} is reached by Tab and seen there`, async (t) => {
    const server = await played(t);
    const { page } = await visitor(await launch(t), server.url);
    await signIn(page, server.url, server.logins.supervisor);
    await page.goto(server.url + at);
    const usable = await page.evaluate(() => {
      const groups = new Set();
      return [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')]
        .filter((el) => el.checkVisibility({ contentVisibilityAuto: true, visibilityProperty: true }) && !el.disabled)
        .filter((el) => el.type !== 'radio' || !groups.has(el.name) && groups.add(el.name)).length;
    });
    const { reached, unseen } = await tabThrough(page, usable + 5);
    assert.deepEqual(unseen, []);
    assert.ok(reached >= usable, `${reached} of ${usable} reached`);
  });
}

test('a conflict is settled without a mouse', async (t) => {
  const server = await played(t);
  const { page, faults } = await visitor(await launch(t), server.url);
  await signIn(page, server.url, server.logins.supervisor);
  await page.goto(`${server.url}/console/conflicts`);
  await page.locator('tbody tr a').first().focus();
  await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
  await page.locator('form[action*="/settle"] input[name=take]').first().focus();
  await page.keyboard.press('Space');
  const reason = page.locator('form[action*="/settle"] input[name=reason]').first();
  for (let stop = 0; stop < 12 && !(await reason.evaluate((el) => el === document.activeElement)); stop += 1) {
    await page.keyboard.press('Tab');
  }
  await page.keyboard.type('电话核对');
  await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
  await page.waitForSelector('.notice.ok');
  assert.deepEqual(faults, []);
});
