// A computer that several people use (threat T5): nothing is left when one has signed out.
//
// Leaves out: how sessions end by themselves (the server's own tests).

import assert from 'node:assert/strict';
import test from 'node:test';
import { launch, signIn, visitor } from './lib/browser.js';
import { crawl } from './lib/pages.js';
import { played } from './lib/seed.js';

test('after signing out, the back button shows nothing', async (t) => {
  const server = await played(t);
  const browser = await launch(t);
  const { page, context, faults } = await visitor(browser, server.url);
  await signIn(page, server.url, server.logins.supervisor);
  await page.goto(`${server.url}/console/people`);
  await page.goto(`${server.url}/console/records`);
  const secret = '观摩员05';
  assert.ok((await page.innerText('main')).includes(secret), 'the page has nothing to hide');
  await Promise.all([page.waitForNavigation(), page.click('form[action="/sign-out"] button')]);
  for (let step = 0; step < 4; step += 1) {
    await page.goBack().catch(() => null);
    const text = await page.innerText('body');
    assert.ok(!text.includes(secret), `back ${step + 1}: ${page.url()} still shows people`);
  }
  assert.deepEqual(await context.cookies().then((all) => all.filter((c) => c.name.includes('session') && c.value)), []);
  assert.deepEqual(faults, []);
});

test('no page keeps anything in the browser, and none may be stored', async (t) => {
  const server = await played(t);
  const browser = await launch(t);
  const { page, context } = await visitor(browser, server.url);
  const stored = [];
  context.on('response', (answer) => {
    const kind = answer.headers()['content-type'] ?? '';
    if (!/html|json/.test(kind)) return;
    if (!(answer.headers()['cache-control'] ?? '').includes('no-store')) stored.push(answer.url());
  });
  await signIn(page, server.url, server.logins.supervisor);
  const { found } = await crawl(page, server.url);
  assert.ok(found.size > 5, 'hardly a page was opened');
  const session = (await context.cookies()).find((c) => c.name.includes('session'));
  assert.ok(session?.httpOnly, 'a script could read the session');
  assert.match(session.sameSite, /Lax|Strict/);
  await page.goto(`${server.url}/console/records?q=secret`);
  await Promise.all([page.waitForNavigation(), page.click('form[action="/sign-out"] button')]);
  const left = await page.evaluate(async () => ({
    local: Object.keys(localStorage), session: Object.keys(sessionStorage),
    databases: (await indexedDB.databases()).map((d) => d.name), caches: await window.caches?.keys() ?? [],
    workers: (await navigator.serviceWorker?.getRegistrations() ?? []).length,
  }));
  assert.deepEqual(left, { local: [], session: [], databases: [], caches: [], workers: 0 });
  assert.deepEqual(stored, []);
});
