// Several tabs, one phone: whatever becomes of the tab that has it, each command is done once.
//
// Invariant: what was acknowledged is counted by the test, from the answers it got; what is there is read from the phone
// afterwards. Issues are what is written, because an issue written twice is two issues.

import assert from 'node:assert/strict';
import test from 'node:test';
import { office } from './office.js';
import { SYNC, ask, phone, start } from './phone.js';

const ROUNDS = Number(process.env.ROUNDS ?? 8);
const COMMANDS = 30;

const issue = (description) => ({
  site: null, township_code: null, place: '村口', category: 'exposed_garbage', description, severity: 'minor', position: null,
  fixed_on_spot: null,
});

/** An enrolled phone: `{ context, page, url, … }`. */
async function enrolled(t) {
  const server = await office(t);
  const it = await phone(t, server.dir, server.url);
  await start(it.page, it.url);
  await ask(it.page, 'enrol', server.codes[0], '测试手机');
  await ask(it.page, 'sync', SYNC);
  return { ...it, server };
}

async function tab(context, url) {
  const page = await context.newPage();
  await start(page, url);
  return page;
}

const leads = (page) => Promise.all(page.workers().map((w) => w.evaluate(() => Boolean(globalThis.guanmo?.phone)).catch(() => false)))
  .then((all) => all.includes(true));

async function leader(pages) {
  for (const page of pages) if (await leads(page)) return page;
  throw new Error('no tab has the phone');
}

/** The next time the phone looks at its clock inside a command, it is asked again: a panic inside a transaction. */
const plantPanic = (page) => page.workers().at(-1).evaluate(() => {
  const real = Date.now;
  Date.now = () => {
    Date.now = real;
    globalThis.guanmo.phone.call(crypto.randomUUID(), 'identity', []);
    return real();
  };
});

/** Writes issues one after the other from a page; the descriptions that were answered. */
const write = (page, round, count) => page.evaluate(async ({ round, count, blank }) => {
  const done = [];
  await Promise.all([...Array(count).keys()].map(async (n) => {
    const description = `第${round}轮第${n}条`;
    const id = await globalThis.guanmo.core.call('logIssue', { ...blank, description });
    done.push([id, description]);
  }));
  return done;
}, { round, count, blank: issue('') });

const ENDS = {
  closed: (page) => page.close(),
  reloaded: (page) => page.reload(),
  left: (page) => page.goto('about:blank'),
  crashed: async (page) => {
    const session = await page.context().newCDPSession(page);
    const gone = page.waitForEvent('crash');
    // Nobody is left to answer this.
    session.send('Page.crash').catch(() => {});
    await gone;
  },
  panicked: (page) => plantPanic(page),
  broken: (page) => Promise.all(page.workers().map((w) => w.evaluate(() => { setTimeout(() => { throw new Error('planted'); }); }))),
};

/** What is there, against what was acknowledged. */
function differences(issues, acknowledged) {
  const there = issues.map((i) => i.description);
  const lost = acknowledged.filter(([id, text]) => !issues.some((i) => i.id === id && i.description === text));
  const doubled = there.filter((text, at) => there.indexOf(text) !== at);
  return { lost: lost.length, doubled: doubled.length };
}

test('what one tab asks is done once, whatever becomes of the tab that has the phone', async (t) => {
  const it = await enrolled(t);
  const acknowledged = [];
  const pauses = [];
  let pages = [it.page];
  for (let round = 0; round < ROUNDS; round += 1) {
    const [name, end] = Object.entries(ENDS)[round % Object.keys(ENDS).length];
    const asker = await tab(it.context, it.url);
    pages = [...pages.filter((p) => !p.isClosed()), asker];
    const has = await leader(pages);
    assert.notEqual(has, asker);
    const began = Date.now();
    const [done] = await Promise.all([write(asker, round, COMMANDS), end(has)]);
    pauses.push(`${name} ${Date.now() - began}`);
    acknowledged.push(...done);
    if (process.env.LOUD) console.log(pauses.at(-1));
    pages = name === 'panicked' || name === 'broken' || name === 'reloaded' ? pages : pages.filter((p) => p !== has);
    if (name === 'left' || name === 'crashed') await has.close().catch(() => {});
  }
  const last = pages.at(-1);
  const issues = await ask(last, 'issues');
  t.diagnostic(`${acknowledged.length} commands in ${ROUNDS} rounds; ms each: ${pauses.join(', ')}`);
  assert.equal(acknowledged.length, ROUNDS * COMMANDS);
  assert.deepEqual(differences(issues, acknowledged), { lost: 0, doubled: 0 });
  assert.equal(issues.length, acknowledged.length);
});

