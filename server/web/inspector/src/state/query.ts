// What a screen shows of the phone, read again whenever what it is about changed.
//
// Invariant: the old value stays until the new one is there, so nothing flickers and nothing blocks; an answer that was
// overtaken by a later question is dropped. Leaves out: changing something (act.ts).

import { onScopeDispose, ref, shallowRef, watchEffect, type Ref, type ShallowRef } from 'vue';
import type { Fault } from '../core/types';
import type { CommandName } from '../core/messages';
import { core } from './phone';
import { touches, type Topic } from './topics';

export interface Query<T> {
  /** The last answer; undefined until the first. */
  value: Readonly<ShallowRef<T | undefined>>;
  /** Why the last question had none. */
  fault: Readonly<Ref<Fault | null>>;
  /** Asks again. */
  again(): void;
}

/**
 * Asks now, when something that `read` looked at before its first `await` changed, and when the phone changed; with a
 * `topic` only when a command may have touched that, with `laterMs` not before so many ms. `read` may return null where
 * there is nothing to ask.
 */
export function useQuery<T>(read: () => Promise<T> | null, topic?: Topic, laterMs = 0): Query<T> {
  const value = shallowRef<T>();
  const fault = ref<Fault | null>(null);
  const tick = ref(0);
  let asked = 0;
  let running = 0;
  let stale = false;

  const run = async (answer: Promise<T>) => {
    const mine = ++asked;
    running += 1;
    try {
      const said = await answer;
      if (mine === asked) [value.value, fault.value] = [said, null];
    } catch (thrown) {
      if (mine === asked) fault.value = thrown as Fault;
    }
    running -= 1;
    if (stale && running === 0) again();
  };
  // A row of changes makes one question more, not a row of them.
  const again = () => {
    stale = running > 0;
    if (!stale) tick.value += 1;
  };
  watchEffect(() => {
    void tick.value;
    const answer = read();
    if (answer) void run(answer);
  });
  let timer: ReturnType<typeof setTimeout> | null = null;
  const changed = (name?: CommandName) => {
    if (!touches(name, topic)) return;
    if (laterMs === 0) return again();
    timer ??= setTimeout(() => {
      timer = null;
      again();
    }, laterMs);
  };
  const deaf = core.onChange(changed);
  onScopeDispose(() => {
    deaf();
    if (timer) clearTimeout(timer);
  });
  return { value, fault, again };
}
