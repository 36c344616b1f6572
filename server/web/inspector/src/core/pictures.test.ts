// The lines of the strip: none wider than the picture, no field broken in two.

import { expect, test } from 'vitest';
import { linesOf } from './pictures';

/** Every letter as wide as an em. */
const width = (text: string) => [...text].length;
const strip = (fields: string[]) => ({ fields, separator: '｜', cut: '…' });

test('as many fields stand in a line as fit', () => {
  expect(linesOf(width, strip(['观摩评比', '2026-11-27', '沙岗村']), 15)).toEqual(['观摩评比｜2026-11-27', '沙岗村']);
  expect(linesOf(width, strip(['一', '二', '三']), 5)).toEqual(['一｜二｜三']);
});

test('a field that is too long is cut, and what does not print is left out', () => {
  expect(linesOf(width, strip(['火石寨乡\u0000小川村示范村']), 6)).toEqual(['火石寨乡小…']);
  for (const room of [3, 7, 20]) {
    for (const line of linesOf(width, strip(['火石寨乡小川村', '2026-11-27 09:41', '#0A1B2C3D']), room)) expect(width(line)).toBeLessThanOrEqual(room);
  }
});
