// The pages of those who only read, check or report: as whole as the supervisor's, and without a link that is refused.
//
// Found by following links, like his. A page whose outline is the one kept of the supervisor's or of a role before was
// looked at there; any other is looked at here, in both languages. The first page says what the role can do.
// Leaves out: the pages of supervisor and administrators (screens.test.js).

import assert from 'node:assert/strict';
import test from 'node:test';
import { launch, signIn, visitor } from './lib/browser.js';
import { translated } from './lib/checks.js';
import { differs, kept } from './lib/golden.js';
import { look } from './lib/look.js';
import { frame, namesOn, outline } from './lib/outline.js';
import { crawl, nameOf } from './lib/pages.js';
import { played } from './lib/seed.js';

const ROLES = [
  'county_lead', 'county_reviewer', 'group_rapporteur', 'scrutineer', 'tally_clerk', 'township_lead', 'department_lead',
  'village_user',
];

test('every role finds its own pages whole, in both languages', async (t) => {
  const server = await played(t);
  const browser = await launch(t);
  const { page: desk } = await visitor(browser, server.url);
  await signIn(desk, server.url, server.logins.supervisor);
  const places = await namesOn(desk);
  for (const [at, role] of ROLES.entries()) {
    const before = ['supervisor', ...ROLES.slice(0, at)];
    await t.test(role, (t) => walk(t, { server, browser, role, before, places }));
  }
});

async function walk(t, { server, browser, role, before, places }) {
  const { page: finder } = await visitor(browser, server.url);
  await signIn(finder, server.url, server.logins[role]);
  const home = new URL(finder.url()).pathname;
  const names = [...places, ...(await namesOn(finder))];
  const { found, links } = await crawl(finder, server.url, [home]);
  await t.test(`${role}: no link is refused`, () => {
    assert.deepEqual(links.filter(({ status }) => status !== 200), []);
    assert.ok(found.size >= 2, 'a dead end');
  });
  for (const lang of ['zh', 'en']) {
    const { context, page, faults } = await visitor(browser, server.url, { lang });
    await signIn(page, server.url, server.logins[role]);
    await t.test(`${role}-menu.${lang}`, async () => {
      const text = await frame(page);
      assert.equal([...translated(lang, text), ...(await differs(`${role}-menu.${lang}`, text))].join('\n'), '');
    });
    for (const [form, at] of found) {
      await t.test(`${role}-${nameOf(form)}.${lang} (${at})`, async () => {
        faults.length = 0;
        await page.goto(server.url + at);
        const text = await outline(page, [...names, ...(await namesOn(page))]);
        const outlines = await Promise.all(before.map((other) => kept(`${other}-${nameOf(form)}.${lang}`)));
        const known = outlines.includes(text);
        const wrong = known ? [] : await look(page, `${role}-${nameOf(form)}.${lang}`, lang, names);
        if (form === home && !(await page.$('main .duty'))) wrong.push('the first page does not say what can be done');
        assert.equal([...wrong, ...faults].join('\n'), '');
      });
    }
    await context.close();
  }
}
