// Distances and ages in words.

import { t } from '../../i18n/language';

const KILOMETRE = 1_000;
const MINUTE_MS = 60_000;

/** `320 米`, `4.2 公里`; empty if unknown. */
export function distanceText(metres: number | null): string {
  if (metres === null) return '';
  return metres < KILOMETRE ? t('metres', { n: Math.round(metres / 10) * 10 }) : t('kilometres', { n: (metres / KILOMETRE).toFixed(1) });
}

/** `刚刚`, `3 分钟前`. */
export function ageText(atMs: number, nowMs: number): string {
  const minutes = Math.floor((nowMs - atMs) / MINUTE_MS);
  return minutes < 1 ? t('age_now') : t('age_minutes', { n: minutes });
}
