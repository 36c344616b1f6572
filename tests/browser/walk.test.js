// From an empty folder to a ranked tour, on the pages alone: set up, invite, prepare, rehearse, fill on real phones,
// settle, lock, rank, wipe the rehearsal, start the tour itself.
//
// Invariant: no step uses a way that a supervisor does not have; phones are processes of the program.
// Leaves out: refusals on the way (states.test.js and the server's own tests).

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { PASSWORD } from './lib/api.js';
import { launch, signIn, visitor } from './lib/browser.js';
import { SCREENSHOTS, folder, serve } from './lib/guanmo.js';
import { device } from './lib/tour.js';

const ADMIN = { user: '系统管理员', password: PASSWORD };
const SUPERVISOR = { user: '督查员', password: PASSWORD };
const TOUR = '城乡环境观摩评比';
const TRIAL = '观摩评比试填';
/** The township of the second group; the others are in the first. */
const SECOND = '640422102';
const FIRST = '640422215';

/** A person at a browser who clicks and types. */
class Hand {
  constructor(page, url) {
    Object.assign(this, { page, url });
  }

  async open(at) {
    const answer = await this.page.goto(this.url + at);
    assert.equal(answer.status(), 200, `${at}: ${await this.page.innerText('main')}`);
  }

  /** Fills a form and sends it; a page with an alert is a failure. */
  async send(form, fields = {}, button = 'button') {
    const at = typeof form === 'string' ? this.page.locator(form).first() : form;
    await at.evaluate((el) => { for (let d = el.closest('details'); d; d = d.parentElement.closest('details')) d.open = true; });
    for (const [name, value] of Object.entries(fields)) {
      const field = at.locator(`[name="${name}"]`).first();
      const tag = await field.evaluate((el) => (el.tagName === 'SELECT' ? 'select' : el.type));
      if (tag === 'select') await field.selectOption(value);
      else if (tag === 'checkbox' || tag === 'radio') await field.check();
      else await field.fill(value);
    }
    await Promise.all([this.page.waitForNavigation(), at.locator(button).first().click()]);
    const alert = await this.page.locator('main [role=alert]').allInnerTexts();
    assert.deepEqual(alert, [], `${typeof form === 'string' ? form : 'form'}: refused on ${this.page.url()}`);
  }

  async shot(name) {
    mkdirSync(SCREENSHOTS, { recursive: true });
    await this.page.screenshot({ path: path.join(SCREENSHOTS, `walk-${name}.png`) });
  }
}

/** Makes the first login from the secret printed at the first start, then the supervisor's by invitation. */
async function setUp(browser, server, faults) {
  const { page, faults: seen } = await visitor(browser, server.url);
  const hand = new Hand(page, server.url);
  await hand.open('/setup');
  await hand.send('form[action="/setup"]', { secret: server.secret, user_name: ADMIN.user, password: PASSWORD, again: PASSWORD });
  if (!page.url().includes('/console')) await signIn(page, server.url, ADMIN);
  await hand.open('/console/logins');
  await hand.send('form[action="/console/logins"]', { role: 'supervisor' });
  const secret = (await page.locator('.result .hash').innerText()).trim();
  const { page: second, faults: seenToo } = await visitor(browser, server.url);
  const other = new Hand(second, server.url);
  await other.open('/setup');
  await other.send('form[action="/setup"]', { secret, user_name: SUPERVISOR.user, password: PASSWORD, again: PASSWORD });
  if (!second.url().includes('/console')) await signIn(second, server.url, SUPERVISOR);
  faults.push(seen, seenToo);
  return other;
}

/** A campaign with groups, checklists, sites and people. */
async function prepare(hand) {
  const { page } = hand;
  await hand.open('/console/campaigns');
  await hand.send(page.locator('form[action="/console/campaigns"]'), { name: TOUR, first_day: '2026-05-01', last_day: '2026-05-02' });
  await hand.open('/console/prepare/groups');
  for (const [number, name] of [['1', '第一组'], ['2', '第二组']]) {
    await hand.send(page.locator('form[action="/console/prepare/groups"]:has(input[name=number]:not([type=hidden]))'), { number, name });
  }
  for (const select of await page.locator('form[action="/console/prepare/townships"] select').all()) {
    await select.selectOption((await select.getAttribute('name')) === `g-${SECOND}` ? '2' : '1');
  }
  await hand.send('form[action="/console/prepare/townships"]', {}, 'button.primary');
  await hand.open('/console/prepare/checklists');
  await hand.send('form[action="/console/prepare/checklists"]');
  for (const [name, township] of [['火石寨沿途', FIRST], ['平峰沿途', SECOND]]) {
    await hand.open('/console/prepare/sites');
    await hand.send('form[action="/console/prepare/sites"]', { name, kind: 'route_segment', township, order: '1' });
    await hand.open('/console/prepare/sites');
    await page.locator('tbody th a', { hasText: name }).click();
    await page.waitForSelector('#edit-name');
    assert.equal(await page.inputValue('#edit-name'), name, 'the form does not show what there is');
  }
  for (const [name, group] of [['观摩员01', '1'], ['观摩员02', '1'], ['观摩员03', '2']]) {
    await hand.open('/console/prepare/roster');
    await hand.send('form[action="/console/prepare/roster"]', { name, role: 'observer', group, sheet_form: 'quick' });
  }
}

