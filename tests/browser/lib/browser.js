// Chromium, and an eye on what no page may do.
//
// Invariant: every page made here is watched from its first request on: errors in its console, violations of its
// content policy, dialogs, scripts that ran, and requests to any other host, which are stopped.
// Leaves out: what a page shows (checks.js).

import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--font-render-hinting=none',
];
const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The office's cheapest screen. */
export const VIEWPORT = { width: 1366, height: 768 };

/** Starts a browser with an empty profile; `CHROMIUM` names another one. */
export async function launch(t, lang = 'zh-CN') {
  const executablePath = process.env.CHROMIUM ?? PLACES.find(existsSync);
  const browser = await chromium.launch({ executablePath, args: [...FLAGS, `--lang=${lang}`] });
  t.after(() => browser.close());
  return browser;
}

/** A fresh profile looking at one server: `{ context, page, faults }`; `faults` fills by itself. */
export async function visitor(browser, url, { lang = 'zh', javaScriptEnabled = true } = {}) {
  const context = await browser.newContext({
    viewport: VIEWPORT, javaScriptEnabled, reducedMotion: 'reduce', timezoneId: 'Asia/Shanghai', locale: lang === 'en' ? 'en' : 'zh-CN',
  });
  const faults = [];
  await watch(context, new URL(url).host, faults);
  await context.addCookies([{ name: 'lang', value: lang, url }]);
  const page = await context.newPage();
  return { context, page, faults, lang };
}

/** Signs in on the page. */
export async function signIn(page, url, { user, password }) {
  await page.goto(`${url}/sign-in`);
  await page.fill('#user', user);
  await page.fill('#pass', password);
  await Promise.all([page.waitForNavigation(), page.click('main button.primary')]);
  if (page.url().includes('/sign-in')) throw new Error(`not signed in: ${await page.innerText('main')}`);
}

async function watch(context, host, faults) {
  await context.route('**/*', (route) => {
    const to = new URL(route.request().url());
    if (to.protocol === 'data:' || to.protocol === 'blob:' || to.host === host) return route.continue();
    faults.push(`request to another host: ${to.href}`);
    return route.abort();
  });
  await context.exposeBinding('__fault', (_, text) => faults.push(text));
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (e) => {
      window.__fault(`content policy: ${e.effectiveDirective} ${e.blockedURI} ${e.sourceFile ?? ''}`);
    });
    window.__x = (what) => window.__fault(`script ran: ${what}`);
  });
  context.on('page', (page) => {
    page.on('pageerror', (error) => faults.push(`script error: ${error.message}`));
    page.on('dialog', (dialog) => {
      faults.push(`dialog: ${dialog.message()}`);
      dialog.dismiss();
    });
    page.on('console', (message) => {
      // A refused page is an answer like any other; what it says is looked at where it is expected.
      if (message.type() !== 'error' || /status of 4\d\d/.test(message.text())) return;
      faults.push(`console: ${message.text()}`);
    });
  });
}
