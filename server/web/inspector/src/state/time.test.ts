// How long something has waited decides its colour, and times are the county's.

import { expect, test } from 'vitest';
import { DAY_MS, timeOf, waitOf, whenOf } from './time';

test('up to a day is fresh, up to three aging, longer old; nothing waiting is fresh', () => {
  const now = Date.UTC(2026, 4, 4);
  expect([0, 1, 1.1, 3, 3.1, 40].map((days) => waitOf(now - days * DAY_MS, now))).toEqual(['fresh', 'fresh', 'aging', 'aging', 'old', 'old']);
  expect(waitOf(null, now)).toBe('fresh');
});

test('a time is that of the county, with its day if it is not today', () => {
  const at = Date.UTC(2026, 4, 1, 17, 5);
  expect(timeOf(at)).toBe('01:05');
  expect(whenOf(at, at)).toBe('01:05');
  expect(whenOf(at, at + DAY_MS)).toBe('05-02 01:05');
});
