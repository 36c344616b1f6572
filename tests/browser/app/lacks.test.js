// A browser that cannot keep the phone's data says so on a plain page, and one that does not promise to says that.
//
// What lacks is taken away before the app starts: it runs in the worker, so the server's answer is changed on its way.

import assert from 'node:assert/strict';
import path from 'node:path';
import test from 'node:test';
import { folder, serve } from '../lib/guanmo.js';
import { office } from './office.js';
import { LANGS, ask, phone, start } from './phone.js';

const TAKEN_AWAY = {
  insecure: 'Object.defineProperty(self, "isSecureContext", { value: false });',
  opfs: 'delete FileSystemFileHandle.prototype.createSyncAccessHandle;',
  locks: 'Object.defineProperty(navigator, "locks", { value: undefined });',
  private: 'StorageManager.prototype.getDirectory = () => Promise.reject(new Error("planted"));',
};

for (const [lack, script] of Object.entries(TAKEN_AWAY)) {
  for (const lang of Object.keys(LANGS)) {
    test(`without ${lack} there is a plain page (${lang})`, async (t) => {
      const dir = await folder(t);
      const server = await serve(t, path.join(dir, 'server'));
      const it = await phone(t, dir, server.url, { lang });
      await it.context.route('**/worker-*.js', async (route) => {
        // The service worker fetches it, too, perhaps when the server is gone already.
        const answer = await route.fetch().catch(() => null);
        if (!answer) return void (await route.abort().catch(() => {}));
        await route.fulfill({ response: answer, body: script + (await answer.text()) });
      });
      await it.page.goto(it.url);
      await it.page.waitForSelector('[role=alert]');
      assert.equal(await it.page.evaluate(() => globalThis.guanmo.core.standing.lack), lack);
      const text = await it.page.innerText('[role=alert]');
      assert.ok(text.length > 40, text);
      assert.equal(/[一-龥]/.test(text), lang === 'zh', text);
      assert.deepEqual(it.faults, []);
    });
  }
}

test('control: with all of it there is no such page; a refusal to keep is told, and gone once it is granted', async (t) => {
  const server = await office(t);
  const it = await phone(t, server.dir, server.url);
  await start(it.page, it.url);
  await ask(it.page, 'enrol', server.codes[0], '测试手机');
  await it.page.goto(it.url);
  await it.page.waitForSelector('nav.tabs');
  assert.equal(await it.page.$('[role=alert]'), null);
  const told = () => it.page.waitForFunction(() => document.body.innerText.includes('不足时'), null, { timeout: 2_000 }).then(() => true, () => false);
  assert.equal(await told(), true);
  const session = await it.context.newCDPSession(it.page);
  const permission = { name: 'persistent-storage' };
  await session.send('Browser.setPermission', { origin: server.url, permission, setting: 'granted' });
  await start(it.page, it.url);
  assert.equal(await it.page.evaluate(() => navigator.storage.persisted()), true);
  assert.equal(await told(), false);
});
