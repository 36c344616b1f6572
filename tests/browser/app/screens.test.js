// Every screen of enrolment and filling, in both languages, looked at by machine; the pictures are for people.
//
// Leaves out: photos, issues, sync and settings (notes.test.js).

import assert from 'node:assert/strict';
import test from 'node:test';
import { county } from './county.js';
import { FILTER, enrolled, looker } from './looker.js';
import { LANGS, SYNC, ask, fitting, phone, start } from './phone.js';

for (const lang of Object.keys(LANGS)) {
  test(`enrolment, PIN and unlocking look right (${lang})`, async (t) => {
    const it = await looker(t, lang);
    await it.see('enrol-0-code', 'enrol', '#enrol-code');
    await it.page.fill('#enrol-code', 'KEIN-CODE');
    await it.page.click('form button.main');
    await it.page.waitForSelector('[role=alert]');
    await it.shot('enrol-0-wrong-code');
    // The link, opened where this screen is open already.
    await it.page.goto(`${it.url}enrol#%zz`);
    await it.page.goto(`${it.url}enrol#${it.server.codes[0]}`);
    await it.page.waitForFunction((code) => document.querySelector('#enrol-code').value === code, it.server.codes[0]);
    assert.equal(await it.page.locator('[role=alert]').count(), 0);
    await it.page.click('form button.main');
    await it.page.waitForSelector('.note.success');
    await it.shot('enrol-1-who');
    await it.page.click('main > button:last-of-type');
    await it.page.waitForSelector('.pin');
    await it.shot('enrol-2-pin');
    for (const digit of '293847293847') await it.page.keyboard.press(digit);
    await it.page.waitForSelector('.note.success');
    for (const step of ['enrol-3-keep', 'enrol-4-place', 'enrol-5-camera']) {
      await it.page.click('main > button:last-of-type');
      await it.page.waitForSelector('main h2');
      await it.shot(step);
    }
    await it.page.click('main > button:last-of-type');
    await it.page.waitForSelector('nav.tabs');
    await ask(it.page, 'lock');
    await it.page.waitForSelector('.pin');
    await it.shot('unlock');
    for (let tries = 0; tries < 5; tries += 1) {
      for (const digit of '111222') await it.page.keyboard.press(digit);
      await it.page.waitForFunction((n) => document.querySelector('.note.warning') || document.querySelector('main').innerText.includes(String(4 - n)), tries);
    }
    await it.page.waitForSelector('.note.warning');
    await it.shot('unlock-waits');
    assert.equal(it.seen(), 9);
    assert.deepEqual(it.found, []);
  });

  test(`home, sites and a site look right (${lang})`, async (t) => {
    const it = await looker(t, lang);
    await it.context.grantPermissions(['geolocation']);
    await it.context.setGeolocation({ latitude: 36.05, longitude: 105.71, accuracy: 12 });
    const { open, sites } = await enrolled(it);
    await it.see('home-new', '', 'nav.tabs .tab');
    const sheet = await open('household', 'detailed');
    await ask(it.page, 'setVisit', sheet, 'absent');
    await ask(it.page, 'submit', sheet);
    await it.see('home', '', '.town');
    await it.see('sites', 'sites?sort=distance', '.line');
    await it.see('sites-map', 'sites?view=map', '.sketch');
    await it.page.click('.sketch', { position: { x: 160, y: 60 } });
    await it.page.waitForSelector('figure .line');
    await it.shot('sites-map-chosen');
    await it.page.fill('#site-search', 'hsz');
    await it.page.waitForFunction(() => document.querySelectorAll('.sketch-dot').length < 4);
    await it.see('site', `sites/${sites.find((s) => s.kind === 'street').id}`, '#fact-name');
    await it.page.goto(it.url);
    await it.page.waitForSelector('.town');
    await it.context.setOffline(true);
    await it.page.waitForSelector('.banner');
    await it.shot('home-offline');
    assert.equal(it.seen(), 7);
    assert.deepEqual(it.found, []);
  });

  test(`sheets and lines of every kind look right (${lang})`, async (t) => {
    const it = await looker(t, lang);
    const { open } = await enrolled(it);
    const sheet = await open('demonstration_village', 'detailed');
    const { lines } = await ask(it.page, 'sheet', sheet);
    for (const line of lines.slice(0, 12)) await ask(it.page, 'answer', sheet, line.item.id, { ...fitting(line), note: null });
    await it.see('sheet', `sheet/${sheet}`, '.section-chip');
    await it.page.click('[aria-expanded=false]');
    await it.shot('sheet-missing');
    for (const type of ['score', 'deduct', 'ratio', 'yes_no']) {
      const { item } = lines.find((l) => l.item.type === type);
      await ask(it.page, 'answer', sheet, item.id, { ...fitting({ item }), reasons: lang === 'zh' ? ['积存垃圾'] : [], note: null });
      await it.see(`item-${type}`, `sheet/${sheet}/${item.id}`, '.answer[role=group]');
    }
    await it.see('item-open', `sheet/${sheet}/${lines.at(-1).item.id}`, '.answer[role=group]');
    for (const line of lines) await ask(it.page, 'answer', sheet, line.item.id, fitting(line));
    await ask(it.page, 'submit', sheet);
    await it.see('sheet-submitted', `sheet/${sheet}`, '.note.success');
    await it.see('item-read-only', `sheet/${sheet}/${lines[0].item.id}`, '.note.warning');
    await it.page.goto(`${it.url}sheet/${sheet}`);
    await it.page.click('.note.success button');
    await it.page.waitForSelector('dialog[open]');
    await it.shot('amend');
    await it.see('sheet-quick', `sheet/${await open('street', 'quick')}`, '.stepper');
    await it.see('sheet-route', `sheet/${await open('route_segment', 'detailed')}`, '.route-more');
    await it.see('sheet-household', `sheet/${await open('household', 'detailed')}`, 'fieldset .button');
    await it.see('sheet-unknown', `sheet/${crypto.randomUUID()}`, '[role=alert]');
    await it.see('not-found', 'nothing/here/at/all', 'main a.main');
    assert.equal(it.seen(), 15);
    assert.deepEqual(it.found, []);
    assert.deepEqual(it.faults, []);
  });

  test(`the largest text fits a small phone (${lang})`, async (t) => {
    const it = await looker(t, lang, { size: 24 });
    const { open, sites } = await enrolled(it);
    const sheet = await open('demonstration_village', 'detailed');
    const { lines } = await ask(it.page, 'sheet', sheet);
    await it.see('home', '', '.town');
    await it.see('sites', 'sites', '.line');
    await it.see('site', `sites/${sites[0].id}`, '#fact-name');
    await it.see('sheet', `sheet/${sheet}`, '.section-chip');
    for (const type of ['score', 'ratio']) await it.see(`item-${type}`, `sheet/${sheet}/${lines.find((l) => l.item.type === type).item.id}`, '.answer[role=group]');
    assert.equal(it.seen(), 6);
    assert.deepEqual(it.found, []);
  });
}

