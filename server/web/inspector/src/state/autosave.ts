// Typing that is saved as it is typed.
//
// Invariant: what was typed is on its way to the phone within `PAUSE_MS`, however long typing goes on; at most one save is
// under way and the newest text follows it; leaving the field, the screen or the app saves what is left. Leaves out: what
// saving is. Until all of it is kept, the frame says "saving".

import { onScopeDispose, ref, watch, type Ref } from 'vue';
import { saving } from './act';

const PAUSE_MS = 250;

/** A text that follows `kept` until somebody types, and `save`s what is typed. */
export function useAutosave(kept: () => string, save: (text: string) => Promise<unknown>) {
  const text: Ref<string> = ref(kept());
  let typed: string | null = null;
  let timer: ReturnType<typeof setTimeout> | null = null;
  let running = false;

  const flush = async () => {
    if (timer) clearTimeout(timer);
    timer = null;
    if (running || typed === null) return;
    const now = typed;
    running = true;
    try {
      await save(now);
    } finally {
      running = false;
      if (typed === now) {
        typed = null;
        saving.value -= 1;
      }
    }
    if (typed !== null) await flush();
  };
  const type = (said: string) => {
    if (typed === null) saving.value += 1;
    text.value = typed = said;
    // Typing on does not put it off.
    if (timer === null) timer = setTimeout(() => void flush(), PAUSE_MS);
  };
  watch(kept, (now) => {
    if (typed === null) text.value = now;
  });
  const leave = () => void flush();
  addEventListener('pagehide', leave);
  document.addEventListener('visibilitychange', leave);
  onScopeDispose(() => {
    removeEventListener('pagehide', leave);
    document.removeEventListener('visibilitychange', leave);
    leave();
  });
  return { text, type, flush };
}
