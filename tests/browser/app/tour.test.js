// The long walk of one phone: forty sheets with photos filled by taps without a network, through a killed browser, a second
// tab and a newer app, sent over a slow link; what the office then sees is what was tapped, and what it decides comes back.
//
// Invariant: what should be there is this test's own list (round.js); that is compared by value and hash, and counted.

import assert from 'node:assert/strict';
import path from 'node:path';
import test from 'node:test';
import { build } from './builds.js';
import { CONTESTED, NINE, contested, returned, secondPhone } from './decisions.js';
import { enrolByLink, syncByTap } from './hand.js';
import { kept } from './kept.js';
import { link } from './link.js';
import { office } from './office.js';
import { phone, start } from './phone.js';
import { Round, SITES, officeSees, phoneSays } from './round.js';
import { STOPS, fill, submit } from './walker.js';

const FORTY = 40;
const BYTES_A_SECOND = 256_000 / 8;
const LATENCY_MS = 300;

/** Everything is there, by the test's list. */
async function nothingMissing(round, look, sheets, more) {
  const told = await round.against(look, more);
  assert.deepEqual(told.unequal, []);
  assert.equal(told.sheets, sheets);
  assert.ok(told.photos >= sheets && told.answers > sheets * 6, JSON.stringify({ ...told, unequal: 0 }));
  return told;
}

async function goOffline(it) {
  it.way.cut();
  await it.context.setOffline(true);
}
async function goOnline(it) {
  it.way.mend();
  await it.context.setOffline(false);
}

/** Enrolled by the link while there is a network; then there is none. */
async function begin(t) {
  const [one, two] = [await build(t, 'one'), await build(t, 'two')];
  const server = await office(t, { who: ['观摩员01', '观摩员01'], sites: SITES, open: true });
  const way = await link(t, server.url);
  way.app(one);
  const it = { t, server, way, two, data: path.join(server.dir, 'server'), ...(await phone(t, server.dir, way.url)) };
  await enrolByLink(it, server.codes[0]);
  await it.page.click('nav.tabs a[href$="/sync"]');
  assert.match(await it.page.innerText('[data-part=agreement]'), /手机与服务器一致/, 'right after the first sync');
  await kept(it.page);
  await goOffline(it);
  return it;
}

/** The browser is killed in the middle of a sheet, and opened again without a network. */
async function killed(it) {
  assert.deepEqual(it.faults, []);
  await it.kill();
  const again = { ...it, ...(await phone(it.t, it.server.dir, it.way.url)) };
  await again.context.setOffline(true);
  await start(again.page, again.url);
  return again;
}

/** The newer build comes while drafts and everything unsent are only here. */
async function upgrade(it) {
  const { page } = it;
  await goOnline(it);
  it.way.app(it.two);
  await page.reload();
  await page.waitForSelector('.update');
  await Promise.all([page.waitForNavigation(), page.click('.update .button')]);
  await start(page, it.url);
  await page.goto(`${it.url}settings`);
  await page.waitForSelector('[data-build=two]');
  await goOffline(it);
  await page.click('.head-back');
}

/** The first sync, over 256 kbit/s with 300 ms, as the browser itself slows it down. */
async function sendEverything(it) {
  await goOnline(it);
  const cdp = await it.context.newCDPSession(it.page);
  await cdp.send('Network.enable');
  const slow = { offline: false, latency: LATENCY_MS, downloadThroughput: BYTES_A_SECOND, uploadThroughput: BYTES_A_SECOND };
  await cdp.send('Network.emulateNetworkConditions', slow);
  const [before, began] = [it.way.sent(), Date.now()];
  await syncByTap(it.page);
  await it.page.waitForSelector('[data-verdict=yes]');
  const [bytes, seconds] = [it.way.sent() - before, (Date.now() - began) / 1000];
  assert.ok(bytes / seconds < BYTES_A_SECOND * 1.1, `${bytes} bytes in ${seconds} s: the link was not slow`);
  await cdp.send('Network.emulateNetworkConditions', { ...slow, latency: 0, downloadThroughput: -1, uploadThroughput: -1 });
  await cdp.detach();
  it.t.diagnostic(`sent ${bytes} bytes in ${seconds.toFixed(1)} s`);
}

/** The same comparison sees one answer and one picture that are others than was tapped. */
async function planted(round, look) {
  const [first, last] = [round.sheetAt(0), round.sheetAt(FORTY - 1)];
  const other = async (sheet) => {
    const is = await look(sheet);
    if (sheet === first) is.answers[CONTESTED] = { count: NINE + 1 };
    if (sheet === last) is.pictures[0].stored = is.pictures[0].stored.replace(/^./, (c) => (c === '0' ? '1' : '0'));
    return is;
  };
  const { unequal } = await round.against(other, { office: true });
  assert.deepEqual(unequal.map((line) => line.split(':')[0]), [`${first} ${CONTESTED}`, `${last} photo`, `${last} photo`]);
}

test('forty sheets filled by taps without a network, through a kill, a second tab and a newer app, are at the office as they were tapped', async (t) => {
  let it = await begin(t);
  const round = new Round();
  const walk = async (from, to, page = it.page) => {
    for (let n = from; n < to; n += 1) await fill(page, round, n);
  };
  const other = await secondPhone(it);
  await walk(0, 18);
  const draft = await fill(it.page, round, 18, { handIn: false });
  it = await killed(it);
  await it.page.waitForURL(`**/sheet/${draft}`);
  await nothingMissing(round, phoneSays(it.page), 19);
  await submit(it.page);

  const tab = await it.context.newPage();
  await start(tab, it.url);
  await walk(19, 22, tab);
  await it.page.waitForFunction(() => document.querySelector('.town progress')?.value === 22);
  await tab.close();
  await walk(22, 30);

  const open = await fill(it.page, round, 30, { handIn: false });
  await it.page.click('.head-back');
  await upgrade(it);
  await nothingMissing(round, phoneSays(it.page), 31);
  await it.page.goto(`${it.url}sheet/${open}`);
  await submit(it.page);
  await walk(31, FORTY);

  const office = () => officeSees(it.server.desk, it.data);
  assert.equal(STOPS.length, FORTY);
  await assert.rejects(office()(round.sheetAt(0)), /404/, 'control: nothing is there before');
  await sendEverything(it);
  const told = await nothingMissing(round, office(), FORTY, { office: true });
  await contested(it, round, other);
  await returned(it, round);
  await nothingMissing(round, office(), FORTY, { office: true });
  await nothingMissing(round, phoneSays(it.page), FORTY);
  await planted(round, office());
  t.diagnostic(`${told.sheets} sheets, ${told.answers} answers and ${told.photos} photos compared`);
  assert.deepEqual(it.faults, []);
});
