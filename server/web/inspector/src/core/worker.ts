// The worker: waits for the lock, opens the phone, does what pages ask.
//
// Invariant: the phone is opened only while the lock is held, and the lock is held until the worker ends. After a panic
// nothing more is done here: the page ends this worker and starts another. Leaves out: resending (client.ts).

import init, { Phone } from '../../pkg/phone';
import { CHANNEL, LOCK, type Arguments, type Ask, type CommandName, type Hello, type Said, type Told } from './messages';
import { makeCopies } from './pictures';
import { holdReserve, spendReserve } from './reserve';
import { lacks } from './support';
import { LOOKS, type Fault, type PhotoMeta, type PhotoPlan, type Progress } from './types';

const page = self as unknown as { postMessage(told: Told): void };
const bus = new BroadcastChannel(CHANNEL);
const me = crypto.randomUUID();

/** Answers of commands that take their time, in case their page did not hear them. */
const KEPT = 50;
const answered = new Map<string, Said>();
const running = new Set<string>();
let phone: Phone | null = null;
let current: string | null = null;
let dead = false;
let panic: string | null = null;

const say = (said: Said) => bus.postMessage(said);

function crash(text: string) {
  if (dead) return;
  dead = true;
  say({ kind: 'crashed', ids: current ? [current] : [...running], text: panic ?? text });
  page.postMessage({ kind: 'crashed', text: panic ?? text });
}

// Called by the module before it stops; what it was doing never returns, so word of it goes out on its own.
(self as unknown as { guanmoPanicked(text: string): void }).guanmoPanicked = (text) => {
  panic = text;
  setTimeout(() => crash(text), 0);
};
self.addEventListener('error', (event) => crash(event.message));
self.addEventListener('unhandledrejection', (event) => crash(String(event.reason)));

const isFault = (thrown: unknown): thrown is Fault => typeof (thrown as Fault | null)?.code === 'string';

const isFull = (thrown: unknown): thrown is Fault => isFault(thrown) && thrown.code === 'disk_full';

const NO_ROOM: Fault = {
  code: 'disk_full',
  text_zh: '空间不够，这张照片没有存下。已填的内容都在，还能继续填写。请先同步，再在“存储”里释放原图，或清理手机里别的东西',
  text_en: 'There is no room for this photo; it was not kept. What is filled is safe and filling goes on. Sync, then release originals under Storage, or clear other things from the phone',
  missing: [],
  detail: '',
};

function fail(id: string, thrown: unknown) {
  if (isFault(thrown)) say({ kind: 'fault', id, fault: thrown });
  else crash(String(thrown));
}

/** The browser makes the copies meanwhile, so that other commands go on; recorded is under the id of the asking. */
async function attach(to: Phone, id: string, [target, item, picture, meta]: Arguments<'attachPhoto'>): Promise<unknown> {
  if (!(await holdReserve())) throw NO_ROOM;
  const plan = to.call(id, 'planPhoto', [target, item, picture, meta]) as PhotoPlan;
  // The moment of the asking, not that at which the copies are ready.
  const known: PhotoMeta = { ...meta, taken_at_ms: meta.source === 'camera' ? (meta.taken_at_ms ?? plan.taken_at_ms) : meta.taken_at_ms };
  const copies = await makeCopies(picture as Uint8Array<ArrayBuffer>, plan);
  try {
    return to.call(id, 'attachPrepared', [target, item, picture, copies, known]);
  } catch (thrown) {
    throw isFull(thrown) ? NO_ROOM : thrown;
  }
}

/** Commands that wait for the network or for the browser, or close the phone. */
function takeTime(to: Phone, { id, name, args }: Ask): Promise<unknown> | null {
  const progress = (progress: Progress) => say({ kind: 'progress', progress });
  switch (name) {
    case 'sync':
      return to.sync(args[0], progress);
    case 'enrol':
      return to.enrol(id, String(args[0]), String(args[1]));
    case 'attachPhoto':
      return attach(to, id, args as Arguments<'attachPhoto'>);
    case 'pauseSync':
      return Promise.resolve(to.pauseSync() ?? null);
    case 'wipe':
      return Promise.resolve(to.wipe() ?? null);
    default:
      return null;
  }
}

async function finish(id: string, name: CommandName, work: Promise<unknown>) {
  running.add(id);
  try {
    const said: Said = { kind: 'answer', id, value: await work };
    answered.set(id, said);
    for (const oldest of answered.keys()) if (answered.size > KEPT) answered.delete(oldest);
    say({ kind: 'changed', name });
    say(said);
  } catch (thrown) {
    fail(id, thrown);
  } finally {
    running.delete(id);
  }
}

function serve(ask: Ask) {
  const { id, name, args } = ask;
  if (!phone || dead || running.has(id)) return;
  const before = answered.get(id);
  if (before) return say(before);
  say({ kind: 'took', id, leader: me });
  current = id;
  try {
    const slow = takeTime(phone, ask);
    if (slow) {
      void finish(id, name, slow);
    } else {
      const value: unknown = phone.call(id, name, args);
      if (!LOOKS.includes(name)) say({ kind: 'changed', name });
      say({ kind: 'answer', id, value });
    }
  } catch (thrown) {
    if (isFull(thrown)) void fromReserve(ask, thrown);
    else fail(id, thrown);
  }
  if (!dead) current = null;
}

/** Does it again with the room that was held for it; what comes after waits for the answer. */
async function fromReserve(ask: Ask, fault: Fault) {
  if (await spendReserve()) serve(ask);
  else fail(ask.id, fault);
}

/** Sixteen bytes beside the database: a database that was copied without them is noticed. */
async function installId(): Promise<Uint8Array> {
  const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('guanmo', { create: true });
  const file = await folder.getFileHandle('install-id', { create: true });
  const handle = await file.createSyncAccessHandle();
  try {
    const id = new Uint8Array(16);
    if (handle.getSize() < id.length) {
      crypto.getRandomValues(id);
      handle.write(id, { at: 0 });
      handle.flush();
    } else {
      handle.read(id, { at: 0 });
    }
    return id;
  } finally {
    handle.close();
  }
}

async function lead() {
  try {
    await init();
    phone = await Phone.open(self.location.origin, await installId());
    void holdReserve();
    // As the page's: for whoever helps, and for tests.
    Object.assign(self, { guanmo: { phone } });
  } catch (thrown) {
    if (!isFault(thrown)) throw thrown;
    // The page ends this worker, and the lock with it.
    return page.postMessage({ kind: 'failed', fault: thrown });
  }
  bus.onmessage = (event: MessageEvent<Ask | Hello>) => {
    if (event.data.kind === 'ask') serve(event.data);
    if (event.data.kind === 'hello' && !dead) say({ kind: 'here', leader: me });
  };
  page.postMessage({ kind: 'leading' });
  say({ kind: 'leading', leader: me });
}

async function start() {
  const lack = await lacks();
  if (lack) return page.postMessage({ kind: 'lacks', lack });
  page.postMessage({ kind: 'waiting' });
  await navigator.locks.request(LOCK, async () => {
    await lead();
    // Until the worker ends.
    await new Promise(() => {});
  });
}

void start();
