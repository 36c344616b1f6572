// Every cause has words, those of a newer phone too.

import { expect, test } from 'vitest';
import { TEXTS } from '../../i18n/texts';
import { causeKey } from './causes';

test('a cause has words of its own, or says that the office has to see to it', () => {
  for (const [why, key] of [['returned', 'why_returned'], ['refused_413', 'why_refused'], ['of_a_newer_phone', 'why_other']] as const) {
    expect(causeKey(why)).toBe(key);
    expect(TEXTS[causeKey(why)][0].length).toBeGreaterThan(4);
  }
});
