// One person's walk from site to site: each sheet opened from the list, filled by taps, photographed, handed in.
//
// Invariant: what was done is noted in the round from the plan, never read from the phone but for the hash of a copy, which
// the browser makes. Leaves out: what comes between (tour.test.js).

import { photograph, saved, sheetOf, tapMarks } from './hand.js';
import { sha256 } from './desk.js';
import { jpeg } from './pictures.js';
import { ask } from './phone.js';
import { planFor } from './round.js';

/** The names of the round in the order in which it is walked; each is another kind of work. */
export const STOPS = [
  { name: '沙岗村', kind: 'demonstration_village', form: 'detailed' },
  { name: '火石寨至县城路段', kind: 'route_segment', form: 'detailed' },
  { name: '农户1', kind: 'household', form: 'quick', visit: 'absent' },
  ...[...Array(37).keys()].map((n) => ({ name: `农户${n + 2}`, kind: 'household', form: 'quick' })),
];

/** Opens a site's sheet from the list of sites; its id. */
async function openSheet(page, { name, form }) {
  await page.click('nav.tabs a[href$="/sites"]');
  await page.fill('#site-search', name);
  await page.locator('.line', { has: page.getByText(name, { exact: true }) }).click();
  await page.waitForSelector('.bottom .main');
  await page.locator('fieldset.card button').nth(form === 'quick' ? 1 : 0).click();
  await page.click('.bottom button.main');
  await page.waitForURL('**/sheet/*');
  return sheetOf(page);
}

/** Line by line, each on its own screen. */
async function tapThrough(page, plan) {
  await page.click('.bottom button.main');
  for (const line of plan) {
    await page.waitForFunction((item) => document.querySelector('[data-item]')?.dataset.item === item, line.item);
    await tapMarks(page, [line]);
    await saved(page);
    await page.click('.bottom a.main');
  }
  await page.waitForSelector('.total');
}

/** A photo, noted with the hash of what the camera gave and of the copy that is to be sent. */
async function takePhoto(page, sheet, seed) {
  const original = await jpeg(page, { seed, width: 800, height: 600, noise: false });
  await photograph(page, original);
  const photos = await ask(page, 'photos', { kind: 'sheet', id: sheet });
  const stored = await page.evaluate((id) => globalThis.guanmo.core.call('photoBytes', id).then((b) => [...b]), photos.at(-1).id);
  return { original: sha256(original), stored: sha256(Buffer.from(stored)) };
}

/** Fills the sheet of a stop by taps, with a photo; leaves it open where `handIn` is false. */
export async function fill(page, round, n, { handIn = true } = {}) {
  const stop = STOPS[n];
  const sheet = await openSheet(page, stop);
  const plan = stop.visit ? [] : planFor(stop.kind, stop.form, n);
  if (stop.visit) await page.locator('fieldset.card button').nth(2).click();
  else if (stop.kind === 'demonstration_village') await tapThrough(page, plan);
  else {
    await page.waitForSelector('[data-item]');
    await tapMarks(page, plan);
  }
  const note = n % 5 === 0 ? `第${n}处：门前整洁` : null;
  if (note) await page.locator(`#sheet-note-${sheet}`).pressSequentially(note);
  const pictures = [await takePhoto(page, sheet, n + 1)];
  await saved(page);
  round.add(sheet, { kind: stop.kind, plan, note, visit: stop.visit }, pictures);
  if (handIn) await submit(page);
  return sheet;
}

/** Hands the open sheet in and goes back to the day. */
export async function submit(page) {
  await page.click('.bottom button.main');
  await page.waitForSelector('.note.success');
  await page.click('.head-back');
}
