// Typing is saved while it goes on, the newest last, and what is left when the field goes away.

import { effectScope } from 'vue';
import { beforeEach, expect, test, vi } from 'vitest';
import { saving } from './act';
import { useAutosave } from './autosave';

const leaving: (() => void)[] = [];
vi.stubGlobal('addEventListener', (_: string, run: () => void) => leaving.push(run));
vi.stubGlobal('removeEventListener', () => {});
vi.stubGlobal('document', { addEventListener: () => {}, removeEventListener: () => {} });
beforeEach(() => {
  vi.useFakeTimers();
  saving.value = 0;
});

/** A field whose saves end when the test says. */
function field() {
  const saves: { text: string; done(): void }[] = [];
  const scope = effectScope();
  const it = scope.run(() => useAutosave(() => '', (text) => new Promise<void>((done) => saves.push({ text, done }))))!;
  return { ...it, saves, scope };
}
const texts = (saves: { text: string }[]) => saves.map((s) => s.text);

test('typing on does not put the save off', async () => {
  const { type, saves } = field();
  for (const text of ['a', 'ab', 'abc', 'abcd']) {
    type(text);
    await vi.advanceTimersByTimeAsync(100);
  }
  expect(texts(saves)).toEqual(['abc']);
});

test('one save is under way at a time, the newest follows, and "saving" lasts until all is kept', async () => {
  const { type, saves } = field();
  type('a');
  expect(saving.value).toBe(1);
  await vi.advanceTimersByTimeAsync(300);
  for (const text of ['ab', 'abc']) {
    type(text);
    await vi.advanceTimersByTimeAsync(300);
  }
  expect(texts(saves)).toEqual(['a']);
  saves[0]!.done();
  await vi.advanceTimersByTimeAsync(0);
  expect([texts(saves), saving.value]).toEqual([['a', 'abc'], 1]);
  saves[1]!.done();
  await vi.advanceTimersByTimeAsync(0);
  expect([saves.length, saving.value]).toEqual([2, 0]);
});

test('a field or an app that goes away saves what is left at once', () => {
  const { type, saves, scope } = field();
  type('a');
  scope.stop();
  expect(texts(saves)).toEqual(['a']);
  const other = field();
  other.type('b');
  leaving.at(-1)!();
  expect(texts(other.saves)).toEqual(['b']);
});
