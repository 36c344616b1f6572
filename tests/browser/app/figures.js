// Row P13: how large the app is, how fast it opens, how soon a tap is on the disk, and what 10,000 records cost.
//
// `GUANMO=… node app/figures.js` prints a line each and one of JSON. The page is slowed down four times by Chromium, its
// worker is not: Chromium cannot. Memory is what the page's process has to itself beyond an empty page, after the garbage
// is collected; the control is the app with no record. Leaves out: whether it is right (the tests beside it).

import { readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { kept } from './kept.js';
import { office } from './office.js';
import { SYNC, ask, fitting, phone, start } from './phone.js';

const RECORDS = Number(process.env.RECORDS ?? 10_000);
const TAPS = 300;
const STARTS = 5;
const SLOWER = 4;
const SITES = { township: null, kind: null, text: null, unfinished: false, all_groups: false, struck: false };
const APP = path.join(path.dirname(new URL(import.meta.url).pathname), '../../../server/web/app');

/** What a test context has that the helpers need. */
const endings = [];
const t = { after: (end) => endings.push(end) };

const middle = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
const p99 = (values) => values.sort((a, b) => a - b)[Math.ceil(values.length * 0.99) - 1];
const spread = (values) => ({ p50: middle([...values]), p99: p99([...values]) });

/** Bytes of files a first visit loads, packed by gzip where the server has them so. */
function packed(urls, suffix) {
  const files = [...new Set(urls.map((url) => new URL(url).pathname))].filter((name) => name.startsWith('/app/'));
  return files.reduce((sum, name) => {
    const file = path.join(APP, name === '/app/' ? 'index.html' : name.slice('/app/'.length));
    try {
      return sum + statSync(file + suffix).size;
    } catch {
      return sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0);
    }
  }, 0);
}

/** Private memory of the process that shows a page of this profile, bytes: the largest of them. */
function memoryOf(profile) {
  const sizes = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map((pid) => {
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      if (!line.includes('--type=renderer') || !line.includes(profile)) return 0;
      const rolled = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
      return 1024 * Number(/^Private_Dirty:\s+(\d+)/m.exec(rolled)?.[1] ?? 0);
    } catch {
      return 0;
    }
  });
  return Math.max(...sizes);
}

/** The same with nothing left that nobody needs. */
async function settled(page, profile) {
  const cdp = await page.context().newCDPSession(page);
  for (let n = 0; n < 3; n += 1) await cdp.send('HeapProfiler.collectGarbage');
  await cdp.detach();
  return memoryOf(profile);
}

/** Opens the app on a slowed-down page; ms until its main button can be tapped. */
async function opened(page, url) {
  await page.goto('about:blank');
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: SLOWER });
  const began = performance.now();
  await page.goto(url, { waitUntil: 'commit' });
  await page.locator('.bottom .main').first().waitFor();
  const took = performance.now() - began;
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: 1 });
  await cdp.detach();
  return took;
}

/** Taps + and − in turn; ms from each tap until the screen says that it is saved, and of that until the phone said so. */
async function taps(page, rate) {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Emulation.setCPUThrottlingRate', { rate });
  const took = await page.evaluate(async (many) => {
    const [less, more] = document.querySelectorAll('.stepper-button');
    const mark = document.querySelector('.saved');
    const times = { shown: [], told: [] };
    for (let n = 0; n < many; n += 1) {
      const began = performance.now();
      const end = globalThis.guanmo.core.onChange((name) => {
        if (name !== 'answer') return;
        times.told.push(performance.now() - began);
        end();
      });
      const saved = new Promise((resolve) => {
        const watcher = new MutationObserver(() => {
          if (mark.dataset.saving === 'true') return;
          watcher.disconnect();
          resolve();
        });
        watcher.observe(mark, { attributes: true });
      });
      (n % 2 === 0 ? more : less).click();
      await saved;
      times.shown.push(performance.now() - began);
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
    return times;
  }, TAPS);
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: 1 });
  await cdp.detach();
  return took;
}

async function measure() {
  const server = await office(t);
  const p = await phone(t, server.dir, server.url);
  const profile = path.join(server.dir, 'profile');
  const urls = [];
  const empty = await settled(p.page, profile);
  p.context.on('request', (request) => request.serviceWorker() ?? urls.push(request.url()));
  await start(p.page, p.url);
  await p.page.locator('#enrol-code').waitFor();
  const usable = { gzip: packed(urls, '.gz'), brotli: packed(urls, '.br') };
  const files = [...(await kept(p.page)), '/app/sw.js', '/app/manifest.webmanifest'].map((name) => new URL(name, p.url).href);
  const first = { gzip: packed(files, '.gz'), brotli: packed(files, '.br') };
  await ask(p.page, 'enrol', server.codes[0], 'figures');
  await ask(p.page, 'sync', SYNC);
  const site = (await ask(p.page, 'sites', SITES)).find((s) => s.kind === 'demonstration_village');
  const sheet = await ask(p.page, 'openSheet', site.id, 'detailed');
  const { lines } = await ask(p.page, 'sheet', sheet);
  for (const line of lines) await ask(p.page, 'answer', sheet, line.item.id, fitting(line));
  const starts = [];
  for (let n = 0; n < STARTS; n += 1) starts.push(await opened(p.page, p.url));
  await p.page.goto(`${p.url}sheet/${sheet}/${lines.find((l) => l.item.type === 'deduct').item.id}`);
  await p.page.locator('.stepper-button').first().waitFor();
  const [plain, slowed] = [await taps(p.page, 1), await taps(p.page, SLOWER)];

  await opened(p.page, p.url);
  const none = await settled(p.page, profile);
  for (let n = 0; n < RECORDS; n += 1) {
    await ask(p.page, 'logIssue', {
      site: site.id, township_code: null, place: '路边', category: 'exposed_garbage', severity: 'minor', description: `第${n}处`,
      position: null, fixed_on_spot: null,
    });
    if (n % 1_000 === 999) console.error(`${n + 1} records`);
  }
  const many = [];
  for (let n = 0; n < STARTS; n += 1) many.push(await opened(p.page, p.url));
  const full = await settled(p.page, profile);
  await p.page.goto(`${p.url}issues`);
  await p.page.locator('[aria-setsize]').first().waitFor();
  const drawn = await p.page.locator('[aria-setsize]').count();
  const list = await settled(p.page, profile);
  return {
    usable_gzip_bytes: usable.gzip, usable_brotli_bytes: usable.brotli,
    first_load_gzip_bytes: first.gzip, first_load_brotli_bytes: first.brotli,
    start_ms: middle(starts), start_with_records_ms: middle(many), records: RECORDS,
    taps: TAPS, tap_to_saved_ms: spread(plain.shown), tap_to_told_ms: spread(plain.told),
    tap_to_saved_slowed_ms: spread(slowed.shown), tap_to_told_slowed_ms: spread(slowed.told),
    memory_app_bytes: none - empty, memory_with_records_bytes: full - empty, memory_list_bytes: list - empty, rows_drawn: drawn,
  };
}

try {
  console.log(JSON.stringify(await measure(), null, 1));
} finally {
  for (const end of endings.reverse()) await end();
}
