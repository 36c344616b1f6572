// Pages that have nothing to show, and pages that cannot be shown: each says what is so and what to do.
//
// Invariant: an empty state has a heading and a sentence; an error state is a page of ours, in the reader's language,
// with a code and a way back. Leaves out: pages with data (screens.test.js).

import assert from 'node:assert/strict';
import test from 'node:test';
import { Desk, PASSWORD } from './lib/api.js';
import { launch, signIn, visitor } from './lib/browser.js';
import { folder, must, serve } from './lib/guanmo.js';
import { look } from './lib/look.js';
import { crawl, nameOf } from './lib/pages.js';
import { played } from './lib/seed.js';

const NOBODY = '0190aaaa-0000-7000-8000-000000000000';

/** Visits what a supervisor finds, in both languages. */
async function visit(t, server, browser, state) {
  const supervisor = { user: '督查员', password: PASSWORD };
  const { page: finder } = await visitor(browser, server.url);
  await signIn(finder, server.url, supervisor);
  const { found } = await crawl(finder, server.url);
  for (const lang of ['zh', 'en']) {
    const { page, faults } = await visitor(browser, server.url, { lang });
    await signIn(page, server.url, supervisor);
    for (const [form, at] of found) {
      const name = `${state}-${nameOf(form)}.${lang}`;
      await t.test(`${name} (${at})`, async () => {
        faults.length = 0;
        const answer = await page.goto(server.url + at);
        const wrong = await look(page, name, lang);
        if (answer.status() !== 200) wrong.unshift(`answers ${answer.status()}`);
        const empty = await page.$$eval('.empty', (all) => all.map((el) => el.innerText.trim().split('\n').length));
        if (empty.some((lines) => lines < 2)) wrong.push('an empty state without a sentence on what to do');
        assert.equal([...wrong, ...faults].join('\n'), '');
      });
    }
  }
}

test('before there is a campaign, every page says what comes first', async (t) => {
  const [dir, browser] = [await folder(t), await launch(t)];
  const server = await serve(t, dir);
  const admin = await Desk.setUp(server.url, server.secret, '系统管理员');
  await admin.invite('supervisor', '督查员');
  await visit(t, server, browser, 'nothing');
});

test('a campaign in preparation has pages that say what is lacking', async (t) => {
  const [dir, browser] = [await folder(t), await launch(t)];
  let server = await serve(t, dir);
  const admin = await Desk.setUp(server.url, server.secret, '系统管理员');
  await admin.invite('supervisor', '督查员');
  await server.stop();
  await must('campaign', '--data', dir, 'new', '空的活动', '--from', '2026-05-01', '--to', '2026-05-02');
  server = await serve(t, dir);
  await visit(t, server, browser, 'empty');
});

test('what cannot be shown is refused on a page of ours', async (t) => {
  const server = await played(t);
  const browser = await launch(t);
  const { page: finder } = await visitor(browser, server.url);
  await signIn(finder, server.url, server.logins.supervisor);
  const { found } = await crawl(finder, server.url);
  const unknown = [...found].filter(([form]) => form.includes('{}'))
    .map(([form, at]) => [form, 404, at.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/gi, NOBODY).replace(/\/\d+(?=\/|$|\?)/g, '/999999999')]);
  const rest = [['no-such-page', 404, '/console/no-such-page'], ['bad-id', 400, '/console/records/not-an-id'], ['forbidden', 403, '/console/logins']];
  for (const lang of ['zh', 'en']) {
    const { page, faults } = await visitor(browser, server.url, { lang });
    await signIn(page, server.url, server.logins.supervisor);
    for (const [form, status, at] of [...unknown, ...rest]) {
      const name = `error-${nameOf(form)}.${lang}`;
      await t.test(`${name} (${at})`, async () => {
        faults.length = 0;
        const answer = await page.goto(server.url + at);
        const wrong = await look(page, name, lang);
        if (answer.status() !== status) wrong.unshift(`answers ${answer.status()}, not ${status}`);
        if (!(await page.$('main [role=alert] code'))) wrong.push('no code that can be told by telephone');
        if (!(await page.$('main a'))) wrong.push('no way back');
        assert.equal([...wrong, ...faults].join('\n'), '');
      });
    }
  }
});

test('whoever is not signed in sees the sign-in page, and the set-up page', async (t) => {
  const server = await serve(t, await folder(t));
  const browser = await launch(t);
  for (const lang of ['zh', 'en']) {
    const { page, faults } = await visitor(browser, server.url, { lang });
    for (const at of ['/sign-in', '/setup', '/console/records']) {
      const name = `guest-${nameOf(at)}.${lang}`;
      await t.test(name, async () => {
        await page.goto(server.url + at);
        assert.equal([...(await look(page, name, lang)), ...faults].join('\n'), '');
      });
    }
    await t.test(`a wrong password is refused in words (${lang})`, async () => {
      await page.goto(`${server.url}/sign-in`);
      await page.fill('#user', '没有此人');
      await page.fill('#pass', 'wrong-password-1');
      await page.click('main button.primary');
      await page.waitForSelector('[role=alert]');
      assert.equal([...(await look(page, `guest-wrong-password.${lang}`, lang)), ...faults].join('\n'), '');
    });
  }
});
