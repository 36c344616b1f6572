// The inspector's app in a real Chromium with a profile of its own, that can be killed and opened again.
//
// Invariant: `kill` ends the browser as the system would, without a word; the profile stays. Leaves out: the screens.

import { readdirSync, readFileSync } from 'node:fs';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { chromium } from 'playwright-core';

const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--font-render-hinting=none',
];
const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** A phone of the county: small, narrow, touched. */
export const PHONE = { width: 360, height: 740 };

/** The processes whose command line names this profile. */
function processesOf(profile) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(profile);
      } catch {
        return false;
      }
    })
    .map(Number)
    .filter((pid) => pid !== process.pid);
}

/** Languages as the app and as the browser name them. */
export const LANGS = { zh: 'zh-CN', en: 'en' };

/** A browser on the profile in `dir`: `{ context, page, faults, open, close, kill }`; `lang`: as if chosen in the settings. */
export async function phone(t, dir, url, { lang, flags = [], auto = false } = {}) {
  const profile = path.join(dir, 'profile');
  const locale = LANGS[lang ?? 'zh'];
  const executablePath = process.env.CHROMIUM ?? PLACES.find(existsSync);
  const context = await chromium.launchPersistentContext(profile, {
    executablePath, args: [...FLAGS, ...flags, `--lang=${locale}`], viewport: PHONE, hasTouch: true, isMobile: true, locale,
    timezoneId: 'Asia/Shanghai', reducedMotion: 'reduce', deviceScaleFactor: 2,
    // A phone goes back to pages it kept; so does this one.
    ignoreDefaultArgs: ['--disable-back-forward-cache'],
  });
  // A sync that begins by itself would run into those of the test.
  await context.addInitScript((yes) => location.protocol.startsWith('http') && localStorage.setItem('guanmo-auto-sync', yes), auto ? 'yes' : 'no');
  if (lang) await context.addInitScript((l) => location.protocol.startsWith('http') && localStorage.setItem('guanmo-language', l), lang);
  let open = true;
  const faults = [];
  context.on('page', (page) => watch(page, faults));
  context.pages().forEach((page) => watch(page, faults));
  const page = context.pages()[0] ?? (await context.newPage());
  const close = async () => {
    if (open) await context.close();
    open = false;
  };
  const kill = async () => {
    const gone = new Promise((resolve) => context.once('close', resolve));
    for (const pid of processesOf(profile)) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // Died with its parent.
      }
    }
    open = false;
    await gone;
  };
  t.after(close);
  return { context, page, faults, close, kill, url: `${url}/app/` };
}

function watch(page, faults) {
  page.on('pageerror', (error) => faults.push(`script error: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(`console: ${message.text()}`);
  });
}

/** Opens the app and waits until some tab's worker has the phone. */
export async function start(page, url) {
  await page.goto(url);
  await page.waitForFunction(() => globalThis.guanmo?.core.standing.phase === 'ready' || globalThis.guanmo?.core.standing.phase === 'failed');
  const standing = await page.evaluate(() => ({ ...globalThis.guanmo.core.standing }));
  if (standing.phase !== 'ready') throw new Error(`the phone did not open: ${JSON.stringify(standing)}`);
}

/** Has the phone do a command, as the screens do. A fault is an error with its code. */
export async function ask(page, name, ...args) {
  const said = await page.evaluate(async ([name, args]) => {
    try {
      return { value: await globalThis.guanmo.core.call(name, ...args) };
    } catch (fault) {
      return { fault };
    }
  }, [name, args]);
  if (said.fault) throw Object.assign(new Error(`${name}: ${JSON.stringify(said.fault)}`), { code: said.fault.code });
  return said.value;
}

/** How a sync goes about its work. */
export const SYNC = { level: 6, page_bytes: 0, photos: true, retries: 3 };

/** An answer that fits a line. */
export function fitting({ item }) {
  const mark = {
    score: () => ({ points: item.step_e4 }), yes_no: () => ({ yes_no: true }), deduct: () => ({ count: 1 }),
    ratio: () => ({ ratio: { ok: 4, sampled: 5 } }),
  }[item.type]();
  return { mark, note: null, reasons: [] };
}
