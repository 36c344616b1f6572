// Both languages are complete, say the same things, and no two areas take each other's words.

import { expect, test } from 'vitest';
import { filled } from './table';
import { AREAS, TEXTS } from './texts';

const places = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort();
const CHINESE = /[一-龥]/;
/** Marks of Latin writing beside a Chinese character. */
const HALF_WIDTH = /[一-龥”》）][,:;?!(]|[,:;?!)][一-龥“《（]/;
/** A number before a word that fits only several. */
const BARE_PLURAL = /\{\w+\} (?!pts\b)[a-z]+s\b/;

/** What is wrong with a table. */
function faults(table: Record<string, readonly [string, string]>): string[] {
  return Object.entries(table).flatMap(([key, [zh, en]]) => [
    ...(zh.trim() && en.trim() ? [] : [`${key}: empty`]),
    ...(places(zh).join() === places(en).join() ? [] : [`${key}: fills differ`]),
    ...(HALF_WIDTH.test(zh) ? [`${key}: half-width mark`] : []),
    ...(BARE_PLURAL.test(en) ? [`${key}: one of them would be “several”`] : []),
    ...(CHINESE.test(en) ? [`${key}: Chinese in the English text`] : []),
    ...(/[A-Za-z]{2}/.test(zh.replace(/\{\w+\}/g, '')) && !CHINESE.test(zh) ? [`${key}: no Chinese`] : []),
  ]);
}

test('every text is there in both languages with the same things filled in', () => {
  expect(Object.keys(TEXTS).length).toBeGreaterThan(50);
  expect(faults(TEXTS)).toEqual([]);
});

test('control: an empty text, a missing fill, a text left in Chinese, a half-width mark and a bare plural are found', () => {
  expect(faults({ a: ['是', ''], b: ['{n} 个', 'some'], c: ['是', '是'], d: ['yes', 'yes'], e: ['是,否', 'yes'], f: ['{n} 项', '{n} lines'] })).toHaveLength(6);
});

test('no key is in two areas', () => {
  const all = Object.values(AREAS).flatMap((area) => Object.keys(area));
  expect(new Set(all).size).toBe(all.length);
});

test('a word goes with its number', () => {
  const text = '{n} {n|place differs|places differ}';
  expect([0, 1, 2, '1'].map((n) => filled(text, { n }))).toEqual([
    '0 places differ',
    '1 place differs',
    '2 places differ',
    '1 place differs',
  ]);
  expect(filled('{n} of {m}', { n: 1 })).toBe('1 of {m}');
});
