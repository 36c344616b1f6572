// A screen is never left with what a command made stale.

import { expect, test } from 'vitest';
import { touches } from './topics';

test('a tap touches its sheet and the status, and neither photos nor who the phone is', () => {
  const touched = (['self', 'sheet', 'photos', 'status'] as const).filter((topic) => touches('answer', topic));
  expect(touched).toEqual(['sheet', 'status']);
});

test('what is not listed touches everything, and what has no topic is touched by everything', () => {
  expect([touches('sync', 'photos'), touches('wipe', 'self'), touches(undefined, 'sheet'), touches('answer', undefined)]).toEqual([true, true, true, true]);
});
