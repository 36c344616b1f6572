// What a screen shows follows the phone: nothing old over something new, nothing asked more often than needed.

import { effectScope, nextTick, ref } from 'vue';
import { beforeEach, expect, test, vi } from 'vitest';

const listeners = new Set<() => void>();
vi.mock('./phone', () => ({
  core: {
    onChange: (told: () => void) => {
      listeners.add(told);
      return () => listeners.delete(told);
    },
  },
}));
const { useQuery } = await import('./query');

/** A question whose answers come when the test says. */
function slow() {
  const asked: { answer(value: string): void; fail(fault: unknown): void }[] = [];
  const read = () => new Promise<string>((resolve, reject) => asked.push({ answer: resolve, fail: reject }));
  return { asked, read };
}
const settle = async () => {
  for (let n = 0; n < 5; n += 1) await nextTick();
};
const changed = () => listeners.forEach((told) => told());
beforeEach(() => listeners.clear());

test('the old value stays until the new one is there', async () => {
  const { asked, read } = slow();
  const { value } = effectScope().run(() => useQuery(read))!;
  asked[0]!.answer('one');
  await settle();
  changed();
  await settle();
  expect([value.value, asked.length]).toEqual(['one', 2]);
  asked[1]!.answer('two');
  await settle();
  expect(value.value).toBe('two');
});

test('a row of changes makes one question more', async () => {
  const { asked, read } = slow();
  effectScope().run(() => useQuery(read));
  for (let n = 0; n < 50; n += 1) changed();
  await settle();
  expect(asked.length).toBe(1);
  asked[0]!.answer('one');
  await settle();
  expect(asked.length).toBe(2);
  asked[1]!.answer('two');
  await settle();
  expect(asked.length).toBe(2);
});

test('an answer to an older question does not replace that to a newer one', async () => {
  const { asked, read } = slow();
  const of = ref('a');
  const { value } = effectScope().run(() => useQuery(() => (void of.value, read())))!;
  of.value = 'b';
  await settle();
  asked[1]!.answer('of b');
  asked[0]!.answer('of a');
  await settle();
  expect(value.value).toBe('of b');
});

test('a fault is told and leaves the old value; the next answer ends it; a screen that is gone asks no more', async () => {
  const { asked, read } = slow();
  const scope = effectScope();
  const { value, fault } = scope.run(() => useQuery(read))!;
  asked[0]!.answer('one');
  await settle();
  changed();
  await settle();
  asked[1]!.fail({ code: 'pin_locked' });
  await settle();
  expect([value.value, fault.value?.code]).toEqual(['one', 'pin_locked']);
  changed();
  await settle();
  asked[2]!.answer('three');
  await settle();
  expect([value.value, fault.value]).toEqual(['three', null]);
  scope.stop();
  changed();
  await settle();
  expect(asked.length).toBe(3);
});

test('what may be asked later is asked once after a row of changes, and not after the screen is gone', async () => {
  vi.useFakeTimers();
  const { asked, read } = slow();
  const scope = effectScope();
  scope.run(() => useQuery(read, 'status', 300));
  asked[0]!.answer('one');
  await settle();
  for (let n = 0; n < 10; n += 1) changed();
  await settle();
  expect(asked.length).toBe(1);
  await vi.advanceTimersByTimeAsync(300);
  expect(asked.length).toBe(2);
  changed();
  scope.stop();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(asked.length).toBe(2);
  vi.useRealTimers();
});
