// Settings that do something: diagnostics, the full check, leaving, text size and language.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test from 'node:test';
import { office } from './office.js';
import { SYNC, ask, phone, start } from './phone.js';

const FILTER = { township: null, kind: null, text: null, unfinished: false, all_groups: true, struck: true };
const ISSUE = { site: null, township_code: null, place: '村口东', category: 'exposed_garbage', description: '垃圾堆了三天', severity: 'minor', position: { lat_e7: 361234567, lon_e7: 1057654321, accuracy_m: 7 }, fixed_on_spot: null };

async function atSettings(t) {
  const server = await office(t);
  const it = await phone(t, server.dir, server.url);
  await start(it.page, it.url);
  await ask(it.page, 'enrol', server.codes[0], '一组的手机');
  await ask(it.page, 'sync', SYNC);
  await ask(it.page, 'logIssue', ISSUE);
  await it.page.goto(`${it.url}settings`);
  await it.page.waitForSelector('.facts dd code');
  return { ...it, server };
}

test('the diagnostics file has counts and versions, and nothing of people and places', async (t) => {
  const it = await atSettings(t);
  const [file] = await Promise.all([it.page.waitForEvent('download'), it.page.click('.card:has-text("诊断文件") .button')]);
  const text = await readFile(await file.path(), 'utf8');
  const said = JSON.parse(text);
  assert.equal(said.counts.issues.only_here, 1);
  assert.ok(said.unsent_changes > 0 && said.abilities.secure && said.browser.includes('Chrome'));
  const identity = await ask(it.page, 'identity');
  const sites = await ask(it.page, 'sites', FILTER);
  const secrets = [identity.account_name, identity.device, identity.account, await ask(it.page, 'keyFingerprint'), '一组的手机', ISSUE.place, ISSUE.description, '3612', '361234567', ...sites.map((s) => s.name)];
  assert.ok(secrets.length > 10);
  assert.deepEqual(secrets.filter((secret) => text.includes(secret)), []);
  const all = JSON.stringify([identity, sites, await ask(it.page, 'issues')]);
  assert.ok(secrets.filter((secret) => all.includes(secret)).length > 6, 'control: the phone knows them');
});

test('the full check reads everything and says that it is whole', async (t) => {
  const it = await atSettings(t);
  await it.page.click('.button:has-text("全面检查")');
  await it.page.waitForSelector('.note.success');
  assert.deepEqual(await ask(it.page, 'check'), { problems: [] });
});

test('this phone cannot be left while something is only on it, nor before the office said so', async (t) => {
  const it = await atSettings(t);
  const leave = '.button.danger';
  assert.equal(await it.page.isDisabled(leave), true);
  await ask(it.page, 'sync', SYNC);
  await it.page.waitForFunction((s) => !document.querySelector(s).disabled, leave);
  await it.page.click(leave);
  await it.page.click(leave);
  await it.page.waitForSelector('.card [role=alert].danger');
  assert.equal((await ask(it.page, 'issues')).length, 1, 'nothing was removed');
});

test('text size and language are kept on this device', async (t) => {
  const it = await atSettings(t);
  const size = () => it.page.evaluate(() => getComputedStyle(document.documentElement).fontSize);
  assert.equal(await size(), '17px');
  await it.page.click('.button:has-text("特大")');
  await it.page.click('.button:has-text("English")');
  assert.equal(await size(), '24px');
  await it.page.waitForFunction(() => document.documentElement.lang === 'en');
  await it.close();
  const again = await phone(t, it.server.dir, it.server.url);
  await start(again.page, `${again.url}settings`);
  await again.page.waitForSelector('.facts dd code');
  assert.equal(await again.page.evaluate(() => getComputedStyle(document.documentElement).fontSize), '24px');
  assert.equal(await again.page.innerText('h1'), 'Settings');
});
