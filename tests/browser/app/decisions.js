// What comes back to a phone that handed everything in: a contested value that the office settles, a sheet it returns.
//
// Invariant: the office's part is done on the console's page or by its interface, the phone's by taps.

import assert from 'node:assert/strict';
import path from 'node:path';
import { PASSWORD } from '../lib/api.js';
import { launch, signIn, visitor } from '../lib/browser.js';
import { device } from '../lib/tour.js';
import { syncByTap, tapMarks } from './hand.js';
import { submit } from './walker.js';

const VILLAGE = '沙岗村';
/** The line of the village on which two phones differ, and what the other one says. */
export const CONTESTED = 'V-C1';
export const NINE = 9;
/** The line of the road that the office asks about. */
const ASKED = 'W-1';
const COMMENT = '请重新核实沿途垃圾';

/** The other phone of the same person, which wrote to the village's sheet before it saw anything of it. */
export async function secondPhone(it) {
  const other = device(path.join(it.server.dir, 'other-phone'));
  await other('enrol', '--server', it.server.url, '--code', it.server.codes[1], '--name', '备用机');
  await other('sync');
  await other('open', VILLAGE);
  await other('answer', VILLAGE, CONTESTED, String(NINE));
  return other;
}

/** The supervisor decides for the other phone's value on the console's page. */
async function settleInConsole(it) {
  const { page, faults } = await visitor(await launch(it.t), it.server.url);
  await signIn(page, it.server.url, { user: '督查员', password: PASSWORD });
  const rows = async () => {
    await page.goto(`${it.server.url}/console/conflicts`);
    return page.locator('tbody tr').count();
  };
  assert.equal(await rows(), 1);
  await page.locator('tbody tr a').first().click();
  const form = page.locator('form[action*="/settle"]').first();
  await form.locator('.sibling', { has: page.locator('.val', { hasText: /^\D*9/ }) }).locator('input[name=take]').check();
  await form.locator('[name=reason]').fill('与村委会核对');
  await Promise.all([page.waitForNavigation(), form.locator('button.primary').click()]);
  assert.equal(await rows(), 0);
  assert.deepEqual(faults, []);
}

/** A value that two phones differed on is decided at the office and shown by the phone. */
export async function contested(it, round, other) {
  await other('sync');
  await settleInConsole(it);
  await syncByTap(it.page);
  const sheet = round.sheetAt(0);
  round.sheets.get(sheet).answers[CONTESTED] = { count: NINE };
  await it.page.goto(`${it.url}sheet/${sheet}/${CONTESTED}`);
  await it.page.waitForSelector(`[data-item=${CONTESTED}]`);
  assert.match(await it.page.innerText(`[data-item=${CONTESTED}] [role=spinbutton]`), /9/);
}

/** A sheet comes back with the office's words, is changed by a tap and handed in again. */
export async function returned(it, round) {
  const { page } = it;
  const sheet = round.sheetAt(1);
  await it.server.desk.ask('POST', `/api/v1/records/${sheet}/return`, { comment: COMMENT, items: [ASKED] });
  await page.goto(`${it.url}sync`);
  await syncByTap(page);
  await page.click('nav.tabs a[href$="/app/"]');
  await page.click('.attention');
  await page.locator('.note.danger', { hasText: COMMENT }).locator('button.main').click();
  await page.waitForSelector('.route-more:enabled');
  await tapMarks(page, [{ item: ASKED, mark: { count: 1 } }]);
  round.sheets.get(sheet).answers[ASKED].count += 1;
  await submit(page);
  await syncByTap(page);
}
