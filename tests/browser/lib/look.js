// Looking at one page: its picture is kept, what is wrong with it is said.
//
// Leaves out: how the page was found (pages.js).

import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { check } from './checks.js';
import { differs } from './golden.js';
import { SCREENSHOTS } from './guanmo.js';
import { namesOn, outline } from './outline.js';

/** Everything wrong with the page that is open; `names` are known names of places. */
export async function look(page, name, lang, names = []) {
  mkdirSync(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: path.join(SCREENSHOTS, `${name}.png`), caret: 'initial' });
  const text = await outline(page, [...names, ...(await namesOn(page))]);
  return [...(await check(page, lang, text)), ...(await differs(name, text))];
}
