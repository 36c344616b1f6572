// The watch itself: each thing that no page may do is done on purpose, and must be seen.
//
// Without this, a test that finds nothing proves nothing. Leaves out: the checks of single pages.

import assert from 'node:assert/strict';
import test from 'node:test';
import { launch, visitor } from './lib/browser.js';
import { check } from './lib/checks.js';
import { folder, serve } from './lib/guanmo.js';
import { outline } from './lib/outline.js';

const FORBIDDEN = {
  'a script that runs': ['<img src=/x onerror="__x(1)">', {}, /script ran/],
  'a dialog': ['<img src=/x onerror="alert(1)">', {}, /dialog/],
  'what the content policy stops': ['<img src=/x onerror="__x(1)">', { 'content-security-policy': "default-src 'self'" }, /content policy/],
  'a request to another host': ['<img src="http://elsewhere.invalid/x.png">', {}, /another host/],
  'an error of a script': ['<script>null.x</script>', {}, /script error/],
};

for (const [what, [body, headers, expected]] of Object.entries(FORBIDDEN)) {
  test(`the watch sees ${what}`, async (t) => {
    const server = await serve(t, await folder(t));
    const { page, context, faults } = await visitor(await launch(t), server.url);
    await context.route('**/sign-in', (route) => route.fulfill({ body: `<!doctype html><html lang="zh-CN"><body>${body}`, headers: { 'content-type': 'text/html', ...headers } }));
    await page.goto(`${server.url}/sign-in`);
    await page.waitForTimeout(300);
    assert.match(faults.join('\n'), expected);
  });
}

test('the checks see what is wrong on a page', async (t) => {
  const server = await serve(t, await folder(t));
  const { page } = await visitor(await launch(t), server.url, { lang: 'en' });
  await page.goto(`${server.url}/sign-in`);
  assert.deepEqual(await check(page, 'en', await outline(page)), []);
  await page.evaluate(() => {
    document.querySelector('h1').textContent = '登录';
    document.querySelector('label').remove();
    document.querySelector('main').style.minWidth = '3000px';
  });
  const found = (await check(page, 'en', await outline(page))).join('\n');
  for (const expected of [/not translated: 登录/, /axe label/, /scrolls sideways/, /inline style/]) assert.match(found, expected);
});