test('control: asked without an id that stays, the same is done twice; answered without being done, it is lost', async (t) => {
  const it = await enrolled(t);
  await it.page.evaluate(() => {
    const { core } = globalThis.guanmo;
    const post = core.bus.postMessage.bind(core.bus);
    let n = 0;
    core.bus.postMessage = (ask) => {
      // Screens ask, too.
      if (ask.name !== 'logIssue') return post(ask);
      n += 1;
      if (n === 5) return core.hear({ kind: 'answer', id: ask.id, value: crypto.randomUUID() });
      post(ask);
      return n === 3 && post({ ...ask, id: crypto.randomUUID() });
    };
  });
  const acknowledged = await write(it.page, 0, 10);
  const found = differences(await ask(it.page, 'issues'), acknowledged);
  assert.deepEqual(found, { lost: 1, doubled: 1 });
});

test('an answer that nobody heard is given again by the next tab that has the phone', async (t) => {
  const it = await enrolled(t);
  const asker = await tab(it.context, it.url);
  const has = await leader([it.page, asker]);
  assert.equal(has, it.page);
  // Done, and written down, but the answer does not leave.
  await has.workers()[0].evaluate(() => {
    const post = BroadcastChannel.prototype.postMessage;
    globalThis.swallowed = 0;
    BroadcastChannel.prototype.postMessage = function send(said) {
      if (said.kind === 'answer') globalThis.swallowed += 1;
      else post.call(this, said);
    };
  });
  const waits = write(asker, 0, 1);
  await has.workers()[0].evaluate(async () => {
    while (globalThis.swallowed === 0) await new Promise((go) => setTimeout(go, 5));
  });
  await has.close();
  const acknowledged = await waits;
  const issues = await ask(asker, 'issues');
  assert.equal(acknowledged.length, 1);
  assert.deepEqual(differences(issues, acknowledged), { lost: 0, doubled: 0 });
});

test('a command that brings the phone down each time is given up, and the phone goes on', async (t) => {
  const it = await enrolled(t);
  await it.page.exposeFunction('plant', () => plantPanic(it.page));
  await it.page.evaluate(() => {
    const { bus } = globalThis.guanmo.core;
    const post = bus.postMessage.bind(bus);
    bus.postMessage = (said) => (said.name === 'logIssue' ? globalThis.plant().then(() => post(said)) : post(said));
  });
  const refused = await ask(it.page, 'logIssue', issue('坏')).then(() => null, (error) => error);
  assert.equal(refused?.code, 'app_crashed');
  const standing = () => it.page.evaluate(() => globalThis.guanmo.core.standing.crashes);
  assert.equal(await standing(), 2);
  await it.page.reload();
  await start(it.page, it.url);
  assert.equal((await ask(it.page, 'issues')).length, 0);
  await ask(it.page, 'logIssue', issue('好'));
  assert.equal((await ask(it.page, 'issues')).length, 1);
});

test('a tab that was left and is gone back to works again, and meanwhile another has the phone', async (t) => {
  const it = await enrolled(t);
  await it.page.goto(`${it.server.url}/healthz`);
  const other = await tab(it.context, it.url);
  await ask(other, 'logIssue', issue('一'));
  await it.page.goBack();
  await it.page.waitForFunction(() => globalThis.guanmo?.core.standing.phase === 'ready');
  await ask(it.page, 'logIssue', issue('二'));
  const seen = (await ask(it.page, 'issues')).map((i) => i.description).sort();
  assert.deepEqual(seen, ['一', '二'].sort());
});