/** Looks at a campaign by the button of its row. */
async function lookAt(hand, name) {
  await hand.open('/console/campaigns');
  const row = hand.page.locator('tbody tr', { has: hand.page.locator('th', { hasText: name }) });
  await hand.send(row.locator('form[action="/console/campaign"]'));
}

/** The code on the printed page of one person. */
async function codeOf(hand, name) {
  await hand.open('/console/people');
  const row = hand.page.locator('tbody tr', { has: hand.page.locator('th', { hasText: name }) });
  await hand.send(row.locator('form[action$="/code"]'));
  return (await hand.page.locator('.hash').first().innerText()).trim();
}

/** A phone enrols with the code of the page, fills its group's site and sends it. */
async function fill(hand, dir, who, site, points, remark) {
  const phone = device(path.join(dir, who));
  await phone('enrol', '--server', hand.url, '--code', await codeOf(hand, who), '--name', `${who}的手机`);
  await phone('sync');
  await phone('open', site, '--quick');
  const sheet = JSON.parse(await phone('show', site, '--json'));
  const lines = sheet.items ?? sheet.lines ?? sheet.sections.flatMap((s) => s.items ?? s.lines);
  for (const line of lines) await phone('answer', site, line.item?.id ?? line.item ?? line.id, points);
  await phone('facts', site, 'remark', remark);
  await phone('submit', site);
  return phone;
}

/** All phones fill; two of a group write the same fact without knowing of each other. */
async function tour(hand, dir, kind) {
  const phones = [];
  for (const [who, site, points, remark] of [['观摩员01', '火石寨沿途', '5', '路面干净'], ['观摩员02', '火石寨沿途', '4', '有零星垃圾'], ['观摩员03', '平峰沿途', '3', '无']]) {
    phones.push(await fill(hand, path.join(dir, kind), who, site, points, remark));
  }
  for (const phone of phones) await phone('sync');
  await hand.open('/console');
  await hand.shot(`${kind}-board`);
  await hand.open('/console/conflicts');
  assert.equal(await hand.page.locator('tbody tr').count(), 1, 'one conflict');
  await hand.page.locator('tbody tr a').first().click();
  await hand.page.waitForSelector('form[action*="/settle"]');
  await hand.shot(`${kind}-conflict`);
  const settle = hand.page.locator('form[action*="/settle"]').first();
  await settle.locator('input[name=take]').first().check();
  await hand.send(settle, { reason: '与村委会核对' }, 'button.primary');
  for (const phone of phones) await phone('sync');
  for (const group of [0, 1]) {
    await hand.open('/console/groups');
    await hand.page.locator('tbody a.button').nth(group).click();
    await hand.page.waitForSelector('form[action$="/lock"]');
    const why = await hand.page.locator('form[action$="/lock"] [name=reason]').count();
    await hand.send('form[action$="/lock"]', { ...(why ? { reason: '其余乡镇本次不观摩' } : {}), sure: '1' }, 'button.primary');
    await hand.shot(`${kind}-lock-${group + 1}`);
  }
  await hand.open('/console/ranking');
  await hand.shot(`${kind}-ranking`);
  const ranked = await hand.page.innerText('main');
  assert.match(ranked, /火石寨/);
  assert.match(ranked, /平峰/);
  return ranked;
}

test('a supervisor goes from an empty folder over a rehearsal to a locked, ranked tour', async (t) => {
  const [dir, browser, seen] = [await folder(t), await launch(t), []];
  const server = await serve(t, path.join(dir, 'data'));
  const hand = await setUp(browser, server, seen);
  await prepare(hand);
  await hand.open('/console/prepare');
  await hand.shot('prepared');

  await hand.open('/console/campaigns');
  const row = hand.page.locator('tbody tr', { has: hand.page.locator('th', { hasText: TOUR }) });
  await hand.send(row.locator('form[action$="/clone"]'), { name: TRIAL, first_day: '2026-04-28', last_day: '2026-04-28' }, 'button[formaction$="/rehearse"]');
  await lookAt(hand, TRIAL);
  await hand.open('/console/prepare');
  await hand.send('form[action="/console/prepare/start"]');
  await tour(hand, dir, 'rehearsal');

  await hand.open('/console/campaigns');
  const trial = hand.page.locator('tbody tr', { has: hand.page.locator('th', { hasText: TRIAL }) });
  await hand.send(trial.locator('form[action$="/wipe"]'), { typed: TRIAL });
  await hand.open('/console/campaigns');
  assert.ok(!(await hand.page.locator('tbody').innerText()).includes(TRIAL), 'the rehearsal is still listed');

  await lookAt(hand, TOUR);
  await hand.open('/console/records');
  assert.equal(await hand.page.locator('main tbody tr').count(), 0, 'something of the rehearsal is in the tour');
  await hand.open('/console/prepare');
  await hand.send('form[action="/console/prepare/start"]');
  await tour(hand, dir, 'tour');
  assert.deepEqual(seen.flat(), []);
});
