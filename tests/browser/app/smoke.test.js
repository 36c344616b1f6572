// From the code to the server: enrol, fill, be killed, open again, sync.

import assert from 'node:assert/strict';
import test from 'node:test';
import { office } from './office.js';
import { SYNC, ask, fitting, phone, start } from './phone.js';

test('a sheet filled before the browser was killed is on the server after a sync', async (t) => {
  const server = await office(t);
  const { dir, desk, codes: [code] } = server;
  const first = await phone(t, dir, server.url);
  await start(first.page, first.url);
  assert.equal(await ask(first.page, 'identity'), null);
  await ask(first.page, 'enrol', code, '测试手机');
  const done = await ask(first.page, 'sync', SYNC);
  assert.ok(done.pulled_changes > 0, JSON.stringify(done));
  const sites = await ask(first.page, 'sites', { township: null, kind: null, text: null, unfinished: false, all_groups: false, struck: false });
  const village = sites.find((s) => s.kind === 'demonstration_village');
  const sheet = await ask(first.page, 'openSheet', village.id, 'detailed');
  let view = await ask(first.page, 'sheet', sheet);
  const told = new Map();
  for (const line of view.lines) {
    const answer = fitting(line);
    const saved = await ask(first.page, 'answer', sheet, line.item.id, answer);
    assert.equal(saved.changed, true);
    told.set(line.item.id, answer);
  }
  assert.ok(told.size > 20);
  assert.deepEqual(first.faults, []);
  await first.kill();

  const second = await phone(t, dir, server.url);
  await start(second.page, second.url);
  view = await ask(second.page, 'sheet', sheet);
  for (const line of view.lines) assert.deepEqual(line.answer, told.get(line.item.id), line.item.id);
  await ask(second.page, 'submit', sheet);
  const report = await ask(second.page, 'sync', SYNC);
  assert.equal(report.agreed.agreed, true, JSON.stringify(report));
  assert.deepEqual(report.agreed.sheets, { only_here: 0, held: 1, needs_you: 0 });
  assert.deepEqual(second.faults, []);
  await second.close();

  const { items } = await desk.ask('GET', '/api/v1/records?limit=200');
  const record = items.find((r) => r.id === sheet);
  assert.ok(record, `the server holds ${items.length} records, not ${sheet}`);
});
