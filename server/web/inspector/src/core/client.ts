// The page's side: starts the worker, asks, and asks again when the phone changed hands.
//
// Invariant: what this tab has done is done in the order in which it was asked, each at most once, or the caller is told
// that it was not. Questions wait for nobody, nor anybody for them; commands that take their time (sync) run beside the
// others. Leaves out: screens.

import { shallowReactive } from 'vue';
import { CHANNEL, type Answer, type Arguments, type Ask, type CommandName, type Hello, type Lack, type Said, type Told } from './messages';
import { LOOKS, type Commands, type Fault, type Progress } from './types';

/** How the phone stands for this tab. */
export interface Standing {
  /** `waiting` until a worker, of any tab, answers. */
  phase: 'starting' | 'waiting' | 'ready' | 'lacks' | 'failed';
  lack: Lack | null;
  fault: Fault | null;
  /** Times the phone's worker of this tab had to be started again. */
  crashes: number;
}

/** A command that brought the phone down twice is not tried a third time. */
const MOST_CRASHES = 2;
/** A worker that dies so often while it opens the phone is not started again. */
const MOST_STARTS = 4;
const ASK_AGAIN_MS = 1_000;
const TAKES_TIME: readonly CommandName[] = ['sync', 'enrol', 'attachPhoto', 'pauseSync', 'wipe'];

interface Pending {
  ask: Ask;
  resolve(value: unknown): void;
  reject(fault: Fault): void;
  crashes: number;
  timer: ReturnType<typeof setTimeout> | null;
}

const GIVEN_UP: Fault = {
  code: 'app_crashed',
  text_zh: '应用内部出错，这一步没有完成；已保存的内容都在。请重新打开应用再试',
  text_en: 'The app failed inside; this step was not done; everything saved is there; open the app again and try',
  missing: [],
  detail: '',
};

export class Core {
  readonly standing: Standing = shallowReactive<Standing>({ phase: 'starting', lack: null, fault: null, crashes: 0 });
  private readonly bus = new BroadcastChannel(CHANNEL);
  private readonly pending = new Map<string, Pending>();
  private readonly changed = new Set<(name: CommandName) => void>();
  private readonly progressed = new Set<(progress: Progress) => void>();
  private queue: Promise<unknown> = Promise.resolve();
  private worker: Worker | null = null;
  private starts = 0;

  constructor() {
    this.bus.onmessage = (event: MessageEvent<Said>) => this.hear(event.data);
    // A page kept for going back would keep the phone, too.
    addEventListener('pagehide', () => this.stop());
    addEventListener('pageshow', (event) => {
      if (event.persisted) this.start();
    });
    this.start();
  }

  /** Has a command done. Rejects with a `Fault`. */
  call<N extends CommandName>(name: N, ...args: Arguments<N>): Promise<Answer<N>> {
    const ask: Ask = { kind: 'ask', id: crypto.randomUUID(), name, args };
    if (TAKES_TIME.includes(name) || LOOKS.includes(name)) return this.send(ask) as Promise<Answer<N>>;
    const done = this.queue.then(() => this.send(ask));
    this.queue = done.catch(() => {});
    return done as Promise<Answer<N>>;
  }

  /** Tells when something was changed, by any tab. Returns what ends it. */
  onChange(told: (name: CommandName) => void): () => void {
    this.changed.add(told);
    return () => this.changed.delete(told);
  }

  /** Tells how far a sync of any tab is. Returns what ends it. */
  onProgress(told: (progress: Progress) => void): () => void {
    this.progressed.add(told);
    return () => this.progressed.delete(told);
  }

  /** After `failed`: tries to open the phone again. */
  retry(): void {
    this.stop();
    this.starts = 0;
    this.start();
  }

  private send(ask: Ask): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.pending.set(ask.id, { ask, resolve, reject, crashes: 0, timer: null });
      this.post(ask.id, ASK_AGAIN_MS);
    });
  }

  private post(id: string, againMs: number) {
    const pending = this.pending.get(id);
    if (!pending) return;
    this.bus.postMessage(pending.ask);
    if (pending.timer) clearTimeout(pending.timer);
    // Nobody may have heard it; once somebody says that he took it, there is nothing to ask again.
    pending.timer = setTimeout(() => this.post(id, againMs * 2), againMs);
  }

  private settle(id: string): Pending | undefined {
    const pending = this.pending.get(id);
    if (pending?.timer) clearTimeout(pending.timer);
    this.pending.delete(id);
    return pending;
  }

  private hear(said: Said) {
    switch (said.kind) {
      case 'leading':
        this.ready();
        for (const id of [...this.pending.keys()]) this.post(id, ASK_AGAIN_MS);
        break;
      case 'here':
        this.ready();
        break;
      case 'took': {
        const pending = this.pending.get(said.id);
        if (pending?.timer) clearTimeout(pending.timer);
        if (pending) this.ready();
        break;
      }
      case 'answer':
        this.settle(said.id)?.resolve(said.value);
        break;
      case 'fault':
        this.settle(said.id)?.reject(said.fault);
        break;
      case 'changed':
        for (const told of this.changed) told(said.name);
        break;
      case 'progress':
        for (const told of this.progressed) told(said.progress);
        break;
      case 'crashed':
        for (const id of said.ids) this.blame(id);
        break;
    }
  }

  private blame(id: string) {
    const pending = this.pending.get(id);
    if (!pending) return;
    pending.crashes += 1;
    if (pending.crashes >= MOST_CRASHES) this.settle(id)?.reject(GIVEN_UP);
  }

  private ready() {
    this.standing.phase = 'ready';
    this.starts = 0;
  }

  private start() {
    if (this.worker) return;
    this.starts += 1;
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'phone' });
    worker.onmessage = (event: MessageEvent<Told>) => this.told(event.data);
    worker.onerror = (event) => this.told({ kind: 'crashed', text: event.message });
    this.worker = worker;
  }

  private stop() {
    this.worker?.terminate();
    this.worker = null;
  }

  private told(told: Told) {
    switch (told.kind) {
      case 'lacks':
        Object.assign(this.standing, { phase: 'lacks', lack: told.lack });
        break;
      case 'waiting':
        if (this.standing.phase === 'starting') this.standing.phase = 'waiting';
        this.bus.postMessage({ kind: 'hello' } satisfies Hello);
        break;
      case 'leading':
        // Its word to all tabs comes on the channel.
        break;
      case 'failed':
        this.stop();
        Object.assign(this.standing, { phase: 'failed', fault: told.fault });
        break;
      case 'crashed':
        console.error('the phone went down:', told.text);
        this.stop();
        this.standing.crashes += 1;
        if (this.starts < MOST_STARTS) this.start();
        else Object.assign(this.standing, { phase: 'failed', fault: GIVEN_UP });
        break;
    }
  }
}

/** The commands as methods: `phone.answer(sheet, item, answer)`. */
export type Phone = { [N in CommandName]: (...args: Parameters<Commands[N]>) => Promise<ReturnType<Commands[N]>> };

export function phoneOf(core: Core): Phone {
  return new Proxy({} as Phone, {
    get: (_, name) => (...args: unknown[]) => core.call(name as CommandName, ...(args as never)),
  });
}
