// What a hand does on the app's screens, by taps.
//
// Invariant: nothing here asks the phone past its screens. Leaves out: what came of it (the tests).

import assert from 'node:assert/strict';

/** Goes through the screens of enrolment; the phone is ready to be used afterwards. */
export async function enrolByLink(it, code) {
  const { page } = it;
  await page.goto(`${it.url}enrol#${code}`);
  await page.fill('#enrol-name', '一组2号机');
  await page.click('form button.main');
  await page.waitForSelector('.note.success');
  for (let step = 0; step < 5; step += 1) {
    const before = await page.innerText('main p[role=status]');
    await page.click('main > button:last-of-type');
    await page.waitForFunction((was) => document.querySelector('main p[role=status]')?.innerText !== was, before);
  }
  await page.waitForSelector('nav.tabs');
}

/** Waits until the screen says that everything is on the phone. */
export const saved = (page) => page.waitForSelector('.saved[data-saving=false]:not(:empty)', { state: 'attached' });

/** The sheet and the line of the screen that is open. */
export const sheetOf = (page) => new URL(page.url()).pathname.split('/')[3];
export const itemOf = (page) => decodeURIComponent(new URL(page.url()).pathname.split('/')[4] ?? '');

/** Hands the open record a picture as the phone's camera would; waits until it is in the list. */
export async function photograph(page, buffer) {
  const before = await page.locator('.photo').count();
  await page.setInputFiles('input[data-source=camera]', { name: 'a.jpg', mimeType: 'image/jpeg', buffer });
  await page.waitForFunction((n) => document.querySelectorAll('.photo .state').length > n, before);
}

/**
 * Taps an answer to each line of a plan on the page that is open, one tap a frame: `{ item, mark, sample }` as the
 * checklist's file has it. What is tapped follows from the mark alone.
 */
export const tapMarks = (page, plan) => page.evaluate(async (plan) => {
  const frame = () => new Promise(requestAnimationFrame);
  for (const { item, mark, max, step, sample } of plan) {
    const card = document.querySelector(`[data-item="${CSS.escape(item)}"]`);
    const tap = async (selector, at = 0, times = 1) => {
      for (let n = 0; n < times; n += 1) {
        card.querySelectorAll(selector)[at].click();
        await frame();
      }
    };
    if ('points' in mark) {
      await tap('.score-quick button', 0);
      await tap('.stepper-button', 0, (max - mark.points) / step);
    } else if ('yes_no' in mark) {
      await tap('.answer-pair button', mark.yes_no ? 0 : 1);
    } else if ('ratio' in mark) {
      await tap('.stepper-button', 0, sample - mark.ratio.ok);
    } else if (card.querySelector('.route-more')) {
      await tap('.route-more', 0, mark.count);
    } else {
      await tap('.stepper-button', 1, mark.count);
    }
  }
}, plan);

/** By the button of the sync centre, until all is there or only a person can go on. */
export async function syncByTap(page) {
  await page.click('nav.tabs a[href$="/sync"]');
  await page.click('.bottom .button.main');
  await page.waitForSelector('[data-syncing=yes]');
  await page.waitForSelector('[data-syncing=no]', { timeout: 150_000 });
  assert.equal(await page.locator('main [role=alert]').count(), 0, await page.innerText('main'));
}
