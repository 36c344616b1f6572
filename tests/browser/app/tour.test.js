// The long walk of one phone: forty sheets with photos filled by taps without a network, through a killed browser, a second
// tab and a newer app, sent over a slow link; what the office then sees is what was tapped, and what it decides comes back.
//
// Invariant: what should be there is this test's own list (round.js); that is compared by value and hash, and counted.

import assert from 'node:assert/strict';
import path from 'node:path';
import test from 'node:test';
import { PASSWORD } from '../lib/api.js';
import { launch, signIn, visitor } from '../lib/browser.js';
import { device } from '../lib/tour.js';
import { enrolByLink, itemOf, photograph, saved, sheetOf, tapMarks } from './hand.js';
import { build } from './builds.js';
import { sha256 } from './desk.js';
import { kept } from './kept.js';
import { link } from './link.js';
import { office } from './office.js';
import { jpeg } from './pictures.js';
import { ask, phone, start } from './phone.js';
import { Round, SITES, officeSees, phoneSays, planFor } from './round.js';

const FORTY = 40;
const BYTES_A_SECOND = 256_000 / 8;
const LATENCY_MS = 300;
const COMMENT = '请重新核实沿途垃圾';
const REASON = '与村委会核对';

/** The names of the round in the order in which it is walked; each is another kind of work. */
const STOPS = [
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
  const original = await jpeg(page, { seed, width: 1000, height: 750, noise: false });
  await photograph(page, original);
  const photos = await ask(page, 'photos', { kind: 'sheet', id: sheet });
  const stored = await page.evaluate((id) => globalThis.guanmo.core.call('photoBytes', id).then((b) => [...b]), photos.at(-1).id);
  return { original: sha256(original), stored: sha256(Buffer.from(stored)) };
}

/** Fills the sheet of a stop by taps, with a photo; leaves it open where `handIn` is false. */
async function fill(page, round, n, { handIn = true } = {}) {
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
  round.add(sheet, { plan, note, visit: stop.visit }, pictures);
  if (!handIn) return sheet;
  await page.click('.bottom button.main');
  await page.waitForSelector('.note.success');
  await page.click('.head-back');
  return sheet;
}

/** Everything is there, by the test's list. */
async function nothingMissing(round, look, sheets) {
  const told = await round.against(look);
  assert.deepEqual(told.unequal, []);
  assert.equal(told.sheets, sheets);
  assert.ok(told.photos >= sheets && told.answers > sheets, JSON.stringify(told));
  return told;
}

const offline = (it) => Promise.all([it.context.setOffline(true), it.way.cut()]);
const online = (it) => Promise.all([it.context.setOffline(false), it.way.mend()]);

async function reopen(it) {
  const again = await phone(it.t, it.server.dir, it.way.url);
  await again.context.setOffline(true);
  return { ...it, ...again };
}

/** Enrolled by the link while there is a network; then there is none. */
async function begin(t) {
  const [one, two] = [await build(t, 'one'), await build(t, 'two')];
  const server = await office(t, { who: ['观摩员01', '观摩员01'], sites: SITES, open: true });
  const way = await link(t, server.url);
  way.app(one);
  const it = { t, server, way, two, ...(await phone(t, server.dir, way.url)) };
  await enrolByLink(it, server.codes[0]);
  await kept(it.page);
  await offline(it);
  return it;
}

/** The newer build comes while drafts and everything unsent are only here. */
async function upgrade(it) {
  const { page } = it;
  await online(it);
  it.way.app(it.two);
  await page.reload();
  await page.waitForSelector('.update');
  await Promise.all([page.waitForNavigation(), page.click('.update .button')]);
  await start(page, it.url);
  await page.goto(`${it.url}settings`);
  assert.equal(await page.getAttribute('[data-build]', 'data-build'), 'two');
  await offline(it);
  await page.click('.head-back');
}

/** By the button of the sync centre until it says that all is there. */
async function syncByTap(page) {
  await page.click('nav.tabs a[href$="/sync"]');
  await page.click('.bottom .button.main');
  await page.waitForFunction(() => !document.querySelector('.bottom .button.main')?.disabled && !document.querySelector('main progress') && document.querySelector('[data-verdict=yes], [data-verdict=you]'), null, { timeout: 120_000 });
}

