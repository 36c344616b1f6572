// A first name for this phone, to be changed by the person: its model where the browser says it.

import { t } from '../../i18n/language';

/** `Pixel 7`; else a plain word. */
export function deviceName(agent: string): string {
  const model = /Android [\d.]+; ([^;)]+)/.exec(agent)?.[1]?.trim();
  // Browsers that hide the model say K.
  if (model && model !== 'K') return model;
  return /iPhone|iPad/.exec(agent)?.[0] ?? t('enrol_name_first');
}
