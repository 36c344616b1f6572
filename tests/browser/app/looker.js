// A phone on which screens are looked at, one after the other.
//
// Leaves out: what is wrong with a screen (look.js).

import { county } from './county.js';
import { look } from './look.js';
import { SYNC, ask, phone, start } from './phone.js';

/** Every site of the own group. */
export const FILTER = { township: null, kind: null, text: null, unfinished: false, all_groups: false, struck: false };

/** A phone with a language and a text size of its own, and `see(name, path, ready)` that collects what is wrong. */
export async function looker(t, lang, { size = 17, who } = {}) {
  const server = await county(t, who);
  const it = await phone(t, server.dir, server.url, { lang });
  await it.context.addInitScript((s) => localStorage.setItem('guanmo-text', s), String(size));
  const found = [];
  let seen = 0;
  const suffix = size === 17 ? '' : `-${size}`;
  const shot = async (name) => {
    seen += 1;
    found.push(...(await look(it.page, name + suffix, lang)));
  };
  const see = async (name, to, ready) => {
    await it.page.goto(it.url + to);
    await it.page.waitForSelector(ready);
    await shot(name);
  };
  return { ...it, server, found, shot, see, seen: () => seen };
}

/** Enrols and syncs; the sites, and a way to open a sheet for a kind. */
export async function enrolled(it) {
  await start(it.page, it.url);
  await ask(it.page, 'enrol', it.server.codes[0], '测试手机');
  await ask(it.page, 'sync', SYNC);
  const sites = await ask(it.page, 'sites', FILTER);
  const open = async (kind, form) => ask(it.page, 'openSheet', sites.find((s) => s.kind === kind).id, form);
  return { sites, open };
}
