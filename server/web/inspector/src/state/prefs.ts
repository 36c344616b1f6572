// What this person wants on this device beside language and text size.
//
// Invariant: kept by the browser's simple store; nothing that counts lies there.

import { ref, watch, type Ref } from 'vue';

function kept(name: string, unless: boolean): Ref<boolean> {
  const key = `guanmo-${name}`;
  const said = localStorage.getItem(key);
  const value = ref(said === null ? unless : said === 'yes');
  watch(value, (now) => localStorage.setItem(key, now ? 'yes' : 'no'));
  return value;
}

/** Photos go by Wi-Fi only. */
export const wifiOnly = kept('wifi-only', false);
/** A sync by itself when the app opens and when the network comes back. */
export const autoSync = kept('auto-sync', true);
