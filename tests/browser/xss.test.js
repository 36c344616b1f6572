// Script in every text (threat T19): three hundred payloads, typed wherever somebody can type, run nowhere.
//
// They come by import, from phones, through every form of every page and in addresses; then every page is opened.
// Invariant: pages break neither their content policy nor their outline doing so. Leaves out: formulas (documents).

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import test from 'node:test';
import { Desk, PASSWORD } from './lib/api.js';
import { launch, signIn, visitor } from './lib/browser.js';
import { folder, guanmo, must, serve } from './lib/guanmo.js';
import { crawl } from './lib/pages.js';
import { PAYLOADS, pieces } from './lib/payloads.js';
import { device, makeTour } from './lib/tour.js';

/** A picture of one grey pixel, so that a caption has something to stand under. */
const JPEG = '/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////////wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABPxA=';

/** What a form's controls are filled with. */
let next = 0;
const some = (most) => {
  const fitting = pieces(Math.max(1, Math.min(most > 0 ? most : 200, 400)));
  next += 1;
  return fitting.length ? fitting[next % fitting.length] : 'x';
};

/** By import: names of sites and people, of groups and of the campaign. */
async function imported(data) {
  const sites = PAYLOADS.filter((p) => p.length <= 100 && !/^[=+@\t-]/.test(p)).map((p, i) => ['沿途路段', `${p}`, '640422215', '', '', i]).map((s) => s.slice(0, 5));
  const unique = [...new Map(sites.map((s) => [s[1].trim(), s])).values()];
  const people = PAYLOADS.filter((p) => p.length <= 40).slice(0, 40).map((p, i) => [`${p}${i}`, '观摩员', 1]);
  await makeTour(data, { name: PAYLOADS[0].slice(0, 60), sites: unique, people, groups: ['<svg onload=__x(1)>', '"><img src=x onerror=__x(1)>'] });
  return unique.length;
}

/** From phones: notes, facts, issues, captions, reasons and their own names. */
async function fromPhones(dir, url, codes) {
  const picture = path.join(dir, 'a.jpg');
  await writeFile(picture, Buffer.from(JPEG, 'base64'));
  for (const [no, code] of codes.entries()) {
    const phone = device(path.join(dir, `phone${no}`));
    await phone('enrol', '--server', url, '--code', code, '--name', PAYLOADS[no * 7].slice(0, 40));
    await phone('sync');
    await phone('open', '沙岗村');
    const { sections } = JSON.parse(await phone('show', '沙岗村', '--json'));
    const items = JSON.stringify(sections ?? {}).match(/V-[A-Z]\d+/g) ?? [];
    const notes = pieces(400);
    for (const [at, item] of [...new Set(items)].entries()) {
      const note = notes[(at + no * 9) % notes.length];
      await guanmo('device', '--phone', path.join(dir, `phone${no}`), 'answer', '沙岗村', item, 'na', '--note', note);
    }
    for (const [at, text] of pieces(400).slice(no * 17, no * 17 + 17).entries()) {
      await phone('issue', '--category', 'exposed_garbage', '--description', text, '--site', '沙岗村', '--place', PAYLOADS[at * 11 + no]).catch(() => null);
    }
    for (const field of ['name', 'code', 'contact', 'status', 'remark']) {
      await guanmo('device', '--phone', path.join(dir, `phone${no}`), 'facts', '农户1', field, some(60));
    }
    await guanmo('device', '--phone', path.join(dir, `phone${no}`), 'photo', '沙岗村', picture, '--caption', some(100));
    await phone('sync');
  }
}

