// Points are shown as they are, to the last ten-thousandth.

import { expect, test } from 'vitest';
import { points } from './points';

test('no decimals more or fewer than there are', () => {
  const shown = { 0: '0', 5000: '0.5', 20000: '2', 813889: '81.3889', 1000000: '100', 1: '0.0001', '-25000': '-2.5' };
  for (const [e4, text] of Object.entries(shown)) expect(points(Number(e4))).toBe(text);
});
