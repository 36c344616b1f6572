// Having the phone do something, and saying what came of it.
//
// Invariant: "saved" is shown only after the phone said so; a fault stays shown until it is closed or the next thing is done.
// Leaves out: showing them (SavedMark, FaultNote in the frame).

import { ref, shallowRef } from 'vue';
import type { Fault } from '../core/types';

/** When something was saved last, ms UTC by this phone's clock; null before. */
export const savedAt = ref<number | null>(null);
/** Commands under way that save something. */
export const saving = ref(0);
/** The last fault nobody dismissed. */
export const lastFault = shallowRef<Fault | null>(null);

const isFault = (thrown: unknown): thrown is Fault => typeof (thrown as Fault | null)?.code === 'string';

/** Does it; undefined if it was not done, which the frame then says. Pass `expected` codes to be told by return only. */
export async function act<T>(command: () => Promise<T>): Promise<T | undefined> {
  const done = await attempt(command);
  if ('fault' in done) lastFault.value = done.fault;
  return 'value' in done ? done.value : undefined;
}

/** Does it, for screens that show the fault themselves. */
export async function attempt<T>(command: () => Promise<T>): Promise<{ value: T } | { fault: Fault }> {
  saving.value += 1;
  try {
    const value = await command();
    savedAt.value = Date.now();
    lastFault.value = null;
    return { value };
  } catch (thrown) {
    if (!isFault(thrown)) throw thrown;
    return { fault: thrown };
  } finally {
    saving.value -= 1;
  }
}
