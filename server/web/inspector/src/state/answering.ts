// Answering one line: what was tapped is shown at once, what the phone keeps is shown as soon as it says so.
//
// Invariant: taps are sent in their order, each built upon the one before, however slow the phone is; a refused one falls
// back to what the phone keeps. Leaves out: what an answer is worth.

import { computed, shallowRef, watch } from 'vue';
import type { Answer, LineView, Mark } from '../core/types';
import { act } from './act';
import { phone } from './phone';

export function useAnswering(sheet: () => string, line: () => LineView | undefined) {
  const tapped = shallowRef<{ answer: Answer | null } | null>(null);
  let underWay = 0;
  const answer = computed(() => (tapped.value ? tapped.value.answer : (line()?.answer ?? null)));

  const send = async (next: Answer | null) => {
    const now = line();
    if (!now) return;
    tapped.value = { answer: next };
    underWay += 1;
    const [id, item, shown] = [sheet(), now.item.id, now.siblings.map((s) => s.dot)];
    const done = await act(() => {
      if (next === null) return phone.clearAnswer(id, item);
      return shown.length > 0 ? phone.settleByAnswer(id, item, next, shown) : phone.answer(id, item, next);
    });
    underWay -= 1;
    if (done === undefined && underWay === 0) tapped.value = null;
  };
  // What the phone shows after the last tap was kept takes over.
  watch(line, (now, before) => {
    if (underWay === 0 || now?.item.id !== before?.item.id) tapped.value = null;
  });

  const mark = (mark: Mark) => send({ note: null, reasons: [], ...answer.value, mark });
  /** Beside a mark only: an answer without one cannot be kept. */
  const put = (more: Partial<Pick<Answer, 'note' | 'reasons'>>) => (answer.value ? send({ ...answer.value, ...more }) : Promise.resolve());
  return { answer, mark, put, clear: () => send(null) };
}
