// Removing something with the way back, instead of asking first.
//
// Invariant: it is removed at once, and `undo` restores exactly that. Leaves out: who shows it (UndoBar).

import { ref } from 'vue';
import type { TextKey } from '../i18n/texts';
import { act } from './act';
import { phone } from './phone';

/** What was removed last and may come back; null once something else happened. */
export const removed = ref<{ record: string; text: TextKey } | null>(null);

/** Removes a photo, issue, opinion or commendation. True if it was done. */
export async function remove(record: string, text: TextKey): Promise<boolean> {
  const done = await act(() => phone.deleteNote(record));
  if (done) removed.value = { record, text };
  return done !== undefined;
}

/** Brings the last one back. */
export async function undo(): Promise<void> {
  const last = removed.value;
  if (last && (await act(() => phone.restoreNote(last.record)))) removed.value = null;
}
