// Why something needs a person, in words.

import type { TextKey } from '../../i18n/texts';

const KNOWN: Record<string, TextKey> = {
  returned: 'why_returned',
  unsettled: 'why_unsettled',
  late: 'why_late',
  invalid: 'why_invalid',
  unauthorised: 'why_unauthorised',
  recused: 'why_recused',
  file_damaged: 'why_file_damaged',
};

/** The text for a cause; one for `refused_413` and the like, one for what a newer phone may say. */
export function causeKey(why: string): TextKey {
  if (why.startsWith('refused')) return 'why_refused';
  return KNOWN[why] ?? 'why_other';
}