/** Every form of the pages found, each filled with payloads and sent once; how many. */
async function throughForms(page, url, found) {
  let sent = 0;
  for (const at of found.values()) {
    await page.goto(url + at);
    const forms = await page.locator('main form').count();
    for (let no = 0; no < Math.min(forms, 6); no += 1) {
      await page.goto(url + at);
      const form = page.locator('main form').nth(no);
      if ((await form.count()) === 0) break;
      const typed = await form.evaluate((el) => {
        for (const details of [...document.querySelectorAll('details')]) details.open = true;
        const texts = [...el.querySelectorAll('input:not([type]), input[type=text], input[type=search], textarea')];
        for (const box of el.querySelectorAll('input[type=checkbox]')) box.checked = true;
        const radios = el.querySelectorAll('input[type=radio]');
        if (radios.length) radios[radios.length - 1].checked = true;
        return texts.filter((t) => t.getClientRects().length > 0).map((t) => [t.name, t.maxLength]);
      });
      if (typed.length === 0) continue;
      for (const [name, most] of typed) await form.locator(`[name="${name}"]`).first().fill(some(most)).catch(() => null);
      const button = form.locator('button').first();
      if ((await button.count()) === 0) continue;
      await form.evaluate((el) => { el.noValidate = true; });
      await Promise.all([page.waitForLoadState('load'), button.click({ timeout: 3000 }).catch(() => null)]);
      sent += 1;
    }
  }
  return sent;
}

test('no script that somebody typed runs on any page', async (t) => {
  const [dir, browser] = [await folder(t), await launch(t)];
  const data = path.join(dir, 'data');
  // The set-up secret is told at the first start only.
  const first = await serve(t, data);
  const admin = await Desk.setUp(first.url, first.secret, '系统管理员');
  await admin.invite('supervisor', '督查员');
  await admin.invite('auditor', '"><img src=x onerror=__x(1)>').catch(() => null);
  await first.stop();
  const sites = await imported(data);
  assert.ok(sites >= 200, `${sites} names of sites hold a payload`);
  const codes = [];
  for (const who of ['观摩员01', '观摩员02']) codes.push(JSON.parse(await must('code', who, '--json', '--data', data)).code);
  const server = await serve(t, data);
  await fromPhones(dir, server.url, codes);

  const faults = [];
  for (const user of ['督查员', '系统管理员']) {
    const { page, faults: seen } = await visitor(browser, server.url);
    await signIn(page, server.url, { user, password: PASSWORD });
    const before = await crawl(page, server.url, [new URL(page.url()).pathname]);
    const sent = await throughForms(page, server.url, before.found);
    assert.ok(sent > 0, 'no form was sent');
    const after = await crawl(page, server.url, [...before.found.values()]);
    for (const at of after.found.values()) {
      await page.goto(server.url + at);
      await page.evaluate(() => { for (const d of document.querySelectorAll('details')) d.open = true; });
      await page.waitForTimeout(50);
    }
    t.diagnostic(`${user}: ${after.found.size} pages, ${sent} forms sent`);
    faults.push(...seen);
  }
  assert.deepEqual([...new Set(faults)], []);
});

test('no script in an address runs, and it leads nowhere else', async (t) => {
  const [dir, browser] = [await folder(t), await launch(t)];
  const server = await serve(t, dir);
  const admin = await Desk.setUp(server.url, server.secret, '系统管理员');
  await admin.invite('supervisor', '督查员');
  const { page, faults } = await visitor(browser, server.url);
  await signIn(page, server.url, { user: '督查员', password: PASSWORD });
  for (const payload of PAYLOADS.filter((_, i) => i % 12 === 0)) {
    const p = encodeURIComponent(payload);
    for (const at of [`/console/records?q=${p}&township=${p}`, `/sign-in?next=${p}`, `/console/${p}`, `/console?sort=${p}&lang=${p}&density=${p}&done=${p}`]) {
      await page.goto(server.url + at).catch(() => null);
    }
  }
  const { page: guest, faults: guestFaults } = await visitor(browser, server.url);
  for (const to of ['//evil.invalid/', 'https://evil.invalid/', 'javascript:__x(1)', '/\\evil.invalid', '\t//evil.invalid']) {
    await guest.context().clearCookies();
    await guest.goto(`${server.url}/sign-in?next=${encodeURIComponent(to)}`);
    await guest.fill('#user', '督查员');
    await guest.fill('#pass', PASSWORD);
    await Promise.all([guest.waitForLoadState('load'), guest.click('main button.primary')]);
    assert.equal(new URL(guest.url()).host, new URL(server.url).host, `next=${to} leads to ${guest.url()}`);
  }
  assert.deepEqual([...faults, ...guestFaults], []);
});
