// Which language is shown, and the way to its texts.
//
// Invariant: the choice is kept on this device; without one it is the browser's, Chinese for all but English.

import { ref, watchEffect } from 'vue';
import type { Fault } from '../core/types';
import { filled, type Fill } from './table';
import { TEXTS, type TextKey } from './texts';

export type Language = 'zh' | 'en';
const KEPT_AS = 'guanmo-language';

function first(): Language {
  const kept = localStorage.getItem(KEPT_AS);
  if (kept === 'zh' || kept === 'en') return kept;
  return navigator.language.startsWith('en') ? 'en' : 'zh';
}

/** The language shown. */
export const language = ref<Language>(first());

/** Shows another one from now on. */
export function choose(chosen: Language): void {
  localStorage.setItem(KEPT_AS, chosen);
  language.value = chosen;
}

watchEffect(() => {
  document.documentElement.lang = language.value === 'zh' ? 'zh-CN' : 'en';
});

/** A text, filled in. */
export function t(key: TextKey, fill: Fill = {}): string {
  return filled(TEXTS[key][language.value === 'zh' ? 0 : 1], fill);
}

/** What a fault says. */
export const words = (fault: Fault): string => (language.value === 'zh' ? fault.text_zh : fault.text_en);