test('the badge says since when something waits, and when the last sync was', async (t) => {
  const server = await county(t);
  const it = await phone(t, server.dir, server.url);
  const { page } = it;
  await start(page, it.url);
  await ask(page, 'enrol', server.codes[0], '测试手机');
  await page.goto(it.url);
  await page.waitForSelector('.home-sync .quiet');
  assert.equal(await page.innerText('.home-sync .quiet'), '还没有同步过');
  await ask(page, 'sync', SYNC);
  await page.waitForFunction(() => /上次同步 \d\d:\d\d/.test(document.querySelector('.home-sync').innerText));
  assert.equal(await page.getAttribute('.badge', 'data-age'), 'none');
  const [site] = await ask(page, 'sites', FILTER);
  await ask(page, 'openSheet', site.id, 'quick');
  // Days the page's clock goes ahead, each on top of the one before.
  for (const [age, days] of Object.entries({ fresh: 0, aging: 2, old: 3 })) {
    await page.addInitScript((ms) => {
      const real = Date.now;
      Date.now = () => real() + ms;
    }, days * 86_400_000);
    await page.goto(it.url);
    await page.waitForSelector(`.badge[data-age=${age}]`);
    await page.waitForSelector(`.tab-count[data-age=${age}]`);
    assert.equal((await page.innerText('.badge')).includes('天前'), days > 0);
  }
});

test('at dusk everything can be read, too', async (t) => {
  const it = await looker(t, 'zh');
  await it.page.emulateMedia({ colorScheme: 'dark' });
  const { open, sites } = await enrolled(it);
  const sheet = await open('demonstration_village', 'detailed');
  const { lines } = await ask(it.page, 'sheet', sheet);
  await ask(it.page, 'answer', sheet, lines[0].item.id, fitting(lines[0]));
  await it.see('dusk-home', '', '.town');
  await it.see('dusk-sites', 'sites', '.line');
  await it.see('dusk-map', 'sites?view=map', '.sketch');
  await it.see('dusk-site', `sites/${sites[0].id}`, '#fact-name');
  await it.see('dusk-sheet', `sheet/${sheet}`, '.section-chip');
  await it.see('dusk-item', `sheet/${sheet}/${lines[0].item.id}`, '.answer[role=group]');
  assert.equal(it.seen(), 6);
  assert.deepEqual(it.found, []);
});

test('control: a small target, a wide box, a missing name, pale text and a word of the other language are found', async (t) => {
  const it = await looker(t, 'en');
  await it.page.goto(`${it.url}enrol`);
  await it.page.waitForSelector('#enrol-code');
  await it.page.evaluate(() => {
    document.querySelector('main').insertAdjacentHTML('beforeend', '<button class="a">x</button><button class="b button"></button><p class="c">中文</p><p class="d">pale</p><div class="e">wide</div>');
    document.querySelector('.a').style.cssText = 'width:20px;height:20px';
    document.querySelector('.d').style.color = '#ccc';
    document.querySelector('.e').style.width = '900px';
  });
  await it.shot('control');
  for (const one of ['target 20×20', 'axe button-name', 'not translated: 中文', 'axe color-contrast', 'scrolls sideways']) {
    assert.ok(it.found.some((f) => f.includes(one)), `${one} not among ${it.found.join('\n')}`);
  }
});