/** The browser's own idea of a slow network, in the page and in its worker, which is the one that syncs. */
async function slowDown(page) {
  const cdp = await page.context().newCDPSession(page);
  const slow = { offline: false, latency: LATENCY_MS, downloadThroughput: BYTES_A_SECOND, uploadThroughput: BYTES_A_SECOND };
  await cdp.send('Network.enable');
  await cdp.send('Network.emulateNetworkConditions', slow);
}

/** The other phone of the same person, which saw the village's sheet before anything was written. */
async function secondPhone(it) {
  const other = device(path.join(it.server.dir, 'other-phone'));
  await other('enrol', '--server', it.server.url, '--code', it.server.codes[1], '--name', '备用机');
  await other('sync');
  await other('open', '沙岗村');
  await other('answer', '沙岗村', 'V-C1', '9');
  return other;
}

/** The supervisor decides for the other phone's value on the console's page. */
async function settleInConsole(it) {
  const { page, faults } = await visitor(await launch(it.t), it.server.url);
  await signIn(page, it.server.url, { user: '督查员', password: PASSWORD });
  await page.goto(`${it.server.url}/console/conflicts`);
  assert.equal(await page.locator('tbody tr').count(), 1);
  await page.locator('tbody tr a').first().click();
  const form = page.locator('form[action*="/settle"]').first();
  await form.locator('.sibling', { hasText: /9/ }).locator('input[name=take]').first().check();
  await form.locator('[name=reason]').fill(REASON);
  await Promise.all([page.waitForNavigation(), form.locator('button.primary').click()]);
  await page.goto(`${it.server.url}/console/conflicts`);
  assert.equal(await page.locator('tbody tr').count(), 0);
  assert.deepEqual(faults, []);
}

test('forty sheets with photos, filled without a network through a kill, a second tab and an upgrade, are at the office as they were tapped', async (t) => {
  let it = await begin(t);
  const round = new Round();
  const walk = async (from, to, page = it.page) => {
    for (let n = from; n < to; n += 1) await fill(page, round, n);
  };
  const began = Date.now();
  const mark = (what) => console.log(what, ((Date.now() - began) / 1000).toFixed(1));
  const other = await secondPhone(it);
  mark('second phone');
  await walk(0, 18);
  mark('18');
  const draft = await fill(it.page, round, 18, { handIn: false });
  await it.kill();
  it = await reopen(it);
  await start(it.page, it.url);
  await it.page.waitForURL(`**/sheet/${draft}`);
  await nothingMissing(round, phoneSays(it.page), 19);
  mark('reopened');
  await it.page.click('.bottom button.main');
  await it.page.waitForSelector('.note.success');
  await it.page.click('.head-back');

  const tab = await it.context.newPage();
  await start(tab, it.url);
  await walk(19, 22, tab);
  await it.page.waitForFunction(() => document.querySelector('.town progress')?.value === 22);
  await tab.close();
  await walk(22, 30);
  mark('30');
  const open = await fill(it.page, round, 30, { handIn: false });
  await it.page.click('.head-back');
  await upgrade(it);
  await nothingMissing(round, phoneSays(it.page), 31);
  mark('upgraded');
  await it.page.goto(`${it.url}sheet/${open}`);
  await it.page.click('.bottom button.main');
  await it.page.waitForSelector('.note.success');
  await it.page.click('.head-back');
  await walk(31, FORTY);
  mark('40');

  const data = path.join(it.server.dir, 'server');
  await online(it);
  await slowDown(it.page);
  const before = it.way.sent();
  const sync = Date.now();
  await syncByTap(it.page);
  const rate = (it.way.sent() - before) / ((Date.now() - sync) / 1000);
  mark(`synced ${it.way.sent() - before} bytes, ${rate} B/s`);
  await nothingMissing(round, officeSees(it.server.desk, data), FORTY);
  mark('compared');
  await other('sync');
  await settleInConsole(it);
  mark('settled');
  assert.deepEqual(it.faults, []);
});
