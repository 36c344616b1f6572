// Both languages are complete, say the same things, and no two areas take each other's words.

import { expect, test } from 'vitest';
import { AREAS, TEXTS } from './texts';

const places = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort();
const CHINESE = /[一-龥]/;
/** Marks of Latin writing beside a Chinese character. */
const HALF_WIDTH = /[一-龥”》）][,:;?!(]|[,:;?!)][一-龥“《（]/;

/** What is wrong with a table. */
function faults(table: Record<string, readonly [string, string]>): string[] {
  return Object.entries(table).flatMap(([key, [zh, en]]) => [
    ...(zh.trim() && en.trim() ? [] : [`${key}: empty`]),
    ...(places(zh).join() === places(en).join() ? [] : [`${key}: fills differ`]),
    ...(HALF_WIDTH.test(zh) ? [`${key}: half-width mark`] : []),
    ...(CHINESE.test(en) ? [`${key}: Chinese in the English text`] : []),
    ...(/[A-Za-z]{2}/.test(zh.replace(/\{\w+\}/g, '')) && !CHINESE.test(zh) ? [`${key}: no Chinese`] : []),
  ]);
}

test('every text is there in both languages with the same things filled in', () => {
  expect(Object.keys(TEXTS).length).toBeGreaterThan(50);
  expect(faults(TEXTS)).toEqual([]);
});

test('control: an empty text, a missing fill, a text left in Chinese and a half-width mark are found', () => {
  expect(faults({ a: ['是', ''], b: ['{n} 个', 'some'], c: ['是', '是'], d: ['yes', 'yes'], e: ['是,否', 'yes'] })).toHaveLength(5);
});

test('no key is in two areas', () => {
  const all = Object.values(AREAS).flatMap((area) => Object.keys(area));
  expect(new Set(all).size).toBe(all.length);
});
