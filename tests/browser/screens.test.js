// Every page, in both languages, with data: nothing in the console, no violation, nothing from elsewhere, nothing cut
// off, nothing untranslated, axe finds nothing, and the outline is the one kept.
//
// The pages are found by following links from the menu. PNGs go to target/screenshots, to be looked at.
// Leaves out: empty and error states (states.test.js), roles that only read or report (roles.test.js).

import assert from 'node:assert/strict';
import test from 'node:test';
import { launch, signIn, visitor } from './lib/browser.js';
import { translated } from './lib/checks.js';
import { differs } from './lib/golden.js';
import { look } from './lib/look.js';
import { frame, namesOn } from './lib/outline.js';
import { crawl, nameOf } from './lib/pages.js';
import { played } from './lib/seed.js';

/** Visited before links are followed, so that the page shown is one that has something to show, and the same one each
 * time: one sheet alone of the tour is left with competing answers. */
const EXAMPLES = {
  supervisor: ['/console', '/console/records?conflict=1&kind=sheet'],
};

for (const role of ['supervisor', 'sysadmin', 'secadmin', 'auditor']) {
  test(`the pages of the ${role} are whole in both languages`, async (t) => {
    const server = await played(t);
    const browser = await launch(t);
    const { page: finder } = await visitor(browser, server.url);
    await signIn(finder, server.url, server.logins[role]);
    const names = await namesOn(finder);
    const { found } = await crawl(finder, server.url, EXAMPLES[role] ?? [new URL(finder.url()).pathname]);
    assert.ok(found.size >= 1, 'no page was found');
    for (const lang of ['zh', 'en']) {
      const { page, faults } = await visitor(browser, server.url, { lang });
      await signIn(page, server.url, server.logins[role]);
      await t.test(`${role}-menu.${lang}`, async () => {
        const text = await frame(page);
        assert.equal([...translated(lang, text), ...(await differs(`${role}-menu.${lang}`, text))].join('\n'), '');
      });
      for (const [form, at] of found) {
        const name = `${role}-${nameOf(form)}.${lang}`;
        await t.test(`${name} (${at})`, async () => {
          faults.length = 0;
          const answer = await page.goto(server.url + at);
          const wrong = await look(page, name, lang, names);
          if (answer.status() !== 200) wrong.unshift(`answers ${answer.status()}`);
          assert.equal([...wrong, ...faults].join('\n'), '');
        });
      }
    }
  });
}
