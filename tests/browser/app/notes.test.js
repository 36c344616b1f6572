// The screens of photos, issues, sync and settings, in both languages, looked at by machine; the pictures are for people.
//
// Leaves out: enrolment and filling (screens.test.js), what the screens do (photos, sync, offline).

import assert from 'node:assert/strict';
import test from 'node:test';
import { enrolled, looker } from './looker.js';
import { jpeg } from './pictures.js';
import { LANGS, SYNC, ask, fitting } from './phone.js';

const issue = (more) => ({ site: null, township_code: null, place: '村口东 50 米', category: 'exposed_garbage', description: '路边垃圾未清', severity: 'major', position: null, fixed_on_spot: null, ...more });

/** A phone with something of everything: synced, unsent, returned to nobody. */
async function filled(it) {
  const { open, sites } = await enrolled(it);
  const sheet = await open('demonstration_village', 'detailed');
  const { lines } = await ask(it.page, 'sheet', sheet);
  for (const line of lines) await ask(it.page, 'answer', sheet, line.item.id, fitting(line));
  await ask(it.page, 'submit', sheet);
  const old = await ask(it.page, 'logIssue', issue({ site: sites[0].id }));
  await ask(it.page, 'addOpinion', { site: sites[0].id, category: 'facility', text: '村口加两个垃圾桶', addressed: '乡镇' });
  await ask(it.page, 'addCommendation', sites[0].id, '门前三包到户');
  await ask(it.page, 'sync', SYNC);
  const mine = await ask(it.page, 'logIssue', issue({ description: '墙上乱贴', fixed_on_spot: '已清除' }));
  const attach = async (id, stage, seed) => it.page.evaluate(([all, id, stage]) => globalThis.guanmo.core.call('attachPhoto', { kind: 'issue', id }, null, new Uint8Array(all), { caption: null, taken_at_ms: Date.now(), position: { lat_e7: 360500000, lon_e7: 1057100000, accuracy_m: 12 }, source: 'camera', stage }), [[...(await jpeg(it.page, { seed }))], id, stage]);
  const photo = await attach(mine, 'before', 1);
  await attach(mine, 'after', 2);
  return { old, mine, photo, sheet, sites };
}

async function walk(it) {
  const { old, mine, photo } = await filled(it);
  await it.see('issues', 'issues', '.issue-row');
  await it.page.click('main details summary');
  await it.shot('issues-opinion');
  await it.see('issue-new', 'issues/new', 'form:has(option:nth-child(4)) #issue-description');
  await it.see('issue', `issues/${old}`, '.photos');
  await it.see('issue-fixed', `issues/${mine}`, '.photo img');
  await it.see('photo', `photos/issue/${mine}?photo=${photo}`, '.photo-whole img');
  await it.page.click('main .button.danger');
  await it.page.waitForSelector('.undo');
  await it.shot('photo-deleted');
  await it.see('sync', 'sync', '[data-verdict]');
  for (const summary of await it.page.$$('main details summary')) await summary.click();
  await it.shot('sync-each');
  await it.page.click('.bottom .main');
  await it.page.waitForSelector('[data-verdict=yes]');
  await it.shot('sync-done');
  await it.see('settings', 'settings', '.facts dd code');
  await it.see('settings-can', 'settings/can', '[data-whole]');
}

for (const lang of Object.keys(LANGS)) {
  test(`photos, issues, sync and settings look right (${lang})`, async (t) => {
    const it = await looker(t, lang);
    await walk(it);
    await it.page.goto(`${it.url}settings`);
    await it.page.click('main .card .button:has-text("PIN")');
    await it.page.waitForSelector('.pin');
    await it.shot('settings-pin');
    assert.equal(it.seen(), 13);
    assert.deepEqual(it.found, []);
    assert.deepEqual(it.faults, []);
  });

  test(`photos, issues, sync and settings fit with the largest text (${lang})`, async (t) => {
    const it = await looker(t, lang, { size: 24 });
    await walk(it);
    assert.equal(it.seen(), 12);
    assert.deepEqual(it.found, []);
  });
}
